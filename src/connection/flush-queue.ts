/**
 * The receivers that have something to send. Each is listed once. They are written when all
 * sockets that were ready together have been read, so that messages from several publishers leave a
 * receiver in one system call.
 */
import type { Clock } from "../util/clock.ts";

/** What waits for the flush: an outbound. */
export interface Flushable {
  flush(): void;
}

export class FlushQueue {
  readonly #clock: Clock;
  readonly #waiting: Flushable[];
  readonly #flush: () => void;
  #count: number;
  #isScheduled: boolean;
  #isFlushing: boolean;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#waiting = [];
    this.#flush = this.flush.bind(this);
    this.#count = 0;
    this.#isScheduled = false;
    this.#isFlushing = false;
  }

  /** Adds an outbound that is not queued yet (`isQueued` is the outbound's to keep). */
  add(outbound: Flushable): void {
    this.#waiting[this.#count++] = outbound;
  }

  /** To be called at the end of every turn: received bytes, a tick, a drain. */
  endTurn(): void {
    if (this.#count === 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.afterEvents(this.#flush);
  }

  /** Writes all that waits, and what is added meanwhile. */
  flush(): void {
    this.#isScheduled = false;
    // The flush under way gets to whatever is added meanwhile.
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const waiting = this.#waiting;
    let next = 0;
    try {
      while (next < this.#count) waiting[next++]!.flush();
    } finally {
      // Whoever is left when a flush fails is served by the next one.
      const left = waiting.splice(0, this.#count).slice(next);
      this.#count = 0;
      this.#isFlushing = false;
      for (const one of left) this.add(one);
    }
  }
}
