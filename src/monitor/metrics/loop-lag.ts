/**
 * How late the event loop runs what is due: a timer at short intervals, and how long after its time
 * it comes. Only while somebody collects metrics, so that otherwise a server at rest stays at rest.
 * The monitor owns it and stops it with the server.
 */
import type { Clock } from "../../util/clock.ts";

/** Between two samples. */
export const SAMPLE_INTERVAL_MS = 100;
/** How long after it was last asked for it goes on. */
export const SAMPLED_FOR_MS = 300_000;

/** Upper bounds of the buckets, in seconds; the last one is without. */
export const LAG_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

export class LoopLag {
  readonly #clock: Clock;
  /** Samples by bucket, each in one; one more than there are bounds. */
  readonly counts: number[];
  sumSeconds: number;
  #neededUntilMs: number;
  #cancel: (() => void) | undefined;
  #isOver: boolean;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.counts = Array<number>(LAG_BOUNDS.length + 1).fill(0);
    this.sumSeconds = 0;
    this.#neededUntilMs = 0;
    this.#cancel = undefined;
    this.#isOver = false;
  }

  /** Somebody wants to know: samples are taken for a while from now on. */
  keepSampling(): void {
    this.#neededUntilMs = this.#clock.nowMs() + SAMPLED_FOR_MS;
    if (this.#cancel === undefined && !this.#isOver) this.#wait();
  }

  /** For good. */
  stop(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    const dueMs = this.#clock.nowMs() + SAMPLE_INTERVAL_MS;
    this.#cancel = this.#clock.after(SAMPLE_INTERVAL_MS, () => this.#sample(dueMs));
  }

  #sample(dueMs: number): void {
    const nowMs = this.#clock.nowMs();
    this.#count(Math.max(nowMs - dueMs, 0) / 1000);
    this.#cancel = undefined;
    if (nowMs < this.#neededUntilMs) this.#wait();
  }

  #count(lagSeconds: number): void {
    const found = LAG_BOUNDS.findIndex((bound) => lagSeconds <= bound);
    const bucket = found === -1 ? LAG_BOUNDS.length : found;
    this.counts[bucket] = this.counts[bucket]! + 1;
    this.sumSeconds += lagSeconds;
  }
}
