/**
 * When the server tells its statistics: soon after the start, then ever more rarely, and never more
 * than once a second. Used by `system-events.ts`.
 */
import type { Clock } from "../util/clock.ts";

const FIRST_MS = 250;
const LONGEST_INTERVAL_MS = 10_000;
const RATE_LIMIT_MS = 1000;

export class StatszSchedule {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #intervalMs: number;
  /** When it was due last. */
  #lastMs: number;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#intervalMs = FIRST_MS;
    this.#lastMs = -Infinity;
    this.#cancelTimer = undefined;
  }

  start(): void {
    this.#arm(this.#intervalMs);
  }

  /** Somebody asks for them: the limit does not apply. */
  callNow(): void {
    this.#lastMs = this.#clock.nowMs();
    this.#onDue();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(delayMs: number): void {
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#intervalMs = Math.min(this.#intervalMs * 2, LONGEST_INTERVAL_MS);
    const earliestMs = this.#lastMs + Math.min(RATE_LIMIT_MS, this.#intervalMs);
    const nowMs = this.#clock.nowMs();
    if (nowMs < earliestMs) {
      this.#arm(earliestMs - nowMs);
      return;
    }
    this.#arm(this.#intervalMs);
    this.callNow();
  }
}
