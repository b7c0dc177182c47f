/**
 * The input of one connection: whose turn it is, and what has to wait. Chunks are read in order,
 * each in one turn unless its operations make more work than a turn may; then, and while a slow
 * receiver or a log-in is waited for, the transport is paused and the rest is kept.
 */
import type { Pressure } from "../broker/back-pressure.ts";
import type { Transport } from "../transport/transport.ts";
import { freeBytes } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import { ProducerStall } from "./producer-stall.ts";

/**
 * Work that one turn may do before others get theirs, in units of about one delivery (50 ns): a few
 * milliseconds at most. Large chunks end the turn too, since the runtime would read on from the
 * same socket.
 */
const WORK_PER_TURN = 30_000;
const LARGE_CHUNK_BYTES = 131_072;

/** Who reads. Implemented by the connection. */
export interface InputOwner {
  readonly isLive: boolean;
  /** Runs the operations of a chunk; returns how many bytes were taken: all unless halted. */
  readChunk(chunk: Uint8Array): number;
  /** Makes `readChunk` return after the operation that runs now. */
  haltInput(): void;
  /** A chunk is done whose operations waited so long for slow receivers that it is worth a line. */
  onLongStall(stalledMs: number): void;
  /** The turn is over. */
  endTurn(): void;
}

export class Input {
  readonly #owner: InputOwner;
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** Chunks that wait; undefined unless reading is paused. */
  #waiting: Uint8Array[] | undefined;
  #isTransportPaused: boolean;
  /** How often the owner has asked to wait: nothing else ends that. */
  #holds: number;
  #workLeft: number;
  /** Made when a slow receiver is waited for the first time. */
  #stall: ProducerStall | undefined;

  constructor(owner: InputOwner, transport: Transport, clock: Clock) {
    this.#owner = owner;
    this.#transport = transport;
    this.#clock = clock;
    this.#waiting = undefined;
    this.#isTransportPaused = false;
    this.#holds = 0;
    this.#workLeft = WORK_PER_TURN;
    this.#stall = undefined;
  }

  /** Takes a received chunk; true if it is kept. */
  take(chunk: Uint8Array): boolean {
    if (this.#waiting !== undefined) {
      this.#waiting.push(chunk);
      return true;
    }
    const isKept = this.#read(chunk);
    this.#owner.endTurn();
    return isKept;
  }

  /** Charges work to this turn, which ends when it has done enough. */
  spend(units: number): void {
    this.#workLeft -= units;
    if (this.#workLeft < 0) this.#yieldTurn();
  }

  /** Reading stops after the operation that runs now, until `resume`. */
  pause(): void {
    if (this.#waiting !== undefined || !this.#owner.isLive) return;
    this.#waiting = [];
    this.#owner.haltInput();
    if (this.#isTransportPaused) return;
    this.#isTransportPaused = true;
    this.#transport.pause();
  }

  /** Reading stops after the operation that runs now, until `release`. */
  hold(): void {
    this.#holds++;
    this.pause();
  }

  release(): void {
    this.#holds--;
    if (this.#stall?.isWaiting !== true) this.resume();
  }

  /** Reads what has waited, in order, then lets the transport go on. */
  resume(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#holds > 0 || !this.#owner.isLive) return;
    this.#waiting = undefined;
    for (let i = 0; i < waiting.length && this.#owner.isLive; i++) {
      if (!this.#read(waiting[i]!)) freeBytes(waiting[i]!);
      const pausedAgain = this.#waiting as Uint8Array[] | undefined;
      if (pausedAgain !== undefined) {
        for (let j = i + 1; j < waiting.length; j++) pausedAgain.push(waiting[j]!);
        break;
      }
    }
    if (this.#waiting === undefined && this.#owner.isLive) {
      this.#isTransportPaused = false;
      this.#transport.resume();
    }
    this.#owner.endTurn();
  }

  /** Waits for a slow receiver; false if it has waited long enough already. */
  stall(pressure: Pressure): boolean {
    this.#stall ??= new ProducerStall(this.#clock, () => this.resume());
    if (!this.#stall.begin(pressure)) return false;
    this.pause();
    return true;
  }

  /** The receiver that was waited for is ready. */
  endStall(): void {
    this.#stall?.release();
  }

  /** Drops what waits; nothing is read any more. */
  close(): void {
    this.#owner.haltInput();
    this.#waiting = undefined;
    this.#stall?.cancel();
  }

  /** Runs one chunk; true if a part of it has to wait. */
  #read(chunk: Uint8Array): boolean {
    this.#workLeft = WORK_PER_TURN;
    const taken = this.#owner.readChunk(chunk);
    const stall = this.#stall;
    stall?.onConsumed(taken);
    if (!this.#owner.isLive) return false;
    if (chunk.length >= LARGE_CHUNK_BYTES) this.#yieldTurn();
    if (taken < chunk.length) {
      this.#keep(chunk.subarray(taken));
      return true;
    }
    const stalledMs = stall === undefined ? 0 : stall.takeReportableMs();
    if (stalledMs > 0) this.#owner.onLongStall(stalledMs);
    return false;
  }

  #keep(rest: Uint8Array): void {
    if (this.#waiting === undefined) this.#waiting = [rest];
    else this.#waiting.unshift(rest);
  }

  /** Reading goes on when everybody else who is ready has been read. */
  #yieldTurn(): void {
    if (this.#waiting !== undefined) return;
    this.pause();
    this.#clock.afterEvents(() => {
      // A wait for a receiver has its own end.
      if (this.#stall?.isWaiting !== true) this.resume();
    });
  }
}
