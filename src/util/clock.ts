/**
 * Time, so that tests can hold it. Everything that measures or waits takes a `Clock`; only this
 * file reads the system's. Milliseconds are monotonic and fractional; wall time is for logs and
 * monitoring.
 */

/** The longest that timers wait: 24 days. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export interface Clock {
  /** Monotonic milliseconds since an arbitrary start. */
  nowMs(): number;
  /** Wall-clock time in milliseconds since 1970. */
  wallMs(): number;
  /**
   * Calls `action` once after `delayMs`; the result cancels it. Does not keep the process alive.
   */
  after(delayMs: number, action: () => void): () => void;
  /** Calls `action` once, when the events that are ready now have been handled. */
  afterEvents(action: () => void): void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  afterEvents(action) {
    setImmediate(action);
  },
};
