/** The byte store of tokens: blocks never overlap, freed ones are used again. */
import { expect, test } from "bun:test";
import { TokenArena } from "../../../src/subject/token-arena.ts";
import { Random } from "../../../src/util/random.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Date.now() % 1_000_000_007));

test(`keeps the bytes of each block through allocations and releases, seed ${seed}`, () => {
  const random = new Random(seed);
  const arena = new TokenArena();
  const blocks: { offset: number; length: number; fill: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (random.below(100) < 55 || blocks.length === 0) {
      const length = 1 + random.below(random.below(20) === 0 ? 4000 : 40);
      const offset = arena.allocate(length);
      expect(offset % 4).toBe(0);
      expect(offset + length).toBeLessThanOrEqual(arena.capacityBytes);
      const fill = step & 0xff;
      arena.bytes.fill(fill, offset, offset + length);
      blocks.push({ offset, length, fill });
    } else {
      const [block] = blocks.splice(random.below(blocks.length), 1);
      const { offset, length, fill } = block!;
      expect(arena.bytes.subarray(offset, offset + length).every((b) => b === fill)).toBe(true);
      arena.release(offset, length);
    }
  }
  for (const { offset, length, fill } of blocks) {
    expect(arena.bytes.subarray(offset, offset + length).every((b) => b === fill)).toBe(true);
  }
});

test.each([1, 4, 5, 63, 64, 65, 127, 128, 129, 4096, 65_537])(
  "gives out a freed block of %d bytes again",
  (length) => {
    const arena = new TokenArena();
    const first = arena.allocate(length);
    const second = arena.allocate(length);
    expect(Math.abs(second - first)).toBeGreaterThanOrEqual(length);
    arena.release(first, length);
    arena.release(second, length);
    const again = [arena.allocate(length), arena.allocate(length)];
    expect(again.toSorted()).toEqual([first, second].toSorted());
  },
);

test("does not grow when the same load comes and goes", () => {
  const arena = new TokenArena();
  const lengths = Array.from({ length: 1000 }, (_, i) => 1 + ((i * 37) % 200));
  const load = () => lengths.map((length) => arena.allocate(length));
  let offsets = load();
  const capacity = arena.capacityBytes;
  for (let round = 0; round < 100; round++) {
    offsets.forEach((offset, i) => arena.release(offset, lengths[i]!));
    offsets = load();
  }
  expect(arena.capacityBytes).toBe(capacity);
});
