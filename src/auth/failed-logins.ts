/**
 * Slows down who tries one secret after the other (`login_throttle`): addresses from which several
 * log-ins in a row have failed have to wait before the next one is looked at, each time twice as
 * long. Connections ask before they authenticate and tell how it went.
 */
import type { Clock } from "../util/clock.ts";

export interface ThrottleSettings {
  /** Failures that cost nothing yet; from this one on the address waits. */
  readonly after: number;
  /** The first wait. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
}

/** Addresses remembered; beyond it the one whose last failure is the longest ago is forgotten. */
export const MAX_ADDRESSES = 10_000;
/** Failures are forgotten when none has followed for so long, or for the longest wait. */
export const MEMORY_MS = 600_000;

/** Of a wait; no wait is longer. */
const MAX_DOUBLINGS = 40;

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

export class FailedLogins {
  /** Undefined: nobody waits, and nothing is noted. A reload may replace it. */
  settings: ThrottleSettings | undefined;
  readonly #clock: Clock;
  /** The one that failed last at the end. */
  readonly #failures: Map<string, Failures>;

  constructor(clock: Clock, settings: ThrottleSettings | undefined) {
    this.settings = settings;
    this.#clock = clock;
    this.#failures = new Map();
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  /** A log-in from the address has failed. "" is nobody's address. */
  note(address: string): void {
    if (this.settings === undefined || address === "") return;
    const key = networkOf(address);
    const count = (this.#recent(key)?.count ?? 0) + 1;
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastMs: this.#clock.nowMs() });
    if (this.#failures.size <= MAX_ADDRESSES) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  /** How long a log-in from the address has to wait now. */
  delayMsFor(address: string): number {
    const { settings } = this;
    if (settings === undefined || this.#failures.size === 0) return 0;
    const failures = this.#recent(networkOf(address));
    if (failures === undefined || failures.count < settings.after) return 0;
    const doublings = Math.min(failures.count - settings.after, MAX_DOUBLINGS);
    const delayMs = settings.delayMs * 2 ** doublings;
    const untilMs = failures.lastMs + Math.min(delayMs, settings.maxDelayMs);
    return Math.max(untilMs - this.#clock.nowMs(), 0);
  }

  /** A log-in from the address has succeeded. */
  forget(address: string): void {
    if (this.#failures.size > 0) this.#failures.delete(networkOf(address));
  }

  /** Failures that still count. */
  #recent(key: string): Failures | undefined {
    const failures = this.#failures.get(key);
    if (failures === undefined) return undefined;
    const memoryMs = Math.max(MEMORY_MS, this.settings?.maxDelayMs ?? 0);
    return this.#clock.nowMs() - failures.lastMs < memoryMs ? failures : undefined;
  }
}

/**
 * Whoever has one IPv6 address has the 2^64 that begin alike: the first four groups stand for all
 * of them. Other addresses stand for themselves.
 */
function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [before = "", after] = address.split("::");
  const groups = before === "" ? [] : before.split(":");
  if (after !== undefined) {
    const rest = after === "" ? [] : after.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
