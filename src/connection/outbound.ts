/**
 * The bytes waiting to be sent to one peer. [hot] Receivers encode straight into the current block
 * (`reserve`, write, `commit`); the flush queue writes it once at the end of the turn, or a full
 * block is written at once. An idle connection owns no block. When the kernel refuses bytes, blocks
 * queue up in `#backlog` until `drain`.
 *
 * Invariants: bytes [sent, used) of the first block, all of the blocks between and [0, used) of the
 * current one are pending. `isBlocked` is true while the transport refuses bytes; only then is
 * there a backlog, and the current block is not written past it.
 */
import { NO_BLOCK, LARGEST_BLOCK_BYTES, BLOCK_SIZES } from "./block-pool.ts";
import type { Block, BlockPool } from "./block-pool.ts";
import type { FlushQueue } from "./flush-queue.ts";
import type { ByteSource, FanOutMember } from "../broker/fan-out-member.ts";

/** Where the bytes go, and who hears about it. Implemented by the connection. */
export interface OutboundOwner {
  /** As `Transport.write`. */
  writeOut(bytes: Uint8Array, offset: number, length: number): number;
  /** The transport took only `takenBytes` of a write: `outbound.isBlocked` is now true. */
  onBlocked(takenBytes: number): void;
  /** All that was refused has been taken. */
  onUnblocked(): void;
  /** The transport reports that it is gone. */
  onWriteFailed(): void;
  /** Runs when the flush queue has come to this connection and its bytes are written or refused. */
  onFlush(): void;
}

interface FullBlock {
  readonly block: Block;
  /** Where pending bytes begin and end in the block. */
  sent: number;
  readonly used: number;
}

const NO_BACKLOG: FullBlock[] = [];

export class Outbound {
  readonly #owner: OutboundOwner;
  readonly #pool: BlockPool;
  readonly #queue: FlushQueue;
  /** The block being filled. Writers use it between `reserve` and `commit` only. */
  block: Block;
  #used: number;
  /** Bytes of the current block that are already sent; above 0 only while blocked. */
  #sent: number;
  /**
   * Whether the last turn ended with more than smaller blocks hold: the next one gets a block of
   * the largest size at once (bench row 1 to 100: 8 % less CPU).
   */
  #isBusy: boolean;
  #backlog: FullBlock[];
  #backlogBytes: number;
  /** Who holds bytes that go before those written from now on, and where they begin. */
  #source: ByteSource | undefined;
  #sourceFrom: number;
  #member: FanOutMember | undefined;
  /** Whether the transport refuses bytes. */
  isBlocked: boolean;
  /** Whether the flush queue holds this outbound. */
  isQueued: boolean;

  constructor(owner: OutboundOwner, pool: BlockPool, queue: FlushQueue) {
    this.#owner = owner;
    this.#pool = pool;
    this.#queue = queue;
    this.block = NO_BLOCK;
    this.#used = 0;
    this.#sent = 0;
    this.#isBusy = false;
    this.#backlog = NO_BACKLOG;
    this.#backlogBytes = 0;
    this.#source = undefined;
    this.#sourceFrom = 0;
    this.#member = undefined;
    this.isBlocked = false;
    this.isQueued = false;
  }

  /** Bytes accepted from writers and not yet taken by the transport. */
  get pendingBytes(): number {
    return this.#backlogBytes + this.#used - this.#sent;
  }

  /** Number of blocks with pending bytes. */
  get pendingBlocks(): number {
    return this.#backlog.length + (this.#used > this.#sent ? 1 : 0);
  }

  /** Makes room for `bytes` bytes in `block` and returns the offset to write them at. */
  reserve(bytes: number): number {
    if (this.#source !== undefined) this.settle();
    if (this.#used + bytes > this.block.capacity) this.#makeRoom(bytes);
    return this.#used;
  }

  /** Ends what `reserve` began: the bytes up to offset `end` are to be sent. */
  commit(end: number): void {
    this.#used = end;
    if (!this.isQueued) {
      this.isQueued = true;
      this.#queue.add(this);
    }
  }

  /** Queues a copy of `bytes[start, end)`, filling each block to its end. */
  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.#source !== undefined) this.settle();
    this.#append(bytes, start, end);
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    while (from < end) {
      const rest = end - from;
      let room = this.block.capacity - this.#used;
      if (room <= 0 || (room < rest && this.block.capacity < LARGEST_BLOCK_BYTES)) {
        const used = room <= 0 ? 0 : this.#used;
        this.#makeRoom(Math.min(rest, LARGEST_BLOCK_BYTES - used));
        room = this.block.capacity - this.#used;
      }
      const length = Math.min(room, rest);
      Buffer.prototype.copy.call(bytes, this.block.buffer, this.#used, from, from + length);
      from += length;
      this.commit(this.#used + length);
    }
  }

  /**
   * Sends `bytes[start, end)`, large and only borrowed, without copying what the transport takes
   * now. Pending bytes go first.
   */
  appendLarge(bytes: Uint8Array, start: number, end: number): void {
    if (this.#source !== undefined) this.settle();
    this.#send(bytes, start, end);
  }

  /** Sends bytes of the source itself: with what is pending, if they fit behind it. */
  relay(bytes: Uint8Array, start: number, end: number): void {
    if (this.#used > 0 && end - start <= LARGEST_BLOCK_BYTES - this.#used) {
      this.#append(bytes, start, end);
    } else {
      this.#send(bytes, start, end);
    }
  }

  #send(bytes: Uint8Array, start: number, end: number): void {
    this.#writeCurrent();
    if (this.isBlocked) {
      this.#append(bytes, start, end);
      return;
    }
    const taken = this.#owner.writeOut(bytes, start, end - start);
    if (taken < 0) {
      this.#owner.onWriteFailed();
    } else if (taken < end - start) {
      this.isBlocked = true;
      this.#append(bytes, start + taken, end);
      this.#owner.onBlocked(taken);
    }
  }

  /** The source holds bytes for this peer, from `from` on: before those written from now on. */
  attach(member: FanOutMember, source: ByteSource, from: number): void {
    if (this.#source === source) return;
    this.settle();
    this.#source = source;
    this.#sourceFrom = from;
    this.#member = member;
  }

  /** As `FanOutMember.nextFrom`. */
  nextFrom(source: ByteSource): number {
    if (this.#source !== source) return -1;
    const from = this.#sourceFrom;
    this.#sourceFrom = 0;
    return from;
  }

  /** Takes over what a source holds for this peer. */
  settle(): void {
    const source = this.#source;
    if (source === undefined) return;
    this.#source = undefined;
    source.handOver(this.#member!, this.#sourceFrom);
  }

  /** End of turn: writes what the turn left. The flush queue calls it. */
  flush(): void {
    this.isQueued = false;
    this.#isBusy = this.#used > BLOCK_SIZES[1];
    this.#writeCurrent();
    this.#owner.onFlush();
    if (this.#used === 0 && this.block !== NO_BLOCK) this.#releaseCurrent();
  }

  /** Writes what is pending at once, for a connection that closes. */
  flushNow(): void {
    this.#writeCurrent();
  }

  /**
   * The transport takes bytes again: writes the backlog and the current block as far as it goes.
   */
  drain(): void {
    if (!this.isBlocked) return;
    const backlog = this.#backlog;
    let written = 0;
    while (written < backlog.length) {
      const full = backlog[written]!;
      const length = full.used - full.sent;
      const taken = this.#owner.writeOut(full.block.bytes, full.sent, length);
      if (taken < 0) {
        backlog.splice(0, written);
        this.#owner.onWriteFailed();
        return;
      }
      this.#backlogBytes -= taken;
      if (taken < length) {
        full.sent += taken;
        backlog.splice(0, written);
        return;
      }
      this.#pool.release(full.block);
      written++;
    }
    this.#backlog = NO_BACKLOG;
    const length = this.#used - this.#sent;
    const taken = length === 0 ? 0 : this.#owner.writeOut(this.block.bytes, this.#sent, length);
    if (taken < 0) {
      this.#owner.onWriteFailed();
      return;
    }
    this.#sent += taken;
    if (taken < length) return;
    this.isBlocked = false;
    if (this.block !== NO_BLOCK) this.#releaseCurrent();
    this.#owner.onUnblocked();
  }

  /** Drops everything and returns the blocks; for a connection that closes without a flush. */
  discard(): void {
    this.#source = undefined;
    for (const full of this.#backlog) this.#pool.release(full.block);
    this.#backlog = NO_BACKLOG;
    this.#backlogBytes = 0;
    if (this.block !== NO_BLOCK) this.#releaseCurrent();
  }

  #releaseCurrent(): void {
    this.#pool.release(this.block);
    this.block = NO_BLOCK;
    this.#used = 0;
    this.#sent = 0;
  }

  /** Writes the current block unless the transport is blocked; on return it is empty or blocked. */
  #writeCurrent(): void {
    const length = this.#used - this.#sent;
    if (this.isBlocked || length === 0) return;
    const taken = this.#owner.writeOut(this.block.bytes, this.#sent, length);
    if (taken === length) {
      this.#used = 0;
      this.#sent = 0;
    } else if (taken < 0) {
      this.#owner.onWriteFailed();
    } else {
      this.#sent += taken;
      this.isBlocked = true;
      this.#owner.onBlocked(taken);
    }
  }

  /**
   * The current block has no room for `bytes` more: take a larger one, or get rid of a full one.
   */
  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (this.block.capacity < LARGEST_BLOCK_BYTES && needed <= LARGEST_BLOCK_BYTES) {
      this.#promote(needed);
      return;
    }
    this.#writeCurrent();
    if (this.#used > 0) this.#moveToBacklog();
    if (bytes > this.block.capacity) {
      if (this.block !== NO_BLOCK) this.#releaseCurrent();
      this.block = this.#pool.borrow(bytes);
    }
  }

  #promote(needed: number): void {
    const old = this.block;
    const used = this.#used;
    // A block that was filled once is likely to fill again: straight to the largest from 4 KiB on.
    const isSmall = !this.#isBusy && needed <= BLOCK_SIZES[1] && old.capacity < BLOCK_SIZES[1];
    const block = this.#pool.borrow(isSmall ? needed : LARGEST_BLOCK_BYTES);
    if (used > 0) old.buffer.copy(block.buffer, 0, 0, used);
    if (old !== NO_BLOCK) this.#pool.release(old);
    this.block = block;
  }

  #moveToBacklog(): void {
    if (this.#backlog === NO_BACKLOG) this.#backlog = [];
    this.#backlog.push({ block: this.block, sent: this.#sent, used: this.#used });
    this.#backlogBytes += this.#used - this.#sent;
    this.block = NO_BLOCK;
    this.#used = 0;
    this.#sent = 0;
  }
}
