/**
 * Which subjects clients publish the most messages to, and the most bytes (`metrics.top_subjects`).
 * Told of every message that a client publishes while the option is set; otherwise there is none of
 * it, and messages cost nothing. Read by `/metrics`.
 */
import type { Random } from "../util/random.ts";
import type { Message } from "./message.ts";
import { type CountedSubject, SubjectSketch } from "./subject-sketch.ts";

/** Bytes of a subject that count; longer ones are cut, with room for the mark of that. */
export const MAX_SUBJECT_BYTES = 256;
export const CUT_MARK = "…";
const CUT_SUBJECT_BYTES = MAX_SUBJECT_BYTES - Buffer.byteLength(CUT_MARK);
const LONGEST_CHARACTER_BYTES = 4;

/** Places per subject that is shown: the more there are, the less those that come late gain. */
const PLACES_PER_SUBJECT = 4;
/** Places there are at least, so that a few hundred subjects are counted exactly. */
const MIN_PLACES = 512;

export class TopSubjects {
  /** How many subjects are shown. */
  readonly limit: number;
  readonly #messages: SubjectSketch;
  readonly #bytes: SubjectSketch;
  /** Keep peers from choosing subjects with equal hashes. */
  readonly #seed: number;
  readonly #factor: number;

  constructor(limit: number, random: Random) {
    const places = Math.max(limit * PLACES_PER_SUBJECT, MIN_PLACES);
    this.limit = limit;
    this.#messages = new SubjectSketch(places);
    this.#bytes = new SubjectSketch(places);
    this.#seed = random.below(0x7fffffff);
    this.#factor = (random.below(0x7fffffff) << 1) | 1;
  }

  /** Candidates by messages, in no particular order; `limit` of them are worth showing. */
  get byMessages(): readonly CountedSubject[] {
    return this.#messages.subjects;
  }

  /** As `byMessages`, by the bytes of headers and payloads. */
  get byBytes(): readonly CountedSubject[] {
    return this.#bytes.subjects;
  }

  /** A client of the account has published the message. */
  add(account: string, { subjectBlock, subjectStart, subjectEnd, sizeBytes }: Message): void {
    const { bytes } = subjectBlock;
    const isCut = subjectEnd - subjectStart > MAX_SUBJECT_BYTES;
    const end = isCut ? characterEnd(bytes, subjectStart) : subjectEnd;
    const hash = this.#hash(account, bytes, subjectStart, end);
    const key = { account, bytes, start: subjectStart, end, isCut, hash };
    this.#messages.add(key, 1);
    if (sizeBytes > 0) this.#bytes.add(key, sizeBytes);
  }

  #hash(account: string, bytes: Uint8Array, start: number, end: number): number {
    const factor = this.#factor;
    let hash = this.#seed;
    for (let i = 0; i < account.length; i++) hash = mixed(hash, account.charCodeAt(i), factor);
    for (let i = start; i < end; i++) hash = mixed(hash, bytes[i]!, factor);
    return hash ^ (hash >>> 16);
  }
}

function mixed(hash: number, value: number, factor: number): number {
  return Math.imul(hash ^ (hash >>> 15) ^ value, factor);
}

/** Where a subject that is too long is cut: not inside a character, if its bytes are such. */
function characterEnd(bytes: Uint8Array, start: number): number {
  const end = start + CUT_SUBJECT_BYTES;
  for (let at = end; at > end - LONGEST_CHARACTER_BYTES; at--) {
    if ((bytes[at]! & 0xc0) !== 0x80) return at;
  }
  return end;
}
