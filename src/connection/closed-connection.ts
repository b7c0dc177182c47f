/**
 * What is kept of a connection when it closes, for monitoring.
 * Called by `connection.ts` before its subscriptions go.
 */
import { type CloseReason, closeReasons } from "../broker/close-reason.ts";
import type { ClosedConnection } from "../broker/closed-connections.ts";
import { type ListedSubscription, listedSubscription } from "../broker/listed-subscription.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import type { Clock } from "../util/clock.ts";

/** Thousands of connections are remembered, and each may have had millions of subscriptions. */
export const MAX_KEPT_SUBSCRIPTIONS = 100;

/** Of somebody who was not let in nothing is kept that could be a secret. */
const REFUSED: ReadonlySet<CloseReason> = new Set([
  closeReasons.authenticationViolation,
  closeReasons.authenticationTimeout,
]);

const NONE: readonly ListedSubscription[] = [];

/** A copy without the connection's buffers and socket. */
export function closedConnection(
  connection: LiveConnection,
  reason: CloseReason,
  clock: Clock,
): ClosedConnection {
  const stopMs = clock.wallMs();
  const { account } = connection;
  const isRefused = REFUSED.has(reason);
  return {
    cid: connection.cid,
    remoteAddress: connection.remoteAddress,
    remotePort: connection.remotePort,
    startMs: connection.startMs,
    stopMs,
    lastActivityMs: stopMs - (clock.nowMs() - connection.keepAlive.lastActivityMs),
    reason,
    rttMs: connection.rttMs,
    account: isRefused ? "" : account.name,
    facts: isRefused ? { ...connection.facts, jwt: "" } : connection.facts,
    stalls: connection.stalls,
    subscriptions: connection.subscriptionCount,
    subscriptionList: connection.subscriptionCount === 0 ? NONE : keptOf(connection),
    inMessages: connection.inMessages,
    inBytes: connection.inBytes,
    outMessages: connection.outMessages,
    outBytes: connection.outBytes,
    tls: connection.tls,
    proxyKey: connection.proxyKey,
  };
}

function keptOf({ account, subscriptions }: LiveConnection): readonly ListedSubscription[] {
  return Iterator.from(subscriptions)
    .take(MAX_KEPT_SUBSCRIPTIONS)
    .map((subscription) => listedSubscription(account, subscription))
    .toArray();
}
