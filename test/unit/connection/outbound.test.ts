/** Outgoing bytes: order, accounting and the return of blocks, whatever the transport takes. */
import { describe, expect, test } from "bun:test";
import { BlockPool, LARGEST_BLOCK_BYTES } from "../../../src/connection/block-pool.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FlushQueue } from "../../../src/connection/flush-queue.ts";
import { Outbound } from "../../../src/connection/outbound.ts";
import type { OutboundOwner } from "../../../src/connection/outbound.ts";
import { ByteBlock } from "../../../src/util/bytes.ts";
import { Random } from "../../../src/util/random.ts";
import { textOf } from "../../support/messages.ts";

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** The owner: takes what `accepts` says and keeps it. */
class Bench implements OutboundOwner {
  readonly pool = new BlockPool(new FakeClock());
  readonly queue = new FlushQueue(new FakeClock());
  readonly outbound = new Outbound(this, this.pool, this.queue);
  accepts: (length: number) => number = (length) => length;
  writes = 0;
  taken = 0;
  readonly events: string[] = [];
  readonly #pieces: Uint8Array[] = [];

  writeOut(bytes: Uint8Array, offset: number, length: number): number {
    this.writes++;
    const accepted = this.accepts(length);
    if (accepted <= 0) return accepted;
    this.taken += accepted;
    this.#pieces.push(bytes.slice(offset, offset + accepted));
    return accepted;
  }

  onBlocked(): void {
    this.events.push("blocked");
  }

  onUnblocked(): void {
    this.events.push("unblocked");
  }

  /** As a connection does: it closes. */
  onWriteFailed(): void {
    this.events.push("failed");
    this.outbound.discard();
  }

  onFlush(): void {
    this.events.push("flush");
  }

  get output(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#pieces));
  }

  get text(): string {
    return textOf(this.output);
  }

  write(text: string): void {
    const at = this.outbound.reserve(text.length);
    this.outbound.block.bytes.set(Buffer.from(text, "latin1"), at);
    this.outbound.commit(at + text.length);
  }
}

describe("without back-pressure", () => {
  test("a turn's writes go out in one piece when the queue is flushed", () => {
    const bench = new Bench();
    bench.write("one ");
    bench.write("two ");
    expect(bench.outbound.pendingBytes).toBe(8);
    expect(bench.writes).toBe(0);
    bench.queue.flush();
    expect(bench.text).toBe("one two ");
    expect(bench.writes).toBe(1);
    expect(bench.outbound.pendingBytes).toBe(0);
    expect(bench.events).toEqual(["flush"]);
  });

  test("an idle outbound owns no block", () => {
    const bench = new Bench();
    expect(bench.pool.lentBytes).toBe(0);
    bench.write("x");
    expect(bench.pool.lentBytes).toBeGreaterThan(0);
    bench.queue.flush();
    expect(bench.pool.lentBytes).toBe(0);
  });

  test("a busy outbound takes a large block at once, until a turn has little to send", () => {
    const bench = new Bench();
    const lentForOneByte = (): number => {
      bench.write("x");
      const { lentBytes } = bench.pool;
      bench.queue.flush();
      return lentBytes;
    };
    for (let i = 0; i < 10; i++) bench.write("x".repeat(1000));
    bench.queue.flush();
    expect(lentForOneByte()).toBe(LARGEST_BLOCK_BYTES);
    expect(lentForOneByte()).toBeLessThan(LARGEST_BLOCK_BYTES);
    expect(bench.pool.lentBytes).toBe(0);
  });

  test("a full block is written at once", () => {
    const bench = new Bench();
    for (let i = 0; i < 200; i++) bench.write("x".repeat(1000));
    expect(bench.taken).toBeGreaterThanOrEqual(200_000 - LARGEST_BLOCK_BYTES);
    expect(bench.pool.lentBytes).toBeLessThanOrEqual(LARGEST_BLOCK_BYTES);
    bench.queue.flush();
    expect(bench.text).toBe("x".repeat(200_000));
  });

  test("appendLarge writes what is pending, then its bytes without keeping them", () => {
    const bench = new Bench();
    bench.write("before ");
    bench.outbound.appendLarge(new Uint8Array(Buffer.from("-large-")), 1, 6);
    expect(bench.text).toBe("before large");
    expect(bench.outbound.pendingBytes).toBe(0);
    bench.queue.flush();
    expect(bench.pool.lentBytes).toBe(0);
  });

  test("a reservation larger than any block gets one of its own", () => {
    const bench = new Bench();
    bench.write("a");
    bench.write("b".repeat(100_000));
    bench.write("c");
    bench.queue.flush();
    expect(bench.text).toBe(`a${"b".repeat(100_000)}c`);
    expect(bench.pool.lentBytes).toBe(0);
  });
});

describe("when the transport refuses bytes", () => {
  test("the rest waits for drain, and both ends of the wait are reported", () => {
    const bench = new Bench();
    bench.accepts = () => 2;
    bench.write("hello");
    bench.queue.flush();
    expect(bench.outbound.isBlocked).toBe(true);
    expect(bench.outbound.pendingBytes).toBe(3);
    bench.accepts = (length) => length;
    bench.outbound.drain();
    expect(bench.text).toBe("hello");
    expect(bench.outbound.isBlocked).toBe(false);
    expect(bench.events).toEqual(["blocked", "flush", "unblocked"]);
    expect(bench.pool.lentBytes).toBe(0);
  });

  test("nothing is written until drain", () => {
    const bench = new Bench();
    bench.accepts = () => 0;
    bench.write("one ");
    bench.queue.flush();
    const writes = bench.writes;
    bench.write("two ");
    bench.outbound.appendLarge(new Uint8Array(Buffer.from("three")), 0, 5);
    bench.queue.flush();
    bench.outbound.flushNow();
    expect(bench.writes).toBe(writes);
    expect(bench.outbound.pendingBytes).toBe(13);
    bench.accepts = (length) => length;
    bench.outbound.drain();
    expect(bench.text).toBe("one two three");
  });

  test("drain stops as soon as a write is refused again", () => {
    const bench = new Bench();
    bench.accepts = () => 0;
    for (let i = 0; i < 5; i++) bench.write("x".repeat(60_000));
    bench.queue.flush();
    const writes = bench.writes;
    bench.accepts = (length) => Math.min(length, 10);
    bench.outbound.drain();
    expect(bench.writes).toBe(writes + 1);
    expect(bench.outbound.pendingBytes).toBe(300_000 - 10);
  });

  test("what is pending is there when onBlocked is called", () => {
    for (const large of [false, true]) {
      const bench = new Bench();
      const seen: number[] = [];
      bench.onBlocked = () => seen.push(bench.outbound.pendingBytes);
      bench.accepts = () => 10;
      if (large) bench.outbound.appendLarge(new Uint8Array(50_000), 0, 50_000);
      else bench.write("x".repeat(50_000));
      bench.queue.flush();
      expect({ large, seen }).toEqual({ large, seen: [50_000 - 10] });
    }
  });
});

describe("a transport that is gone", () => {
  test("is reported by whichever write finds out, and every block goes back once", () => {
    const steps: readonly ((bench: Bench) => void)[] = [
      (bench) => bench.queue.flush(),
      (bench) => bench.outbound.flushNow(),
      (bench) => bench.outbound.appendLarge(new Uint8Array(9), 0, 9),
      (bench) => bench.write("x".repeat(70_000)),
    ];
    for (const [i, step] of steps.entries()) {
      const bench = new Bench();
      bench.write("hello");
      bench.accepts = () => -1;
      step(bench);
      expect({ i, failed: bench.events.includes("failed") }).toEqual({ i, failed: true });
      bench.accepts = (length) => length;
      bench.queue.flush();
      expect({ i, lent: bench.pool.lentBytes }).toEqual({ i, lent: 0 });
    }
  });

  test("fails in drain after some blocks were written: each block goes back only once", () => {
    const bench = new Bench();
    bench.accepts = () => 0;
    for (let i = 0; i < 4; i++) bench.write("x".repeat(60_000));
    bench.queue.flush();
    let writes = 0;
    bench.accepts = (length) => (++writes === 3 ? -1 : length);
    bench.outbound.drain();
    expect(bench.events).toContain("failed");
    expect(bench.pool.lentBytes).toBe(0);
    const lent = Array.from({ length: 6 }, () => bench.pool.borrow(60_000));
    expect(new Set(lent).size).toBe(lent.length);
  });
});

test("discard drops everything and returns all blocks", () => {
  const bench = new Bench();
  bench.accepts = (length) => Math.min(length, 100);
  for (let i = 0; i < 10; i++) bench.write("x".repeat(30_000));
  bench.queue.flush();
  bench.outbound.discard();
  expect(bench.outbound.pendingBytes).toBe(0);
  expect(bench.pool.lentBytes).toBe(0);
});

/** Writes of all kinds against a transport that takes what it likes. */
class RandomRun {
  readonly #random: Random;
  readonly #bench = new Bench();
  readonly #source: ByteBlock;
  readonly #expected: Uint8Array[] = [];
  #committed = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const random = new Random(seed + 1);
    this.#source = new ByteBlock(Uint8Array.from({ length: 200_000 }, () => random.below(256)));
    const appetite = 1 + this.#random.below(10);
    this.#bench.accepts = (length) => {
      const choice = this.#random.below(10);
      if (choice < appetite) return length;
      return choice === 9 ? 0 : this.#random.below(length + 1);
    };
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.#step();
      const { outbound, taken } = this.#bench;
      if (outbound.pendingBytes !== this.#committed - taken) {
        throw new Error(`step ${step}: ${outbound.pendingBytes} pending, not what is missing`);
      }
    }
    this.#finish();
  }

  #step(): void {
    const { outbound, queue } = this.#bench;
    const length = this.#length();
    const start = this.#random.below(200_000 - length);
    switch (this.#random.below(8)) {
      case 0:
        outbound.append(this.#note(start, length), start, start + length);
        break;
      case 1:
        outbound.appendLarge(this.#note(start, length), start, start + length);
        break;
      case 2:
        queue.flush();
        break;
      case 3:
        outbound.drain();
        break;
      default: {
        const at = outbound.reserve(length + this.#random.below(50));
        outbound.block.bytes.set(this.#note(start, length).subarray(start, start + length), at);
        outbound.commit(at + length);
      }
    }
  }

  /** Mostly short, at times larger than a block. */
  #length(): number {
    const most = [20, 300, 3000, 70_000][this.#random.below(40) >> 3]! | 0;
    return this.#random.below(most === 0 ? 100_000 : most);
  }

  #note(start: number, length: number): Uint8Array {
    this.#expected.push(this.#source.bytes.slice(start, start + length));
    this.#committed += length;
    return this.#source.bytes;
  }

  #finish(): void {
    const { outbound, queue, pool } = this.#bench;
    if (this.#random.below(4) === 0) {
      outbound.discard();
      queue.flush();
    } else {
      this.#bench.accepts = (length) => length;
      queue.flush();
      outbound.drain();
      queue.flush();
      const expected = Buffer.concat(this.#expected);
      if (Buffer.compare(this.#bench.output, expected) !== 0)
        throw new Error("other bytes came out");
    }
    expect(outbound.pendingBytes).toBe(0);
    expect(pool.lentBytes).toBe(0);
  }
}

test(`bytes come out as they went in, and blocks go back (seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + 60; seed++) {
    try {
      new RandomRun(seed).run(150);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
}, 60_000);
