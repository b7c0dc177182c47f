/**
 * How long a producer waits for slow receivers. Under high pressure as in the reference: 2 or 5 ms
 * at a time and 10 ms for each 64 KiB read, after which it goes on whatever the receiver does (and
 * max_pending decides). Under soft pressure much less: 2 ms for each 512 KiB, which lets a receiver
 * that reads catch up and costs next to nothing when it does not. Made for a connection when it
 * first has to wait.
 */
import { Pressure } from "../broker/back-pressure.ts";
import type { Clock } from "../util/clock.ts";

/** Longest single wait by pressure, in ms. */
const STEP_MS: Readonly<Record<Pressure, number>> = {
  [Pressure.Soft]: 1,
  [Pressure.High]: 2,
  [Pressure.Full]: 5,
};

const BUDGET_MS = 10;
const SOFT_BUDGET_MS = 2;

/** Input that may be read on one budget: for the hard one the reference's largest read. */
const BUDGET_BYTES = 65_536;
const SOFT_BUDGET_BYTES = 524_288;

/** Total waits below this are not worth a log line. */
const REPORTED_MS = 5;

/** Waiting time that renews itself as input goes on. */
class Budget {
  readonly #fullMs: number;
  readonly #renewalBytes: number;
  #consumedBytes: number;
  leftMs: number;

  constructor(fullMs: number, renewalBytes: number) {
    this.#fullMs = fullMs;
    this.#renewalBytes = renewalBytes;
    this.#consumedBytes = 0;
    this.leftMs = fullMs;
  }

  onConsumed(bytes: number): void {
    this.#consumedBytes += bytes;
    if (this.#consumedBytes < this.#renewalBytes) return;
    this.#consumedBytes = 0;
    this.leftMs = this.#fullMs;
  }
}

export class ProducerStall {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  readonly #hard: Budget;
  readonly #soft: Budget;
  /** The budget that the wait under way is charged to; undefined while there is none. */
  #charged: Budget | undefined;
  #sinceMs: number;
  /** Waits under high pressure during the present read. */
  #totalMs: number;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#hard = new Budget(BUDGET_MS, BUDGET_BYTES);
    this.#soft = new Budget(SOFT_BUDGET_MS, SOFT_BUDGET_BYTES);
    this.#charged = undefined;
    this.#sinceMs = 0;
    this.#totalMs = 0;
    this.#cancelTimer = undefined;
  }

  get isWaiting(): boolean {
    return this.#charged !== undefined;
  }

  /** Begins a wait; false if one is under way or the budget is used up. */
  begin(pressure: Pressure): boolean {
    const budget = pressure === Pressure.Soft ? this.#soft : this.#hard;
    if (this.#charged !== undefined || budget.leftMs <= 0) return false;
    const stepMs = Math.min(STEP_MS[pressure], budget.leftMs);
    this.#charged = budget;
    this.#sinceMs = this.#clock.nowMs();
    this.#cancelTimer = this.#clock.after(stepMs, () => this.#end());
    return true;
  }

  /** The receiver has caught up: the wait ends as soon as the turn that runs now is over. */
  release(): void {
    if (this.#cancelTimer === undefined) return;
    this.#cancelTimer();
    this.#cancelTimer = undefined;
    this.#clock.afterEvents(() => this.#end());
  }

  /** Ends a wait without telling anybody. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#charged = undefined;
  }

  /** Input went on: enough of it renews the budgets. */
  onConsumed(bytes: number): void {
    this.#hard.onConsumed(bytes);
    this.#soft.onConsumed(bytes);
  }

  /** A read is over: the total it waited under high pressure, 0 if that is too short to report. */
  takeReportableMs(): number {
    const totalMs = this.#totalMs;
    this.#totalMs = 0;
    return totalMs < REPORTED_MS ? 0 : totalMs;
  }

  #end(): void {
    const budget = this.#charged;
    if (budget === undefined) return;
    this.#charged = undefined;
    this.#cancelTimer = undefined;
    const waitedMs = this.#clock.nowMs() - this.#sinceMs;
    budget.leftMs -= waitedMs;
    if (budget === this.#hard) this.#totalMs += waitedMs;
    this.#onEnd();
  }
}
