/** Copying, comparing and writing numbers, at every length around the limits of the fast paths. */
import { describe, expect, test } from "bun:test";
import {
  ByteBlock,
  COPY_SLACK_BYTES,
  copyBytes,
  sameBytes,
  writeDecimal,
} from "../../../src/util/bytes.ts";
import { textOf } from "../../support/messages.ts";

const FILLER = 0xee;

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + 1) & 0xff);
}

describe("copyBytes", () => {
  test("copies any length to any offset and keeps within its slack", () => {
    for (const length of [...Array.from({ length: 70 }, (_, i) => i), 127, 128, 4096, 70_000]) {
      for (const shift of [0, 1, 2, 3]) {
        const source = new ByteBlock(counting(length + shift));
        const target = new ByteBlock(new Uint8Array(length + 20).fill(FILLER));
        copyBytes(source, shift, shift + length, target, 5);
        const { bytes } = target;
        expect(Buffer.compare(bytes.subarray(5, 5 + length), source.bytes.subarray(shift))).toBe(0);
        const untouched = [
          ...bytes.subarray(0, 5),
          ...bytes.subarray(5 + length + COPY_SLACK_BYTES),
        ];
        expect(untouched.every((byte) => byte === FILLER)).toBe(true);
      }
    }
  });

  test("reads only inside the source, up to its last byte", () => {
    const memory = counting(64);
    const source = new ByteBlock(memory.subarray(10, 23));
    const target = new ByteBlock(new Uint8Array(13 + COPY_SLACK_BYTES));
    copyBytes(source, 0, 13, target, 0);
    expect([...target.bytes.subarray(0, 13)]).toEqual([...memory.subarray(10, 23)]);
  });
});

test("a block's views show the same bytes, also of a part of a buffer", () => {
  const block = new ByteBlock(counting(20).subarray(4, 12));
  expect(block.view.byteLength).toBe(8);
  expect(block.view.getUint8(3)).toBe(block.bytes[3]!);
  expect(block.buffer[7]).toBe(block.bytes[7]!);
});

test("sameBytes compares as many bytes as the left side has", () => {
  const right = Buffer.from("xabcx");
  expect(sameBytes(Buffer.from("abc"), right, 1)).toBe(true);
  expect(sameBytes(Buffer.from("abd"), right, 1)).toBe(false);
  expect(sameBytes(Buffer.from("abc"), right, 0)).toBe(false);
  expect(sameBytes(Buffer.from(""), right, 5)).toBe(true);
  expect(sameBytes(Buffer.from("xy"), right, 4)).toBe(false);
});

test("writeDecimal writes all digits and returns the offset behind them", () => {
  const values = [0, 1, 9, 10, 99, 100, 1023, 999_999_999, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
  for (const value of values) {
    const bytes = new Uint8Array(30);
    const end = writeDecimal(bytes, 3, value);
    expect(textOf(bytes, 3, end)).toBe(String(value));
    expect([bytes[2], bytes[end]]).toEqual([0, 0]);
  }
});
