/**
 * The states of a connection and the transitions between them. One field holds the state; whoever
 * changes it goes through `nextState`, which refuses what is not drawn here:
 *
 * ```
 *     ┌────────────────────────┐
 * Greeting ──▶ Authenticating ◀─▶ Open      any of them ──▶ Closing ──▶ Closed
 *                                                └─────────────────────▲  (without a flush)
 * ```
 */
import { assert } from "../util/assert.ts";

export const enum ConnectionState {
  /** Accepted; INFO and TLS are on their way. */
  Greeting = 0,
  /** Waiting for CONNECT, because log-in is required. */
  Authenticating = 1,
  Open = 2,
  /** No more reading; queued data is being flushed. */
  Closing = 3,
  Closed = 4,
}

const enum Bit {
  Authenticating = 1 << ConnectionState.Authenticating,
  Open = 1 << ConnectionState.Open,
  Closing = 1 << ConnectionState.Closing,
  Closed = 1 << ConnectionState.Closed,
}

/** Per state, a bit for each state that may follow. */
const FOLLOWERS: readonly number[] = [
  Bit.Authenticating | Bit.Open | Bit.Closing | Bit.Closed,
  Bit.Open | Bit.Closing | Bit.Closed,
  Bit.Authenticating | Bit.Closing | Bit.Closed,
  Bit.Closed,
  0,
];

/** Returns `next`; fails an assertion when `current` may not be followed by it. */
export function nextState(current: ConnectionState, next: ConnectionState): ConnectionState {
  assert(((FOLLOWERS[current]! >> next) & 1) === 1, `no transition from ${current} to ${next}`);
  return next;
}
