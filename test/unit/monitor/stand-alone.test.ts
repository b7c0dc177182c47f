/** Endpoints about what a server that stands alone does not have. */
import { expect, test } from "bun:test";
import { FilteredError } from "../../../src/monitor/endpoint.ts";
import { BodyOptions, QueryOptions } from "../../../src/monitor/endpoint-options.ts";
import * as alone from "../../../src/monitor/stand-alone.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const { subject } = new MonitoredBroker();
const head = { server_id: subject.identity.id, now: "2026-01-02T03:04:05Z" };

test("there are no routes, gateways and leaf nodes", () => {
  expect(alone.routez(subject)).toEqual({
    ...head,
    ...{ server_name: "test", num_routes: 0, routes: [] },
  });
  expect(alone.gatewayz(subject)).toEqual({
    ...head,
    ...{ outbound_gateways: {}, inbound_gateways: {} },
  });
  expect(alone.leafz(subject)).toEqual({ ...head, leafnodes: 0, leafs: [] });
});

test("JetStream is disabled", () => {
  expect(alone.jsz(subject, { leaderOnly: false })).toMatchObject({ disabled: true, streams: 0 });
});

test("nobody is the leader of JetStream", () => {
  const ask = () => alone.jsz(subject, { leaderOnly: true });
  expect(ask).toThrow(new FilteredError("not leader"));
  expect(ask).toThrow("filtered response: not leader");
});

test("whether only the leader is to answer has a name in a query and one in JSON", () => {
  const query = new QueryOptions("leader-only=1");
  const body = new BodyOptions(new TextEncoder().encode('{"leader_only":true}'));
  for (const source of [query, body])
    expect(alone.jszOptions(source)).toEqual({ leaderOnly: true });
});
