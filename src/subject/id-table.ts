/**
 * A hash table of small integers, open addressing with linear probing. [hot]
 * Called by `token-table.ts` and `subject-trie.ts`, which own what an id stands for and compare it:
 * the table keeps only the id and its hash, and the probe loop runs in the caller (see `cells`).
 * Removal shifts later ids back, so there are no tombstones and probes stay short under any churn.
 */

const FIRST_SLOTS = 8;

export class IdTable {
  /**
   * Two cells per slot: the id (0 for an empty slot) and its hash. To find an id, start at cell
   * `homeCell(hash)` and step by 2 under `cellMask` until the id matches or is 0. Replaced by
   * `add`.
   */
  cells: Int32Array;
  cellMask: number;
  #count: number;

  constructor() {
    this.cells = new Int32Array(FIRST_SLOTS * 2);
    this.cellMask = FIRST_SLOTS * 2 - 1;
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Where probing for this hash begins. */
  homeCell(hash: number): number {
    return (hash << 1) & this.cellMask;
  }

  /** Adds `id` (not 0), which must not be in the table. Grows at a load of four fifths. */
  add(id: number, hash: number): void {
    this.#count++;
    if (this.#count * 5 > this.cells.length * 2) this.#grow();
    this.#place(id, hash);
  }

  /** Removes `id`, which must have been added with this hash. */
  remove(id: number, hash: number): void {
    const cells = this.cells;
    const mask = this.cellMask;
    let hole = this.homeCell(hash);
    while (cells[hole] !== id) hole = (hole + 2) & mask;
    this.#count--;
    let cell = hole;
    for (;;) {
      cell = (cell + 2) & mask;
      const moved = cells[cell]!;
      if (moved === 0) break;
      const movedHash = cells[cell + 1]!;
      // An id may fill the hole unless its home lies behind the hole on the way to its cell.
      if (((cell - this.homeCell(movedHash)) & mask) < ((cell - hole) & mask)) continue;
      cells[hole] = moved;
      cells[hole + 1] = movedHash;
      hole = cell;
    }
    cells[hole] = 0;
  }

  #place(id: number, hash: number): void {
    const cells = this.cells;
    const mask = this.cellMask;
    let cell = this.homeCell(hash);
    while (cells[cell] !== 0) cell = (cell + 2) & mask;
    cells[cell] = id;
    cells[cell + 1] = hash;
  }

  #grow(): void {
    const old = this.cells;
    this.cells = new Int32Array(old.length * 2);
    this.cellMask = this.cells.length - 1;
    for (let cell = 0; cell < old.length; cell += 2) {
      const id = old[cell]!;
      if (id !== 0) this.#place(id, old[cell + 1]!);
    }
  }
}
