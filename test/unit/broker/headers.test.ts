/** Header blocks: finding one header, and setting one without touching the others. */
import { describe, expect, test } from "bun:test";
import { headerValue, withHeader } from "../../../src/broker/headers.ts";
import { Random } from "../../../src/util/random.ts";
import { textOf } from "../../support/messages.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** The block with these lines, one byte per character. */
function blockOf(...lines: string[]): Uint8Array {
  const text = ["NATS/1.0", ...lines, "", ""].join("\r\n");
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function valueIn(block: Uint8Array, name: string): string | undefined {
  return headerValue(block, 0, block.length, name);
}

/** The lines of the block behind the first one. */
function linesWith(block: Uint8Array, name: string, value: string): string[] {
  const lines = textOf(withHeader(block, 0, block.length, name, value)).split("\r\n");
  expect(lines[0]).toStartWith("NATS/1.0");
  expect(lines.slice(-2)).toEqual(["", ""]);
  return lines.slice(1, -2);
}

describe("the value of a header", () => {
  test("is what stands behind the colon, without leading blanks", () => {
    const block = blockOf("A: one", "B:two", "C:   three ", "D:", "E: ");
    const values = ["A", "B", "C", "D", "E"].map((name) => valueIn(block, name));
    expect(values).toEqual(["one", "two", "three ", "", ""]);
  });

  test("is that of the first one if there are several", () => {
    expect(valueIn(blockOf("A: one", "B: x", "A: two"), "A")).toBe("one");
  });

  test("is found only by the whole name, in its case", () => {
    const block = blockOf("My-Key: 1", "Key-Two: 2", "key: 3", "Keys: 4", "Ke: 5");
    expect(valueIn(block, "Key")).toBeUndefined();
    expect(valueIn(block, "key")).toBe("3");
    expect(valueIn(block, "Key-Two")).toBe("2");
  });

  test("is not looked for in values, nor in the first line", () => {
    const block = blockOf("A: Key: no", "B: x Key: no", "C: \nKey: no", "D: \rKey: no");
    expect(valueIn(block, "Key")).toBeUndefined();
    expect(valueIn(new Uint8Array(Buffer.from("Key: no\r\n\r\n")), "Key")).toBeUndefined();
  });

  test("is found behind a name that begins like it", () => {
    expect(valueIn(blockOf("Key-Two: 2", "Key: 1"), "Key")).toBe("1");
  });

  test("is undefined without that header", () => {
    expect(valueIn(blockOf(), "A")).toBeUndefined();
    expect(valueIn(blockOf("B: 1"), "A")).toBeUndefined();
    expect(valueIn(new Uint8Array(0), "A")).toBeUndefined();
    expect(valueIn(blockOf("A"), "A")).toBeUndefined();
    expect(valueIn(blockOf("A :1"), "A")).toBeUndefined();
  });

  test("keeps every byte, one character each", () => {
    expect(valueIn(blockOf("A: h\xc3\xa9\xff\x01"), "A")).toBe("h\xc3\xa9\xff\x01");
  });

  test("stays within the range it is looked for in", () => {
    const block = blockOf("A: one", "B: two");
    const around = new Uint8Array(block.length + 40);
    around.set(Buffer.from("NATS/1.0\r\nB: before\r\n"));
    around.set(block, 21);
    around.set(Buffer.from("C: behind\r\n"), 21 + block.length);
    expect(headerValue(around, 21, 21 + block.length, "B")).toBe("two");
    expect(headerValue(around, 21, 21 + block.length, "C")).toBeUndefined();
    const cut = 21 + block.length - 7;
    expect(headerValue(around, 21, cut, "B")).toBe("");
    expect(headerValue(around, 21, cut - 2, "B")).toBeUndefined();
  });
});

describe("setting a header", () => {
  test("makes a block where there is none", () => {
    const bytes = Buffer.from("payload");
    expect(textOf(withHeader(bytes, 3, 3, "A", "1"))).toBe("NATS/1.0\r\nA: 1\r\n\r\n");
  });

  test("puts it behind the others", () => {
    expect(linesWith(blockOf(), "A", "1")).toEqual(["A: 1"]);
    expect(linesWith(blockOf("B: 2", "C: 3"), "A", "1")).toEqual(["B: 2", "C: 3", "A: 1"]);
  });

  test("replaces one of that name, wherever it stands", () => {
    expect(linesWith(blockOf("A: x"), "A", "1")).toEqual(["A: 1"]);
    expect(linesWith(blockOf("A: x", "B: 2"), "A", "1")).toEqual(["B: 2", "A: 1"]);
    expect(linesWith(blockOf("B: 2", "A: x", "C: 3"), "A", "1")).toEqual(["B: 2", "C: 3", "A: 1"]);
    expect(linesWith(blockOf("B: 2", "A:"), "A", "1")).toEqual(["B: 2", "A: 1"]);
  });

  test("leaves no other of that name, so that nobody can add one of their own", () => {
    const block = blockOf("A: x", "A: y", "B: 2", "A:z", "A: x");
    expect(linesWith(block, "A", "1")).toEqual(["B: 2", "A: 1"]);
  });

  test("leaves headers whose names only contain that name", () => {
    const others = ["XA: 1", "AX: 2", "a: 3", "B: A: 4", "A-A: 5", "A : 6"];
    expect(linesWith(blockOf(...others), "A", "0")).toEqual([...others, "A: 0"]);
  });

  test("keeps a status line, and bytes that are no text", () => {
    const block = new Uint8Array(Buffer.from("NATS/1.0 503 No\r\nB: \xff\x00\r\n\r\n", "latin1"));
    const made = textOf(withHeader(block, 0, block.length, "A", "1"));
    expect(made).toBe("NATS/1.0 503 No\r\nB: \xff\x00\r\nA: 1\r\n\r\n");
  });

  test("writes the value as UTF-8", () => {
    const value = 'é "ü" 日本';
    expect(linesWith(blockOf(), "A", value)).toEqual([
      `A: ${Buffer.from(value).toString("latin1")}`,
    ]);
  });

  test("takes the block from the middle of other bytes, which stay as they are", () => {
    const before = "HPUB a 20 22\r\n";
    const block = "NATS/1.0\r\nA: x\r\n\r\n";
    const bytes = new Uint8Array(Buffer.from(`${before}${block}hi\r\nA: y\r\n`));
    const untouched = bytes.slice();
    const made = withHeader(bytes, before.length, before.length + block.length, "A", "1");
    expect(textOf(made)).toBe("NATS/1.0\r\nA: 1\r\n\r\n");
    expect(bytes).toEqual(untouched);
    made.fill(0);
    expect(bytes).toEqual(untouched);
  });

  test("makes a header that is found also in a block without an end", () => {
    for (const text of [
      "NATS/1.0\r\n",
      "NATS/1.0\r\nB: 2\r\n",
      "NATS/1.0\r\nB",
      "\r\n",
      "x",
      "xy",
    ]) {
      const block = new Uint8Array(Buffer.from(text));
      const made = withHeader(block, 0, block.length, "A", "1");
      expect(textOf(made)).toEndWith("A: 1\r\n\r\n");
    }
  });
});

test(`setting one of many headers touches no other, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const pick = (choices: readonly string[]) => choices[random.below(choices.length)]!;
  const names = ["A", "AB", "BA", "a", "Nats-Request-Info", "Nats-Request-Info-2", "X-A"];
  for (let i = 0; i < 2000; i++) {
    const lines = Array.from({ length: random.below(8) }, () => {
      return `${pick(names)}:${pick(["", " "])}${pick(["", "1", "A: 1", "x:A", "\xe9"])}`;
    });
    const name = pick(names);
    const value = pick(["", "1", '{"acc":"A"}']);
    const made = linesWith(blockOf(...lines), name, value);
    const others = lines.filter((line) => !line.startsWith(`${name}:`));
    expect(made).toEqual([...others, `${name}: ${value}`]);
    expect(
      valueIn(withHeader(blockOf(...lines), 0, blockOf(...lines).length, name, value), name),
    ).toBe(value);
  }
});
