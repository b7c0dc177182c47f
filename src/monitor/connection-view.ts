/**
 * A connection as `/connz` looks at it, whether it is open or closed: what entries are made of,
 * sorted and filtered by.
 */
import type { ClientFacts } from "../broker/client-facts.ts";
import type { ClosedConnection } from "../broker/closed-connections.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import type { TlsFacts } from "../broker/tls-facts.ts";
import type { Clock } from "../util/clock.ts";

export interface ConnectionView {
  readonly cid: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly account: string;
  /** Wall-clock milliseconds. */
  readonly startMs: number;
  readonly lastActivityMs: number;
  /** Now, while the connection is open. */
  readonly endMs: number;
  /** Why it is closed; undefined while it is open. */
  readonly reason: string | undefined;
  readonly rttMs: number;
  readonly pendingBytes: number;
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
  readonly stalls: number;
  readonly subscriptionCount: number;
  readonly facts: ClientFacts;
  readonly tls: TlsFacts | undefined;
  readonly proxyKey: string | undefined;
  /** Whose subscriptions can be asked for; undefined for a closed connection. */
  readonly live: LiveConnection | undefined;
  readonly closed: ClosedConnection | undefined;
}

/** Facts are made when they are asked for: most entries of a long list are only sorted. */
export function openView(connection: LiveConnection, clock: Clock): ConnectionView {
  const endMs = clock.wallMs();
  return {
    cid: connection.cid,
    remoteAddress: connection.remoteAddress,
    remotePort: connection.remotePort,
    account: connection.account.name,
    startMs: connection.startMs,
    lastActivityMs: endMs - (clock.nowMs() - connection.keepAlive.lastActivityMs),
    endMs,
    reason: undefined,
    rttMs: connection.rttMs,
    pendingBytes: connection.pendingBytes,
    inMessages: connection.inMessages,
    inBytes: connection.inBytes,
    outMessages: connection.outMessages,
    outBytes: connection.outBytes,
    stalls: connection.stalls,
    subscriptionCount: connection.subscriptionCount,
    get facts() {
      return connection.facts;
    },
    tls: connection.tls,
    proxyKey: connection.proxyKey,
    live: connection,
    closed: undefined,
  };
}

export function closedView(closed: ClosedConnection): ConnectionView {
  return {
    cid: closed.cid,
    remoteAddress: closed.remoteAddress,
    remotePort: closed.remotePort,
    account: closed.account,
    startMs: closed.startMs,
    lastActivityMs: closed.lastActivityMs,
    endMs: closed.stopMs,
    reason: closed.reason.text,
    rttMs: closed.rttMs,
    pendingBytes: 0,
    inMessages: closed.inMessages,
    inBytes: closed.inBytes,
    outMessages: closed.outMessages,
    outBytes: closed.outBytes,
    stalls: closed.stalls,
    subscriptionCount: closed.subscriptions,
    facts: closed.facts,
    tls: closed.tls,
    proxyKey: closed.proxyKey,
    live: undefined,
    closed,
  };
}
