/**
 * The distinct tokens of one trie, each stored once under a small number. [hot] Called by
 * `subject-trie.ts` and `trie-walk.ts`: a subject's tokens are looked up here once, from then on
 * nodes are found by comparing numbers. A token lives as long as nodes refer to it.
 */
import { Ascii } from "../util/ascii.ts";
import { IdTable } from "./id-table.ts";
import { TokenArena } from "./token-arena.ts";

/** Token numbers with a meaning; literal tokens are numbered from `FirstLiteral`. */
export const enum Token {
  None = 0,
  /** `*` */
  Star = 1,
  /** `>` */
  Rest = 2,
  FirstLiteral = 3,
}

/** Fields of a record. A free one holds the number of the next free one in `Offset`. */
const enum Field {
  Offset = 0,
  Length = 1,
  Hash = 2,
  References = 3,
  Size = 4,
}

const FIRST_RECORDS = 8;

export class TokenTable {
  readonly #arena: TokenArena;
  /** Literal tokens only: `*` and `>` are never found by their bytes. */
  readonly #table: IdTable;
  #records: Int32Array;
  #recordCount: number;
  #firstFree: number;

  constructor() {
    this.#arena = new TokenArena();
    this.#table = new IdTable();
    this.#records = new Int32Array(FIRST_RECORDS * Field.Size);
    this.#recordCount = 1;
    this.#firstFree = 0;
    this.#addRecord(Uint8Array.of(Ascii.Star), 0, 1, 0);
    this.#addRecord(Uint8Array.of(Ascii.Greater), 0, 1, 0);
  }

  /** Number of literal tokens held. */
  get count(): number {
    return this.#table.count;
  }

  /** Memory of the token bytes, used or not. */
  get capacityBytes(): number {
    return this.#arena.capacityBytes;
  }

  /** The number of the literal token `bytes[start, end)` with this hash, or `Token.None`. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const table = this.#table;
    const cells = table.cells;
    const mask = table.cellMask;
    const records = this.#records;
    const length = end - start;
    for (let cell = table.homeCell(hash); ; cell = (cell + 2) & mask) {
      const token = cells[cell]!;
      if (token === Token.None) return Token.None;
      if (cells[cell + 1] !== hash) continue;
      const record = token * Field.Size;
      if (records[record + Field.Length] !== length) continue;
      const stored = this.#arena.bytes;
      const shift = records[record + Field.Offset]! - start;
      let i = start;
      while (i < end && bytes[i] === stored[i + shift]) i++;
      if (i === end) return token;
    }
  }

  /** Adds a literal token that `find` did not find, with no reference to it yet. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const token = this.#addRecord(bytes, start, end, hash);
    this.#table.add(token, hash);
    return token;
  }

  /** Counts one more node that carries the token. */
  retain(token: number): void {
    this.#records[token * Field.Size + Field.References]!++;
  }

  /** Counts one node less; the last one frees the token. `*` and `>` stay. */
  release(token: number): void {
    const records = this.#records;
    const record = token * Field.Size;
    const references = records[record + Field.References]! - 1;
    records[record + Field.References] = references;
    if (references > 0 || token < Token.FirstLiteral) return;
    this.#table.remove(token, records[record + Field.Hash]!);
    this.#arena.release(records[record + Field.Offset]!, records[record + Field.Length]!);
    records[record + Field.Offset] = this.#firstFree;
    this.#firstFree = token;
  }

  /** Length of the token in bytes. */
  lengthOf(token: number): number {
    return this.#records[token * Field.Size + Field.Length]!;
  }

  /** Writes the token's bytes to `target` at `at`. */
  copyTo(token: number, target: Uint8Array, at: number): void {
    const record = token * Field.Size;
    const offset = this.#records[record + Field.Offset]!;
    const length = this.#records[record + Field.Length]!;
    const stored = this.#arena.bytes;
    for (let i = 0; i < length; i++) target[at + i] = stored[offset + i]!;
  }

  #addRecord(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    const offset = this.#arena.allocate(length);
    const stored = this.#arena.bytes;
    for (let i = 0; i < length; i++) stored[offset + i] = bytes[start + i]!;
    const token = this.#takeNumber();
    const records = this.#records;
    const record = token * Field.Size;
    records[record + Field.Offset] = offset;
    records[record + Field.Length] = length;
    records[record + Field.Hash] = hash;
    records[record + Field.References] = 0;
    return token;
  }

  #takeNumber(): number {
    const free = this.#firstFree;
    if (free !== 0) {
      this.#firstFree = this.#records[free * Field.Size + Field.Offset]!;
      return free;
    }
    const token = this.#recordCount++;
    if (this.#recordCount * Field.Size > this.#records.length) {
      const records = new Int32Array(this.#records.length * 2);
      records.set(this.#records);
      this.#records = records;
    }
    return token;
  }
}
