/**
 * When to ping a peer and when to give it up, as the reference decides it. Pure bookkeeping: the
 * connection calls it from its timer and sends what it says.
 */
import type { Random } from "../util/random.ts";

/** After CONNECT the first ping comes early, to measure the round trip. */
const FIRST_PING_MS = 2000;

/** A nanosecond: what was measured is not 0. */
const MIN_RTT_MS = 0.000001;

/** Who has not sent a PING yet may be set up by now. */
const SETTLED_MS = 2000;

/** A round-trip time older than this is measured anew even if the peer is busy. */
const RTT_MAX_AGE_MS = 3_600_000;

export const enum KeepAliveStep {
  /** The peer was heard of; nothing to do until the next interval. */
  Skip = 0,
  Ping = 1,
  /** Too many pings are unanswered. */
  Stale = 2,
}

export class KeepAlive {
  /** Pings sent since the last PONG. */
  outstanding: number;
  /** Last measured round trip in milliseconds; 0 when unknown. */
  rttMs: number;
  readonly #startMs: number;
  #pingSentMs: number;
  /** When the peer last sent an operation or a PING; a PONG does not count. */
  lastHeardMs: number;
  /** When messages last left for the peer. */
  lastDeliveredMs: number;

  constructor(nowMs: number) {
    this.outstanding = 0;
    this.rttMs = 0;
    this.#startMs = nowMs;
    this.#pingSentMs = -Infinity;
    this.lastHeardMs = nowMs;
    this.lastDeliveredMs = nowMs;
  }

  /** When a message, a subscription or the like last came or went. */
  get lastActivityMs(): number {
    return Math.max(this.lastHeardMs, this.lastDeliveredMs);
  }

  /** Delay of the first ping after CONNECT: at most 2 s, with up to a fifth of jitter. */
  firstDelayMs(intervalMs: number, random: Random): number {
    const delayMs = Math.min(intervalMs, FIRST_PING_MS);
    return delayMs + (delayMs * random.below(1000)) / 5000;
  }

  /** The interval has passed: what now? */
  step(nowMs: number, intervalMs: number, maxOutstanding: number): KeepAliveStep {
    const needsRtt = this.rttMs === 0 || nowMs - this.#pingSentMs > RTT_MAX_AGE_MS;
    if (!needsRtt && nowMs - this.lastHeardMs < intervalMs) return KeepAliveStep.Skip;
    if (this.outstanding + 1 > maxOutstanding) return KeepAliveStep.Stale;
    return KeepAliveStep.Ping;
  }

  /**
   * Whether to ping only to measure the round trip: it is unknown, no PONG is due, and the peer has
   * sent a PING itself or is connected for long enough to know what to do with one.
   */
  mayMeasure(nowMs: number, hasPinged: boolean): boolean {
    if (this.rttMs > 0 || this.outstanding > 0) return false;
    return hasPinged || nowMs - this.#startMs > SETTLED_MS;
  }

  /** The peer has answered the greeting: no more than that is known if no ping was answered yet. */
  estimateRtt(nowMs: number): void {
    if (this.rttMs === 0) this.rttMs = Math.max(nowMs - this.#startMs, MIN_RTT_MS);
  }

  onPingSent(nowMs: number): void {
    this.outstanding++;
    this.#pingSentMs = nowMs;
  }

  onPong(nowMs: number): void {
    this.outstanding = 0;
    if (this.#pingSentMs > -Infinity) this.rttMs = Math.max(nowMs - this.#pingSentMs, MIN_RTT_MS);
  }
}
