/** Snappy's and S2's frames without compression. */
import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/util/random.ts";
import { snappyFrames } from "../../../src/util/snappy.ts";
import { readStoredFrames, storedFrames } from "../../../src/util/stored-frames.ts";

const ROUNDS = 2000;
function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

test.each([0, 1, 200, 65_536, 65_537, 200_000])("%d bytes come back", (length) => {
  const data = bytesOf(length);
  expect(readStoredFrames(storedFrames(data))).toEqual(Buffer.from(data));
});

test("frames have the form of the format, S2's name and padding count too", () => {
  const frames = storedFrames(Uint8Array.of(1, 2, 3));
  expect(Buffer.from(frames).toString("latin1", 4, 10)).toBe("sNaPpY");
  expect([...frames.subarray(10, 14)]).toEqual([1, 7, 0, 0]);
  expect(frames).toHaveLength(21);
  const padding = Uint8Array.of(0xfe, 2, 0, 0, 9, 9);
  const named = Buffer.concat([frames.subarray(0, 10), padding, frames.subarray(10)]);
  named.write("S2sTwO", 4);
  expect(readStoredFrames(named)).toEqual(Buffer.of(1, 2, 3));
});

describe("nothing is read", () => {
  test("of compressed frames", () => {
    expect(readStoredFrames(snappyFrames(new Uint8Array(1000)))).toBeUndefined();
  });

  test("of anything else", () => {
    expect(readStoredFrames(new Uint8Array())).toBeUndefined();
    expect(readStoredFrames(Buffer.from("sNaPpY, but not at its place"))).toBeUndefined();
  });

  test("of frames that were cut or changed", () => {
    const seed = Date.now();
    const random = new Random(seed);
    const data = bytesOf(300);
    const frames = storedFrames(data);
    for (let round = 0; round < ROUNDS; round++) {
      const broken = frames.slice();
      broken[10 + random.below(broken.length - 10)]! ^= 1 << random.below(8);
      const found = readStoredFrames(broken);
      // A changed type may make padding of the frame, which has nothing in it then.
      const isEmpty = found !== undefined && found.length === 0;
      expect([seed, found === undefined || isEmpty]).toEqual([seed, true]);
      const cut = 11 + random.below(frames.length - 11);
      expect([seed, readStoredFrames(frames.subarray(0, cut))]).toEqual([seed, undefined]);
    }
  });
});
