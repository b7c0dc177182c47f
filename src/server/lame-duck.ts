/**
 * Lame duck mode: the server takes no new clients, tells those it has that it will go, waits a
 * grace period and then closes them one by one over the configured time, so that they do not all
 * turn to another server at once. Steps, texts and pauses are the reference's.
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import type { Options } from "../config/options.ts";
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";
import type { Random } from "../util/random.ts";

/** Clients close at least once a second while any are left. */
const MAX_INTERVAL_MS = 1000;
/** Over which the clients close when the grace period takes all of the duration. */
const SHORTEST_SPAN_MS = 1000;
/** Shorter pauses than this close several clients at once. */
const MIN_INTERVAL_MS = 1;

/** What lame duck mode works on. */
export interface LameDuckHost {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly connections: ReadonlyMap<number, LiveConnection>;
  readonly options: Options;
  /** Closes the listeners of clients; monitoring goes on. */
  stopAccepting(): void;
  /** All clients are gone. */
  onDone(): void;
}

export class LameDuck {
  readonly #host: LameDuckHost;
  #isActive: boolean;
  #cancelTimer: (() => void) | undefined;

  constructor(host: LameDuckHost) {
    this.#host = host;
    this.#isActive = false;
    this.#cancelTimer = undefined;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Begins; does nothing the second time. */
  enter(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    const { logger, clock, connections, options } = this.#host;
    logger.info("Entering lame duck mode, stop accepting new clients", {
      event: "lame_duck_entered",
      clients: connections.size,
    });
    this.#host.stopAccepting();
    if (connections.size === 0) {
      this.#host.onDone();
      return;
    }
    for (const connection of connections.values()) connection.announceLameDuck();
    this.#cancelTimer = clock.after(options.lameDuckGraceMs, () => this.#beginClosing());
  }

  /** The server ends in another way. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #beginClosing(): void {
    const { logger, connections, options } = this.#host;
    logger.info("Closing existing clients");
    const spanMs = options.lameDuckDurationMs - options.lameDuckGraceMs;
    const wantedMs = (spanMs > 0 ? spanMs : SHORTEST_SPAN_MS) / Math.max(connections.size, 1);
    const intervalMs = Math.min(Math.max(wantedMs, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
    const batch = Math.max(1, Math.round(intervalMs / wantedMs));
    this.#closeNext(intervalMs, batch);
  }

  #closeNext(intervalMs: number, batch: number): void {
    const { clock, connections, random } = this.#host;
    let left = batch;
    for (const connection of connections.values()) {
      connection.close(closeReasons.serverShutdown);
      if (--left === 0) break;
    }
    if (connections.size === 0) {
      this.#cancelTimer = undefined;
      this.#host.onDone();
      return;
    }
    const pauseMs = (intervalMs * (1000 + random.below(1000))) / 2000;
    this.#cancelTimer = clock.after(pauseMs, () => this.#closeNext(intervalMs, batch));
  }
}
