/**
 * The subject rules, as tables. Each row is checked on text and on bytes.
 */
import { describe, expect, test } from "bun:test";
import {
  countTokens,
  hashSubject,
  isValidLiteralSubject,
  isValidPublishSubject,
  isValidSubject,
  splitSubject,
  subjectBytes,
  subjectHasCleanText,
  subjectHasWildcard,
  subjectIsLiteral,
  subjectIsSubset,
  subjectMatches,
  subjectsCollide,
  subjectText,
  tokenAt,
} from "../../../src/subject/subject.ts";

describe("isValidSubject, isValidPublishSubject and isValidLiteralSubject", () => {
  const rows: [subject: string, isValid: boolean, isPublishable: boolean, isLiteral: boolean][] = [
    ["foo", true, true, true],
    ["foo.bar.baz", true, true, true],
    ["*", true, false, false],
    [">", true, false, false],
    ["foo.*.bar", true, false, false],
    ["foo.>", true, false, false],
    ["", false, false, false],
    [".", false, false, false],
    [".foo", false, false, false],
    ["foo.", false, false, false],
    ["foo..bar", false, false, false],
    ["foo.>.bar", false, false, false],
    [">.foo", false, false, false],
    ["foo.>.", false, false, false],
    ["foo*", true, true, true],
    ["*foo.>bar", true, true, true],
    ["foo.**", true, true, true],
    ["foo.>>", true, true, true],
    ["f o", false, false, true],
    [" ", false, false, true],
    ["foo\tbar", false, false, true],
    ["foo.\r", false, false, true],
    ["foo\n", false, false, true],
    ["\f.foo", false, false, true],
    ["foo.\v", true, true, true],
    ["\xff\xfe.\0", true, true, true],
  ];
  test.each(rows)(
    "%j: valid %p, publishable %p, literal %p",
    (text, valid, publishable, literal) => {
      for (const subject of [text, subjectBytes(text)]) {
        expect(isValidSubject(subject)).toBe(valid);
        expect(isValidPublishSubject(subject)).toBe(publishable);
        expect(isValidLiteralSubject(subject)).toBe(literal);
      }
    },
  );

  test("isValidLiteralSubject looks at its range only", () => {
    const line = subjectBytes("PUB foo.bar 5.");
    expect(isValidLiteralSubject(line, 4, 11)).toBe(true);
    expect(isValidLiteralSubject(line, 4, 8)).toBe(false);
    expect(isValidLiteralSubject(line, 4, 4)).toBe(false);
  });
});

test.each([
  ["foo.*", true],
  ["*", true],
  [">", true],
  ["foo.>.bar", true],
  ["*.foo", true],
  ["foo", false],
  ["", false],
  ["foo*", false],
  ["*foo", false],
  ["f*o.b>r", false],
  ["**", false],
  ["foo.>>", false],
])("a wildcard is a whole token: %j has one: %p", (text, hasWildcard) => {
  for (const subject of [text, subjectBytes(text)]) {
    expect(subjectHasWildcard(subject)).toBe(hasWildcard);
    expect(subjectIsLiteral(subject)).toBe(!hasWildcard);
  }
});

describe("subjectMatches", () => {
  const rows: [literal: string, pattern: string, matches: boolean][] = [
    ["foo", "foo", true],
    ["foo", "Foo", false],
    ["foo", "*", true],
    ["foo", ">", true],
    ["foo.bar", "*", false],
    ["foo.bar", ">", true],
    ["foo.bar", "foo.*", true],
    ["foo.bar", "*.bar", true],
    ["foo.bar", "*.*", true],
    ["foo.bar", "*.baz", false],
    ["foo.bar", "foo.>", true],
    ["foo", "foo.>", false],
    ["foo.bar.baz", "foo.*", false],
    ["foo.bar.baz", "foo.*.baz", true],
    ["foo.bar.baz", "foo.*.>", true],
    ["foo.bar", "foo.*.>", false],
    ["foo", "foo.bar", false],
    ["foobar", "foo", false],
    ["foo", "foobar", false],
    ["foo*", "foo*", true],
    ["foobar", "foo*", false],
    ["foo.>x", "foo.>x", true],
    ["foo.*", "foo.*", true],
    ["foo.>", "foo.*", true],
    ["foo.*", "foo.bar", false],
    ["foo.*", "foo.>", true],
    ["foo..bar", "foo.*.bar", false],
    ["foo..bar", ">", false],
    ["foo.bar.", "foo.>", false],
    [".foo", ">", false],
    ["", ">", false],
    ["", "", false],
    ["foo", "", false],
  ];
  test.each(rows)("%j to a subscription of %j: %p", (literal, pattern, matches) => {
    expect(subjectMatches(literal, pattern)).toBe(matches);
    expect(subjectMatches(subjectBytes(literal), subjectBytes(pattern))).toBe(matches);
    expect(subjectMatches(literal, subjectBytes(pattern))).toBe(matches);
  });
});

describe("subjectIsSubset", () => {
  const rows: [subject: string, pattern: string, isSubset: boolean][] = [
    ["foo.bar", "foo.bar", true],
    ["foo.*", ">", true],
    ["foo.*", "*.*", true],
    ["foo.*", "foo.*", true],
    ["foo.*", "foo.bar", false],
    ["foo.>", ">", true],
    ["foo.>", "*.>", true],
    ["foo.>", "foo.>", true],
    ["foo.>", "foo.*", false],
    ["foo.>", "foo.bar", false],
    ["foo..bar", "foo.*", false],
    ["foo.*", "foo..bar", false],
    ["foo.*.bar", "foo.*.*", true],
    ["foo.*.>", "foo.>", true],
    ["foo.>", "foo.*.>", false],
    ["*", "foo", false],
    [">", "*", false],
    [">", ">", true],
    ["foo.*", "foo.*x", false],
    ["foo.bar", "foo.*x", false],
  ];
  test.each(rows)("%j within %j: %p", (subject, pattern, isSubset) => {
    expect(subjectIsSubset(subject, pattern)).toBe(isSubset);
    expect(subjectIsSubset(subjectBytes(subject), subjectBytes(pattern))).toBe(isSubset);
  });
});

describe("subjectsCollide", () => {
  const rows: [left: string, right: string, collide: boolean][] = [
    ["foo.bar", "foo.bar", true],
    ["foo.bar", "foo.baz", false],
    ["foo.*", "foo.*.bar.>", false],
    ["foo.*", "foo.foo", true],
    ["foo.*", "*.foo", true],
    ["foo.bar.>", "*.bar.foo", true],
    ["foo.>", "foo", false],
    ["foo.>", "*", false],
    ["foo.>", "*.>", true],
    ["foo.*.baz", "foo.bar.*", true],
    ["foo.*.baz", "foo.bar.qux", false],
    ["*.*", "*.*.*", false],
    [">", "a.b.c", true],
    ["a.>", "b.>", false],
    ["*foo", "xfoo", false],
    ["foo.*x", "foo.bar", false],
  ];
  test.each(rows)("%j and %j: %p", (left, right, collide) => {
    expect(subjectsCollide(left, right)).toBe(collide);
    expect(subjectsCollide(right, left)).toBe(collide);
    expect(subjectsCollide(subjectBytes(left), subjectBytes(right))).toBe(collide);
  });
});

test("hashSubject is the rolling hash that the parser computes", () => {
  const bytes = subjectBytes("xx.foo.bar.\xff.yy");
  let expected = 0;
  for (let i = 3; i < 12; i++) expected = (Math.imul(expected, 31) + bytes[i]!) | 0;
  expect(hashSubject(bytes, 3, 12)).toBe(expected);
  expect(hashSubject(bytes, 3, 3)).toBe(0);
  expect(hashSubject(subjectBytes("ab"), 0, 2)).toBe(97 * 31 + 98);
});

test("text and bytes of a subject turn into each other without loss", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
  expect(subjectBytes(subjectText(bytes))).toEqual(bytes);
  expect(subjectText(bytes.subarray(65, 70))).toBe("ABCDE");
  expect(() => subjectBytes("a.\u0100")).toThrow(RangeError);
});

test("clean text has neither NUL nor U+FFFD nor broken UTF-8", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  expect(subjectHasCleanText(encode("foo.bär.€.😀"))).toBe(true);
  expect(subjectHasCleanText(encode("foo.\0"))).toBe(false);
  expect(subjectHasCleanText(encode("foo.\uFFFD"))).toBe(false);
  expect(subjectHasCleanText(Uint8Array.of(0x66, 0xff))).toBe(false);
  expect(subjectHasCleanText(Uint8Array.of(0x66, 0xe2, 0x82))).toBe(false);
});

test("tokens are counted, picked by number from 1, and split", () => {
  expect(countTokens("")).toBe(0);
  expect(countTokens("foo")).toBe(1);
  expect(countTokens("foo.bar..")).toBe(4);
  expect(countTokens(subjectBytes("a.b.c"))).toBe(3);
  expect([0, 1, 2, 3, 4].map((number) => tokenAt("foo.bar.baz", number))).toEqual([
    "",
    "foo",
    "bar",
    "baz",
    "",
  ]);
  expect(tokenAt("foo.", 2)).toBe("");
  expect(splitSubject("foo.bar")).toEqual(["foo", "bar"]);
  expect(splitSubject("")).toEqual([""]);
});
