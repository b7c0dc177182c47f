/**
 * Checks the text format of conversation files itself: bytes to text and back, and what a line
 * fits.
 */
import { describe, expect, test } from "bun:test";
import { Random } from "../../src/util/random.ts";
import { createUser } from "nkeys.js";
import { infoTemplateOf } from "./info-pattern.ts";
import { nonceIn, withPlaceholders } from "./placeholders.ts";
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

describe("a placeholder", () => {
  const reply = "_R_.abcdef.012345";

  test("stands for what came first, wherever its name comes up again", () => {
    const values = new Map<string, string>();
    const line = "MSG a 1 ${reply:reply} 0\\r\\n";
    expect(patternOf(line, values).match(`MSG a 1 ${reply} 0\r\n\r\n`)).toBe(31);
    expect(bytesOf("PUB ${reply} 0", { values, nonce: "" })).toBe(`PUB ${reply} 0\r\n`);
    expect(patternOf(line, values).match("MSG a 1 _R_.abcdef.543210 0\r\n\r\n")).toBe("different");
  });

  test("has a form", () => {
    const pattern = patternOf('{"at":"${:time}","rtt":${:number}}');
    const line = '{"at":"2026-01-02T03:04:05.678Z","rtt":12}\r\n';
    expect(pattern.match(line)).toBe(line.length);
    expect(pattern.match(line.replace("T", " "))).toBe("different");
    expect(pattern.match(line.replace("12", '"12"'))).toBe("different");
  });

  test("is incomplete while more of it may come", () => {
    const pattern = patternOf("MSG a 1 ${reply:reply} 0\\r\\n");
    const line = `MSG a 1 ${reply} 0\r\n\r\n`;
    for (let length = 0; length < line.length; length++) {
      expect(pattern.match(line.slice(0, length)), line.slice(0, length)).toBe("incomplete");
    }
    expect(pattern.match(line)).toBe(line.length);
  });

  test("for a size must be the size of what follows", () => {
    const pattern = patternOf("HMSG a 1 ${:headerSize} ${:size}\\r\\nNATS/1.0\\r\\n\\r\\n${:word}");
    const message = (sizes: string): string => `HMSG a 1 ${sizes}\r\nNATS/1.0\r\n\r\nabc\r\n`;
    expect(pattern.match(message("12 15"))).toBe(message("12 15").length);
    for (const sizes of ["12 16", "11 15"]) expect(pattern.match(message(sizes))).toBe("different");
  });

  test("may stand beside alternatives", () => {
    const pattern = patternOf("MSG {foo|bar} ${:number}");
    expect(pattern.match("MSG bar 12\r\n")).toBe(12);
    expect(pattern.match("MSG baz 12\r\n")).toBe("different");
  });

  test("signs the nonce of the connection", () => {
    const user = createUser();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    const nonce = nonceIn('INFO {"nonce":"abc"} \r\n');
    const sent = bytesOf(`\${sign(${text(user.getSeed())})}\\`, { values: new Map(), nonce });
    const isSigned = user.verify(Buffer.from("abc"), Buffer.from(sent, "base64url"));
    expect(isSigned).toBe(true);
  });

  test("that nothing came for cannot be sent, and an unknown one not be read", () => {
    expect(() => bytesOf("PUB ${reply} 0")).toThrow("nothing came for ${reply} yet");
    expect(() => patternOf("${:nothing}")).toThrow("unknown placeholder");
    expect(() => patternOf("${}")).toThrow("unknown placeholder");
  });

  test("is found in what a server says", () => {
    const values = new Map<string, string>();
    const info = '{"acc":"I","rtt":123000}';
    const message = `HMSG a 1 ${reply} 50 52\r\nNATS/1.0\r\nNats-Request-Info: ${info}\r\n\r\nhi\r\n`;
    expect(withPlaceholders(message, values)).toBe(
      "HMSG a 1 ${reply:reply} ${:headerSize} ${:size}\r\nNATS/1.0\r\n" +
        'Nats-Request-Info: {"acc":"I","rtt":${:number}}\r\n\r\nhi\r\n',
    );
    expect(withPlaceholders(`MSG ${reply} 1 0\r\n\r\n`, values)).toBe("MSG ${reply} 1 0\r\n\r\n");
    expect(withPlaceholders("MSG _R_.b.c 1 0\r\n\r\n", values)).toBe("MSG _R_.b.c 1 0\r\n\r\n");
  });
});
