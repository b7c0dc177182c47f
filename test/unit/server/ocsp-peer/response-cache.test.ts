/** The cache of OCSP responses in memory: what it counts, keeps and forgets. */
import { describe, expect, test } from "bun:test";
import {
  type CachedResponse,
  MAX_CACHED_BYTES,
  MAX_CACHED_RESPONSES,
  ResponseCache,
} from "../../../../src/server/ocsp-peer/response-cache.ts";

function cached(status: CachedResponse["status"] = "good", length = 10): CachedResponse {
  const response = new Uint8Array(length);
  return { subject: "CN=a", cachedAtMs: 0, status, nextUpdateMs: undefined, response };
}

function keysOf(cache: ResponseCache): string[] {
  return [...cache.entries].map(([key]) => key);
}

function cacheWith(preservesRevoked = false, said: string[] = []): ResponseCache {
  return new ResponseCache(preservesRevoked, (text) => said.push(text));
}

describe("a cache counts", () => {
  test("hits and misses; a response that is of no use is a miss", () => {
    const said: string[] = [];
    const cache = cacheWith(false, said);
    expect(cache.get("a")).toBeUndefined();
    cache.put("a", cached());
    expect(cache.get("a")).toHaveLength(10);
    expect([cache.hits, cache.misses]).toEqual([1, 1]);
    cache.discard("a");
    cache.discard("b");
    expect([cache.hits, cache.misses]).toEqual([0, 2]);
    expect(said).toEqual([
      "OCSP peer cache miss for key [a]",
      "OCSP peer cache hit for key [a]",
      "Deleting OCSP peer cached response for key [a]",
    ]);
  });

  test("its responses by what they say", () => {
    const cache = cacheWith();
    for (const status of ["good", "good", "revoked", "unknown"] as const) {
      cache.put(`${status} ${cache.counts.good}`, cached(status));
    }
    expect(cache.counts).toEqual({ good: 2, revoked: 1, unknown: 1 });
    cache.put("good 0", cached("revoked"));
    cache.discard("good 1");
    expect(cache.counts).toEqual({ good: 0, revoked: 2, unknown: 1 });
  });
});

test("revocations stay where they are to be preserved", () => {
  for (const preserves of [false, true]) {
    const cache = cacheWith(preserves);
    cache.put("a", cached("revoked"));
    cache.get("a");
    cache.discard("a");
    expect(cache.get("a") !== undefined).toBe(preserves);
  }
});

describe("a full cache forgets what has been there longest", () => {
  test("by number", () => {
    const cache = cacheWith();
    for (let i = 0; i < MAX_CACHED_RESPONSES; i++) cache.put(`${i}`, cached());
    cache.put("0", cached());
    cache.put("more", cached());
    expect(keysOf(cache)).toHaveLength(MAX_CACHED_RESPONSES);
    expect(cache.get("1")).toBeUndefined();
    expect(cache.get("0")).toBeDefined();
    expect(cache.counts.good).toBe(MAX_CACHED_RESPONSES);
  });

  test("by size", () => {
    const cache = cacheWith();
    const half = MAX_CACHED_BYTES / 2;
    for (const key of ["a", "b", "c"]) cache.put(key, cached("good", half));
    expect(keysOf(cache)).toEqual(["b", "c"]);
    cache.put("d", cached("good", MAX_CACHED_BYTES + 1));
    expect(keysOf(cache)).toEqual(["b", "c"]);
    cache.put("e", cached("good", MAX_CACHED_BYTES));
    expect(keysOf(cache)).toEqual(["e"]);
  });

  test("but revocations that are to be preserved last", () => {
    const cache = cacheWith(true);
    const third = Math.floor(MAX_CACHED_BYTES / 3);
    cache.put("revoked", cached("revoked", third));
    for (const key of ["a", "b", "c"]) cache.put(key, cached("good", third));
    expect(keysOf(cache)).toEqual(["revoked", "b", "c"]);
    for (const key of ["r", "s", "t"]) cache.put(key, cached("revoked", third));
    expect(keysOf(cache)).toEqual(["r", "s", "t"]);
  });
});

test("it says whether its file is behind", () => {
  const cache = cacheWith();
  expect(cache.isChanged).toBe(false);
  cache.put("a", cached());
  expect(cache.isChanged).toBe(true);
  cache.isChanged = false;
  cache.get("a");
  expect(cache.isChanged).toBe(false);
  cache.discard("a");
  expect(cache.isChanged).toBe(true);
});
