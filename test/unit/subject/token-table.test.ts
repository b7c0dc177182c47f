/** Tokens by number: found by their bytes, alive as long as referred to. */
import { expect, test } from "bun:test";
import { subjectBytes, subjectText } from "../../../src/subject/subject.ts";
import { Token, TokenTable } from "../../../src/subject/token-table.ts";

function find(table: TokenTable, text: string, hash: number): number {
  return table.find(subjectBytes(text), 0, text.length, hash);
}

function add(table: TokenTable, text: string, hash: number): number {
  const token = table.add(subjectBytes(text), 0, text.length, hash);
  table.retain(token);
  return token;
}

function textOf(table: TokenTable, token: number): string {
  const bytes = new Uint8Array(table.lengthOf(token));
  table.copyTo(token, bytes, 0);
  return subjectText(bytes);
}

test("finds a token by hash, length and bytes", () => {
  const table = new TokenTable();
  const foo = add(table, "foo", 1);
  const bar = add(table, "bar", 1);
  const long = add(table, "foobar", 1);
  expect(find(table, "foo", 1)).toBe(foo);
  expect(find(table, "bar", 1)).toBe(bar);
  expect(find(table, "foobar", 1)).toBe(long);
  expect(find(table, "baz", 1)).toBe(Token.None);
  expect(find(table, "foo", 2)).toBe(Token.None);
  expect([foo, bar, long].map((token) => textOf(table, token))).toEqual(["foo", "bar", "foobar"]);
});

test("frees a token with its last reference and uses its number again", () => {
  const table = new TokenTable();
  const foo = add(table, "foo", 7);
  table.retain(foo);
  table.release(foo);
  expect(find(table, "foo", 7)).toBe(foo);
  table.release(foo);
  expect(find(table, "foo", 7)).toBe(Token.None);
  expect(table.count).toBe(0);
  expect(add(table, "other", 9)).toBe(foo);
});

test("keeps the wildcards, which are not found by their bytes", () => {
  const table = new TokenTable();
  table.retain(Token.Star);
  table.release(Token.Star);
  expect(textOf(table, Token.Star)).toBe("*");
  expect(textOf(table, Token.Rest)).toBe(">");
  expect(find(table, "*", 0)).toBe(Token.None);
  expect(find(table, ">", 0)).toBe(Token.None);
});

test("does not grow when the same load comes and goes", () => {
  const table = new TokenTable();
  const load = () => Array.from({ length: 1000 }, (_, i) => add(table, `token${i}`, i * 13));
  let tokens = load();
  const highest = Math.max(...tokens);
  const capacity = table.capacityBytes;
  for (let round = 0; round < 50; round++) {
    for (const token of tokens) table.release(token);
    tokens = load();
  }
  expect(Math.max(...tokens)).toBe(highest);
  expect(table.capacityBytes).toBe(capacity);
});
