/**
 * Ready results of a sublist, found by the nodes they were made of. [hot] Called by `sublist.ts`
 * after each walk. Keyed by nodes and not by subject, a result serves every subject that reaches
 * the same nodes (all of `log.>` with one subscriber is one result), a new node cannot make any
 * result wrong, and a changed one concerns only the results that contain it.
 *
 * A lookup looks at `WINDOW` slots and no more; when all are taken, one is overwritten.
 */
import type { Random } from "../util/random.ts";
import { ResultUses } from "./result-uses.ts";
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
  /** Per slot: the hash of its nodes. */
  #hashes: Int32Array;
  /** Per slot: the first node, 0 for an empty slot. */
  #firstNodes: Int32Array;
  /** Per slot: the nodes behind the first one; undefined for none. */
  #moreNodes: (Int32Array | undefined)[];
  #results: (SublistResult<Entry> | undefined)[];
  #shift: number;
  #count: number;
  #copiedEntries: number;
  /** The sum of the results' fan-outs. */
  #receivers: number;
  /** The slots of the results of several nodes. */
  #uses: ResultUses;
  /** Where the search for a result to drop goes on. */
  #hand: number;

  constructor(random: Random) {
    this.#random = random;
    this.#factor = (random.below(0x7fffffff) << 1) | 1;
    this.#hashes = new Int32Array(FIRST_SLOTS + WINDOW);
    this.#firstNodes = new Int32Array(FIRST_SLOTS + WINDOW);
    this.#moreNodes = emptySlots(FIRST_SLOTS + WINDOW);
    this.#results = emptySlots(FIRST_SLOTS + WINDOW);
    this.#shift = Math.clz32(FIRST_SLOTS) + 1;
    this.#count = 0;
    this.#copiedEntries = 0;
    this.#receivers = 0;
    this.#uses = new ResultUses(random, FIRST_SLOTS + WINDOW);
    this.#hand = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** The sum of the results' fan-outs: plain entries and queue groups. */
  get receivers(): number {
    return this.#receivers;
  }

  /** The results, for statistics. */
  results(): SublistResult<Entry>[] {
    const held: SublistResult<Entry>[] = [];
    for (const result of this.#results) if (result !== undefined) held.push(result);
    return held;
  }

  /** The result made of exactly `nodes[0, count)`, in this order; `count` is at least 1. */
  find(nodes: Int32Array, count: number): SublistResult<Entry> | undefined {
    const firstNodes = this.#firstNodes;
    const first = nodes[0]!;
    const home = this.#home(this.#hash(nodes, count));
    for (let slot = home; slot < home + WINDOW; slot++) {
      if (firstNodes[slot] === first && isRest(this.#moreNodes[slot], nodes, count)) {
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
    if (this.#count * 2 > this.#firstNodes.length) this.#grow();
    const hash = this.#hash(nodes, count);
    const slot = this.#freeSlot(this.#home(hash));
    this.#hashes[slot] = hash;
    this.#place(slot, nodes[0]!, count > 1 ? nodes.slice(1, count) : undefined, result);
    this.#count++;
    this.#receivers += fanOutOf(result);
  }

  /** Drops all results that contain the node. */
  forget(node: number): void {
    if (this.#count === 0) return;
    const home = this.#home(node);
    for (let slot = home; slot < home + WINDOW; slot++) {
      const isOfOne = this.#moreNodes[slot] === undefined;
      if (isOfOne && this.#firstNodes[slot] === node) this.#drop(slot);
    }
    const uses = this.#uses;
    for (let slot = uses.slotWith(node); slot >= 0; slot = uses.slotWith(node)) this.#drop(slot);
  }

  #home(hash: number): number {
    return Math.imul(hash, this.#factor) >>> this.#shift;
  }

  /** The hash of a list of nodes; of a single one, the node. */
  #hash(nodes: Int32Array, count: number): number {
    const factor = this.#factor;
    let hash = nodes[0]!;
    for (let i = 1; i < count; i++) hash = Math.imul(hash ^ (hash >>> 15), factor) ^ nodes[i]!;
    return hash;
  }

  /** An empty slot of the window, or one that is emptied for it. */
  #freeSlot(home: number): number {
    for (let slot = home; slot < home + WINDOW; slot++) {
      if (this.#firstNodes[slot] === 0) return slot;
    }
    const slot = home + this.#random.below(WINDOW);
    this.#drop(slot);
    return slot;
  }

  #place(
    slot: number,
    first: number,
    more: Int32Array | undefined,
    result: SublistResult<Entry> | undefined,
  ): void {
    this.#firstNodes[slot] = first;
    this.#moreNodes[slot] = more;
    this.#results[slot] = result;
    if (more === undefined) return;
    this.#uses.add(first, slot);
    for (let i = 0; i < more.length; i++) this.#uses.add(more[i]!, slot);
  }

  /** Drops the next result in slot order, which is no order of the subjects. */
  #dropNext(): void {
    while (this.#firstNodes[this.#hand] === 0) {
      this.#hand = (this.#hand + 1) % this.#firstNodes.length;
    }
    this.#drop(this.#hand);
  }

  #drop(slot: number): void {
    const more = this.#moreNodes[slot];
    const result = this.#results[slot];
    if (result !== undefined) this.#receivers -= fanOutOf(result);
    if (more !== undefined && result !== undefined) {
      this.#copiedEntries -= countEntries(result);
      this.#uses.clearSlot(slot);
    }
    this.#firstNodes[slot] = 0;
    this.#moreNodes[slot] = undefined;
    this.#results[slot] = undefined;
    this.#count--;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const firstNodes = this.#firstNodes;
    const moreNodes = this.#moreNodes;
    const results = this.#results;
    const slots = (firstNodes.length - WINDOW) * 2;
    this.#hashes = new Int32Array(slots + WINDOW);
    this.#firstNodes = new Int32Array(slots + WINDOW);
    this.#moreNodes = emptySlots(slots + WINDOW);
    this.#results = emptySlots(slots + WINDOW);
    this.#uses = new ResultUses(this.#random, slots + WINDOW);
    this.#shift--;
    for (let slot = 0; slot < firstNodes.length; slot++) {
      if (firstNodes[slot] === 0) continue;
      const moved = this.#freeSlot(this.#home(hashes[slot]!));
      this.#hashes[moved] = hashes[slot]!;
      this.#place(moved, firstNodes[slot]!, moreNodes[slot], results[slot]);
    }
  }
}

function fanOutOf({ plain, queues }: SublistResult<SublistEntry>): number {
  return plain.length + queues.length;
}

function emptySlots<Value>(count: number): (Value | undefined)[] {
  return new Array<Value | undefined>(count).fill(undefined);
}

/** Whether `more` is `nodes[1, count)`. */
function isRest(more: Int32Array | undefined, nodes: Int32Array, count: number): boolean {
  if (more === undefined) return count === 1;
  if (more.length + 1 !== count) return false;
  for (let i = 1; i < count; i++) if (more[i - 1] !== nodes[i]) return false;
  return true;
}
