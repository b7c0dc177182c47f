/** The digest of a configuration: nats-server's values, and what does and does not change it. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "bun:test";
import { configDigest } from "../../../src/config/digest.ts";
import { parse, type Texts } from "./config-texts.ts";

function digest(text: string, texts?: Texts): string {
  return configDigest(parse(text, texts));
}

/** Of the JSON that Go would write. */
function digestOfJson(json: string): string {
  return `sha256:${createHash("sha256").update(`${json}\n`).digest("hex")}`;
}

const FOO_BAR = "sha256:226e49e13d16e5e8aa0d62e58cd63361bf097d3e2b2444aa3044334628a2e8de";

describe("the digest is nats-server's", () => {
  const rows: readonly (readonly [string, string, string, Texts["files"]?])[] = [
    ["for a key and a value", "foo = bar", FOO_BAR],
    ["whatever the comments", "# one\n  foo = bar // two\n\n", FOO_BAR],
    ["whatever the quotes", "'foo': \"b\\x61r\"", FOO_BAR],
    ["whatever the braces", "{ 'foo': 'bar' }", FOO_BAR],
    ["whatever was defined before", "foo { a 1 }\nfoo = bar", FOO_BAR],
    ["whatever is included", "include one.conf", FOO_BAR, { "etc/one.conf": "foo bar" }],
    [
      "for variables, which count",
      "TEAM = { users [ {user: ann} ] }\naccounts { OPS = $TEAM; WEB $TEAM }",
      "sha256:234f88dc1479538395b6a302d69e5daf0c5373ec61fcde89b0b5d6011c59d1ad",
    ],
    [
      "for includes in maps",
      "accounts { A { include 'own.conf' }, B { include './own.conf' } }",
      "sha256:feaf35f542fbe5916b9e42b0acaa86b391b953f7530a8401cda1523e7226a1eb",
      { "etc/own.conf": "users [ {user one} ]\n" },
    ],
    [
      "for all types of value",
      "i = -1kb; f = 0.0000001; g = -0.0; h = 123456789012345678901234.5; d = " +
        '2016-05-04T18:53:41Z; b = off; e = []; m {}; s = "<a&b>\\x08\\x0c\\x1f\\""',
      "sha256:dbc68b1a8d58f449529470b1a37360c3baf5223f5e06f40121da009e741f7f08",
    ],
  ];
  for (const [title, text, expected, files = {}] of rows) {
    test(title, () => expect(digest(text, { files })).toBe(expected));
  }
});

describe("the digest is that of JSON", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["without values", "", "{}"],
    [
      "with keys in the order of their bytes",
      "b 1; B 2; a 3; '\ufb01' 4; '😀' 5; '' 6",
      '{"":6,"B":2,"a":3,"b":1,"\ufb01":4,"😀":5}',
    ],
    [
      "with integers in full",
      "a 9223372036854775807; b 1e",
      '{"a":9223372036854775807,"b":1000000000000000000}',
    ],
    [
      "with floats as Go writes them",
      "a [1.0, 0.000001, 0.0000001, 999999999999999999999.5, -0.0]",
      '{"a":[1,0.000001,1e-7,1e+21,-0]}',
    ],
    ["with dates to the second", "a 2016-05-04T18:53:41Z", '{"a":"2016-05-04T18:53:41Z"}'],
    ["with markup escaped", "a '<&>'; '<' 1", '{"\\u003c":1,"a":"\\u003c\\u0026\\u003e"}'],
    [
      "with control characters escaped",
      'a "\\x00\\x01\\x08\\t\\n\\x0b\\x0c\\r\\x1f\\x7f"',
      '{"a":"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f"}',
    ],
    ["with separators of lines escaped", "a '\u2028\u2029é😀'", '{"a":"\\u2028\\u2029é😀"}'],
    ["with bytes that are not UTF-8 replaced", 'a "\\xff"', '{"a":"\\ufffd"}'],
    [
      "with what variables stand for",
      "a {x [1]}; b [$a, $a]",
      '{"a":{"x":[1]},"b":[{"x":[1]},{"x":[1]}]}',
    ],
  ];
  for (const [title, text, json] of rows) {
    test(title, () => expect(digest(text)).toBe(digestOfJson(json)));
  }

  test("however long it is", () => {
    const items = Array.from({ length: 100_000 }, (_, index) => `item-${index}`);
    const text = `a [${items.join(",")}]; b "${"é".repeat(100_000)}"`;
    const json = JSON.stringify({ a: items, b: "é".repeat(100_000) });
    expect(digest(text)).toBe(digestOfJson(json));
  });
});
