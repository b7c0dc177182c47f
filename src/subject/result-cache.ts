/**
 * Ready results of a sublist, found by the nodes they were made of. [hot] Called by `sublist.ts`
 * after each walk. Keyed by nodes and not by subject, a result serves every subject that reaches
 * the same nodes (all of `log.>` with one subscriber is one result), a new node cannot make any
 * result wrong, and a changed one concerns only the results that contain it.
 *
 * Results are filed under their last node, the one with the fewest wildcards. A lookup looks at
 * `WINDOW` slots and no more; when all are taken, one is overwritten.
 */
import type { Random } from "../util/random.ts";
import { countEntries } from "./sublist-result.ts";
import type { SublistEntry, SublistResult } from "./sublist-result.ts";

/** Results held at most. */
const MAX_RESULTS = 4096;
/** Entries in results of several nodes, taken together and in one result; those are copies. */
const MAX_COPIED_ENTRIES = 1_048_576;
const MAX_ENTRIES_PER_COPY = MAX_COPIED_ENTRIES / 16;
const WINDOW = 8;
const FIRST_SLOTS = 16;

export class ResultCache<Entry extends SublistEntry> {
  readonly #random: Random;
  readonly #factor: number;
  /** Per slot: the last node, 0 for an empty slot. */
  #lastNodes: Int32Array;
  /** Per slot: the nodes before the last one; undefined for none. */
  #otherNodes: (Int32Array | undefined)[];
  #results: (SublistResult<Entry> | undefined)[];
  #shift: number;
  #count: number;
  #copiedEntries: number;
  /** How many results contain a node in front of their last one. */
  readonly #uses: Map<number, number>;
  /** Where the search for a result to drop goes on. */
  #hand: number;

  constructor(random: Random) {
    this.#random = random;
    this.#factor = (random.below(0x7fffffff) << 1) | 1;
    this.#lastNodes = new Int32Array(FIRST_SLOTS + WINDOW);
    this.#otherNodes = emptySlots(FIRST_SLOTS + WINDOW);
    this.#results = emptySlots(FIRST_SLOTS + WINDOW);
    this.#shift = Math.clz32(FIRST_SLOTS) + 1;
    this.#count = 0;
    this.#copiedEntries = 0;
    this.#uses = new Map();
    this.#hand = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** The results, for statistics. */
  results(): SublistResult<Entry>[] {
    const held: SublistResult<Entry>[] = [];
    for (const result of this.#results) if (result !== undefined) held.push(result);
    return held;
  }

  /** The result made of exactly `nodes[0, count)`, in this order; `count` is at least 1. */
  find(nodes: Int32Array, count: number): SublistResult<Entry> | undefined {
    const lastNodes = this.#lastNodes;
    const last = nodes[count - 1]!;
    const home = this.#home(last);
    for (let slot = home; slot < home + WINDOW; slot++) {
      if (lastNodes[slot] === last && hasNodes(this.#otherNodes[slot], nodes, count - 1)) {
        return this.#results[slot];
      }
    }
    return undefined;
  }

  /** Keeps a result that `find` did not find. */
  store(nodes: Int32Array, count: number, result: SublistResult<Entry>): void {
    if (count > 1) {
      const entries = countEntries(result);
      if (entries > MAX_ENTRIES_PER_COPY) return;
      this.#copiedEntries += entries;
      while (this.#copiedEntries > MAX_COPIED_ENTRIES && this.#count > 0) this.#dropNext();
    }
    if (this.#count === MAX_RESULTS) this.#dropNext();
    if (this.#count * 2 > this.#lastNodes.length) this.#grow();
    const last = nodes[count - 1]!;
    const slot = this.#freeSlot(this.#home(last));
    this.#lastNodes[slot] = last;
    this.#results[slot] = result;
    this.#count++;
    if (count === 1) return;
    const others = nodes.slice(0, count - 1);
    this.#otherNodes[slot] = others;
    for (let i = 0; i < others.length; i++) {
      const node = others[i]!;
      this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
    }
  }

  /** Drops all results that contain the node. */
  forget(node: number): void {
    if (this.#count === 0) return;
    const home = this.#home(node);
    for (let slot = home; slot < home + WINDOW; slot++) {
      if (this.#lastNodes[slot] === node) this.#drop(slot);
    }
    if (this.#uses.has(node)) this.#forgetAmongOthers(node);
  }

  #home(node: number): number {
    return Math.imul(node, this.#factor) >>> this.#shift;
  }

  #forgetAmongOthers(node: number): void {
    for (let slot = 0; slot < this.#lastNodes.length; slot++) {
      const others = this.#otherNodes[slot];
      if (others !== undefined && contains(others, node)) this.#drop(slot);
    }
  }

  /** An empty slot of the window, or one that is emptied for it. */
  #freeSlot(home: number): number {
    for (let slot = home; slot < home + WINDOW; slot++) {
      if (this.#lastNodes[slot] === 0) return slot;
    }
    const slot = home + this.#random.below(WINDOW);
    this.#drop(slot);
    return slot;
  }

  /** Drops the next result in slot order, which is no order of the subjects. */
  #dropNext(): void {
    while (this.#lastNodes[this.#hand] === 0) {
      this.#hand = (this.#hand + 1) % this.#lastNodes.length;
    }
    this.#drop(this.#hand);
  }

  #drop(slot: number): void {
    const others = this.#otherNodes[slot];
    const result = this.#results[slot];
    if (others !== undefined && result !== undefined) {
      this.#copiedEntries -= countEntries(result);
      for (let i = 0; i < others.length; i++) this.#countDown(others[i]!);
    }
    this.#lastNodes[slot] = 0;
    this.#otherNodes[slot] = undefined;
    this.#results[slot] = undefined;
    this.#count--;
  }

  #countDown(node: number): void {
    const uses = this.#uses.get(node)!;
    if (uses === 1) this.#uses.delete(node);
    else this.#uses.set(node, uses - 1);
  }

  #grow(): void {
    const lastNodes = this.#lastNodes;
    const otherNodes = this.#otherNodes;
    const results = this.#results;
    const slots = (lastNodes.length - WINDOW) * 2;
    this.#lastNodes = new Int32Array(slots + WINDOW);
    this.#otherNodes = emptySlots(slots + WINDOW);
    this.#results = emptySlots(slots + WINDOW);
    this.#shift--;
    for (let slot = 0; slot < lastNodes.length; slot++) {
      if (lastNodes[slot] === 0) continue;
      const moved = this.#freeSlot(this.#home(lastNodes[slot]!));
      this.#lastNodes[moved] = lastNodes[slot]!;
      this.#otherNodes[moved] = otherNodes[slot];
      this.#results[moved] = results[slot];
    }
  }
}

function emptySlots<Value>(count: number): (Value | undefined)[] {
  return new Array<Value | undefined>(count).fill(undefined);
}

function contains(nodes: Int32Array, node: number): boolean {
  for (let i = 0; i < nodes.length; i++) if (nodes[i] === node) return true;
  return false;
}

function hasNodes(others: Int32Array | undefined, nodes: Int32Array, count: number): boolean {
  if (others === undefined) return count === 0;
  if (others.length !== count) return false;
  for (let i = 0; i < count; i++) if (others[i] !== nodes[i]) return false;
  return true;
}
