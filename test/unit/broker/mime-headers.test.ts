/** Header blocks read as mail headers; the cases are what Go's textproto makes of them. */
import { describe, expect, test } from "bun:test";
import { readMimeHeaders } from "../../../src/broker/mime-headers.ts";

/** The headers of `NATS/1.0␍␊` and `lines`, and the empty line if they do not hold it. */
function read(lines: string): Record<string, readonly string[]> | undefined {
  const bytes = new Uint8Array(Buffer.from(`..NATS/1.0\r\n${lines}\r\n..`, "latin1"));
  const headers = readMimeHeaders(bytes, 2, bytes.length - 2);
  return headers === undefined ? undefined : Object.fromEntries(headers);
}

describe("a header block", () => {
  test("gives all values of a name, in order", () => {
    expect(read("A: 1\r\nB: 2\r\nA: 3\r\n")).toEqual({ A: ["1", "3"], B: ["2"] });
  });

  test("may hold nothing", () => {
    expect(read("")).toEqual({});
  });

  test("has names in one spelling, whatever case they come in", () => {
    const names = ["x-b3-traceid", "X-B3-TraceId", "X-B3-TRACEID"];
    for (const name of names) expect(read(`${name}: 1\r\n`)).toEqual({ "X-B3-Traceid": ["1"] });
    expect(read("nAts--ü: 1\r\n")).toBeUndefined();
    expect(read("a--b.c_d: 1\r\n")).toEqual({ "A--B.c_d": ["1"] });
  });

  test("keeps the spelling of names with blanks", () => {
    expect(read("my key : 1\r\n")).toEqual({ "my key ": ["1"] });
  });

  test("has values without blanks around them, empty ones too", () => {
    expect(read("A: \t 1 2 \t\r\nB:\r\nC:x\r\n")).toEqual({ A: ["1 2"], B: [""], C: ["x"] });
  });

  test("keeps colons and bytes above ASCII in values", () => {
    expect(read("A: a:b\xe9\xff\r\n")).toEqual({ A: ["a:b\xe9\xff"] });
  });

  test("has values that go on in lines that begin with a blank", () => {
    expect(read("A: 1\r\n  2 \r\n\t3\r\nB: 4\r\n")).toEqual({ A: ["1 2 3"], B: ["4"] });
  });

  test("may have line ends without carriage return", () => {
    expect(read("A: 1\nB: 2\n\n")).toEqual({ A: ["1"], B: ["2"] });
  });

  test("ends at its first empty line", () => {
    expect(read("A: 1\r\n\r\nbad\r\n")).toEqual({ A: ["1"] });
  });

  test("is spoiled by one wrong line", () => {
    const wrong = ["bad", ": 1", "a(b: 1", "a\tb: 1", "A: \x01", "A: \x7f", "A: a\rb", "A: \0"];
    for (const line of wrong) {
      expect(read(`${line}\r\nB: 1\r\n`)).toBeUndefined();
      expect(read(`B: 1\r\n${line}\r\n`)).toBeUndefined();
    }
    expect(read(" A: 1\r\n")).toBeUndefined();
  });

  test("is spoiled if it does not end", () => {
    const bytes = new Uint8Array(Buffer.from("NATS/1.0\r\nA: 1\r\n"));
    expect(readMimeHeaders(bytes, 0, bytes.length)).toBeUndefined();
    expect(readMimeHeaders(bytes, 0, 0)).toBeUndefined();
  });

  test("of blanks only takes no longer than others of its length", () => {
    const blanks = " ".repeat(1_000_000);
    expect(read(`A: 1${blanks}2\r\n`)?.["A"]?.[0]?.length).toBe(blanks.length + 2);
    expect(read(`A:${blanks}\r\n`)).toEqual({ A: [""] });
  });
});
