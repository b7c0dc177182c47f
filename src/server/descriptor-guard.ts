/**
 * Keeps the process from running out of file descriptors. When none is left, accepting fails
 * without a callback and the event loop spins; so connections are refused while a reserve is still
 * free, and when even that is gone (files, monitoring), listening pauses, from 10 ms up to 1 s at a
 * time.
 */
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";

/** Descriptors kept free of client connections: log, monitoring, the runtime's own. */
const RESERVED_DESCRIPTORS = 64;

/** Below this many connections the descriptors are not looked at. */
const FEW_CONNECTIONS = 64;

/** Connections accepted between two looks at the descriptors in use. */
const CHECK_EVERY = 16;

const WATCH_INTERVAL_MS = 50;
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 1000;

/** What the limit is where the system does not say. */
const UNKNOWN_LIMIT = Infinity;

/** Listening, as the guard stops and restarts it. */
export interface Pausable {
  stopListening(): void;
  /** Throws when the port cannot be bound again. */
  restartListening(): void;
}

export class DescriptorGuard {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listening: Pausable[];
  /** Known once it is asked for. */
  #limit: number | undefined;
  #accepted: number;
  #pauseMs: number;
  #cancelPause: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#listening = [];
    this.#limit = undefined;
    this.#accepted = 0;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#cancelPause = undefined;
    this.#cancelWatch = undefined;
  }

  /**
   * Has `listening` pause when descriptors run out: the one added last first, the others only if
   * that does not free any.
   */
  guard(listening: Pausable): void {
    this.#listening.push(listening);
  }

  /**
   * Looks at the descriptors now and then: for listeners that do not tell of what they accept. A
   * lack that nobody notices would cost a core.
   */
  watch(): void {
    this.#cancelWatch = this.#clock.after(WATCH_INTERVAL_MS, () => {
      if (!canOpen()) this.#pause();
      this.watch();
    });
  }

  /** Whether one connection more would use up the reserve. */
  isFull(openConnections: number): boolean {
    if (openConnections < FEW_CONNECTIONS) return false;
    this.#limit ??= descriptorLimit();
    return openConnections >= this.#limit - RESERVED_DESCRIPTORS;
  }

  /** Called for each accepted connection: pauses listening when descriptors have run out. */
  onAccept(openConnections: number): void {
    if (openConnections < FEW_CONNECTIONS) return;
    if (++this.#accepted % CHECK_EVERY !== 0 && !this.isFull(openConnections)) return;
    if (canOpen()) {
      this.#pauseMs = FIRST_PAUSE_MS;
      return;
    }
    this.#pause();
  }

  stop(): void {
    this.#cancelWatch?.();
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  #pause(): void {
    if (this.#cancelPause !== undefined) return;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    this.#logger.error(
      `Temporary Client Accept Error (too many open files), sleeping ${pauseMs}ms`,
    );
    for (const one of this.#listening.toReversed()) {
      one.stopListening();
      if (canOpen()) break;
    }
    this.#cancelPause = this.#clock.after(pauseMs, () => this.#resume());
  }

  #resume(): void {
    this.#cancelPause = undefined;
    if (!canOpen()) {
      this.#pause();
      return;
    }
    try {
      for (const one of this.#listening) one.restartListening();
    } catch (error) {
      this.#logger.error(`Client Accept error: ${String(error)}`);
      this.#pause();
    }
  }
}

/** Loaded when connections begin to be many, since it costs memory that small hosts can use. */
function files() {
  return process.getBuiltinModule("node:fs");
}

/** The soft limit of open files, which the runtime has raised to the hard one at start. */
function descriptorLimit(): number {
  try {
    const limits = files().readFileSync("/proc/self/limits", "utf8");
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? UNKNOWN_LIMIT : Number(soft);
  } catch {
    return UNKNOWN_LIMIT;
  }
}

/** Whether the process can still open a file. */
function canOpen(): boolean {
  try {
    const { closeSync, openSync } = files();
    closeSync(openSync("/dev/null", "r"));
    return true;
  } catch {
    return false;
  }
}
