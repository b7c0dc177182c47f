/**
 * The table of what `/metrics` tells of the server as a whole: what it is, its connections, its
 * traffic, and what it has refused. All of it is counted where it happens; nothing here walks over
 * connections.
 */
import { refusals } from "../../auth/refusals.ts";
import { closeReasons } from "../../broker/close-reason.ts";
import type { KindCounters } from "../../broker/stats.ts";
import type { Sample } from "./exposition.ts";
import { type MetricRow, type MetricsSource, samplesBy, single } from "./metric-row.ts";

const MS_PER_SECOND = 1000;

// prettier-ignore
export const serverMetrics: readonly MetricRow[] = [
  {
    name: "midge", type: "info",
    help: "What this server is. `version` is the level of NATS that it tells its clients.",
    read: about,
  },
  {
    name: "midge_start_time_seconds", type: "gauge", unit: "seconds",
    help: "When the server was started, in seconds since 1970.",
    read: ({ facts }) => single(facts.startMs / MS_PER_SECOND),
  },
  {
    name: "midge_uptime_seconds", type: "gauge", unit: "seconds",
    help: "How long the server has been running.",
    read: ({ subject, facts }) =>
      single((subject.clock.wallMs() - facts.startMs) / MS_PER_SECOND),
  },
  {
    name: "midge_config_load_time_seconds", type: "gauge", unit: "seconds",
    help: "When the configuration in force was loaded, in seconds since 1970.",
    read: ({ subject }) => single(subject.config().loadMs / MS_PER_SECOND),
  },
  {
    name: "midge_connections", type: "gauge",
    help: "Open connections, by what they speak.",
    read: byKind(({ open }) => open),
  },
  {
    name: "midge_connections_accepted", type: "counter",
    help: "Connections accepted, by what they speak.",
    read: byKind(({ total }) => total),
  },
  {
    name: "midge_connections_closed", type: "counter",
    help: "Connections closed, by reason as in /connz?state=closed.",
    read: byCloseReason,
  },
  {
    name: "midge_messages_received", type: "counter",
    help: "Messages published by clients.",
    read: ({ subject }) => single(subject.broker.counters.inMessages),
  },
  {
    name: "midge_received_bytes", type: "counter", unit: "bytes",
    help: "Headers and payloads of messages published by clients.",
    read: ({ subject }) => single(subject.broker.counters.inBytes),
  },
  {
    name: "midge_messages_sent", type: "counter",
    help: "Messages delivered to clients. Over those received: the mean fan-out.",
    read: ({ subject }) => single(subject.broker.counters.outMessages),
  },
  {
    name: "midge_sent_bytes", type: "counter", unit: "bytes",
    help: "Headers and payloads of messages delivered to clients.",
    read: ({ subject }) => single(subject.broker.counters.outBytes),
  },
  {
    name: "midge_subscriptions", type: "gauge",
    help: "Subscriptions of all accounts, the server's own included.",
    read: ({ subject }) => single(subject.broker.subscriptionCount),
  },
  {
    name: "midge_publish_plan_hits", type: "counter",
    help: "Messages received for whose subject it was known who may publish and who receives.",
    read: ({ subject: { broker } }) =>
      single(Math.max(broker.counters.inMessages - broker.planMisses, 0)),
  },
  {
    name: "midge_publish_plan_misses", type: "counter",
    help: "Messages received whose subject had to be looked up: it was new, rarely used, or subscriptions to it had changed.",
    read: ({ subject }) => single(subject.broker.planMisses),
  },
  {
    name: "midge_slow_consumers", type: "counter",
    help: "Times a connection did not take its messages in time (max_pending, write_deadline), by what it speaks.",
    read: byKind(({ slowConsumers }) => slowConsumers),
  },
  {
    name: "midge_stale_connections", type: "counter",
    help: "Connections closed because pings were not answered, by what they speak.",
    read: byKind(({ staleConnections }) => staleConnections),
  },
  {
    name: "midge_producer_stalls", type: "counter",
    help: "Times a producer was made to wait for a slow consumer.",
    read: ({ subject }) => single(subject.broker.counters.stalledProducers),
  },
  {
    name: "midge_login_failures", type: "counter",
    help: "Log-ins refused, also by a reload, by reason. Those that took too long are among the closed connections.",
    read: byRefusal,
  },
  {
    name: "midge_permission_violations", type: "counter",
    help: "Operations refused for lack of permission.",
    read: ({ subject }) =>
      samplesBy("operation", Object.entries(subject.broker.counters.violations)),
  },
  {
    name: "midge_tls_handshakes", type: "counter",
    help: "TLS handshakes of clients, by how they ended. Rejected are peers that are not pinned or revoked.",
    read: ({ subject }) =>
      samplesBy("result", Object.entries(subject.broker.counters.tlsHandshakes)),
  },
  {
    name: "midge_monitoring_requests", type: "counter",
    help: "HTTP requests for monitoring, by path, as in http_req_stats of /varz.",
    read: ({ facts }) => samplesBy("path", Object.entries(facts.requestCounts)),
  },
];

function about({ subject: { identity } }: MetricsSource): readonly Sample[] {
  const { id, name, version, midgeVersion } = identity;
  const labels = { server_id: id, server_name: name, version, midge_version: midgeVersion };
  return [{ labels, value: 1 }];
}

function byKind(pick: (counters: KindCounters) => number): MetricRow["read"] {
  return ({ subject }) => {
    const kinds = Object.entries(subject.broker.counters.kinds);
    return samplesBy(
      "kind",
      kinds.map(([kind, counters]) => [kind, pick(counters)] as const),
    );
  };
}

/** Each reason from the start, so that its first time is an increase. */
function byCloseReason({ subject }: MetricsSource): readonly Sample[] {
  const { closedConnections } = subject.broker;
  const counts = Object.entries(closeReasons).map(([name, reason]) => {
    return [labelOf(name), closedConnections.countFor(reason)] as const;
  });
  return samplesBy("reason", counts);
}

/** `clientClosed` is `client_closed`. */
function labelOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function byRefusal({ subject }: MetricsSource): readonly Sample[] {
  const { refusedLogIns } = subject.broker.counters;
  const counts = Object.values(refusals).map(({ refusal: { label } }) => {
    return [label, refusedLogIns.get(label) ?? 0] as const;
  });
  return samplesBy("reason", counts);
}
