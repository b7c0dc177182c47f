/**
 * Which results of a cache contain a node. [hot] Called by `result-cache.ts` when it keeps or drops
 * a result of several nodes. Lists of integers and not a Map of Sets, because those rehash when
 * entries come and go: an inbox subscribed and removed next to `>` took more than twice as long
 * (benchmark `test/bench/micro/sublist.ts`).
 */
import type { Random } from "../util/random.ts";
import { IdTable } from "./id-table.ts";

/**
 * Fields of a use, which says that the result in a slot contains a node. Uses of one node are a
 * doubly linked list, whose first one is in the table; those of one slot are a list, too. Use 0 is
 * "none". Free uses are linked by `NextOfSlot`.
 */
const enum Field {
  Node = 0,
  Slot = 1,
  NextOfNode = 2,
  PreviousOfNode = 3,
  NextOfSlot = 4,
  Size = 5,
}

const NONE = 0;
const FIRST_USES = 16;

export class ResultUses {
  readonly #factor: number;
  /** The first use of each node. */
  readonly #table: IdTable;
  /** Per slot its first use. */
  readonly #firstOfSlot: Int32Array;
  #uses: Int32Array;
  #highestUse: number;
  #firstFree: number;

  constructor(random: Random, slots: number) {
    this.#factor = (random.below(0x7fffffff) << 1) | 1;
    this.#table = new IdTable();
    this.#firstOfSlot = new Int32Array(slots);
    this.#uses = new Int32Array(FIRST_USES * Field.Size);
    this.#highestUse = NONE;
    this.#firstFree = NONE;
  }

  /** Notes that the result in `slot` contains `node`. */
  add(node: number, slot: number): void {
    const use = this.#take();
    const uses = this.#uses;
    const at = use * Field.Size;
    uses[at + Field.Node] = node;
    uses[at + Field.Slot] = slot;
    uses[at + Field.NextOfSlot] = this.#firstOfSlot[slot]!;
    this.#firstOfSlot[slot] = use;
    const first = this.#firstOf(node);
    const next = first === NONE ? NONE : uses[first * Field.Size + Field.NextOfNode]!;
    uses[at + Field.PreviousOfNode] = first;
    uses[at + Field.NextOfNode] = next;
    if (first === NONE) this.#table.add(use, this.#hash(node));
    else uses[first * Field.Size + Field.NextOfNode] = use;
    if (next !== NONE) uses[next * Field.Size + Field.PreviousOfNode] = use;
  }

  /** Some slot whose result contains `node`, -1 for none. */
  slotWith(node: number): number {
    const use = this.#firstOf(node);
    return use === NONE ? -1 : this.#uses[use * Field.Size + Field.Slot]!;
  }

  /** Forgets what was noted for `slot`. */
  clearSlot(slot: number): void {
    const uses = this.#uses;
    let use = this.#firstOfSlot[slot]!;
    this.#firstOfSlot[slot] = NONE;
    while (use !== NONE) {
      const at = use * Field.Size;
      const next = uses[at + Field.NextOfSlot]!;
      this.#unlink(use);
      uses[at + Field.NextOfSlot] = this.#firstFree;
      this.#firstFree = use;
      use = next;
    }
  }

  #unlink(use: number): void {
    const uses = this.#uses;
    const at = use * Field.Size;
    const previous = uses[at + Field.PreviousOfNode]!;
    const next = uses[at + Field.NextOfNode]!;
    if (next !== NONE) uses[next * Field.Size + Field.PreviousOfNode] = previous;
    if (previous !== NONE) {
      uses[previous * Field.Size + Field.NextOfNode] = next;
      return;
    }
    const hash = this.#hash(uses[at + Field.Node]!);
    this.#table.remove(use, hash);
    if (next !== NONE) this.#table.add(next, hash);
  }

  #firstOf(node: number): number {
    const { cells, cellMask } = this.#table;
    const uses = this.#uses;
    let cell = this.#table.homeCell(this.#hash(node));
    while (cells[cell] !== NONE && uses[cells[cell]! * Field.Size + Field.Node] !== node) {
      cell = (cell + 2) & cellMask;
    }
    return cells[cell]!;
  }

  #hash(node: number): number {
    return Math.imul(node, this.#factor);
  }

  #take(): number {
    const free = this.#firstFree;
    if (free !== NONE) {
      this.#firstFree = this.#uses[free * Field.Size + Field.NextOfSlot]!;
      return free;
    }
    const use = ++this.#highestUse;
    if ((use + 1) * Field.Size > this.#uses.length) {
      const uses = new Int32Array(this.#uses.length * 2);
      uses.set(this.#uses);
      this.#uses = uses;
    }
    return use;
  }
}
