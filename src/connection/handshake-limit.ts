/**
 * How many TLS handshakes may begin within a second (`connection_rate_limit`): a window of one
 * second begins with the first one after the window before, as in the reference. Refusals are
 * told of once per window.
 */
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";

const WINDOW_MS = 1000;

export class HandshakeLimit {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #windowEndMs: number;
  #begun: number;
  #refused: number;

  constructor(perSecond: number, clock: Clock, logger: Logger) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#logger = logger;
    this.#windowEndMs = -Infinity;
    this.#begun = 0;
    this.#refused = 0;
  }

  /** Whether one more may begin now, which then counts. */
  admits(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + WINDOW_MS;
      this.#begun = 0;
    }
    if (this.#begun < this.#perSecond) {
      this.#begun++;
      return true;
    }
    if (this.#refused++ === 0) this.#clock.after(WINDOW_MS, () => this.#tell());
    return false;
  }

  #tell(): void {
    this.#logger.warn(`Rejected ${this.#refused} connections due to TLS rate limiting`);
    this.#refused = 0;
  }
}
