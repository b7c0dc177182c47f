/** Text as Go's `strconv.Quote` writes it; expected texts are Go's. */
import { expect, test } from "bun:test";
import { goQuoted } from "../../../src/util/go-quoted.ts";

test.each([
  ["yes", '"yes"'],
  ["", '""'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
  ["\0\x1f\x7f", '"\\x00\\x1f\\x7f"'],
  ["ü<&>😀", '"ü<&>😀"'],
  ["\u2028\u00a0\u200b", '"\\u2028\\u00a0\\u200b"'],
  ["\u{e0001}", '"\\U000e0001"'],
])("%j is quoted as Go does", (text, quoted) => {
  expect(goQuoted(text)).toBe(quoted);
});
