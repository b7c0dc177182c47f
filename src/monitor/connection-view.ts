/**
 * A connection as `/connz` looks at it, whether it is open or closed: what entries are made of,
 * sorted and filtered by.
 */
import type { ClientFacts } from "../broker/client-facts.ts";
import type { ClosedConnection } from "../broker/closed-connections.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";

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

/** What the clocks say, once for all connections of an answer. */
export interface Now {
  readonly wallMs: number;
  readonly clockMs: number;
}

/**
 * Looks at the connection when it is asked: of a long list most entries are only counted or sorted,
 * and the others are written when it is their turn.
 */
export class OpenView implements ConnectionView {
  readonly live: LiveConnection;
  readonly closed = undefined;
  /** Why it is closed: it is not. */
  readonly reason = undefined;
  readonly #now: Now;

  constructor(live: LiveConnection, now: Now) {
    this.live = live;
    this.#now = now;
  }

  get cid(): number {
    return this.live.cid;
  }

  get remoteAddress(): string {
    return this.live.remoteAddress;
  }

  get remotePort(): number {
    return this.live.remotePort;
  }

  get account(): string {
    return this.live.account.name;
  }

  get startMs(): number {
    return this.live.startMs;
  }

  /** What happens while the answer is written happens at its time. */
  get lastActivityMs(): number {
    const { wallMs, clockMs } = this.#now;
    return Math.min(wallMs - (clockMs - this.live.keepAlive.lastActivityMs), wallMs);
  }

  get endMs(): number {
    return this.#now.wallMs;
  }

  get rttMs(): number {
    return this.live.rttMs;
  }

  get pendingBytes(): number {
    return this.live.pendingBytes;
  }

  get inMessages(): number {
    return this.live.inMessages;
  }

  get inBytes(): number {
    return this.live.inBytes;
  }

  get outMessages(): number {
    return this.live.outMessages;
  }

  get outBytes(): number {
    return this.live.outBytes;
  }

  get stalls(): number {
    return this.live.stalls;
  }

  get subscriptionCount(): number {
    return this.live.subscriptionCount;
  }

  get facts(): ClientFacts {
    return this.live.facts;
  }

  get tls(): TlsFacts | undefined {
    return this.live.tls;
  }

  get proxyKey(): string | undefined {
    return this.live.proxyKey;
  }
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
