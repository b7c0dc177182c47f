/**
 * Subject transforms: what becomes of subjects, as a table for each function, and the two ways of
 * an import. The results are those of nats-server 2.12.2, with exceptions that say so.
 */
import { describe, expect, test } from "bun:test";
import { subjectMatches, subjectText } from "../../../src/subject/subject.ts";
import { SubjectTransform, importTransforms } from "../../../src/subject/transform.ts";
import { Random } from "../../../src/util/random.ts";

type Row = readonly [source: string, destination: string, subject: string, result: string];

/** In UTF-8, with one character per byte. */
function utf8(text: string): string {
  return subjectText(new TextEncoder().encode(text));
}

function applied(source: string, destination: string, subject: string): string {
  return SubjectTransform.of(utf8(source), utf8(destination)).apply(utf8(subject));
}

function describeRows(what: string, rows: readonly Row[]): void {
  describe(what, () => {
    for (const [source, destination, subject, result] of rows) {
      test(`${source} to ${destination}: ${subject} becomes ${result}`, () => {
        expect(applied(source, destination, subject)).toBe(utf8(result));
      });
    }
  });
}

/** Of `*` to `{{call}}`. */
function callRows(...rows: readonly (readonly [call: string, token: string, result: string])[]) {
  return rows.map(([call, token, result]): Row => ["*", `{{${call}}}`, token, result]);
}

describeRows("text stands for itself", [
  ["foo", "bar", "foo", "bar"],
  ["foo.*", "bar", "foo.a", "bar"],
  ["foo.*", "bar.$x.$.$1x", "foo.a", "bar.$x.$.$1x"],
  ["foo.*", "bar.{{x.y}}", "foo.a", "bar.{{x.y}}"],
  ["foo.*", "bar.x{{wildcard(1)}}", "foo.a", "bar.x{{wildcard(1)}}"],
  ["foo.*", "bar.{{}}", "foo.a", "bar.{{}}"],
  ["foo.*", "é.$1", "foo.€", "é.€"],
]);

describeRows("placeholders stand for what wildcards match", [
  ["foo.*", "bar.$1", "foo.a", "bar.a"],
  ["foo.*.*", "bar.$2.$1", "foo.a.b", "bar.b.a"],
  ["foo.*.*", "bar.$2", "foo.a.b", "bar.b"],
  ["foo.*", "$1.$1", "foo.a", "a.a"],
  ["foo.*.bar.*.baz", "req.$2.$1", "foo.A.bar.B.baz", "req.B.A"],
  ["*", "foo.bar.$1", "foo", "foo.bar.foo"],
  ["*.*", "{{wildcard(2)}}.{{ Wildcard ( 1 ) }}", "a.b", "b.a"],
  ["foo.*.*", "bar.$+2.$01", "foo.a.b", "bar.b.a"],
]);

describeRows("a number below 1 stands for the first token, even if that is no wildcard", [
  ["foo.*", "bar.$0.$1", "foo.a", "bar.foo.a"],
  ["foo.*", "bar.$-1", "foo.a", "bar.foo"],
  ["foo.>", "bar.$0.>", "foo.a", "bar.foo.a"],
  ["foo.*", "bar.{{splitFromLeft(0,1)}}", "foo.a", "bar.f.oo"],
  ["foo.*", "bar.{{partition(10,0)}}", "foo.a", "bar.3"],
]);

describeRows("> stands for the rest", [
  ["baz.>", "my.pre.>", "baz.1.2.3", "my.pre.1.2.3"],
  ["baz.>", "mybaz.>", "baz.1", "mybaz.1"],
  [">", "prefix.>", "a.b", "prefix.a.b"],
  ["pre.fix.>", ">", "pre.fix.a.b", "a.b"],
  [">", ">", "a.b", "a.b"],
  ["foo.*.>", "$1.mid.>", "foo.a.b.c", "a.mid.b.c"],
  ["*.x.*.>", "$2.$1.>", "a.x.b.c.d", "b.a.c.d"],
]);

describeRows("partition hashes the tokens it names, or the whole subject", [
  ["*", "bar.{{partition(10)}}", "foo", "bar.3"],
  ["*", "bar.{{partition(10)}}", "baz", "bar.0"],
  ["*", "bar.{{partition(10)}}", "qux", "bar.9"],
  ["*.*", "bar.{{partition(10)}}", "foo.bar", "bar.6"],
  ["foo.*.*", "bar.{{partition(10,1,2)}}", "foo.foo.bar", "bar.0"],
  ["foo.*.*", "bar.{{partition(10,2,1)}}", "foo.foo.bar", "bar.2"],
  ["foo.*", "bar.{{ Partition( 1000 , 1 ) }}", "foo.é€", "bar.103"],
  ["foo.*", "bar.{{partition(2147483647,1)}}", "foo.foo", "bar.703823576"],
]);

describeRows("partition needs no wildcards, and overlooks any it names", [
  ["foo.baz", "qux.{{partition(10)}}", "foo.baz", "qux.4"],
  ["test.subject", "result.{{partition(5)}}", "test.subject", "result.0"],
  ["foo.bar", "baz.{{partition(10,7)}}", "foo.bar", "baz.6"],
  ["foo.>", "baz.{{partition(10)}}.>", "foo.bar", "baz.6.bar"],
]);

describeRows("partition of 0 parts is 0, and of less than none a large number", [
  ["*", "bar.{{partition(0)}}", "baz", "bar.0"],
  ["*", "bar.{{partition(0,1)}}", "baz", "bar.0"],
  ["*", "bar.{{partition(-7,1)}}", "foo", "bar.2851307223"],
  ["*", "bar.{{partition(-4294967293,1)}}", "foo", "bar.0"],
]);

describeRows(
  "splitFromLeft and splitFromRight make two tokens, where the position is within the token",
  callRows(
    ["splitFromLeft(1,1)", "abcdef", "a.bcdef"],
    ["SplitFromLeft(1,2)", "abcdef", "ab.cdef"],
    ["splitfromleft(1,5)", "abcdef", "abcde.f"],
    ["splitfromleft(1,6)", "abcdef", "abcdef"],
    ["splitfromleft(1,7)", "abcdef", "abcdef"],
    ["splitfromleft(1,0)", "abcdef", "abcdef"],
    ["splitfromleft(1,-1)", "abcdef", "abcdef"],
    ["splitFromRight(1,1)", "abcdef", "abcde.f"],
    ["SplitFromRight(1,2)", "abcdef", "abcd.ef"],
    ["splitfromright(1,5)", "abcdef", "a.bcdef"],
    ["splitfromright(1,6)", "abcdef", "abcdef"],
    ["splitfromright(1,7)", "abcdef", "abcdef"],
    ["splitfromright(1,0)", "abcdef", "abcdef"],
    ["splitfromright(1,-1)", "abcdef", "abcdef"],
  ),
);

describeRows(
  "sliceFromLeft and sliceFromRight make tokens of one size, and a smaller one of what is left",
  callRows(
    ["sliceFromLeft(1,3)", "1234567890", "123.456.789.0"],
    ["SliceFromLeft(1,5)", "1234567890", "12345.67890"],
    ["slicefromleft(1,4)", "abcdef", "abcd.ef"],
    ["slicefromleft(1,1)", "abc", "a.b.c"],
    ["slicefromleft(1,3)", "abc", "abc"],
    ["slicefromleft(1,4)", "abc", "abc"],
    ["slicefromleft(1,0)", "abc", "abc"],
    ["slicefromleft(1,-1)", "abc", "abc"],
    ["sliceFromRight(1,3)", "1234567890", "1.234.567.890"],
    ["SliceFromRight(1,5)", "1234567890", "12345.67890"],
    ["slicefromright(1,4)", "abcdef", "ab.cdef"],
    ["slicefromright(1,1)", "abc", "a.b.c"],
    ["slicefromright(1,3)", "abc", "abc"],
    ["slicefromright(1,4)", "abc", "abc"],
    ["slicefromright(1,0)", "abc", "abc"],
    ["slicefromright(1,-1)", "abc", "abc"],
  ),
);

describeRows(
  "left and right keep a part of the token, or all of it",
  callRows(
    ["left(1,1)", "1234", "1"],
    ["Left(1,3)", "1234", "123"],
    ["left(1,4)", "1234", "1234"],
    ["left(1,6)", "1234", "1234"],
    ["left(1,0)", "1234", "1234"],
    ["left(1,-1)", "1234", "1234"],
    ["right(1,1)", "1234", "4"],
    ["Right(1,3)", "1234", "234"],
    ["right(1,4)", "1234", "1234"],
    ["right(1,6)", "1234", "1234"],
    ["right(1,0)", "1234", "1234"],
    ["right(1,-1)", "1234", "1234"],
  ),
);

describeRows("split makes a token of each piece, and leaves empty ones out", [
  ["*.*", "{{split(2,-)}}.{{splitfromleft(1,2)}}", "foo.-a-b--c-", "a.b.c.fo.o"],
  ...callRows(
    ["split(1,-)", "abc-def--ghi-", "abc.def.ghi"],
    ["split(1,-)", "-abc-def--ghi-", "abc.def.ghi"],
    ["Split(1, -)", "a-b", "a.b"],
    ["split(1,-)", "abc", "abc"],
    ["split(1,-)", "-a", "a"],
    ["split(1,-)", "a--", "a"],
    ["split(1,--)", "-a-b--c-", "-a-b.c-"],
    ["split(1,--)", "---a--", "-a"],
    ["split(1,é)", "aéb", "a.b"],
  ),
]);

describeRows("split without a delimiter makes a token of each character", [
  ...callRows(["split(1,)", "abc", "a.b.c"], ["split(1,)", "aéb€", "a.é.b.€"]),
]);

describeRows("split may make empty tokens, which nobody receives", [
  ["*", "b.{{split(1,-)}}.z", "-", "b..z"],
  ["*", "b.{{split(1,-)}}", "--", "b."],
  ["*", "b.{{split(1,-)}}", "--a", "b..a"],
  ["*", "b.{{split(1,-)}}", "---a--b", "b..a.b"],
]);

test("functions cut between bytes, not between characters", () => {
  const transform = SubjectTransform.of("*", "{{splitfromleft(1,1)}}");
  expect(transform.apply(utf8("é"))).toBe("\xc3.\xa9");
});

describe("random", () => {
  test("makes each number below its bound, and no other", () => {
    const transform = SubjectTransform.of("foo.*", "bar.{{random(6)}}.{{Random( -3 )}}.$1");
    const random = new Random(1);
    const results = Array.from({ length: 1000 }, () => transform.apply("foo.a", random));
    const expected = [0, 1, 2, 3, 4, 5].flatMap((i) => [0, 1, 2].map((j) => `bar.${i}.${j}.a`));
    expect([...new Set(results)].sort()).toEqual(expected);
  });

  test("is 0 where no other number is below its bound", () => {
    expect(applied("foo", "bar.{{random(0)}}.{{random(1)}}", "foo")).toBe("bar.0.0");
  });

  test("takes bounds of 32 bits", () => {
    const transform = SubjectTransform.of("foo", "{{random(2147483647)}}.{{random(-2147483648)}}");
    expect(transform.apply("foo", new Random(1))).toMatch(/^\d+\.\d+$/);
  });

  test("is the only function that makes a transform random", () => {
    expect(SubjectTransform.of("foo", "bar.{{random(6)}}").isRandom).toBe(true);
    expect(SubjectTransform.of("foo.*", "bar.{{partition(6,1)}}.$1").isRandom).toBe(false);
    expect(SubjectTransform.identity("foo").isRandom).toBe(false);
  });

  test("fails without a source of randomness", () => {
    const transform = SubjectTransform.of("foo", "bar.{{random(6)}}");
    expect(() => transform.apply("foo")).toThrow("applied with a source of randomness");
  });
});

describe("a transform", () => {
  test("tells what it was made of", () => {
    const { source, destination } = SubjectTransform.of("foo.*", "bar.{{wildcard(1)}}");
    expect({ source, destination }).toEqual({
      source: "foo.*",
      destination: "bar.{{wildcard(1)}}",
    });
  });

  test("that is the identity leaves subjects as they are, whatever their tokens look like", () => {
    const transform = SubjectTransform.identity("foo.$1.*.>");
    expect(transform.source).toBe("foo.$1.*.>");
    expect(transform.apply("foo.$1.a.b.c")).toBe("foo.$1.a.b.c");
  });

  const misfits = [
    ["foo..bar", "bar"],
    ["foo.*", ""],
    ["foo.*", "bar..$1"],
    ["foo.*", "bar.*"],
    ["foo.*", "bar.$2"],
    ["foo", "bar.$1"],
    ["foo", "bar.>"],
    ["foo.>", "bar"],
    ["foo.>", "bar.>.x.>"],
    ["foo.*", "bar.{{nothing(1)}}"],
    ["foo.*", "bar.{{wildcard()}}"],
  ] as const;
  test.each(misfits)("from %s to %s is a bug of its maker", (source, destination) => {
    expect(() => SubjectTransform.of(source, destination)).toThrow();
  });
});

/** Of an import: the same subject or pattern in both accounts. */
type Pair = readonly [remote: string, local: string];

const IMPORTS: readonly (readonly [remote: string, local: string, ...pairs: Pair[]])[] = [
  ["foo.*.*", "bar.$2.$1", ["foo.a.b", "bar.b.a"], ["foo.x.*", "bar.*.x"], ["foo.*.*", "bar.*.*"]],
  ["foo.*.*", "bar.{{wildcard(2)}}.{{Wildcard( 1 )}}", ["foo.a.b", "bar.b.a"]],
  ["foo.*.x.*", "$1.bar.$2", ["foo.a.x.b", "a.bar.b"], ["foo.*.x.b", "*.bar.b"]],
  ["foo.*.*", "pre.foo.*.*", ["foo.a.b", "pre.foo.a.b"], ["foo.*.b", "pre.foo.*.b"]],
  ["foo.>", "x.foo.>", ["foo.a", "x.foo.a"], ["foo.a.*", "x.foo.a.*"], ["foo.>", "x.foo.>"]],
  [">", "x.>", ["a.b", "x.a.b"], ["a.>", "x.a.>"]],
  ["foo.*.>", "bar.$1.m.>", ["foo.a.b.c", "bar.a.m.b.c"], ["foo.*.b.>", "bar.*.m.b.>"]],
  ["foo.$5.*", "bar.$1", ["foo.$5.a", "bar.a"]],
  ["foo.*", "bar.$1.$1", ["foo.a", "bar.a.a"]],
];

describe("an import renames in both directions", () => {
  for (const [remote, local, ...pairs] of IMPORTS) {
    const { toLocal, toRemote } = importTransforms(remote, local);
    for (const [remoteSubject, localSubject] of pairs) {
      test(`${remote} as ${local}: ${remoteSubject} and ${localSubject}`, () => {
        expect(toLocal.apply(remoteSubject)).toBe(localSubject);
        expect(toRemote.apply(localSubject)).toBe(remoteSubject);
      });
    }
  }

  // nats-server takes the order of placeholders for that of wildcards, and gets foo.b.c.a back.
  test("also where three tokens change places", () => {
    const { toLocal, toRemote } = importTransforms("foo.*.*.*", "bar.$2.$3.$1");
    expect(toLocal.apply("foo.a.b.c")).toBe("bar.b.c.a");
    expect(toRemote.apply("bar.b.c.a")).toBe("foo.a.b.c");
    expect(toRemote.apply("bar.*.c.*")).toBe("foo.*.*.c");
    expect(toRemote.destination).toBe("foo.$3.$1.$2");
  });
});

describe("an import", () => {
  test("tells its two patterns", () => {
    const { toLocal, toRemote } = importTransforms("foo.*.*", "bar.$2.$1");
    expect([toLocal.source, toLocal.destination]).toEqual(["foo.*.*", "bar.$2.$1"]);
    expect([toRemote.source, toRemote.destination]).toEqual(["bar.*.*", "foo.$2.$1"]);
  });

  test("of a subject without wildcards has no placeholders", () => {
    const { toLocal, toRemote } = importTransforms("foo.$2", "bar.$1");
    expect(toLocal.apply("foo.$2")).toBe("bar.$1");
    expect(toRemote.source).toBe("bar.$1");
    expect(toRemote.apply("bar.$1")).toBe("foo.$2");
  });

  test("under the same subject changes nothing", () => {
    const { toLocal, toRemote } = importTransforms("foo.$5.>", "foo.$5.>");
    expect(toRemote.source).toBe("foo.$5.>");
    expect(toLocal.apply("foo.$5.a")).toBe("foo.$5.a");
    expect(toRemote.apply("foo.$5.*.x")).toBe("foo.$5.*.x");
  });

  // The checks count placeholders only, so such imports pass; nats-server crashes on the first use.
  test("that loses a token subscribes to all that it may have been", () => {
    const { toLocal, toRemote } = importTransforms("foo.*.*", "bar.$1.$1");
    expect(toLocal.apply("foo.a.b")).toBe("bar.a.a");
    expect(toRemote.apply("bar.a.a")).toBe("foo.a.*");
    expect(importTransforms("foo.*", "bar.$0").toRemote.apply("bar.$0")).toBe("foo.*");
  });
});

const LITERALS = ["a", "bb", "$x", "$7", "é", "{{x", "*y"].map(utf8);

function literalIn(random: Random): string {
  return LITERALS[random.below(LITERALS.length)]!;
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.below(rest.length), 1)[0]!);
}

interface RandomImport {
  readonly remote: string;
  readonly local: string;
  /** Matches the remote pattern. */
  readonly subject: string;
}

function randomImport(random: Random): RandomImport {
  const length = 1 + random.below(6);
  const remote = Array.from({ length }, () => (random.below(3) > 0 ? "*" : literalIn(random)));
  const wildcards = remote.filter((token) => token === "*").length;
  const placeholders = Array.from({ length: wildcards }, (_, index) => {
    return random.below(2) === 0 ? `$${index + 1}` : `{{wildcard(${index + 1})}}`;
  });
  const texts = Array.from({ length: random.below(3) }, () => random.below(10).toString());
  const local = shuffled(random, [...placeholders, ...texts, "end"]);
  const subject = remote.map((token) => (token === "*" ? literalIn(random) : token));
  if (random.below(2) === 0) {
    remote.push(">");
    local.push(">");
    subject.push(...Array.from({ length: 1 + random.below(3) }, () => literalIn(random)));
  }
  return { remote: remote.join("."), local: local.join("."), subject: subject.join(".") };
}

test("what an import renames can be renamed back, be it a subject or a pattern", () => {
  const seed = 20_251;
  const random = new Random(seed);
  for (let step = 0; step < 5000; step++) {
    const { remote, local, subject } = randomImport(random);
    const { toLocal, toRemote } = importTransforms(remote, local);
    const there = toLocal.apply(subject);
    const back = toRemote.apply(there);
    const isExpected = back === subject && subjectMatches(there, toRemote.source);
    if (!isExpected) throw new Error(`seed ${seed}, step ${step}: ${remote}, ${local}, ${subject}`);
    const pattern = subject.split(".").map((token, index) => {
      return remote.split(".")[index] === "*" && random.below(2) === 0 ? "*" : token;
    });
    expect(toRemote.apply(toLocal.apply(pattern.join(".")))).toBe(pattern.join("."));
  }
});
