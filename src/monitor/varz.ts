/**
 * `/varz`: general facts and counters. Fields, their order, types and omission are the reference's;
 * `midge_version` is our addition.
 */
import { USUAL_TLS_TIMEOUT_MS } from "../config/auth-timeout.ts";
import type { Options } from "../config/options.ts";
import { FEATURE_FLAGS } from "../broker/server-info.ts";
import { goTime } from "../util/go-time.ts";
import type { MonitorFacts, MonitorSubject } from "./endpoint.ts";
import { uptimeText } from "./uptime.ts";

const NS_PER_MS = 1_000_000;

/** The whole answer, in the reference's order. */
export function varz(subject: MonitorSubject, facts: MonitorFacts): object {
  const { broker, identity, clock } = subject;
  const { counters } = broker;
  const { cores, cpuPercent, memoryBytes } = facts.usage;
  const { serverTags, serverMetadata } = subject.options();
  const config = subject.config();
  const nowMs = clock.wallMs();
  const certificateEndMs = subject.certificateEndMs();
  return {
    server_id: identity.id,
    server_name: identity.name,
    version: identity.version,
    midge_version: identity.midgeVersion,
    proto: 1,
    git_commit: identity.gitCommit || undefined,
    go: identity.runtime,
    ...addressFields(subject),
    ...configuredFields(subject.options()),
    start: goTime(facts.startMs),
    now: goTime(nowMs),
    uptime: uptimeText(nowMs - facts.startMs),
    mem: memoryBytes,
    cores,
    gomaxprocs: cores,
    cpu: cpuPercent,
    connections: broker.connections.size,
    total_connections: counters.totalConnections,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    in_msgs: counters.inMessages,
    in_bytes: counters.inBytes,
    in_client_msgs: counters.inMessages,
    in_client_bytes: counters.inBytes,
    out_msgs: counters.outMessages,
    out_bytes: counters.outBytes,
    out_client_msgs: counters.outMessages,
    out_client_bytes: counters.outBytes,
    slow_consumers: counters.slowConsumers,
    stale_connections: counters.staleConnections,
    stalled_clients: counters.stalledProducers,
    subscriptions: broker.subscriptionCount,
    http_req_stats: sorted(facts.requestCounts),
    config_load_time: goTime(config.loadMs),
    config_digest: config.digest,
    tags: serverTags.length === 0 ? undefined : serverTags,
    metadata: Object.keys(serverMetadata).length === 0 ? undefined : sorted(serverMetadata),
    feature_flags: FEATURE_FLAGS,
    system_account: broker.systemAccount?.name,
    ocsp_peer_cache: ocspCacheFields(subject),
    slow_consumer_stats: perKind(counters.slowConsumers),
    stale_connection_stats: perKind(counters.staleConnections),
    disk_io_wait_stats: { waiters: 0, waits: 0, wait_time: 0, max_wait_time: 0 },
    tls_cert_not_after: certificateEndMs === undefined ? undefined : goTime(certificateEndMs),
  };
}

function addressFields(subject: MonitorSubject): object {
  const { host, port } = subject.clientAddress();
  return { host, port };
}

function configuredFields(options: Options): object {
  const { tls } = options;
  return {
    auth_required: requiresLogin(options) || undefined,
    tls_required: (tls !== undefined && !options.allowNonTls) || undefined,
    tls_verify: tls?.verify || undefined,
    tls_ocsp_peer_verify: (tls?.ocspPeer?.verify && !options.allowNonTls) || undefined,
    max_connections: options.maxConnections,
    max_subscriptions: options.maxSubscriptions || undefined,
    ping_interval: options.pingIntervalMs * NS_PER_MS,
    ping_max: options.pingMax,
    http_host: options.httpHost === "" ? options.host : options.httpHost,
    http_port: options.httpPort,
    http_base_path: options.httpBasePath === "/" ? "" : options.httpBasePath,
    https_port: options.httpsPort,
    auth_timeout: options.authTimeoutMs / 1000,
    max_control_line: options.maxControlLineBytes,
    max_payload: options.maxPayloadBytes,
    max_pending: options.maxPendingBytes,
    cluster: {},
    gateway: {},
    leaf: {},
    mqtt: {},
    websocket: {},
    jetstream: {},
    tls_timeout: (tls?.timeoutMs ?? USUAL_TLS_TIMEOUT_MS) / 1000,
    write_deadline: options.writeDeadlineMs * NS_PER_MS,
    write_timeout: options.writeTimeout === "default" ? undefined : options.writeTimeout,
  };
}

/** Nothing is said of what there is none of. */
function ocspCacheFields(subject: MonitorSubject): object | undefined {
  const facts = subject.ocspCache();
  if (facts === undefined) return undefined;
  const { type, hits, misses, revoked, good, unknown } = facts;
  return {
    cache_type: type,
    cache_hits: hits || undefined,
    cache_misses: misses || undefined,
    cached_responses: revoked + good + unknown || undefined,
    cached_revoked_responses: revoked || undefined,
    cached_good_responses: good || undefined,
    cached_unknown_responses: unknown || undefined,
  };
}

function requiresLogin({ username, authorizationToken, users, accounts }: Options): boolean {
  const hasSingle = username !== "" || authorizationToken !== "";
  return hasSingle || users !== undefined || accounts.some((one) => one.users.length > 0);
}

/** By name, as Go writes maps. */
function sorted<Value>(map: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const entries = Object.entries(map);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function perKind(clients: number): object {
  return { clients, routes: 0, gateways: 0, leafs: 0 };
}
