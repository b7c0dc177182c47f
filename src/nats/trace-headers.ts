/**
 * Whether a message with headers might ask to be traced. [hot] Asked for each of them, so only the
 * two names that make a trace are searched for, and neither in every byte: `trace-request.ts` reads
 * the few blocks that have one.
 *
 * A name of 16 bytes, wherever it stands, has a whole word of four bytes at one of every 13 places.
 * So it is enough to look at one word in 13 bytes, and to compare the name where the word is one of
 * its own: 64 bytes of headers are four looks.
 */
import type { Account } from "../broker/account.ts";
import type { Message } from "../broker/message.ts";

const WORD_BYTES = 4;
const FIRST_LINE_BYTES = "NATS/1.0\r\n".length;

/** Places for the words of a name: few enough to stay in the cache, enough for a hash per word. */
const SLOT_BITS = 5;
const SLOTS = 1 << SLOT_BITS;
const SLOT_SHIFT = 32 - SLOT_BITS;

/** Set in all small letters: makes capital ones small, and a few other bytes alike. */
const SMALL_LETTERS = 0x20202020;

/** Finds one name, with its colon, in bytes. */
class NameSearch {
  /** The name, whose length is a multiple of four. */
  readonly #words: Int32Array;
  /** Set in every word that is compared. */
  readonly #fold: number;
  /** All words in the name, each in the slot of its hash, and where in the name it stands. */
  readonly #slots: Int32Array;
  readonly #offsets: Int32Array;
  /** Gives each word another hash. */
  readonly #spread: number;
  /** From one look to the next, in bytes. */
  readonly #step: number;

  constructor(name: string, fold: number) {
    const view = new DataView(new ArrayBuffer(name.length));
    for (let i = 0; i < name.length; i++) view.setUint8(i, name.charCodeAt(i));
    const last = name.length - WORD_BYTES;
    const all = new Int32Array(last + 1);
    for (let i = 0; i <= last; i++) all[i] = view.getInt32(i, true) | fold;
    this.#fold = fold;
    this.#words = new Int32Array(name.length / WORD_BYTES);
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = all[i * WORD_BYTES]!;
    this.#spread = spreadOf(all);
    this.#slots = new Int32Array(SLOTS);
    this.#offsets = new Int32Array(SLOTS);
    for (let i = 0; i <= last; i++) {
      const slot = Math.imul(all[i]!, this.#spread) >>> SLOT_SHIFT;
      this.#slots[slot] = all[i]!;
      this.#offsets[slot] = i;
    }
    this.#step = last + 1;
  }

  /** Whether the name stands in the bytes from `start` to `end`. */
  isIn(view: DataView, start: number, end: number): boolean {
    const slots = this.#slots;
    const spread = this.#spread;
    const fold = this.#fold;
    const step = this.#step;
    const last = end - WORD_BYTES;
    for (let at = start + step - 1; at <= last; at += step) {
      const word = view.getInt32(at, true) | fold;
      const slot = Math.imul(word, spread) >>> SLOT_SHIFT;
      if (slots[slot] !== word) continue;
      if (this.#isAt(view, at - this.#offsets[slot]!, start, end)) return true;
    }
    return false;
  }

  #isAt(view: DataView, nameStart: number, start: number, end: number): boolean {
    const words = this.#words;
    if (nameStart < start || nameStart + words.length * WORD_BYTES > end) return false;
    for (let i = 0; i < words.length; i++) {
      if ((view.getInt32(nameStart + i * WORD_BYTES, true) | this.#fold) !== words[i]) return false;
    }
    return true;
  }
}

/** The first odd number that, multiplied with each of the words, puts them into slots of theirs. */
function spreadOf(words: Int32Array): number {
  for (let spread = 0x9e3779b1 | 0; ; spread = (spread + 2) | 0) {
    let used = 0;
    let isFree = true;
    for (let i = 0; i < words.length; i++) {
      const bit = 1 << (Math.imul(words[i]!, spread) >>> SLOT_SHIFT);
      if ((used & bit) !== 0) isFree = false;
      used |= bit;
    }
    if (isFree) return spread;
  }
}

const TRACE_DESTINATION = new NameSearch("Nats-Trace-Dest:", 0);
const TRACE_PARENT = new NameSearch("traceparent:", SMALL_LETTERS);

/**
 * False only for a message that need not be read more closely. Headers of tracing systems concern
 * accounts that have a destination for their traces.
 */
export function mayBeTraced(message: Message, account: Account): boolean {
  const { view } = message.block;
  const start = message.payloadStart + FIRST_LINE_BYTES;
  const end = message.payloadStart + message.headerBytes;
  if (TRACE_DESTINATION.isIn(view, start, end)) return true;
  return account.messageTrace !== undefined && TRACE_PARENT.isIn(view, start, end);
}
