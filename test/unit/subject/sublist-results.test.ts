/**
 * Results are snapshots, kept in a limited cache; and the figures about both.
 */
import { describe, expect, test } from "bun:test";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import { EMPTY_RESULT, localPart } from "../../../src/subject/sublist-result.ts";
import { sumStats } from "../../../src/subject/sublist-stats.ts";
import { namesIn, subscribe, TestEntry } from "./sublist-fixtures.ts";

const newSublist = (hasResultCache = true) => new Sublist<TestEntry>({ hasResultCache });

describe("results", () => {
  test("are the same object as long as nothing changes", () => {
    const sublist = newSublist();
    subscribe(sublist, "foo.*");
    const one = sublist.match("foo.a");
    expect(sublist.match("foo.b")).toBe(one);
    subscribe(sublist, "foo.>", "q");
    const two = sublist.match("foo.a");
    expect(sublist.match("foo.b")).toBe(two);
    subscribe(sublist, "other");
    subscribe(sublist, "foo.a.b");
    expect(sublist.match("foo.a")).toBe(two);
  });

  test.each(["foo", "foo q"])("of one node stay as they are when %s comes and goes", (what) => {
    const sublist = newSublist();
    const queue = what.split(" ")[1];
    const entries = [subscribe(sublist, "foo"), subscribe(sublist, "foo", "q")];
    entries.push(subscribe(sublist, "foo"));
    const before = sublist.match("foo");
    const names = namesIn(before);
    const added = subscribe(sublist, "foo", queue);
    const after = sublist.match("foo");
    expect(after).not.toBe(before);
    for (const entry of [...entries, added]) sublist.remove(entry);
    expect(namesIn(before)).toEqual(names);
    expect(namesIn(after)).toHaveLength(queue === undefined ? 4 : 3);
    expect(sublist.match("foo")).toBe(EMPTY_RESULT);
  });

  test("of several nodes follow changes at each of them", () => {
    const sublist = newSublist();
    const literal = subscribe(sublist, "foo.bar");
    const star = subscribe(sublist, "foo.*");
    const rest = subscribe(sublist, ">");
    expect(namesIn(sublist.match("foo.bar"))).toEqual(["foo.bar", "foo.*", ">"].toSorted());
    sublist.remove(star);
    expect(namesIn(sublist.match("foo.bar"))).toEqual([">", "foo.bar"]);
    sublist.remove(literal);
    expect(namesIn(sublist.match("foo.bar"))).toEqual([">"]);
    sublist.insert(subjectBytes("foo.bar"), literal);
    expect(namesIn(sublist.match("foo.bar"))).toEqual([">", "foo.bar"]);
    sublist.remove(rest);
    expect(namesIn(sublist.match("foo.bar"))).toEqual(["foo.bar"]);
  });

  test("do not come back for a node that is used again for another subject", () => {
    const sublist = newSublist();
    subscribe(sublist, ">");
    const first = subscribe(sublist, "foo");
    expect(namesIn(sublist.match("foo"))).toEqual([">", "foo"]);
    const node = first.node;
    sublist.remove(first);
    const second = subscribe(sublist, "bar");
    expect(second.node).toBe(node);
    expect(namesIn(sublist.match("bar"))).toEqual([">", "bar"]);
    expect(namesIn(sublist.match("foo"))).toEqual([">"]);
  });

  test("localPart leaves out what is not on this server", () => {
    const sublist = newSublist();
    subscribe(sublist, "foo");
    subscribe(sublist, "foo", "q");
    const local = sublist.match("foo");
    expect(localPart(local)).toBe(local);
    sublist.insert(subjectBytes("foo"), new TestEntry("far", undefined, 1));
    sublist.insert(subjectBytes("foo"), new TestEntry("far q", "q", 2));
    sublist.insert(subjectBytes("foo"), new TestEntry("far r", "r", 1));
    expect(namesIn(localPart(sublist.match("foo")))).toEqual(["foo", "[foo q]"]);
  });
});

describe("stats", () => {
  test("count operations, cache hits and fan-out", () => {
    const sublist = newSublist();
    const entry = subscribe(sublist, "foo.a");
    for (const queue of [undefined, "q", "q", "r"]) subscribe(sublist, "foo.*", queue);
    sublist.match("foo.b");
    sublist.match("foo.b");
    sublist.match("foo.c");
    sublist.match("foo.a");
    sublist.match("none");
    sublist.hasInterest("foo.a");
    expect(sublist.stats()).toEqual({
      numSubscriptions: 5,
      numInserts: 5,
      numRemoves: 0,
      numMatches: 5,
      cacheHits: 2,
      numCache: 2,
      cacheHitRate: 0.4,
      maxFanout: 4,
      totalFanout: 7,
      avgFanout: 3.5,
    });
    sublist.remove(entry);
    expect(sublist.stats()).toMatchObject({ numSubscriptions: 4, numRemoves: 1, numCache: 1 });
  });

  test("without result cache show none", () => {
    const sublist = newSublist(false);
    subscribe(sublist, "foo");
    sublist.match("foo");
    sublist.match("foo");
    expect(sublist.stats()).toMatchObject({ numMatches: 2, numCache: 0, cacheHitRate: 0 });
    expect(sublist.match("foo")).not.toBe(sublist.match("foo"));
  });

  test("of several sublists add up, rates over the sums", () => {
    const first = newSublist();
    const second = newSublist();
    subscribe(first, "foo");
    subscribe(second, "foo");
    subscribe(second, "foo");
    for (let i = 0; i < 4; i++) first.match("foo");
    for (let i = 0; i < 4; i++) second.match("foo");
    for (let i = 0; i < 4; i++) second.match("none");
    expect(sumStats([first.stats(), second.stats()])).toMatchObject({
      numSubscriptions: 3,
      numCache: 2,
      numMatches: 12,
      cacheHitRate: 0.5,
      maxFanout: 2,
      avgFanout: 1.5,
    });
    expect(sumStats([])).toMatchObject({ cacheHitRate: 0, avgFanout: 0 });
  });
});

describe("the result cache", () => {
  test("stays within its limit, and answers stay right", () => {
    const sublist = newSublist();
    subscribe(sublist, ">");
    for (let i = 0; i < 20_000; i++) subscribe(sublist, `foo.${i}`);
    for (let i = 0; i < 20_000; i++) {
      expect(sublist.match(`foo.${i}`).plain).toHaveLength(2);
    }
    const { numCache, totalFanout } = sublist.stats();
    expect(sublist.cached).toEqual({ results: numCache, receivers: totalFanout });
    expect(numCache).toBeGreaterThan(3000);
    expect(numCache).toBeLessThanOrEqual(4096);
    subscribe(sublist, ">");
    expect(sublist.stats().numCache).toBe(0);
    expect(sublist.match("foo.7").plain).toHaveLength(3);
  });

  test("limits the entries in copies, and keeps no result that is too large", () => {
    const sublist = newSublist();
    for (let i = 0; i < 40_000; i++) subscribe(sublist, ">");
    for (let i = 0; i < 100; i++) subscribe(sublist, `foo.${i}`);
    for (let i = 0; i < 100; i++) sublist.match(`foo.${i}`);
    expect(sublist.stats().totalFanout).toBeLessThanOrEqual(1_048_576);
    expect(sublist.cached.receivers).toBe(sublist.stats().totalFanout);
    // At most 26 fit; how many of them a sweep leaves is a matter of chance.
    expect(sublist.stats().numCache).toBeGreaterThan(0);
    for (let i = 0; i < 30_000; i++) subscribe(sublist, ">");
    expect(sublist.match("foo.1").plain).toHaveLength(70_001);
    expect(sublist.stats().numCache).toBe(0);
  });
});

describe("memory", () => {
  test("a million subscriptions come and go twice", () => {
    const sublist = newSublist();
    const subjects = [1, 2, 3, 4, 5, 6, 7].map((i) => subjectBytes(`dev.000000.s${i}.temp`));
    const entries = Array.from({ length: 1_000_000 }, () => new TestEntry("x"));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < entries.length; i++) {
        const subject = subjects[i % 7]!;
        let rest = Math.floor(i / 7);
        for (let at = 9; at >= 4; at--, rest = Math.floor(rest / 10))
          subject[at] = 48 + (rest % 10);
        sublist.insert(subject, entries[i]!);
      }
      expect(sublist.count).toBe(1_000_000);
      expect(namesIn(sublist.match("dev.001234.s3.temp"))).toEqual(["x"]);
      expect(sublist.removeBatch(entries)).toBe(true);
      expect(sublist.count).toBe(0);
      expect(sublist.all()).toEqual([]);
      expect(sublist.reverseMatch(">")).toBe(EMPTY_RESULT);
    }
  }, 30_000);
});
