/**
 * Endpoints about what a server that stands alone does not have: routes, gateways, leaf nodes,
 * JetStream and its Raft groups. Answers are those of a reference server that has none either.
 */
import { goTime } from "../util/go-time.ts";
import { FilteredError, type MonitorSubject } from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";

/** Options are read only for their errors. */
export function routezOptions(source: OptionSource): void {
  source.subscriptions();
}

export function routez({ identity, clock }: MonitorSubject): object {
  return {
    server_id: identity.id,
    server_name: identity.name,
    now: goTime(clock.wallMs()),
    num_routes: 0,
    routes: [],
  };
}

export function gatewayzOptions(source: OptionSource): void {
  source.subscriptions();
  source.flag("accs", "accounts");
}

export function gatewayz({ identity, clock }: MonitorSubject): object {
  return {
    server_id: identity.id,
    now: goTime(clock.wallMs()),
    outbound_gateways: {},
    inbound_gateways: {},
  };
}

export function leafzOptions(source: OptionSource): void {
  source.flag("subs", "subscriptions");
}

export function leafz({ identity, clock }: MonitorSubject): object {
  return { server_id: identity.id, now: goTime(clock.wallMs()), leafnodes: 0, leafs: [] };
}

/** Read only for their errors. */
export function raftzOptions(source: OptionSource): void {
  source.text("acc", "account");
  source.text("group");
}

export interface JszOptions {
  /** Whether only the leader of all JetStream servers is to answer. */
  readonly leaderOnly: boolean;
}

export function jszOptions(source: OptionSource): JszOptions {
  for (const name of ["accounts", "streams"]) source.flag(name);
  source.flag("consumers", "consumer");
  source.flag("direct-consumers", "direct_consumer");
  source.flag("config");
  source.integer("offset");
  source.integer("limit");
  const leaderOnly = source.flag("leader-only", "leader_only");
  source.flag("raft");
  source.flag("stream-leader-only", "stream_leader_only");
  return { leaderOnly };
}

/** Throws a `FilteredError` for what only a leader answers. */
export function jsz({ identity, clock }: MonitorSubject, { leaderOnly }: JszOptions): object {
  if (leaderOnly) throw new FilteredError("not leader");
  return {
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    server_id: identity.id,
    now: goTime(clock.wallMs()),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  };
}
