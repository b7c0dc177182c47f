/**
 * What the system account's events say. Fields, their order and what is left out are the
 * reference's. Answers of system services have some of the same parts.
 */
import { goTime } from "../util/go-time.ts";
import type { Account } from "./account.ts";
import type { Broker } from "./broker.ts";
import type { ServerFacts } from "./server-info.ts";
import type { TrafficCounters } from "./stats.ts";

const TYPE_PREFIX = "io.nats.server.advisory.v1";

export type EventKind =
  | "client_connect"
  | "client_disconnect"
  | "account_connections"
  | "ocsp_peer_reject"
  | "ocsp_peer_link_invalid";

/** What every event begins with, the statistics excepted. */
export interface EventHead {
  readonly type: string;
  readonly id: string;
  readonly timestamp: string;
}

interface Traffic {
  readonly msgs: number;
  readonly bytes: number;
}

export function eventHead(kind: EventKind, id: string, wallMs: number): EventHead {
  return { type: `${TYPE_PREFIX}.${kind}`, id, timestamp: goTime(wallMs) };
}

/** From the peer's side: what came in is what it has sent. */
export function clientTraffic(counters: TrafficCounters): { sent: Traffic; received: Traffic } {
  const { inMessages, inBytes, outMessages, outBytes } = counters;
  return {
    sent: { msgs: inMessages, bytes: inBytes },
    received: { msgs: outMessages, bytes: outBytes },
  };
}

/** From the server's side. */
function serverTraffic(counters: TrafficCounters): { sent: Traffic; received: Traffic } {
  const { inMessages, inBytes, outMessages, outBytes } = counters;
  return {
    sent: { msgs: outMessages, bytes: outBytes },
    received: { msgs: inMessages, bytes: inBytes },
  };
}

const NO_TRAFFIC: Traffic = { msgs: 0, bytes: 0 };
const NO_LINKS = { gateways: NO_TRAFFIC, routes: NO_TRAFFIC, leafs: NO_TRAFFIC };

/** Connections and traffic of an account now. */
export function accountStatistics(account: Account): object {
  const { sent, received } = serverTraffic(account);
  return {
    acc: account.name,
    name: account.name,
    conns: account.connections,
    leafnodes: 0,
    total_conns: account.connections,
    num_subscriptions: account.sublist.count,
    sent: { ...sent, ...NO_LINKS },
    received: { ...received, ...NO_LINKS },
    slow_consumers: account.slowConsumers,
  };
}

/** What the server has done since its start, and what it takes. */
export function serverStatistics(broker: Broker, facts: ServerFacts): object {
  const { counters } = broker;
  const { slowConsumers, staleConnections, stalledProducers } = counters;
  const { sent, received } = serverTraffic(counters);
  const { memoryBytes, cores, cpuPercent } = facts.usage;
  return {
    start: goTime(facts.startMs),
    mem: memoryBytes,
    cores,
    cpu: cpuPercent,
    connections: broker.connections.size,
    total_connections: counters.totalConnections,
    active_accounts: activeAccounts(broker),
    subscriptions: broker.subscriptionCount,
    sent,
    sent_to_clients: sent,
    received,
    received_from_clients: received,
    slow_consumers: slowConsumers,
    ...(slowConsumers > 0 && { slow_consumer_stats: ofClients(slowConsumers) }),
    ...(staleConnections > 0 && {
      stale_connections: staleConnections,
      stale_connection_stats: ofClients(staleConnections),
    }),
    ...(stalledProducers > 0 && { stalled_clients: stalledProducers }),
    active_servers: 1,
    gomaxprocs: cores,
  };
}

function activeAccounts({ accounts }: Broker): number {
  let count = 0;
  for (const { connections } of accounts.values()) if (connections > 0) count++;
  return count;
}

function ofClients(clients: number): object {
  return { clients, routes: 0, gateways: 0, leafs: 0 };
}
