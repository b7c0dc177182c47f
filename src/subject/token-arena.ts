/**
 * One growing run of bytes in which a token table keeps its tokens. [hot]
 * Called by `token-table.ts`. Blocks are whole words; freed ones are kept in one list per size and
 * handed out again, so that memory follows the peak of each size and not the number of changes.
 */

/** Blocks up to this many words have a list for each size; larger ones are powers of two. */
const EXACT_WORDS = 16;
const EXACT_BITS = 4;
/** List 1 to 16 by words, then one for each power of two up to 2^31 bytes. */
const SIZE_CLASSES = EXACT_WORDS + 26;
const FIRST_WORDS = 64;

export class TokenArena {
  /** The stored bytes; replaced when the arena grows, so do not keep it over an `allocate`. */
  bytes: Uint8Array;
  /** The same memory; the first word of a free block is the offset of the next one, 0 for none. */
  #words: Int32Array;
  #usedWords: number;
  readonly #firstFree: Int32Array;

  constructor() {
    this.#words = new Int32Array(FIRST_WORDS);
    this.bytes = new Uint8Array(this.#words.buffer);
    // Offset 0 means "none" in the lists, so the first word stays unused.
    this.#usedWords = 1;
    this.#firstFree = new Int32Array(SIZE_CLASSES + 1);
  }

  /** Memory held, used or not. */
  get capacityBytes(): number {
    return this.bytes.length;
  }

  /** Room for `lengthBytes` (at least 1); the offset in `bytes`, a multiple of 4. */
  allocate(lengthBytes: number): number {
    const sizeClass = sizeClassOf(lengthBytes);
    const free = this.#firstFree[sizeClass]!;
    if (free !== 0) {
      this.#firstFree[sizeClass] = this.#words[free]!;
      return free << 2;
    }
    const word = this.#usedWords;
    this.#usedWords = word + wordsOf(sizeClass);
    if (this.#usedWords > this.#words.length) this.#grow();
    return word << 2;
  }

  /** Gives back what `allocate(lengthBytes)` returned. */
  release(offset: number, lengthBytes: number): void {
    const sizeClass = sizeClassOf(lengthBytes);
    const word = offset >> 2;
    this.#words[word] = this.#firstFree[sizeClass]!;
    this.#firstFree[sizeClass] = word;
  }

  #grow(): void {
    let length = this.#words.length * 2;
    while (length < this.#usedWords) length *= 2;
    const words = new Int32Array(length);
    words.set(this.#words);
    this.#words = words;
    this.bytes = new Uint8Array(words.buffer);
  }
}

function sizeClassOf(lengthBytes: number): number {
  const words = (lengthBytes + 3) >> 2;
  if (words <= EXACT_WORDS) return words;
  return EXACT_WORDS + 32 - Math.clz32(words - 1) - EXACT_BITS;
}

function wordsOf(sizeClass: number): number {
  return sizeClass <= EXACT_WORDS ? sizeClass : 1 << (sizeClass - EXACT_WORDS + EXACT_BITS);
}
