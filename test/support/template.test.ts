/**
 * Checks the text format of conversation files itself: bytes to text and back, and what a line
 * fits.
 */
import { describe, expect, test } from "bun:test";
import { Random } from "../../src/util/random.ts";
import { infoTemplateOf } from "./info-pattern.ts";
import { bytesOf, patternOf, repeatedTextOf, textOf } from "./template.ts";

const ROUNDS = 500;
const MAX_BYTES = 200;

describe("the text of a line", () => {
  test("ends in CRLF unless a backslash ends it", () => {
    expect(bytesOf("PING")).toBe("PING\r\n");
    expect(bytesOf("PING\\")).toBe("PING");
    expect(bytesOf("PING\\\\")).toBe("PING\\\r\n");
    expect(bytesOf("")).toBe("\r\n");
  });

  test("stands for the bytes of its escapes and, beyond ASCII, of its UTF-8", () => {
    expect(bytesOf("\\r\\n\\t\\0\\x7f\\{\\}\\|\\")).toBe("\r\n\t\0\x7f{}|");
    expect(bytesOf("é\\")).toBe("\xc3\xa9");
  });

  test("repeats what stands in braces and leaves JSON alone", () => {
    expect(bytesOf("{ab\\r\\n*3}\\")).toBe("ab\r\nab\r\nab\r\n");
    expect(bytesOf('CONNECT {"a":{"b":1}}')).toBe('CONNECT {"a":{"b":1}}\r\n');
  });

  test("cannot be sent when it offers a choice", () => {
    expect(() => bytesOf("MSG {1|2}")).toThrow("alternatives");
    expect(() => bytesOf("\\q")).toThrow("unknown escape");
  });

  test("reads back as the bytes that it was written for", () => {
    const seed = Number(process.env["CONVERSATION_SEED"] ?? Date.now() % 1_000_000);
    const random = new Random(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const length = random.below(MAX_BYTES);
      const runLength = 1 + random.below(MAX_BYTES);
      const codes = Array.from({ length }, () => random.below(256));
      const bytes = String.fromCharCode(...codes).replace(/[{}]/g, "-") + "x".repeat(runLength);
      expect(bytesOf(textOf(bytes)), `seed ${seed}`).toBe(bytes);
      expect(bytesOf(repeatedTextOf(bytes, 3)), `seed ${seed}`).toBe(bytes.repeat(3));
    }
  });
});

describe("an expected line", () => {
  test("fits the start of what came, or may still, or does not", () => {
    const pattern = patternOf("MSG foo {1|22} 0\\r\\n");
    expect(pattern.match("MSG foo 22 0\r\n\r\nPING\r\n")).toBe(16);
    expect(pattern.match("MSG foo 1 0\r\n\r\n")).toBe(15);
    expect(pattern.match("MSG foo 2")).toBe("incomplete");
    expect(pattern.match("MSG foo 3 0\r\n\r\n")).toBe("different");
  });

  test("compares keys of INFO, their order and all values but those of the one server", () => {
    const line = (fields: string): string => `INFO {${fields}} \r\n`;
    const template = infoTemplateOf('INFO {"port":4222,"headers":true,"max_payload":100}');
    expect(template).toBe('INFO {"port":"*","headers":true,"max_payload":100}');
    const pattern = patternOf(template);
    const fitting = line('"port":9,"headers":true,"max_payload":100');
    expect(pattern.match(`${fitting}PING\r\n`)).toBe(fitting.length);
    expect(pattern.match(fitting.slice(0, 9))).toBe("incomplete");
    const others = [
      line('"headers":true,"port":9,"max_payload":100'),
      line('"port":9,"headers":false,"max_payload":100'),
      line('"port":"x","headers":true,"max_payload":100'),
      line('"port":9,"headers":true'),
      line('"port":9,"headers":true,"max_payload":100,"jetstream":true'),
      fitting.replace("} ", "}"),
    ];
    for (const other of others) expect(pattern.match(other), other).toBe("different");
  });
});
