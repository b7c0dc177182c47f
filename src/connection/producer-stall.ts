/**
 * How long a producer waits for slow receivers: the reference's 2 or 5 ms at a time and 10 ms for
 * each 64 KiB read, after which it goes on whatever the receiver does (and max_pending decides).
 * Made for a connection when it first has to wait.
 */
import type { Clock } from "../util/clock.ts";

const STEP_MS = 2;
const FULL_STEP_MS = 5;
const BUDGET_MS = 10;

/** Input that may be read on one budget: the reference's largest read. */
const BUDGET_BYTES = 65_536;

/** Total waits below this are not worth a log line. */
const REPORTED_MS = 5;

export class ProducerStall {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #budgetMs: number;
  #consumedBytes: number;
  #sinceMs: number;
  #totalMs: number;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#budgetMs = BUDGET_MS;
    this.#consumedBytes = 0;
    this.#sinceMs = 0;
    this.#totalMs = 0;
    this.#cancelTimer = undefined;
  }

  /** Begins a wait; false if one is under way or the budget is used up. */
  begin(isFull: boolean): boolean {
    if (this.#cancelTimer !== undefined || this.#budgetMs <= 0) return false;
    const stepMs = Math.min(isFull ? FULL_STEP_MS : STEP_MS, this.#budgetMs);
    this.#sinceMs = this.#clock.nowMs();
    this.#cancelTimer = this.#clock.after(stepMs, () => this.#end());
    return true;
  }

  /** The receiver has caught up: the wait ends as soon as the turn that runs now is over. */
  release(): void {
    if (this.#cancelTimer === undefined) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(0, () => this.#end());
  }

  /** Ends a wait without telling anybody. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Input went on: enough of it renews the budget. */
  onConsumed(bytes: number): void {
    this.#consumedBytes += bytes;
    if (this.#consumedBytes < BUDGET_BYTES) return;
    this.#consumedBytes = 0;
    this.#budgetMs = BUDGET_MS;
  }

  /** The total waited since the last report, 0 while it is too short for one. */
  takeReportableMs(): number {
    const totalMs = this.#totalMs;
    if (totalMs < REPORTED_MS) return 0;
    this.#totalMs = 0;
    return totalMs;
  }

  #end(): void {
    this.#cancelTimer = undefined;
    const waitedMs = this.#clock.nowMs() - this.#sinceMs;
    this.#budgetMs -= waitedMs;
    this.#totalMs += waitedMs;
    this.#onEnd();
  }
}
