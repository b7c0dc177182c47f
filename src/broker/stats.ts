/**
 * Counters of traffic, kept by every connection, every account and by the broker as a whole.
 * Connections count per message; accounts and broker get the sums once per turn.
 */

export interface TrafficCounters {
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
}

/** What connections speak, as metrics tell them apart. */
export type ConnectionKind = "nats";

/** What is counted of each kind of connections. */
export interface KindCounters {
  /** Open now, and ever accepted. */
  open: number;
  total: number;
  slowConsumers: number;
  staleConnections: number;
}

/** What permissions keep clients from. */
export type Violation = "publish" | "reply" | "subscribe";

/** How TLS handshakes end: `rejected` is a peer that TLS itself would have let in. */
export type HandshakeEnd = "complete" | "failed" | "rejected" | "throttled" | "timeout";

/** What the broker counts beside traffic; one per broker, read by monitoring. */
export class BrokerCounters implements TrafficCounters {
  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  /** Connections ever accepted. */
  totalConnections = 0;
  /** Closed or marked because of max_pending or the write deadline. */
  slowConsumers = 0;
  /** Closed for missing PONGs. */
  staleConnections = 0;
  /** Times a producer waited for a slow consumer. */
  stalledProducers = 0;
  /** The same by kind of connection; a new kind is a row here. */
  readonly kinds: Readonly<Record<ConnectionKind, KindCounters>> = { nats: noConnections() };
  /** Publishes and subscriptions that permissions have prevented. */
  readonly violations: Record<Violation, number> = { publish: 0, reply: 0, subscribe: 0 };
  readonly tlsHandshakes: Record<HandshakeEnd, number> = {
    complete: 0,
    failed: 0,
    rejected: 0,
    throttled: 0,
    timeout: 0,
  };
  /** Log-ins refused, by the label of the reason. */
  readonly refusedLogIns = new Map<string, number>();
  /** Publishes that found no plan, in accounts that a reload has removed. */
  pastPlanMisses = 0;

  countRefusedLogIn(label: string): void {
    this.refusedLogIns.set(label, (this.refusedLogIns.get(label) ?? 0) + 1);
  }

  countSlowConsumer(kind: ConnectionKind): void {
    this.slowConsumers++;
    this.kinds[kind].slowConsumers++;
  }

  countStaleConnection(kind: ConnectionKind): void {
    this.staleConnections++;
    this.kinds[kind].staleConnections++;
  }
}

function noConnections(): KindCounters {
  return { open: 0, total: 0, slowConsumers: 0, staleConnections: 0 };
}
