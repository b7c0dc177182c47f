/** The result cache alone: keyed by nodes, bounded in every way, exact in what it forgets. */
import { expect, test } from "bun:test";
import { ResultCache } from "../../../src/subject/result-cache.ts";
import type { SublistResult } from "../../../src/subject/sublist-result.ts";
import { Random } from "../../../src/util/random.ts";
import { TestEntry } from "./sublist-fixtures.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Date.now() % 1_000_000_007));
const newCache = () => new ResultCache<TestEntry>(new Random(seed));
const newResult = () => ({ plain: [new TestEntry("x")], queues: [] });

test("finds a result by exactly its nodes in their order", () => {
  const cache = newCache();
  const result = newResult();
  cache.store(Int32Array.of(3, 5, 7, 99), 3, result);
  expect(cache.find(Int32Array.of(3, 5, 7), 3)).toBe(result);
  for (const nodes of [[7], [5, 7], [3, 4, 7], [5, 3, 7], [3, 5, 6, 7], [3, 5]]) {
    expect(cache.find(Int32Array.from(nodes), nodes.length)).toBeUndefined();
  }
});

test("forgets every result that contains a node, and no other", () => {
  const cache = newCache();
  const sets = [[1], [2], [1, 2], [2, 1], [1, 3], [3, 4], [1, 3, 4], [4]];
  for (const nodes of sets) cache.store(Int32Array.from(nodes), nodes.length, newResult());
  cache.forget(1);
  const left = sets.filter((nodes) => cache.find(Int32Array.from(nodes), nodes.length));
  expect(left).toEqual([[2], [3, 4], [4]]);
  expect(cache.count).toBe(3);
  cache.forget(3);
  cache.forget(17);
  expect(cache.results()).toHaveLength(2);
});

test(`stays exact while results come and go by the thousand, seed ${seed}`, () => {
  const random = new Random(seed);
  const cache = newCache();
  const stored = new Map<string, { result: SublistResult<TestEntry>; step: number }>();
  const forgottenAt = new Map<number, number>();
  for (let step = 0; step < 60_000; step++) {
    const drawn = Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(6000));
    const nodes = [...new Set(drawn)];
    if (random.below(20) === 0) {
      cache.forget(nodes[0]!);
      forgottenAt.set(nodes[0]!, step);
      continue;
    }
    const found = cache.find(Int32Array.from(nodes), nodes.length);
    if (found !== undefined) {
      const known = stored.get(nodes.join(","))!;
      const isCurrent = nodes.every((node) => (forgottenAt.get(node) ?? -1) < known.step);
      if (found !== known.result || !isCurrent) throw new Error(`seed ${seed}, step ${step}`);
      continue;
    }
    const result = newResult();
    cache.store(Int32Array.from(nodes), nodes.length, result);
    stored.set(nodes.join(","), { result, step });
    if (cache.find(Int32Array.from(nodes), nodes.length) !== result || cache.count > 4096) {
      throw new Error(`seed ${seed}, step ${step}`);
    }
  }
  expect(cache.count).toBeGreaterThan(3000);
  expect(cache.results()).toHaveLength(cache.count);
});
