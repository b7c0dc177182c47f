/**
 * The receivers that a turn touched. [hot]
 * Each is listed once and written once at the end of the turn; `flush` may touch further ones.
 */

/** What waits for the end of the turn: an outbound. */
export interface Flushable {
  flush(): void;
}

export class FlushQueue {
  readonly #waiting: Flushable[];
  #count: number;

  constructor() {
    this.#waiting = [];
    this.#count = 0;
  }

  /** Adds an outbound that is not queued yet (`isQueued` is the outbound's to keep). */
  add(outbound: Flushable): void {
    this.#waiting[this.#count++] = outbound;
  }

  /** Writes all that waits. Called at the end of every turn: received bytes, a tick, a drain. */
  flush(): void {
    const waiting = this.#waiting;
    for (let i = 0; i < this.#count; i++) waiting[i]!.flush();
    // Slots of a burst are given up, so that closed connections are not kept alive by them.
    if (this.#count > 64) waiting.length = 0;
    this.#count = 0;
  }
}
