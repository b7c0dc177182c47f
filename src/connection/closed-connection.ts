/**
 * What is kept of a connection when it closes, for monitoring.
 * Called by `connection.ts` before its subscriptions go.
 */
import type { CloseReason } from "../broker/close-reason.ts";
import type { ClosedConnection } from "../broker/closed-connections.ts";
import type { Clock } from "../util/clock.ts";
import type { KeepAlive } from "./keep-alive.ts";

/** The connection, as far as it is kept. */
type Closing = Omit<
  ClosedConnection,
  | "stopMs"
  | "lastActivityMs"
  | "reason"
  | "subscriptions"
  | "account"
  | "name"
  | "language"
  | "version"
> & {
  readonly keepAlive: KeepAlive;
  readonly subscriptionCount: number;
  readonly accountName: string;
  readonly description: { name: string; language: string; version: string };
};

/** A copy without the connection's buffers and socket. */
export function closedConnection(
  connection: Closing,
  reason: CloseReason,
  clock: Clock,
): ClosedConnection {
  const stopMs = clock.wallMs();
  return {
    ...connection.description,
    cid: connection.cid,
    remoteAddress: connection.remoteAddress,
    remotePort: connection.remotePort,
    startMs: connection.startMs,
    stopMs,
    lastActivityMs: stopMs - (clock.nowMs() - connection.keepAlive.lastHeardMs),
    reason,
    rttMs: connection.rttMs,
    subscriptions: connection.subscriptionCount,
    account: connection.accountName,
    inMessages: connection.inMessages,
    inBytes: connection.inBytes,
    outMessages: connection.outMessages,
    outBytes: connection.outBytes,
  };
}
