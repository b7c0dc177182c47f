/**
 * NUIDs, as NATS clients and servers make them: 22 characters that are unique everywhere without
 * asking anybody. Twelve are random and stay; ten count up from a random start in steps of a random
 * size, until they run out. Not secret: who has seen one can guess the next.
 */
import type { Random } from "./random.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = DIGITS.length;
const PREFIX_LENGTH = 12;
/** What counts, in two halves, each of which a number can hold. */
const HALF_LENGTH = 5;
const HALF_COUNT = BASE ** HALF_LENGTH;
const MIN_STEP = 33;
const MAX_STEP = 333;

export class Nuid {
  readonly #random: Random;
  #prefix: string;
  #high: number;
  #low: number;
  #step: number;

  constructor(random: Random) {
    this.#random = random;
    this.#prefix = "";
    this.#high = 0;
    this.#low = 0;
    this.#step = 0;
    this.#begin();
  }

  next(): string {
    this.#low += this.#step;
    if (this.#low >= HALF_COUNT) {
      this.#low -= HALF_COUNT;
      this.#high++;
    }
    if (this.#high >= HALF_COUNT) this.#begin();
    return this.#prefix + digitsOf(this.#high) + digitsOf(this.#low);
  }

  /** Another prefix, start and step. */
  #begin(): void {
    const bytes = crypto.getRandomValues(new Uint8Array(PREFIX_LENGTH));
    this.#prefix = Array.from(bytes, (byte) => DIGITS[byte % BASE]).join("");
    this.#high = this.#random.below(HALF_COUNT);
    this.#low = this.#random.below(HALF_COUNT);
    this.#step = MIN_STEP + this.#random.below(MAX_STEP - MIN_STEP);
  }
}

function digitsOf(half: number): string {
  let text = "";
  let rest = half;
  for (let i = 0; i < HALF_LENGTH; i++) {
    text = DIGITS[rest % BASE] + text;
    rest = Math.floor(rest / BASE);
  }
  return text;
}
