/** `/connz`: which connections are listed, and what is told of each. */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import type { ClosedConnection } from "../../../src/broker/closed-connections.ts";
import {
  type ConnzOptions,
  connz,
  connzOptions,
  rttText,
  shownJwt,
} from "../../../src/monitor/connz.ts";
import { QueryOptions } from "../../../src/monitor/endpoint-options.ts";
import { closedConnection } from "../../support/closed-connection.ts";
import { NO_FACTS } from "../../support/recording-sink.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const TWO_ACCOUNTS = `
accounts {
  A { users: [{ user: a, password: a }, { user: a2, password: a }] }
  B { users: [{ user: b, password: b }] }
}`;

interface Entry {
  readonly cid: number;
  readonly [name: string]: unknown;
}

interface Answer {
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly num_connections: number;
  readonly connections: readonly Entry[];
}

const DEFAULTS = connzOptions(new QueryOptions(""));

function ask({ subject }: MonitoredBroker, options: Partial<ConnzOptions> = {}): Answer {
  return JSON.parse(JSON.stringify(connz(subject, { ...DEFAULTS, ...options }))) as Answer;
}

const cids = ({ connections }: Answer) => connections.map(({ cid }) => cid);

/** The names of an entry's fields as JSON has them. */
function names(entry: Entry | undefined): string[] {
  return Object.keys(JSON.parse(JSON.stringify(entry)) as object);
}

function closed(values: Partial<ClosedConnection> = {}): ClosedConnection {
  return closedConnection({
    cid: 100,
    remoteAddress: "10.0.0.1",
    remotePort: 5000,
    startMs: 1_000,
    stopMs: 62_000,
    lastActivityMs: 60_000,
    reason: closeReasons.staleConnection,
    rttMs: 1.5,
    subscriptions: 1,
    facts: { ...NO_FACTS, name: "gone", clientType: "nats" },
    ...values,
  });
}

describe("an entry", () => {
  test("has the reference's fields in its order", () => {
    const broker = new MonitoredBroker();
    broker.connect({ name: "n", lang: "go", version: "1.2" });
    expect(names(ask(broker).connections[0])).toEqual([
      ...["cid", "kind", "type", "ip", "port", "start", "last_activity", "rtt", "uptime", "idle"],
      ...["pending_bytes", "in_msgs", "out_msgs", "in_bytes", "out_bytes", "subscriptions"],
      ...["name", "lang", "version"],
    ]);
  });

  test("counts traffic, subscriptions and time", () => {
    const broker = new MonitoredBroker();
    broker.connect({}, "SUB x 1", "PUB x 2\r\nhi");
    broker.memory.clock.advance(65_000);
    expect(ask(broker).connections[0]).toMatchObject({
      ...{ cid: 1, kind: "Client", type: "nats", ip: "127.0.0.1", port: 50_000 },
      ...{ uptime: "1m5s", idle: "1m5s", pending_bytes: 0, subscriptions: 1 },
      ...{ in_msgs: 1, in_bytes: 2, out_msgs: 1, out_bytes: 2 },
      start: "2026-01-02T03:04:05Z",
      last_activity: "2026-01-02T03:04:05Z",
    });
  });

  test("tells of the user only if that is asked for", () => {
    const broker = new MonitoredBroker(TWO_ACCOUNTS);
    broker.connect({ user: "a" });
    const told = { authorized_user: "a", account: "A", name_tag: "A" };
    expect(ask(broker, { auth: true }).connections[0]).toMatchObject(told);
    const [entry] = ask(broker).connections;
    for (const name of Object.keys(told)) expect(names(entry)).not.toContain(name);
  });

  test("leaves out the global account", () => {
    const broker = new MonitoredBroker();
    broker.connect();
    const [entry] = ask(broker, { auth: true }).connections;
    expect(names(entry)).not.toContain("account");
    expect(entry).toMatchObject({ name_tag: "$G" });
  });

  test("lists subjects, or subscriptions in detail, by their ids", () => {
    const broker = new MonitoredBroker();
    broker.connect(
      {},
      "SUB b.> 10",
      "SUB a q 9",
      "UNSUB 10 3",
      "PUB a 1\r\nx",
      "SUB \u00c3\u00a9 x",
    );
    expect(ask(broker, { subscriptions: true }).connections[0]).toMatchObject({
      subscriptions_list: ["a", "b.>", "é"],
    });
    const { subscriptions_list_detail: detail } = ask(broker, { subscriptionsDetail: true })
      .connections[0]!;
    expect(JSON.parse(JSON.stringify(detail))).toEqual([
      { subject: "a", qgroup: "q", sid: "9", msgs: 1, cid: 1 },
      { subject: "b.>", sid: "10", msgs: 0, max: 3, cid: 1 },
      { subject: "é", sid: "x", msgs: 0, cid: 1 },
    ]);
  });

  test("has no list without subscriptions", () => {
    const broker = new MonitoredBroker();
    broker.connect();
    const options = { subscriptions: true, subscriptionsDetail: true };
    expect(names(ask(broker, options).connections[0]).join()).not.toContain("list");
  });

  test("of a closed connection says when and why it ended, in times of its own", () => {
    const broker = new MonitoredBroker();
    broker.broker.closedConnections.add(closed());
    expect(ask(broker, { state: "closed" }).connections[0]).toMatchObject({
      ...{ cid: 100, type: "nats", ip: "10.0.0.1", port: 5000, name: "gone" },
      ...{ stop: "1970-01-01T00:01:02Z", reason: "Stale Connection" },
      ...{ uptime: "1m1s", idle: "2s", rtt: "1.5ms", pending_bytes: 0 },
    });
  });

  test("of a closed connection has its subscriptions and its account with them", () => {
    const broker = new MonitoredBroker();
    const subscription = { subject: "x", queue: undefined, sid: "1", deliveredCount: 4 };
    const subscriptionList = [{ ...subscription, maxDeliveries: 0 }];
    broker.broker.closedConnections.add(closed({ account: "A", subscriptionList }));
    const options = { state: "closed", subscriptionsDetail: true } as const;
    const [entry] = ask(broker, options).connections;
    expect(JSON.parse(JSON.stringify(entry))).toMatchObject({
      subscriptions_list_detail: [
        { account: "A", account_tag: "A", subject: "x", sid: "1", msgs: 4, cid: 100 },
      ],
    });
  });

  test("tells of TLS, of certificates only with the user, and of a proxy", () => {
    const nobody = { emails: [], hosts: [], uris: [], subject: [] };
    const certificate = { subject: "CN=c", names: nobody, keySha256: "aa", sha256: "bb" };
    const tls = { version: "1.3", cipherSuite: "TLS_AES_128_GCM_SHA256", isFirst: true };
    const broker = new MonitoredBroker();
    broker.broker.closedConnections.add(
      closed({ tls: { ...tls, peerCertificates: [certificate] }, proxyKey: "UX" }),
    );
    const [entry] = ask(broker, { state: "closed", auth: true }).connections;
    expect(entry).toMatchObject({
      ...{ tls_version: "1.3", tls_cipher_suite: "TLS_AES_128_GCM_SHA256", tls_first: true },
      tls_peer_certs: [{ subject: "CN=c", spki_sha256: "aa", cert_sha256: "bb" }],
      proxy: { key: "UX" },
    });
    const [without] = ask(broker, { state: "closed" }).connections;
    expect(names(without)).not.toContain("tls_peer_certs");
  });
});

describe("the list", () => {
  test("is empty, not absent, without connections", () => {
    const answer = ask(new MonitoredBroker());
    expect(answer).toMatchObject({ total: 0, num_connections: 0, offset: 0, connections: [] });
    expect(answer.limit).toBe(1024);
  });

  test("has open connections, closed ones or both", () => {
    const broker = new MonitoredBroker();
    broker.connect();
    broker.broker.closedConnections.add(closed());
    expect(cids(ask(broker))).toEqual([1]);
    expect(cids(ask(broker, { state: "closed" }))).toEqual([100]);
    expect(ask(broker, { state: "all" })).toMatchObject({ total: 2, num_connections: 2 });
    expect(ask(broker, { state: "none" })).toMatchObject({ total: 0, connections: [] });
  });

  test("is a page of so many from an offset on, and tells how many there are", () => {
    const broker = new MonitoredBroker();
    for (let i = 0; i < 5; i++) broker.connect();
    const page = ask(broker, { offset: 1, limit: 2 });
    expect(page).toMatchObject({ offset: 1, limit: 2, total: 5, num_connections: 2 });
    expect(cids(page)).toEqual([2, 3]);
    expect(cids(ask(broker, { offset: 9 }))).toEqual([]);
    expect(ask(broker, { offset: -3, limit: -1 })).toMatchObject({ offset: 0, limit: 1024 });
  });

  test("has one connection where its id is given, without a change of the total", () => {
    const broker = new MonitoredBroker();
    broker.connect();
    broker.connect();
    expect(ask(broker, { cid: 2, limit: 7 })).toMatchObject({ total: 2, limit: 1 });
    expect(cids(ask(broker, { cid: 2, user: "somebody" }))).toEqual([2]);
    expect(cids(ask(broker, { cid: 77 }))).toEqual([]);
  });

  test("finds a closed connection by its id where those are asked for", () => {
    const broker = new MonitoredBroker();
    broker.broker.closedConnections.add(closed());
    expect(cids(ask(broker, { cid: 100 }))).toEqual([]);
    expect(cids(ask(broker, { cid: 100, state: "all" }))).toEqual([100]);
  });

  test("has those of an account, and counts only them", () => {
    const broker = new MonitoredBroker(TWO_ACCOUNTS);
    broker.connect({ user: "a" });
    broker.connect({ user: "b" });
    broker.broker.closedConnections.add(closed({ account: "B" }));
    broker.broker.closedConnections.add(closed({ cid: 101 }));
    const inB = ask(broker, { account: "B", state: "all" });
    expect(inB.total).toBe(2);
    expect(cids(inB)).toEqual([2, 100]);
    expect(cids(ask(broker, { account: "$G", state: "closed" }))).toEqual([101]);
    expect(ask(broker, { account: "none" })).toMatchObject({ total: 0, connections: [] });
  });

  test("keeps the connections of other accounts to itself, even by their ids", () => {
    const broker = new MonitoredBroker(TWO_ACCOUNTS);
    broker.connect({ user: "a" });
    expect(cids(ask(broker, { account: "B", cid: 1 }))).toEqual([]);
  });

  test("has those of a user, whom it need not name, and counts all", () => {
    const broker = new MonitoredBroker(TWO_ACCOUNTS);
    broker.connect({ user: "a" });
    broker.connect({ user: "a2" });
    expect(cids(ask(broker, { user: "a2" }))).toEqual([2]);
    expect(ask(broker, { user: "a2" }).total).toBe(2);
  });

  test("has those with an MQTT client id", () => {
    const broker = new MonitoredBroker();
    broker.connect();
    expect(cids(ask(broker, { mqttClient: "sensor" }))).toEqual([]);
  });

  test("has those with interest in a subject, within an account", () => {
    const broker = new MonitoredBroker(TWO_ACCOUNTS);
    broker.connect({ user: "a" }, "SUB foo.* 1");
    broker.connect({ user: "a" }, "SUB bar 1");
    broker.connect({ user: "a" });
    const interested = { account: "A", filterSubject: "foo.bar" };
    expect(cids(ask(broker, interested))).toEqual([1]);
    expect(cids(ask(broker, { account: "A", filterSubject: ">" }))).toEqual([1, 2, 3]);
    expect(() => ask(broker, { filterSubject: "foo" })).toThrow(
      "filter by subject only valid with account filtering",
    );
  });
});

describe("the round trip", () => {
  test.each([
    [0, "0s"],
    [0.0005, "500ns"],
    [0.1239, "123µs"],
    [1.234567, "1.234567ms"],
    [2500, "2.5s"],
  ])("of %f ms is shown as %s", (rttMs, text) => expect(rttText(rttMs)).toBe(text));
});

describe("a JWT", () => {
  const jwt = (claims: object) => {
    return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
  };

  test("is shown", () => {
    for (const text of [jwt({ nats: {} }), jwt({ nats: { bearer_token: false } }), "", "x", "a.b"])
      expect(shownJwt(text)).toBe(text);
  });

  test("with which anybody could log in is not", () => {
    expect(shownJwt(jwt({ nats: { bearer_token: true } }))).toBe("");
  });
});
