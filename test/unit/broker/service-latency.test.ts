/**
 * Measurements of services, with clients on memory transports and a clock that the test moves. What
 * a real server reports is compared in `test/accounts/service-latency.test.ts`.
 */
import { beforeEach, describe, expect, test } from "bun:test";
import { AccountSetUp } from "../../../src/broker/account-set-up.ts";
import { configured } from "../../support/log-ins.ts";
import { MemoryBroker, type MemoryPeer } from "../../support/memory-broker.ts";
import { optionsIn } from "../auth/configured.ts";

const CONFIG = `
  no_auth_user: a
  accounts {
    S {
      users: [{user: s, password: s}]
      exports: [
        {service: svc, latency: results.svc, threshold: 10s}
        {service: plain}
        {service: traced, latency: {sampling: headers, subject: results.traced}}
        {service: outer, latency: results.outer}
      ]
      imports: [{service: {account: T, subject: inner}, to: outer}]
    }
    T {
      users: [{user: t, password: t}]
      exports: [{service: inner, latency: results.inner}]
    }
    A {
      users: [{user: a, password: a}]
      imports: [
        {service: {account: S, subject: svc}}
        {service: {account: S, subject: plain}}
        {service: {account: S, subject: traced}}
        {service: {account: S, subject: outer}}
      ]
    }
    B {
      users: [{user: b, password: b}]
      imports: [{service: {account: S, subject: svc}, share: true}]
    }
  }`;

/** Of `lat`, the name of the server. */
const SUFFIX = ".9yy0nBe7.T";
const MAX_HEADER_CHARACTERS = 16 * 1024 * 1024;

const REQUEST = "PUB svc inbox 2\r\nhi\r\n";

interface Result {
  readonly [field: string]: unknown;
  readonly status: number;
  readonly requestor: object;
}

let memory = new MemoryBroker();
let requester: MemoryPeer;
let responder: MemoryPeer;
/** Subscribes to the results in the account of the service. */
let watcher: MemoryPeer;

/** A client whose round trip is known. */
function enter(user: string, rttMs: number): MemoryPeer {
  const names = { name: `name-${user}`, lang: "ts", version: "1.2", headers: true };
  const peer = memory.connect({ verbose: false, user, pass: user, ...names });
  peer.client.keepAlive.rttMs = rttMs;
  return peer;
}

/** What `peer` has got, once all that waits has happened. */
function read(peer: MemoryPeer): string {
  memory.clock.advance(0);
  return peer.read();
}

/** The measurements that `peer` has got. */
function results(peer = watcher): Result[] {
  return [...read(peer).matchAll(/^MSG results\S* .*\r\n(\{.*\})\r\n/gm)].map(([, json]) => {
    return JSON.parse(Buffer.from(json!, "latin1").toString()) as Result;
  });
}

/** The reply subject in the last request that `peer` has got. */
function replyIn(text: string): string {
  return [...text.matchAll(/ (_R_\.\S+)/g)].at(-1)![1]!;
}

/** The responder answers what it was asked last. */
function answer(peer = responder, after = ""): void {
  peer.send(`PUB ${replyIn(read(peer))}${after} 2\r\nok\r\n`);
}

function withHeaders(subject: string, reply: string, ...lines: string[]): string {
  const block = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  return `HPUB ${subject} ${reply} ${block.length} ${block.length + 2}\r\n${block}hi\r\n`;
}

beforeEach(() => {
  const options = optionsIn(CONFIG);
  memory = new MemoryBroker({
    options,
    authenticator: (broker) => {
      new AccountSetUp(broker).apply(options);
      return configured(options)(broker);
    },
  });
  memory.broker.services.serverName = "lat";
  requester = enter("a", 4).send("SUB inbox 1\r\n");
  responder = enter("s", 6).send("SUB svc 1\r\nSUB plain 2\r\nSUB traced 3\r\n");
  watcher = enter("s", 1).send("SUB results.> 1\r\n");
});

describe("an answered request", () => {
  test("is reported with how long service and network took", () => {
    requester.send(REQUEST);
    memory.clock.advance(20);
    answer();
    const [result, ...others] = results();
    expect(others).toEqual([]);
    expect(result).toEqual({
      type: "io.nats.server.metric.v1.service_latency",
      id: expect.stringMatching(/^[\dA-Za-z]{22}$/),
      timestamp: "2026-01-02T03:04:05.02Z",
      status: 200,
      requestor: { acc: "A", rtt: 4_000_000 },
      responder: {
        start: "2026-01-02T03:04:05Z",
        host: "127.0.0.1",
        id: responder.client.cid,
        acc: "S",
        user: "s",
        name: "name-s",
        lang: "ts",
        ver: "1.2",
        rtt: 6_000_000,
        server: "lat",
        kind: "Client",
        client_type: "nats",
      },
      start: "2026-01-02T03:04:04.996Z",
      service: 14_000_000,
      system: 0,
      total: 24_000_000,
    });
  });

  test("has its answer delivered before the report", () => {
    watcher.send("SUB inbox.watcher 9\r\n");
    requester.send(REQUEST);
    answer();
    expect(requester.read()).toBe("MSG inbox 1 2\r\nok\r\n");
    expect(watcher.read()).toBe("");
    expect(results()).toHaveLength(1);
  });

  test("tells who has asked if the import shares it", () => {
    const sharing = enter("b", 4).send("SUB inbox 1\r\n");
    sharing.send(REQUEST);
    answer();
    const { cid } = sharing.client;
    const shared = { id: cid, acc: "B", user: "b", name: "name-b", server: "lat", rtt: 4_000_000 };
    expect(results()).toMatchObject([{ status: 200, requestor: shared }]);
  });

  test("is reported once, whatever else is sent to its reply subject", () => {
    requester.send(REQUEST);
    const reply = replyIn(read(responder));
    for (let i = 0; i < 3; i++) responder.send(`PUB ${reply} 2\r\nok\r\n`);
    expect(results()).toHaveLength(1);
    memory.clock.advance(20_000);
    expect(results()).toEqual([]);
  });

  test("took the service no time if the responder's round trip took longer", () => {
    requester.send(REQUEST);
    memory.clock.advance(5);
    answer();
    expect(results()).toMatchObject([{ service: 0, system: 0, total: 9_000_000 }]);
  });

  test("does without round trips that are not known", () => {
    requester.client.keepAlive.rttMs = 0;
    responder.client.keepAlive.rttMs = 0;
    requester.send(REQUEST);
    memory.clock.advance(20);
    answer();
    const [result] = results();
    expect(result).toMatchObject({
      start: "2026-01-02T03:04:05Z",
      service: 20_000_000,
      total: 20_000_000,
    });
    expect(result?.requestor).toEqual({ acc: "A" });
  });

  test("is reported with what is known of a requester that has gone meanwhile", () => {
    const listener = enter("a", 1).send("SUB inbox 1\r\n");
    requester.send(REQUEST);
    requester.client.onClose(undefined);
    answer();
    expect(read(listener)).toBe("MSG inbox 1 2\r\nok\r\n");
    expect(results()).toMatchObject([{ status: 200, requestor: { acc: "A", rtt: 4_000_000 } }]);
  });
});

describe("a reply subject", () => {
  test("ends in the server's hash and T if the request is measured", () => {
    requester.send(REQUEST);
    expect(replyIn(read(responder))).toMatch(/^_R_\.\w{6}\.\w{6}\.9yy0nBe7\.T$/);
    requester.send("PUB plain inbox 2\r\nhi\r\n");
    expect(replyIn(read(responder))).toMatch(/^_R_\.\w{6}\.\w{6}$/);
  });

  test("is answered only by its whole text", () => {
    requester.send(REQUEST);
    const reply = replyIn(read(responder));
    const bare = reply.slice(0, -SUFFIX.length);
    const wrong = [bare, `${bare}.9yy0nBe8.T`, `${bare}.9yy0nBe7.`, `${reply}T`, `${reply}.T`];
    for (const subject of wrong) responder.send(`PUB ${subject} 2\r\nok\r\n`);
    expect(requester.read()).toBe("");
    responder.send(`PUB ${reply} 2\r\nok\r\n`);
    expect(requester.read()).toBe("MSG inbox 1 2\r\nok\r\n");
  });

  test("of a request that is not measured takes no suffix", () => {
    requester.send("PUB plain inbox 2\r\nhi\r\n");
    const reply = replyIn(read(responder));
    responder.send(`PUB ${reply}${SUFFIX} 2\r\nno\r\nPUB ${reply} 2\r\nok\r\n`);
    expect(requester.read()).toBe("MSG inbox 1 2\r\nok\r\n");
  });
});

describe("a request without an answer", () => {
  const noTimes = { service: 0, system: 0, total: 0, requestor: { acc: "A", rtt: 4_000_000 } };

  test("is a bad request without a reply subject, and delivered", () => {
    memory.clock.advance(100);
    requester.send("PUB svc 2\r\nhi\r\n");
    expect(read(responder)).toStartWith("HMSG svc 1 ");
    const [result] = results();
    expect(result).toMatchObject({ status: 400, description: "Bad Request", ...noTimes });
    expect(result).toMatchObject({ start: "2026-01-02T03:04:05.096Z" });
    expect(Object.keys(result!)).toEqual([
      "type",
      "id",
      "timestamp",
      "status",
      "description",
      "requestor",
      "start",
      "service",
      "system",
      "total",
    ]);
  });

  test("finds the service unavailable if nobody serves", () => {
    responder.send("UNSUB 1\r\n");
    requester.send(REQUEST);
    const expected = { status: 503, description: "Service Unavailable", ...noTimes };
    expect(results()).toMatchObject([expected]);
  });

  test("times out at the service after its threshold", () => {
    requester.send(REQUEST);
    memory.clock.advance(9_999);
    expect(results()).toEqual([]);
    memory.clock.advance(1);
    const expected = { status: 504, description: "Service Timeout", ...noTimes };
    expect(results()).toMatchObject([{ ...expected, start: "2026-01-02T03:04:04.996Z" }]);
  });

  test("times out at the requester when that unsubscribes", () => {
    requester.send(`${REQUEST}UNSUB 1\r\n`);
    const expected = { status: 408, description: "Request Timeout", ...noTimes };
    expect(results()).toMatchObject([expected]);
  });

  test("times out at the requester when that goes", () => {
    requester.send(REQUEST);
    requester.client.onClose(undefined);
    expect(results()).toMatchObject([{ status: 408, ...noTimes }]);
    answer();
    expect(results()).toEqual([]);
  });

  test("is not reported when the account of the service goes", () => {
    requester.send(REQUEST);
    memory.broker.keepAccounts(new Set(["A"]));
    memory.clock.advance(20_000);
    expect(results()).toEqual([]);
  });
});

describe("what is not measured", () => {
  test("are services without latency", () => {
    requester.send("PUB plain inbox 2\r\nhi\r\nPUB plain 2\r\nhi\r\n");
    answer();
    expect(results()).toEqual([]);
  });

  test("are requests without the headers that the service samples by", () => {
    requester.send("PUB traced inbox 2\r\nhi\r\nPUB traced 2\r\nhi\r\n");
    answer();
    expect(results()).toEqual([]);
  });
});

describe("headers that asked for the measurement", () => {
  test("are in the report, whatever became of the request", () => {
    const header = { "Uber-Trace-Id": ["a:b:c:1"], "Uberctx-X": ["<ä>", "2"] };
    const lines = ["uber-trace-id: a:b:c:1", "uberctx-x: <\xc3\xa4>", "uberctx-x: 2", "Other: 3"];
    requester.send(withHeaders("traced", "inbox", ...lines));
    answer();
    requester.send(withHeaders("traced", "", ...lines));
    requester.send(withHeaders("traced", "inbox", ...lines)).send("UNSUB 1\r\n");
    responder.send("UNSUB 3\r\n");
    requester.send(withHeaders("traced", "inbox", ...lines));
    const reports = results();
    expect(reports.map(({ status }) => status)).toEqual([200, 400, 408, 503]);
    for (const report of reports) expect(report["header"]).toEqual(header);
    expect(memory.broker.services.latency?.keptCharacters).toBe(0);
  });

  test("are not kept beyond a limit of all requests that wait", () => {
    const latency = memory.broker.services.latency!;
    const line = `B3: ${"x".repeat(98)}`;
    latency.keptCharacters = MAX_HEADER_CHARACTERS - 150;
    requester.send(withHeaders("traced", "inbox", line));
    expect(latency.keptCharacters).toBe(MAX_HEADER_CHARACTERS - 50);
    requester.send(withHeaders("traced", "inbox", line));
    expect(latency.keptCharacters).toBe(MAX_HEADER_CHARACTERS - 50);
    requester.send("UNSUB 1\r\n");
    expect(results().map(({ header }) => header !== undefined)).toEqual([true, false]);
    expect(latency.keptCharacters).toBe(MAX_HEADER_CHARACTERS - 150);
  });
});

describe("through several accounts", () => {
  test("each service is measured, with the client at either end", () => {
    const inner = enter("t", 2).send("SUB inner 1\r\nSUB results.> 2\r\n");
    requester.send("PUB outer inbox 2\r\nhi\r\n");
    memory.clock.advance(20);
    const reply = replyIn(read(inner));
    inner.send(`PUB ${reply} 2\r\nok\r\n`);
    expect(requester.read()).toBe("MSG inbox 1 2\r\nok\r\n");
    const expected = { requestor: { acc: "A" }, responder: { acc: "T" }, service: 18_000_000 };
    expect(results()).toMatchObject([expected]);
    expect(results(inner)).toMatchObject([expected]);
  });

  test("an answer that wants one itself is measured in the account that has asked", () => {
    requester.send("SUB results.> 2\r\n").send(REQUEST);
    responder.send("SUB back 9\r\n");
    answer(responder, " back");
    memory.clock.advance(20);
    const text = read(requester);
    expect(replyIn(text)).toMatch(/\.9yy0nBe7\.T$/);
    requester.send(`PUB ${replyIn(text)} 2\r\nok\r\n`);
    expect(results()).toMatchObject([{ requestor: { acc: "A" }, responder: { acc: "S" } }]);
    expect(results(requester)).toMatchObject([
      { requestor: { acc: "S" }, responder: { acc: "A" }, service: 16_000_000 },
    ]);
  });
});

describe("a round trip that is not known", () => {
  test("is measured when the client requests, once it has sent a PING itself", () => {
    const silent = memory.accept().send("SUB inbox.2 1\r\n");
    silent.send("PUB svc inbox.2 2\r\nhi\r\n");
    expect(silent.read()).not.toContain("PING");
    silent.send("PING\r\n").send("PUB svc inbox.2 2\r\nhi\r\n").send("PUB svc inbox.2 2\r\nhi\r\n");
    expect(silent.read().match(/^PING/gm)).toHaveLength(1);
    memory.clock.advance(3);
    silent.send("PONG\r\n");
    answer();
    expect(results()).toMatchObject([{ requestor: { acc: "A", rtt: 3_000_000 } }]);
  });

  test("is measured when the client answers, for the answers that follow", () => {
    responder.client.keepAlive.rttMs = 0;
    responder.send("PING\r\n");
    requester.send(REQUEST);
    answer();
    expect(responder.read()).toBe("PING\r\n");
    memory.clock.advance(2);
    responder.send("PONG\r\n");
    requester.send(REQUEST);
    answer();
    const rtts = results().map((result) => Object(result["responder"]).rtt);
    expect(rtts).toEqual([undefined, 2_000_000]);
  });

  test("is not measured for services without latency", () => {
    const silent = memory.accept().send("PING\r\nSUB inbox.2 1\r\n");
    silent.send("PUB plain inbox.2 2\r\nhi\r\n");
    expect(silent.read()).not.toContain("PING");
  });
});
