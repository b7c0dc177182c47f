/** `/metrics` of a server with real clients: what a request gets, and what moves the values. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { eventually } from "../support/measured-server.ts";
import { PROMETHEUS_ACCEPT, seriesIn } from "../support/metrics.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { MonitoredServer } from "./monitored-server.ts";

const BASE = "/edge";

const CONFIG = `
http_base_path: "${BASE}"
server_name: 'the-"edge"'
max_pending: 2MB
metrics { top_subjects: 3 }
accounts {
  A { users: [ { user: a, password: a, permissions: { publish: { deny: "no.>" } } } ] }
  B { users: [ { user: b, password: b } ] }
}`;

const SOON_MS = 10_000;
const A = { account: "A" };
const NATS = { kind: "nats" };
const ALICE = { user: "a", pass: "a" };

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

let monitored: MonitoredServer;

beforeAll(async () => {
  monitored = await MonitoredServer.start(CONFIG);
});

afterAll(() => monitored[Symbol.asyncDispose]());

function ask(accept?: string): Promise<Response> {
  return monitored.fetch("/edge/metrics", accept === undefined ? {} : { Accept: accept });
}

/** By how much `act` moves the value, once that has happened. */
async function change(
  name: string,
  labels: Readonly<Record<string, string>>,
  act: () => Promise<unknown>,
): Promise<number> {
  const before = (await monitored.metrics(BASE)).value(name, labels);
  await act();
  let after = before;
  await eventually(`a change of ${name}`, SOON_MS, async () => {
    after = (await monitored.metrics(BASE)).value(name, labels);
    return after !== before;
  });
  return after - before;
}

describe("a request", () => {
  test.each([
    [PROMETHEUS_ACCEPT, OPEN_METRICS],
    ["application/openmetrics-text", OPEN_METRICS],
    ["text/plain;version=0.0.4", PROMETHEUS],
    ["*/*", PROMETHEUS],
    [undefined, PROMETHEUS],
    ["application/openmetrics-text;q=0.1,text/plain;q=0.2", PROMETHEUS],
    ["application/json", PROMETHEUS],
  ])("that accepts %s gets %s", async (accept, type) => {
    const response = await ask(accept);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, type]);
    expect(response.headers.get("Vary")).toBe("Accept");
    expect((await response.text()).endsWith("# EOF\n")).toBe(type === OPEN_METRICS);
  });

  test("stands behind the base path only, and is counted in /varz and in itself", async () => {
    expect((await monitored.fetch("/metrics")).status).toBe(404);
    const requests = { path: "/metrics" };
    const before = (await monitored.metrics(BASE)).value(
      "midge_monitoring_requests_total",
      requests,
    );
    const varz: unknown = await (await monitored.fetch("/edge/varz")).json();
    expect(varz).toMatchObject({ http_req_stats: { "/metrics": before } });
    const after = await monitored.metrics(BASE);
    expect(after.value("midge_monitoring_requests_total", requests)).toBe(before + 1);
  });
});

test("all families have a type and a help text, and samples that are numbers", async () => {
  const { families, text } = await monitored.metrics(BASE);
  expect(families.length).toBeGreaterThan(40);
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  for (const { name, help, type, metrics } of families) {
    expect([name, type]).toEqual([name, expect.stringMatching(/^(?:COUNTER|GAUGE|HISTOGRAM)$/)]);
    expect([name, help]).toEqual([name, expect.stringMatching(/\.$/)]);
    for (const { value, sum } of metrics) {
      expect([name, Number(value ?? sum)]).toEqual([name, expect.any(Number)]);
      expect([name, Number(value ?? sum) >= 0]).toEqual([name, true]);
    }
  }
  const series = seriesIn(text);
  expect(new Set(series).size).toBe(series.length);
});

test("the server and the process say what they are", async () => {
  const metrics = await monitored.metrics(BASE);
  const { identity } = monitored.server;
  const about = metrics.samples("midge_info")[0]?.labels;
  expect(about).toEqual({
    server_id: identity.id,
    server_name: 'the-"edge"',
    version: identity.version,
    midge_version: identity.midgeVersion,
  });
  const nowSeconds = Date.now() / 1000;
  for (const name of ["midge_start_time", "midge_config_load_time", "process_start_time"]) {
    const seconds = metrics.value(`${name}_seconds`);
    expect(nowSeconds - seconds).toBeGreaterThanOrEqual(0);
    expect(nowSeconds - seconds).toBeLessThan(3600);
  }
  expect(metrics.value("midge_uptime_seconds")).toBeLessThan(3600);
  expect(metrics.value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(metrics.value("midge_heap_used_bytes")).toBeGreaterThan(100_000);
  expect(metrics.value("process_cpu_seconds_total")).toBeGreaterThan(0);
});

test("open descriptors are those of the process, where the system tells them", async () => {
  const metrics = await monitored.metrics(BASE);
  const counted = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  for (const { value } of metrics.samples("process_open_fds")) {
    expect(Math.abs(Number(value) - counted)).toBeLessThan(10);
  }
  for (const { value } of metrics.samples("process_max_fds")) {
    expect(Number(value)).toBeGreaterThanOrEqual(counted);
  }
});

test("the lag of the event loop is sampled once somebody has asked", async () => {
  const lag = async () => {
    const [samples] = (await monitored.metrics(BASE)).samples("midge_event_loop_lag_seconds");
    return samples!;
  };
  await eventually("samples", SOON_MS, async () => Number((await lag()).count) > 2);
  const { buckets = {}, count } = await lag();
  expect(Object.keys(buckets)).toHaveLength(12);
  expect(buckets["+Inf"]).toBe(count!);
});

describe("a client", () => {
  test("that comes and goes is counted, with its account and the reason", async () => {
    const accepted = "midge_connections_accepted_total";
    const joined = "midge_account_connections_joined_total";
    const before = await monitored.metrics(BASE);
    const peer = await monitored.client(ALICE);
    const during = await monitored.metrics(BASE);
    expect(during.value("midge_connections", NATS)).toBe(
      before.value("midge_connections", NATS) + 1,
    );
    expect(during.value(accepted, NATS)).toBe(before.value(accepted, NATS) + 1);
    expect(during.value(joined, A)).toBe(before.value(joined, A) + 1);
    const reason = { reason: "client_closed" };
    expect(await change("midge_connections_closed_total", reason, async () => peer.end())).toBe(1);
    const after = await monitored.metrics(BASE);
    expect(after.value("midge_connections", NATS)).toBe(before.value("midge_connections", NATS));
    expect(after.value("midge_account_connections", A)).toBe(
      before.value("midge_account_connections", A),
    );
  });

  test("that publishes moves messages and bytes, and its subject is among the busiest", async () => {
    const before = await monitored.metrics(BASE);
    await monitored.client(ALICE, "SUB often 1", "SUB often 2", ...repeat("PUB often 3\r\nabc", 5));
    const after = await monitored.metrics(BASE);
    for (const [name, moved] of [
      ["messages_received", 5],
      ["received_bytes", 15],
      ["messages_sent", 10],
      ["sent_bytes", 30],
    ] as const) {
      for (const [full, labels] of [
        [`midge_${name}_total`, {}],
        [`midge_account_${name}_total`, A],
      ] as const) {
        expect([full, after.value(full, labels) - before.value(full, labels)]).toEqual([
          full,
          moved,
        ]);
      }
    }
    const often = { account: "A", subject: "often" };
    expect(after.value("midge_top_subject_messages_total", often)).toBe(5);
    expect(after.value("midge_top_subject_bytes_total", often)).toBe(15);
    const hits = "midge_publish_plan_hits_total";
    expect(after.value(hits) - before.value(hits)).toBe(3);
  });

  test("that publishes to very many subjects adds no series beyond the limit", async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `PUB many.${i} 1\r\nx`);
    await monitored.client(ALICE, ...lines);
    const metrics = await monitored.metrics(BASE);
    expect(metrics.samples("midge_top_subject_messages_total")).toHaveLength(3);
    expect(metrics.samples("midge_top_subject_bytes_total")).toHaveLength(3);
  });

  test.each([
    ["knows no password", "wrong_secret", { user: "a", pass: "b" }],
    ["is nobody", "unknown_user", { user: "c", pass: "c" }],
    ["presents nothing", "nothing_presented", {}],
    ["asks for an account", "account_asked_for", { ...ALICE, account: "B" }],
  ])("that %s is counted as %s", async (_, reason, fields) => {
    const moved = await change("midge_login_failures_total", { reason }, async () => {
      const peer = await monitored.stranger();
      await peer.send(`CONNECT ${JSON.stringify(fields)}\r\n`);
      await peer.closed();
    });
    expect(moved).toBe(1);
  });

  test("that says something else first is counted among the log-ins refused", async () => {
    const reason = { reason: "no_connect" };
    const moved = await change("midge_login_failures_total", reason, async () => {
      const peer = await monitored.stranger();
      await peer.send("PUB x 0\r\n\r\n");
      await peer.closed();
    });
    expect(moved).toBe(1);
  });

  test("that may not publish is counted", async () => {
    const operation = { operation: "publish" };
    const moved = await change("midge_permission_violations_total", operation, () =>
      monitored.client(ALICE, ...repeat("PUB no.x 0\r\n", 3)),
    );
    expect(moved).toBe(3);
  });

  test("that does not read is a slow consumer, and closed for that", async () => {
    const slow = "midge_slow_consumers_total";
    const before = await monitored.metrics(BASE);
    const receiver = await monitored.client(ALICE, "SUB flood 1");
    receiver.pause();
    const publisher = await monitored.client(ALICE);
    const reason = { reason: "slow_consumer_pending_bytes" };
    const closed = await change("midge_connections_closed_total", reason, () => flood(publisher));
    expect(closed).toBe(1);
    const after = await monitored.metrics(BASE);
    expect(after.value(slow, NATS) - before.value(slow, NATS)).toBe(1);
    const ofAccount = "midge_account_slow_consumers_total";
    expect(after.value(ofAccount, A) - before.value(ofAccount, A)).toBe(1);
    const stalls = "midge_producer_stalls_total";
    expect(after.value(stalls)).toBeGreaterThan(before.value(stalls));
  });
});

function repeat(line: string, times: number): string[] {
  return Array<string>(times).fill(line);
}

/** More than anybody keeps for a receiver: the kernel's buffers and `max_pending`. */
async function flood(publisher: RawPeer): Promise<void> {
  const message = `PUB flood 500000\r\n${"x".repeat(500_000)}\r\n`;
  for (let sent = 0; sent < 60; sent++) await publisher.send(message);
  await publisher.synchronise();
}
