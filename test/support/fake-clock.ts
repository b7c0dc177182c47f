/**
 * A clock that stands still until the test moves it. Used by every test of something that measures
 * or waits; timers run inside `advance`, in the order in which they are due.
 */
import type { Clock } from "../../src/util/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  #nowMs: number;
  readonly #wallOffsetMs: number;
  readonly #timers: Set<Timer>;

  /** The wall clock shows whole milliseconds, as the system's does. */
  constructor(startMs = 5_000, startWallMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#nowMs = startMs;
    this.#wallOffsetMs = startWallMs - startMs;
    this.#timers = new Set();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return Math.floor(this.#nowMs + this.#wallOffsetMs);
  }

  after(delayMs: number, action: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** As a timer that is due at once: events are over when the test says so. */
  afterEvents(action: () => void): void {
    this.after(0, action);
  }

  /** Timers that have not run and were not cancelled. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass; timers see the time at which they are due. With 0, runs what is due now. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let timer = this.#first(); timer !== undefined; timer = this.#first()) {
      if (timer.dueMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      this.#timers.delete(timer);
      timer.action();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** The timer due first; of several, the one set first. */
  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  }
}
