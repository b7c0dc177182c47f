/** Lending, taking back and giving up blocks of memory. */
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../support/fake-clock.ts";
import { BLOCK_SIZES, BlockPool, NO_BLOCK } from "../../../src/connection/block-pool.ts";
import { COPY_SLACK_BYTES } from "../../../src/util/bytes.ts";

describe("borrowing", () => {
  test("gives the smallest size that is large enough, with slack behind it", () => {
    const pool = new BlockPool(new FakeClock());
    const wishes: readonly (readonly [number, number])[] = [
      [0, 512],
      [1, 512],
      [512, 512],
      [513, 4096],
      [4096, 4096],
      [4097, 65_280],
      [65_280, 65_280],
      [65_537, 65_537],
      [1_000_000, 1_000_000],
    ];
    for (const [wanted, capacity] of wishes) {
      const block = pool.borrow(wanted);
      expect(block.capacity).toBe(capacity);
      expect(block.bytes.length).toBeGreaterThanOrEqual(capacity + COPY_SLACK_BYTES);
    }
  });

  test("lends again what was given back, never one block twice", () => {
    const pool = new BlockPool(new FakeClock());
    const first = pool.borrow(100);
    const second = pool.borrow(100);
    expect(second).not.toBe(first);
    pool.release(first);
    expect(pool.borrow(512)).toBe(first);
  });

  test("counts what is lent and what is kept", () => {
    const pool = new BlockPool(new FakeClock());
    const blocks = [100, 5000, 70_000].map((bytes) => pool.borrow(bytes));
    expect(pool.lentBytes).toBe(512 + 65_280 + 70_000);
    for (const block of blocks) pool.release(block);
    expect(pool.lentBytes).toBe(0);
    expect(pool.freeBytes).toBe(512 + 65_280);
  });

  test("does not keep more than a few megabytes", () => {
    const pool = new BlockPool(new FakeClock());
    for (const size of BLOCK_SIZES) {
      const blocks = Array.from({ length: 600 }, () => pool.borrow(size));
      for (const block of blocks) pool.release(block);
    }
    expect(pool.freeBytes).toBeLessThanOrEqual(256 * 1024 + 2 * 1024 * 1024 + 8 * 1024 * 1024);
  });
});

test("a forgotten block is off the books and not lent again", () => {
  const pool = new BlockPool(new FakeClock());
  const block = pool.borrow(100);
  pool.forget(block);
  expect(pool.lentBytes).toBe(0);
  expect(pool.freeBytes).toBe(0);
  expect(pool.borrow(100)).not.toBe(block);
});

describe("trimming", () => {
  test("frees what nobody borrowed since the last time, and keeps the rest", () => {
    const pool = new BlockPool(new FakeClock());
    const blocks = Array.from({ length: 10 }, () => pool.borrow(512));
    for (const block of blocks) pool.release(block);
    expect(pool.trim()).toBe(true);
    const used = [pool.borrow(512), pool.borrow(512), pool.borrow(512)];
    for (const block of used) pool.release(block);
    expect(pool.trim()).toBe(true);
    expect(pool.freeBytes).toBe(3 * 512);
    expect(pool.trim()).toBe(false);
    expect(pool.freeBytes).toBe(0);
  });

  test("has nothing to do in an empty pool", () => {
    expect(new BlockPool(new FakeClock()).trim()).toBe(false);
  });
});

test("nothing fits into no block", () => {
  expect(NO_BLOCK.capacity).toBeLessThan(0);
});
