/**
 * Watches a connection whose transport refuses bytes: the write deadline, and the producers that
 * wait for it. Made when bytes are refused for the first time, since most connections never are.
 */
import { Pressure } from "../broker/back-pressure.ts";
import type { WaitingProducer } from "../broker/back-pressure.ts";

/** Below half of the bytes from which on there is soft pressure, it ends. */
export const SOFT_PRESSURE_BYTES = 1_048_576;

/** Above this share of max_pending, the pressure on producers is high. */
export const HIGH_PRESSURE_SHARE = 3 / 4;

export class SlowReceiverWatch {
  /** When the bytes that are owed must have been taken; Infinity while nothing is refused. */
  dueMs: number;
  /** Whether the peer has missed a deadline and is still behind. */
  isLate: boolean;
  #sinceMs: number;
  /** Pending bytes that the deadline is about: those that were there when it was set. */
  #owedBytes: number;
  #hasTakenSome: boolean;
  /** Whether bytes were refused in the turn that runs: what it still queues is owed as well. */
  #isNew: boolean;
  /** Those that wait, some perhaps no more. */
  readonly #producers: Set<WaitingProducer>;
  #readyBelowBytes: number;

  constructor() {
    this.dueMs = Infinity;
    this.isLate = false;
    this.#sinceMs = 0;
    this.#owedBytes = 0;
    this.#hasTakenSome = false;
    this.#isNew = false;
    this.#producers = new Set();
    this.#readyBelowBytes = 0;
  }

  /** Whether the peer took a part of what it owes since the deadline was set. */
  get hasTakenSome(): boolean {
    return this.#hasTakenSome;
  }

  /** How long bytes have been refused. */
  refusedMs(nowMs: number): number {
    return nowMs - this.#sinceMs;
  }

  /** The transport refused bytes for the first time since it last took all. */
  begin(nowMs: number, deadlineMs: number, pendingBytes: number, hasTakenSome: boolean): void {
    this.#sinceMs = nowMs;
    this.isLate = false;
    this.setDeadline(nowMs, deadlineMs, pendingBytes);
    this.#hasTakenSome = hasTakenSome;
    this.#isNew = true;
  }

  /** The turn is over, with so much pending. */
  onTurnEnd(pendingBytes: number): void {
    if (this.#isNew) this.#owedBytes = pendingBytes;
    this.#isNew = false;
  }

  setDeadline(nowMs: number, deadlineMs: number, pendingBytes: number): void {
    this.dueMs = nowMs + deadlineMs;
    this.#owedBytes = pendingBytes;
    this.#hasTakenSome = false;
  }

  /** True if all that was owed is taken, so that what was queued behind needs a deadline. */
  onTaken(bytes: number): boolean {
    if (bytes > 0) this.#hasTakenSome = true;
    this.#owedBytes -= bytes;
    return this.#owedBytes <= 0;
  }

  /** All pending bytes are taken. */
  end(): void {
    this.dueMs = Infinity;
    this.isLate = false;
    this.releaseProducers();
  }

  addProducer(producer: WaitingProducer, pressure: Pressure, maxPendingBytes: number): void {
    const isSoft = pressure === Pressure.Soft;
    const bytes = isSoft ? SOFT_PRESSURE_BYTES / 2 : maxPendingBytes * HIGH_PRESSURE_SHARE;
    this.#readyBelowBytes = Math.max(this.#readyBelowBytes, bytes);
    this.#producers.add(producer);
  }

  /** Lets producers go on once little enough is pending. */
  onPending(pendingBytes: number): void {
    if (pendingBytes <= this.#readyBelowBytes) this.releaseProducers();
  }

  releaseProducers(): void {
    for (const producer of this.#producers) producer.onReceiverReady();
    this.#producers.clear();
    this.#readyBelowBytes = 0;
  }
}
