/**
 * Warnings in the log before a certificate ends: when it is taken over, and once a day from then
 * on. nats-server says nothing; a listener whose certificate has ended lets nobody in.
 */
import type { CertificateEnd } from "../connection/secure-start.ts";
import type { Clock } from "../util/clock.ts";
import { goTime } from "../util/go-time.ts";
import type { Logger } from "../util/logger.ts";

const DAY_MS = 86_400_000;
/** From when on. */
const WARNING_DAYS = 30;

export class CertificateEnds {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #ends: readonly CertificateEnd[];
  #cancel: () => void;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#ends = [];
    this.#cancel = () => {};
  }

  /** Those in use from now on; none ends the watch. */
  watch(ends: readonly CertificateEnd[]): void {
    this.#cancel();
    this.#ends = ends;
    if (ends.length > 0) this.#look();
  }

  #look(): void {
    const nowMs = this.#clock.wallMs();
    for (const { file, endMs } of this.#ends) {
      const days = Math.floor((endMs - nowMs) / DAY_MS);
      if (days >= WARNING_DAYS) continue;
      const when = endMs <= nowMs ? "has expired" : `expires in ${days} days`;
      this.#logger.warn(`Certificate ${file} ${when}: it is valid until ${goTime(endMs)}`);
    }
    this.#cancel = this.#clock.after(DAY_MS, () => this.#look());
  }
}
