/**
 * Whether a message with headers might ask to be traced. [hot] Asked for each of them, so only the
 * two names that make a trace are searched for, and neither in every byte: `trace-request.ts` reads
 * the few blocks that have one.
 *
 * A name of 18 bytes, wherever it stands, has a whole word of four bytes at one of every 15 places.
 * So it is enough to look at one word in 15 bytes, and to compare the name where the word is one of
 * its own: 64 bytes of headers are four looks.
 */
import type { Account } from "../broker/account.ts";
import type { Message } from "../broker/message.ts";
import { assert } from "../util/assert.ts";

const WORD_BYTES = 4;
/** Of the first line without its end, which is the end of the line before a name. */
const VERSION_BYTES = "NATS/1.0".length;

/** Multiplied with this odd number, each word of a name gets a slot of its own among so many. */
const SPREAD = 0x9e3779b1 | 0;
const SLOT_BITS = 6;
const SLOT_SHIFT = 32 - SLOT_BITS;

/** Set in all small letters: makes capital ones small, and a few other bytes alike. */
const SMALL_LETTERS = 0x20202020;

/** A name with the line end before it and the colon behind it. */
class SoughtName {
  /** Its words, each in the slot of its hash. */
  readonly slots: Int32Array;
  /** Its words, the one that begins with its first byte first. */
  readonly #words: Int32Array;
  /** Set in every word that is compared. */
  readonly #fold: number;

  constructor(name: string, fold: number) {
    const view = new DataView(new ArrayBuffer(name.length));
    for (let i = 0; i < name.length; i++) view.setUint8(i, name.charCodeAt(i));
    this.#words = new Int32Array(name.length - WORD_BYTES + 1);
    this.slots = new Int32Array(1 << SLOT_BITS);
    this.#fold = fold;
    for (let i = 0; i < this.#words.length; i++) {
      const word = view.getInt32(i, true) | fold;
      const slot = Math.imul(word, SPREAD) >>> SLOT_SHIFT;
      assert(this.slots[slot] === 0, "words of a name have different slots");
      this.#words[i] = word;
      this.slots[slot] = word;
    }
  }

  /** Whether the name stands between `start` and `end` with this word of it at `at`. */
  isAround(view: DataView, at: number, word: number, start: number, end: number): boolean {
    const words = this.#words;
    const fold = this.#fold;
    const last = words.length - 1;
    const nameStart = at - words.indexOf(word);
    if (nameStart < start || nameStart + last + WORD_BYTES > end) return false;
    for (let i = 0; i < last; i += WORD_BYTES) {
      if ((view.getInt32(nameStart + i, true) | fold) !== words[i]) return false;
    }
    return (view.getInt32(nameStart + last, true) | fold) === words[last];
  }
}

// What follows stands here and not in the class: with constants it takes 3 ns a message and not 5
// (`test/bench/micro/header-publish.ts`, 63 B).

const DESTINATION = new SoughtName("\r\nNats-Trace-Dest:", 0);
const DESTINATION_SLOTS = DESTINATION.slots;
const DESTINATION_STEP = 15;

const PARENT = new SoughtName("\r\ntraceparent:", SMALL_LETTERS);
const PARENT_SLOTS = PARENT.slots;
const PARENT_STEP = 11;

/**
 * False only for a message that need not be read more closely. Headers of tracing systems concern
 * accounts that have a destination for their traces.
 */
export function mayBeTraced(message: Message, account: Account): boolean {
  const { view } = message.block;
  const start = message.payloadStart + VERSION_BYTES;
  const end = message.payloadStart + message.headerBytes;
  const last = end - WORD_BYTES;
  for (let at = start + DESTINATION_STEP - 1; at <= last; at += DESTINATION_STEP) {
    const word = view.getInt32(at, true);
    if (DESTINATION_SLOTS[Math.imul(word, SPREAD) >>> SLOT_SHIFT] !== word) continue;
    if (DESTINATION.isAround(view, at, word, start, end)) return true;
  }
  return account.messageTrace !== undefined && hasTraceParent(view, start, end);
}

function hasTraceParent(view: DataView, start: number, end: number): boolean {
  const last = end - WORD_BYTES;
  for (let at = start + PARENT_STEP - 1; at <= last; at += PARENT_STEP) {
    const word = view.getInt32(at, true) | SMALL_LETTERS;
    if (PARENT_SLOTS[Math.imul(word, SPREAD) >>> SLOT_SHIFT] !== word) continue;
    if (PARENT.isAround(view, at, word, start, end)) return true;
  }
  return false;
}
