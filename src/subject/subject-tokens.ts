/**
 * Where the tokens of one subject begin and end, and their hashes. [hot] Filled by `split` before
 * each walk of a trie and reused for the next one; grows with the longest subject seen. The hash is
 * seeded for each instance: peers choose the tokens, and must not be able to choose many that fall
 * on one place of a table.
 */
import { Ascii } from "../util/ascii.ts";
import { Random } from "../util/random.ts";
import { Token } from "./token-table.ts";

const FIRST_TOKENS = 16;

export class SubjectTokens {
  readonly #seed: number;
  readonly #multiplier: number;
  /** Number of tokens of the last subject that was split. */
  count: number;
  /** Whether it has a wildcard token. */
  hasWildcard: boolean;
  /** Whether `>` is followed by another token, so that it cannot be subscribed to. */
  hasTokenAfterRest: boolean;
  starts: Int32Array;
  ends: Int32Array;
  hashes: Int32Array;
  /** `Token.Star` or `Token.Rest` for a wildcard token, else `Token.None`. */
  wildcards: Uint8Array;

  constructor(random: Random) {
    this.#seed = random.below(0x7fffffff);
    this.#multiplier = (random.below(0x7fffffff) << 1) | 1;
    this.count = 0;
    this.hasWildcard = false;
    this.hasTokenAfterRest = false;
    this.starts = new Int32Array(FIRST_TOKENS);
    this.ends = new Int32Array(FIRST_TOKENS);
    this.hashes = new Int32Array(FIRST_TOKENS);
    this.wildcards = new Uint8Array(FIRST_TOKENS);
  }

  /** Splits `bytes[start, end)`; false if a token is empty, which no subject may have. */
  split(bytes: Uint8Array, start: number, end: number): boolean {
    const seed = this.#seed;
    const multiplier = this.#multiplier;
    this.count = 0;
    this.hasWildcard = false;
    this.hasTokenAfterRest = false;
    let tokenStart = start;
    let hash = seed;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte !== Ascii.Dot) {
        hash = Math.imul(hash ^ byte, multiplier);
        // Without this step, texts can be made that collide under every multiplier.
        hash ^= hash >>> 15;
        continue;
      }
      if (i === tokenStart) return false;
      this.#add(bytes, tokenStart, i, hash);
      tokenStart = i + 1;
      hash = seed;
    }
    if (tokenStart >= end) return false;
    this.#add(bytes, tokenStart, end, hash);
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number): void {
    const index = this.count;
    if (index === this.starts.length) this.#grow();
    this.starts[index] = start;
    this.ends[index] = end;
    this.hashes[index] = hash;
    this.wildcards[index] = Token.None;
    if (index > 0 && this.wildcards[index - 1] === Token.Rest) this.hasTokenAfterRest = true;
    this.count = index + 1;
    if (end - start > 1 || bytes[start]! > Ascii.Greater) return;
    if (bytes[start] === Ascii.Star) this.wildcards[index] = Token.Star;
    else if (bytes[start] === Ascii.Greater) this.wildcards[index] = Token.Rest;
    else return;
    this.hasWildcard = true;
  }

  #grow(): void {
    const { starts, ends, hashes, wildcards } = this;
    this.starts = new Int32Array(starts.length * 2);
    this.starts.set(starts);
    this.ends = new Int32Array(ends.length * 2);
    this.ends.set(ends);
    this.hashes = new Int32Array(hashes.length * 2);
    this.hashes.set(hashes);
    this.wildcards = new Uint8Array(wildcards.length * 2);
    this.wildcards.set(wildcards);
  }
}
