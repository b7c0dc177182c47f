/** Compression for peers that read Snappy's framing format; a small reader of it checks it. */
import { describe, expect, test } from "bun:test";
import { snappyFrames } from "../../../src/util/snappy.ts";
import { Random } from "../../../src/util/random.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const STREAM_START = Buffer.from("\xff\x06\0\0sNaPpY", "latin1");

/** What the frames hold; throws if they are not in order. */
function decoded(frames: Uint8Array): Buffer {
  const bytes = Buffer.from(frames);
  expect(bytes.subarray(0, STREAM_START.length)).toEqual(STREAM_START);
  const parts: Buffer[] = [];
  for (let at = STREAM_START.length; at < bytes.length;) {
    expect(bytes[at]).toBe(0);
    const end = at + 4 + bytes.readUIntLE(at + 1, 3);
    parts.push(decodedBlock(bytes.subarray(at + 8, end)));
    at = end;
  }
  return Buffer.concat(parts);
}

function decodedBlock(block: Buffer): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++]!;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const out: number[] = [];
  while (at < block.length) {
    const tag = block[at++]!;
    const size = tag >> 2;
    if ((tag & 3) === 0) {
      const extra = Math.max(0, size - 59);
      const count = extra === 0 ? size + 1 : block.readUIntLE(at, extra) + 1;
      out.push(...block.subarray(at + extra, at + extra + count));
      at += extra + count;
    } else {
      expect(tag & 3).toBe(2);
      const offset = block.readUInt16LE(at);
      expect(offset).toBeGreaterThan(0);
      for (let i = 0; i <= size; i++) out.push(out[out.length - offset]!);
      at += 2;
    }
  }
  expect(out).toHaveLength(length);
  return Buffer.from(out);
}

describe("frames", () => {
  test("hold what was compressed, whatever repeats in it", () => {
    const random = new Random(SEED);
    for (let length = 0; length < 400; length++) {
      const data = Buffer.from(Array.from({ length }, () => random.below(1 + (length % 5))));
      expect(decoded(snappyFrames(data)).equals(data)).toBe(true);
    }
  });

  test("are several for much data", () => {
    const random = new Random(SEED);
    const noise = Buffer.from(Array.from({ length: 70_000 }, () => random.below(256)));
    for (const data of [noise, Buffer.concat([noise, Buffer.alloc(130_000, "ab"), noise])]) {
      expect(decoded(snappyFrames(data)).equals(data)).toBe(true);
    }
  });

  test("are much smaller where the data repeats", () => {
    expect(snappyFrames(Buffer.alloc(65_536, "0123456789")).length).toBeLessThan(4000);
  });

  test("have the checksum of the format", () => {
    // CRC-32C of these nine digits is e3069283; masked it is this.
    const checksum = Buffer.from(snappyFrames(Buffer.from("123456789"))).readUInt32LE(14);
    expect(checksum).toBe((((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0);
  });
});
