/** The generator for fair choices: in bounds, repeatable, and not the same every time. */
import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/util/random.ts";

const draw = (random: Random, count: number, bound: number) =>
  Array.from({ length: count }, () => random.below(bound));

describe("below", () => {
  test("stays below its bound, up to 2^31", () => {
    for (const seed of [0, 1, -1, 2 ** 31, 2 ** 32 - 1, 12345.7]) {
      for (const bound of [1, 2, 3, 1000, 2 ** 31]) {
        for (const value of draw(new Random(seed), 200, bound)) {
          expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
        }
      }
    }
  });

  test("is fair", () => {
    const counts = new Array<number>(7).fill(0);
    for (const value of draw(new Random(42), 70_000, 7)) counts[value]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(600);
  });

  test("repeats for the same seed, not for another", () => {
    const numbers = (seed: number) => draw(new Random(seed), 20, 1_000_000);
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });
});

test("without a seed, two generators differ", () => {
  expect(draw(new Random(), 8, 2 ** 31)).not.toEqual(draw(new Random(), 8, 2 ** 31));
});
