/**
 * Identifiers of events: their form is that of NATS clients and servers, and none comes twice.
 */
import { describe, expect, test } from "bun:test";
import { Nuid } from "../../../src/util/nuid.ts";
import { Random } from "../../../src/util/random.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function valueOf(digits: string): bigint {
  return Array.from(digits).reduce(
    (value, digit) => value * 62n + BigInt(DIGITS.indexOf(digit)),
    0n,
  );
}

/** Gives the numbers of a list, then 0 for ever. */
class ListedRandom extends Random {
  readonly #numbers: number[];

  constructor(...numbers: number[]) {
    super(1);
    this.#numbers = numbers;
  }

  override below(): number {
    return this.#numbers.shift() ?? 0;
  }
}

describe("identifiers", () => {
  test("are 22 letters and digits", () => {
    const ids = new Nuid(new Random(1));
    for (let i = 0; i < 1000; i++) expect(ids.next()).toMatch(/^[0-9A-Za-z]{22}$/);
  });

  test("of one generator share twelve characters and count up in equal steps", () => {
    const ids = new Nuid(new Random(2));
    const made = Array.from({ length: 100 }, () => ids.next());
    const [first, second] = made;
    const step = valueOf(second!.slice(12)) - valueOf(first!.slice(12));
    expect(Number(step)).toBeWithin(33, 333);
    for (const [index, id] of made.entries()) {
      expect(id.slice(0, 12)).toBe(first!.slice(0, 12));
      expect(valueOf(id.slice(12))).toBe(valueOf(first!.slice(12)) + step * BigInt(index));
    }
  });

  test("do not come twice", () => {
    const ids = new Nuid(new Random(3));
    const made = new Set(Array.from({ length: 10_000 }, () => ids.next()));
    expect(made.size).toBe(10_000);
  });

  test("of two generators differ from the beginning, even with the same seed", () => {
    const [one, other] = [new Nuid(new Random(4)), new Nuid(new Random(4))];
    expect(one.next().slice(0, 12)).not.toBe(other.next().slice(0, 12));
  });

  test("carry from the lower half to the upper one", () => {
    const ids = new Nuid(new ListedRandom(7, 62 ** 5 - 10, 0));
    expect(ids.next().slice(12)).toBe("000080000N");
  });

  test("begin anew with other characters when the count runs out", () => {
    const last = 62 ** 5 - 1;
    const ids = new Nuid(new ListedRandom(last, last - 33, 0, 5, 6, 1));
    const before = ids.next();
    expect(before.slice(12)).toBe("zzzzzzzzzz");
    const after = ids.next();
    expect(after.slice(0, 12)).not.toBe(before.slice(0, 12));
    expect(after.slice(12)).toBe("0000500006");
    expect(ids.next().slice(12)).toBe("000050000e");
  });
});
