/**
 * Blocks of memory that connections borrow while they have something to send or half a message to
 * keep. Three sizes; what is given back is lent again, and the pool shrinks when it is not used.
 */
import { ByteBlock, COPY_SLACK_BYTES } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";

/**
 * Usable bytes of each size class; each block has `COPY_SLACK_BYTES` more. The largest fits into
 * one segment on the loopback interface (64 KiB less headers): a full 64 KiB leaves as two, which
 * costs a fifth more for each message of 16 KiB (benchmark row `1 to 1, 16384 B`).
 */
export const BLOCK_SIZES = [512, 4096, 65_280] as const;

export const LARGEST_BLOCK_BYTES = BLOCK_SIZES[2];

/** Blocks of each class that the pool keeps at most: 256 KiB, 2 MiB and 8 MiB. */
const KEPT_BLOCKS = [512, 512, 128] as const;

/** How often unused blocks are given back to the system. */
const TRIM_INTERVAL_MS = 2000;

/** A borrowed block. `capacity` is what its borrower may use. */
export class Block extends ByteBlock {
  readonly capacity: number;
  /** Index into `BLOCK_SIZES`; -1 for a block of its own size, which is never kept. */
  readonly sizeClass: number;

  constructor(capacity: number, sizeClass: number) {
    super(new Uint8Array(capacity + COPY_SLACK_BYTES));
    this.capacity = capacity;
    this.sizeClass = sizeClass;
  }
}

/** Stands for "no block": nothing fits into it. */
export const NO_BLOCK = new Block(-COPY_SLACK_BYTES, -1);

export class BlockPool {
  readonly #free: Block[][];
  /** Per class the smallest number of free blocks since the last `trim`: they were not needed. */
  readonly #unused: number[];
  readonly #clock: Clock;
  #cancelTrim: (() => void) | undefined;
  /** Bytes lent out now. */
  lentBytes: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#cancelTrim = undefined;
    this.#free = [[], [], []];
    this.#unused = [0, 0, 0];
    this.lentBytes = 0;
  }

  /** Bytes kept for the next borrower. */
  get freeBytes(): number {
    return this.#free.reduce((sum, blocks, i) => sum + blocks.length * BLOCK_SIZES[i]!, 0);
  }

  /** Lends a block for at least `bytes` bytes; its content is arbitrary. */
  borrow(bytes: number): Block {
    const sizeClass = bytes <= BLOCK_SIZES[0] ? 0 : bytes <= BLOCK_SIZES[1] ? 1 : 2;
    if (bytes > LARGEST_BLOCK_BYTES) {
      this.lentBytes += bytes;
      return new Block(bytes, -1);
    }
    const free = this.#free[sizeClass]!;
    const size = BLOCK_SIZES[sizeClass]!;
    this.lentBytes += size;
    const block = free.pop();
    if (block === undefined) return new Block(size, sizeClass);
    if (free.length < this.#unused[sizeClass]!) this.#unused[sizeClass] = free.length;
    return block;
  }

  /** Takes a block back; the borrower must not touch it again. */
  release(block: Block): void {
    this.lentBytes -= block.capacity;
    if (block.sizeClass < 0) return;
    const free = this.#free[block.sizeClass]!;
    if (free.length < KEPT_BLOCKS[block.sizeClass]!) free.push(block);
    if (this.#cancelTrim === undefined) this.#trimLater();
  }

  /** Takes a block off the books without lending it again, since someone may still read it. */
  forget(block: Block): void {
    this.lentBytes -= block.capacity;
  }

  /** Frees the blocks that nobody borrowed since the last call; true while it keeps any. */
  trim(): boolean {
    let keepsAny = false;
    for (let i = 0; i < this.#free.length; i++) {
      const free = this.#free[i]!;
      free.length -= Math.min(this.#unused[i]!, free.length);
      this.#unused[i] = free.length;
      if (free.length > 0) keepsAny = true;
    }
    return keepsAny;
  }

  /** Ends the trimming; the pool itself goes on. */
  stop(): void {
    this.#cancelTrim?.();
  }

  #trimLater(): void {
    this.#cancelTrim = this.#clock.after(TRIM_INTERVAL_MS, () => {
      this.#cancelTrim = undefined;
      if (this.trim()) this.#trimLater();
    });
  }
}
