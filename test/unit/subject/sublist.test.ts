/**
 * Whom a subject reaches, rule by rule. Snapshots, cache and figures are in
 * `sublist-results.test.ts`, notifications in `interest-notifications.test.ts`, the comparison with
 * a naive matcher in `sublist.property.test.ts`.
 */
import { describe, expect, test } from "bun:test";
import { hashSubject, subjectBytes, subjectText } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import { EMPTY_RESULT } from "../../../src/subject/sublist-result.ts";
import { AssertionError } from "../../../src/util/assert.ts";
import { namesIn, subscribe, TestEntry } from "./sublist-fixtures.ts";

const newSublist = (hasResultCache = true) => new Sublist<TestEntry>({ hasResultCache });

describe("insert", () => {
  test.each([".foo", "foo.", "foo..bar", "", ".", "foo.>.bar", ">.>", ">.foo"])(
    "refuses %j and leaves nothing behind",
    (subject) => {
      const sublist = newSublist();
      const entry = new TestEntry("refused");
      expect(sublist.insert(subjectBytes(subject), entry)).toBe(false);
      expect(entry.node).toBe(-1);
      expect(sublist.count).toBe(0);
      expect(sublist.stats().numInserts).toBe(0);
      expect(sublist.all()).toEqual([]);
    },
  );

  test.each(["foo", "*", ">", "foo.*.>", "f o", "\t", "foo.*bar", "\0.\xff", "**.>>"])(
    "takes %j, for other checks are not its own",
    (subject) => {
      const sublist = newSublist();
      const entry = subscribe(sublist, subject);
      expect(sublist.count).toBe(1);
      expect(subjectText(sublist.subjectOf(entry))).toBe(subject);
    },
  );

  test("copies the subject, so the bytes may be used again", () => {
    const sublist = newSublist();
    const bytes = subjectBytes("foo.bar");
    sublist.insert(bytes, new TestEntry("first"));
    bytes.fill(0x78);
    expect(namesIn(sublist.match("foo.bar"))).toEqual(["first"]);
  });

  test("fails an assertion for an entry that is in a sublist already", () => {
    const sublist = newSublist();
    const entry = subscribe(sublist, "foo");
    expect(() => sublist.insert(subjectBytes("bar"), entry)).toThrow(AssertionError);
  });
});

describe("match", () => {
  const patterns = ["foo", "*", ">", "foo.bar", "foo.*", "foo.>", "*.bar", "*.*", "foo.*.baz"];
  patterns.push("foo*", "*.>", "foo.bar.>");
  const rows: [subject: string, reached: string[]][] = [
    ["foo", ["*", ">", "foo"]],
    ["bar", ["*", ">"]],
    ["Foo", ["*", ">"]],
    ["foo*", ["*", ">", "foo*"]],
    ["foo.bar", ["*.*", "*.>", "*.bar", ">", "foo.*", "foo.>", "foo.bar"]],
    ["bar.bar", ["*.*", "*.>", "*.bar", ">"]],
    ["foo.bar.baz", ["*.>", ">", "foo.*.baz", "foo.>", "foo.bar.>"]],
    ["a.b.c.d", ["*.>", ">"]],
    ["*", ["*", ">"]],
    [">", ["*", ">"]],
    ["foo.*", ["*.*", "*.>", ">", "foo.*", "foo.>"]],
    ["foo.>", ["*.*", "*.>", ">", "foo.*", "foo.>"]],
    ["*.bar", ["*.*", "*.>", "*.bar", ">"]],
    ["", []],
    [".", []],
    [".foo", []],
    ["foo.", []],
    ["foo..bar", []],
    ["..", []],
  ];
  for (const hasResultCache of [true, false]) {
    test.each(rows)(`%j reaches %p, result cache ${hasResultCache}`, (subject, reached) => {
      const sublist = newSublist(hasResultCache);
      for (const pattern of patterns) subscribe(sublist, pattern);
      for (let round = 0; round < 3; round++) {
        expect(namesIn(sublist.match(subject))).toEqual(reached.toSorted());
        expect(sublist.hasInterest(subject)).toBe(reached.length > 0);
        expect(sublist.numInterest(subject)).toEqual({ plain: reached.length, queues: 0 });
      }
    });
  }

  test("looks at its range of the bytes only", () => {
    const sublist = newSublist();
    subscribe(sublist, "foo.bar");
    const line = subjectBytes("PUB foo.bar 5");
    expect(namesIn(sublist.matchBytes(line, 4, 11))).toEqual(["foo.bar"]);
    expect(sublist.matchBytes(line, 4, 10)).toBe(EMPTY_RESULT);
    expect(sublist.matchBytes(line, 4, 4)).toBe(EMPTY_RESULT);
  });

  test("reaches nobody in an empty sublist and in an emptied one, with the same result", () => {
    const sublist = newSublist();
    expect(sublist.match("foo")).toBe(EMPTY_RESULT);
    sublist.remove(subscribe(sublist, "foo.>"));
    expect(sublist.match("foo.bar")).toBe(EMPTY_RESULT);
  });

  test("tells apart tokens that differ in one byte, of any length and value", () => {
    const sublist = newSublist();
    const tokens = [
      "a",
      "aa",
      "\xe9",
      "\xe8",
      "x".repeat(300),
      `${"x".repeat(299)}y`,
      "a".repeat(3),
    ];
    for (const token of tokens) subscribe(sublist, `t.${token}`);
    for (const token of tokens)
      expect(namesIn(sublist.match(`t.${token}`))).toEqual([`t.${token}`]);
  });

  test("finds each of many children of one node, and none that was removed", () => {
    const sublist = newSublist();
    const entries = Array.from({ length: 100 }, (_, i) => subscribe(sublist, `foo.${i}.end`));
    const wildcard = subscribe(sublist, "foo.*.end");
    for (let i = 0; i < 100; i += 3) sublist.remove(entries[i]!);
    for (let i = 0; i < 100; i++) {
      const expected = i % 3 === 0 ? ["foo.*.end"] : ["foo.*.end", `foo.${i}.end`];
      expect(namesIn(sublist.match(`foo.${i}.end`))).toEqual(expected);
    }
    for (let i = 0; i < 100; i++) if (i % 3 !== 0) sublist.remove(entries[i]!);
    expect(namesIn(sublist.match("foo.1.end"))).toEqual(["foo.*.end"]);
    sublist.remove(wildcard);
    expect(sublist.match("foo.1.end")).toBe(EMPTY_RESULT);
  });

  test("handles subjects of 8192 tokens", () => {
    const sublist = newSublist();
    const deep = Array.from({ length: 8192 }, (_, i) => `t${i % 50}`).join(".");
    const stars = Array.from({ length: 8192 }, () => "*").join(".");
    const entries = [deep, stars, "t0.>", `${deep}.>`].map((text) => subscribe(sublist, text));
    expect(namesIn(sublist.match(deep))).toEqual([stars, deep, "t0.>"].toSorted());
    expect(namesIn(sublist.match(`${deep}.x`))).toEqual(["t0.>", `${deep}.>`]);
    expect(sublist.reverseMatch(stars).plain).toHaveLength(3);
    expect(sublist.reverseMatch(">").plain).toHaveLength(4);
    expect(subjectText(sublist.subjectOf(entries[0]!))).toBe(deep);
    expect(sublist.removeBatch(entries)).toBe(true);
    expect(sublist.count).toBe(0);
    expect(sublist.match(deep)).toBe(EMPTY_RESULT);
  });
});

describe("queue groups", () => {
  test("are lists of their own, beside the plain entries", () => {
    const sublist = newSublist();
    subscribe(sublist, "foo");
    subscribe(sublist, "foo", "a");
    subscribe(sublist, "foo", "a");
    subscribe(sublist, "foo", "b");
    expect(namesIn(sublist.match("foo"))).toEqual(["foo", "[foo a, foo a]", "[foo b]"]);
    expect(sublist.numInterest("foo")).toEqual({ plain: 1, queues: 3 });
  });

  test("of one name on several matching subjects are one group", () => {
    const sublist = newSublist();
    for (const subject of ["foo.bar", "foo.*", ">", "*.bar"]) subscribe(sublist, subject, "q");
    subscribe(sublist, "foo.>", "r");
    const names = namesIn(sublist.match("foo.bar"));
    expect(names).toEqual(["[*.bar q, > q, foo.* q, foo.bar q]", "[foo.> r]"]);
  });

  test("vanish with their last member", () => {
    const sublist = newSublist();
    const first = subscribe(sublist, "foo", "q");
    const second = subscribe(sublist, "foo", "q");
    subscribe(sublist, "foo");
    sublist.remove(first);
    expect(namesIn(sublist.match("foo"))).toEqual(["foo", "[foo q]"]);
    sublist.remove(second);
    expect(namesIn(sublist.match("foo"))).toEqual(["foo"]);
  });

  test("list a member that is not local as often as it weighs", () => {
    const sublist = newSublist();
    subscribe(sublist, "foo", "q");
    const remote = new TestEntry("remote", "q", 3);
    sublist.insert(subjectBytes("foo"), remote);
    expect(namesIn(sublist.match("foo"))).toEqual(["[foo q, remote, remote, remote]"]);
    subscribe(sublist, ">", "q");
    expect(namesIn(sublist.match("foo"))).toEqual(["[> q, foo q, remote, remote, remote]"]);
    remote.queueWeight = 1;
    sublist.queueWeightChanged(remote);
    expect(namesIn(sublist.match("foo"))).toEqual(["[> q, foo q, remote]"]);
    remote.queueWeight = 0;
    sublist.queueWeightChanged(remote);
    expect(namesIn(sublist.match("foo"))).toEqual(["[> q, foo q]"]);
  });

  test("with only a member of no weight are not there", () => {
    const sublist = newSublist();
    sublist.insert(subjectBytes("foo"), new TestEntry("remote", "q", 0));
    expect(sublist.match("foo")).toBe(EMPTY_RESULT);
  });
});

describe("remove", () => {
  test("takes an entry out once", () => {
    const sublist = newSublist();
    const entry = subscribe(sublist, "foo.*");
    expect(sublist.remove(entry)).toBe(true);
    expect(entry.node).toBe(-1);
    expect(sublist.remove(entry)).toBe(false);
    expect(sublist.count).toBe(0);
    expect(sublist.stats()).toMatchObject({ numInserts: 1, numRemoves: 1 });
  });

  test("knows entries of another sublist and strangers by sight", () => {
    const sublist = newSublist();
    const other = newSublist();
    subscribe(sublist, "foo");
    const single = subscribe(other, "foo");
    expect(sublist.remove(single)).toBe(false);
    subscribe(sublist, "foo");
    subscribe(other, "foo");
    expect(sublist.remove(single)).toBe(false);
    expect(sublist.remove(new TestEntry("never inserted"))).toBe(false);
    expect(sublist.count).toBe(2);
    expect(other.remove(single)).toBe(true);
  });

  test("of a batch goes on behind an unknown entry and reports it", () => {
    const sublist = newSublist();
    const entries = ["foo", "foo", ">", "foo.bar"].map((subject) => subscribe(sublist, subject));
    const stays = subscribe(sublist, "*");
    sublist.match("foo");
    expect(sublist.removeBatch([...entries, new TestEntry("unknown")])).toBe(false);
    expect(sublist.all()).toEqual([stays]);
    expect(namesIn(sublist.match("foo"))).toEqual(["*"]);
    expect(sublist.removeBatch([])).toBe(true);
    expect(sublist.removeBatch([stays])).toBe(true);
  });

  test("keeps nodes that lead to others", () => {
    const sublist = newSublist();
    const outer = subscribe(sublist, "foo");
    const inner = subscribe(sublist, "foo.bar.baz");
    sublist.remove(outer);
    expect(namesIn(sublist.match("foo.bar.baz"))).toEqual(["foo.bar.baz"]);
    sublist.insert(subjectBytes("foo"), outer);
    sublist.remove(inner);
    expect(namesIn(sublist.match("foo"))).toEqual(["foo"]);
  });
});

describe("reverseMatch", () => {
  const literals = ["foo", "bar", "foo.bar", "foo.baz", "foo.bar.baz"];
  const rows: [pattern: string, reached: string[]][] = [
    ["foo", ["foo"]],
    ["*", ["foo", "bar"]],
    ["baz", []],
    ["foo.*", ["foo.bar", "foo.baz"]],
    ["*.*", ["foo.bar", "foo.baz"]],
    ["*.bar", ["foo.bar"]],
    ["bar.*", []],
    ["foo.>", ["foo.bar", "foo.baz", "foo.bar.baz"]],
    ["*.*.*", ["foo.bar.baz"]],
    [">", literals],
    ["foo..bar", []],
    [">.foo", []],
    ["", []],
  ];
  test.each(rows)("%j reaches the literals %p", (pattern, reached) => {
    const sublist = newSublist();
    for (const literal of literals) subscribe(sublist, literal);
    expect(namesIn(sublist.reverseMatch(pattern))).toEqual(reached.toSorted());
  });

  test.each([
    ["uplink.1.*.*.>", ["uplink.*.*.>"]],
    ["uplink.1.2.3.>", ["uplink.*.*.>"]],
    ["uplink.1.2", ["uplink.>"]],
    ["uplink", ["*"]],
    ["*.a", ["uplink.>"]],
    [">", ["*", "uplink.*.*.>", "uplink.>"]],
  ])("%j reaches the wildcard subjects %p too", (pattern, reached) => {
    const sublist = newSublist();
    for (const subject of ["uplink.*.*.>", "*", "uplink.>"]) subscribe(sublist, subject);
    const expected = pattern.split(".").length > 3 ? [...reached, "uplink.>"] : reached;
    expect(namesIn(sublist.reverseMatch(pattern))).toEqual(expected.toSorted());
  });
});

test("all and allLocal list the entries", () => {
  const sublist = newSublist();
  const entries = [
    subscribe(sublist, "foo"),
    subscribe(sublist, "foo", "q"),
    subscribe(sublist, ">"),
  ];
  const far = new TestEntry("far", undefined, 1);
  sublist.insert(subjectBytes("foo.*"), far);
  expect(new Set(sublist.all())).toEqual(new Set([...entries, far]));
  expect(new Set(sublist.allLocal())).toEqual(new Set(entries));
});

test("peers who choose colliding subjects gain nothing, for seeds differ", () => {
  // "Aa" and "BB" have one rolling hash, so 2^10 subjects of 20 bytes share it.
  const subjects = Array.from({ length: 1024 }, (_, number) =>
    Array.from({ length: 10 }, (_, bit) => ((number >> bit) & 1 ? "Aa" : "BB")).join(""),
  );
  const hashes = new Set(subjects.map((text) => hashSubject(subjectBytes(text), 0, 20)));
  expect(hashes.size).toBe(1);
  const sublist = newSublist();
  for (const subject of subjects) subscribe(sublist, `x.${subject}`);
  for (const subject of subjects) expect(sublist.match(`x.${subject}`).plain).toHaveLength(1);
});

test("finds each of 300,000 nodes, whatever hashes they share", () => {
  const sublist = newSublist();
  const entries: TestEntry[] = [];
  for (let i = 0; i < 300_000; i++) {
    const entry = new TestEntry("one of many");
    sublist.insert(subjectBytes(`${i % 1000}.${Math.floor(i / 1000)}`), entry);
    entries.push(entry);
  }
  for (let i = 0; i < 300_000; i++) {
    const { plain } = sublist.match(`${i % 1000}.${Math.floor(i / 1000)}`);
    if (plain.length !== 1 || plain[0] !== entries[i]) throw new Error(`node ${i} was not found`);
  }
});

test("follows every combination of wildcard and literal tokens at once", () => {
  const sublist = newSublist();
  for (let bits = 0; bits < 1 << 8; bits++) {
    const tokens = Array.from({ length: 8 }, (_, i) => ((bits >> i) & 1 ? "*" : "a"));
    subscribe(sublist, tokens.join("."));
    subscribe(sublist, [...tokens, ">"].join("."));
  }
  expect(sublist.match("a.a.a.a.a.a.a.a").plain).toHaveLength(256);
  expect(sublist.match("a.a.a.a.a.a.a.a.a").plain).toHaveLength(256);
  expect(sublist.match("a.a.a.a.b.b.b.b").plain).toHaveLength(16);
  expect(sublist.reverseMatch("*.*.*.*.*.*.*.*").plain).toHaveLength(256);
  expect(sublist.reverseMatch("a.>").plain).toHaveLength(512);
});
