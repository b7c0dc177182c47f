/**
 * Measurements of services, over sockets. What is expected is what nats-server 2.12.2 reports, with
 * `*` for what differs from run to run: MIDGE_EXECUTABLE=nats-server checks it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startMidge } from "../support/midge.ts";
import type { RunningServer } from "../support/running-server.ts";
import { WireClient, waitUntil } from "../support/wire-client.ts";

const CONFIG = `
server_name: lat
no_auth_user: silent
accounts {
  S {
    users: [{user: s, password: s}]
    exports: [
      {service: svc, latency: {sampling: 100%, subject: results.svc}}
      {service: quick, latency: results.quick, threshold: "100ms"}
      {service: "traced.>", latency: {sampling: headers, subject: results.traced}}
      {service: outer, latency: results.outer}
      {stream: results.svc}
    ]
    imports: [{service: {account: T, subject: inner}, to: outer}]
  }
  T {
    users: [{user: t, password: t}]
    exports: [{service: inner, latency: results.inner}]
  }
  A {
    users: [{user: a, password: a}, {user: silent, password: x}]
    imports: [
      {service: {account: S, subject: svc}}
      {service: {account: S, subject: quick}}
      {service: {account: S, subject: "traced.>"}}
      {service: {account: S, subject: outer}}
      {stream: {account: S, subject: results.svc}, prefix: from}
    ]
  }
  B {
    users: [{user: b, password: b}]
    imports: [{service: {account: S, subject: svc}, share: true}]
  }
}`;

const ANSWER_TIMEOUT_MS = 10_000;

/** What every report begins with. */
const HEAD = '{"type":"io.nats.server.metric.v1.service_latency","id":"*","timestamp":"*",';
const NO_TIMES = '"start":"*","service":0,"system":0,"total":0}';
const TIMES = '"start":"*","service":"*","system":"*","total":"*"}';
const REQUESTOR = '"requestor":{"acc":"A","rtt":"*"}';

/** What is told of a client in full. */
function detailed(user: string, account: string): string {
  return (
    `{"start":"*","host":"127.0.0.1","id":"*","acc":"${account}","user":"${user}",` +
    `"name":"name-${user}","lang":"ts","ver":"1.2","rtt":"*","server":"lat",` +
    '"kind":"Client","client_type":"nats"}'
  );
}

const RESPONDER = `"responder":${detailed("s", "S")}`;

/** A report with `*` for what differs from run to run, if it looks as it should. */
function shapeOf(json: string): string {
  // A service that answers at once took no time.
  const times = json.includes('"status":200,') ? /"(service|system|total)":\d+/g : /(?!)/;
  return json
    .replace(/"id":"[\dA-Za-z]{22}"/, '"id":"*"')
    .replace(/"(timestamp|start)":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"/g, '"$1":"*"')
    .replace(/"(id|rtt)":[1-9]\d*/g, '"$1":"*"')
    .replace(times, '"$1":"*"');
}

/** A client that waits for what it expects. */
class Peer {
  readonly #wire: WireClient;

  private constructor(wire: WireClient) {
    this.#wire = wire;
  }

  /** Without CONNECT if `user` is empty. */
  static async open({ host, port }: RunningServer, user: string): Promise<Peer> {
    const peer = new Peer(await WireClient.open(host, port));
    const names = { name: `name-${user}`, lang: "ts", version: "1.2" };
    const options = { verbose: false, headers: true, no_responders: true };
    const connect = JSON.stringify({ ...options, ...names, user, pass: user });
    if (user !== "") await peer.send(`CONNECT ${connect}\r\nPING`);
    else await peer.send("PING");
    await peer.next(/PONG\r\n/);
    return peer;
  }

  async send(text: string): Promise<void> {
    await this.#wire.write(`${text}\r\n`);
  }

  /** Waits until the server has read all that was sent. */
  async synchronise(): Promise<void> {
    await this.send("PING");
    await this.next(/PONG\r\n/);
  }

  /** Takes what has arrived up to the first match; its first group, or all of it. */
  async next(pattern: RegExp): Promise<string> {
    let match: RegExpExecArray | null = null;
    const found = await waitUntil([this.#wire], ANSWER_TIMEOUT_MS, () => {
      match = pattern.exec(this.#wire.received);
      return match !== null;
    });
    if (!found) throw new Error(`no ${pattern}, received: ${this.#wire.received}`);
    const [all, group] = match!;
    this.#wire.take(match!["index"] + all.length);
    return group ?? all;
  }

  /** The shape of the next report on `subject`. */
  async report(subject: string): Promise<string> {
    const pattern = new RegExp(`MSG ${subject} .*\\r\\n(\\{.*\\})\\r\\n`);
    return shapeOf(await this.next(pattern));
  }

  /** Waits for a request, and answers it. */
  async serve(subject: string): Promise<void> {
    const reply = await this.next(new RegExp(`MSG ${subject} \\d+ (_R_\\.\\S+) `));
    await this.send(`PUB ${reply} 2\r\nok`);
  }

  /** Sends a request with these header lines. */
  async request(subject: string, reply: string, ...lines: string[]): Promise<void> {
    const block = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
    await this.send(
      lines.length === 0
        ? `PUB ${subject} ${reply} 2\r\nhi`
        : `HPUB ${subject} ${reply} ${block.length} ${block.length + 2}\r\n${block}hi`,
    );
  }

  close(): void {
    this.#wire.close();
  }
}

let server: RunningServer;
let requester: Peer;
let responder: Peer;

beforeAll(async () => {
  server = await startMidge(new Map(), CONFIG);
  requester = await Peer.open(server, "a");
  await requester.send("SUB inbox.* 1");
  responder = await Peer.open(server, "s");
  await responder.send("SUB results.> 1\r\nSUB svc 2\r\nSUB quick 3\r\nSUB traced.> 4");
  await responder.synchronise();
});

afterAll(() => server.stop());

describe("a report of a service", () => {
  test("tells of the responder, and of the requester only the round trip", async () => {
    await requester.request("svc", "inbox.1");
    await responder.serve("svc");
    expect(await responder.report("results.svc")).toBe(
      `${HEAD}"status":200,${REQUESTOR},${RESPONDER},${TIMES}`,
    );
    await requester.next(/MSG inbox\.1 1 2\r\nok\r\n/);
  });

  test("tells who has asked if the import shares it", async () => {
    const sharing = await Peer.open(server, "b");
    await sharing.send("SUB inbox.1 1");
    await sharing.request("svc", "inbox.1");
    await responder.serve("svc");
    expect(await responder.report("results.svc")).toBe(
      `${HEAD}"status":200,"requestor":${detailed("b", "B")},${RESPONDER},${TIMES}`,
    );
    sharing.close();
  });

  test("reaches accounts that import its subject", async () => {
    const importer = await Peer.open(server, "a");
    await importer.send("SUB from.> 1");
    await importer.synchronise();
    await requester.request("svc", "");
    expect(await importer.report("from.results.svc")).toContain('"status":400');
    await responder.report("results.svc");
    importer.close();
  });

  test("says that a request had no reply subject", async () => {
    await requester.request("svc", "");
    expect(await responder.report("results.svc")).toBe(
      `${HEAD}"status":400,"description":"Bad Request",${REQUESTOR},${NO_TIMES}`,
    );
  });

  test("says that nobody serves", async () => {
    await requester.request("outer", "inbox.1");
    expect(await responder.report("results.outer")).toBe(
      `${HEAD}"status":503,"description":"Service Unavailable",${REQUESTOR},${NO_TIMES}`,
    );
    await requester.next(/HMSG inbox\.1 1 .*\r\nNATS\/1\.0 503\r\n/);
  });

  test("says that the service has not answered in time", async () => {
    await requester.request("quick", "inbox.1");
    expect(await responder.report("results.quick")).toBe(
      `${HEAD}"status":504,"description":"Service Timeout",${REQUESTOR},${NO_TIMES}`,
    );
  });

  test("says that the requester has given up", async () => {
    await requester.send("SUB given.up 2");
    await requester.request("svc", "given.up");
    await requester.send("UNSUB 2");
    expect(await responder.report("results.svc")).toBe(
      `${HEAD}"status":408,"description":"Request Timeout",${REQUESTOR},${NO_TIMES}`,
    );
  });

  test("says that the requester has gone", async () => {
    const leaving = await Peer.open(server, "a");
    await leaving.send("SUB left 1");
    await leaving.request("svc", "left");
    await leaving.synchronise();
    leaving.close();
    expect(await responder.report("results.svc")).toBe(
      `${HEAD}"status":408,"description":"Request Timeout",${REQUESTOR},${NO_TIMES}`,
    );
  });

  test("comes from each service on the way", async () => {
    const inner = await Peer.open(server, "t");
    await inner.send("SUB inner 1\r\nSUB results.> 2");
    await inner.synchronise();
    await requester.request("outer", "inbox.1");
    await inner.serve("inner");
    const expected = `${HEAD}"status":200,${REQUESTOR},"responder":${detailed("t", "T")},${TIMES}`;
    expect(await inner.report("results.inner")).toBe(expected);
    expect(await responder.report("results.outer")).toBe(expected);
    inner.close();
  });

  test("is about a round trip that was measured when the request came", async () => {
    const silent = await Peer.open(server, "");
    await silent.send("SUB inbox.silent 1");
    await silent.request("svc", "inbox.silent");
    await silent.next(/PING\r\n/);
    await silent.send("PONG");
    await silent.synchronise();
    await responder.serve("svc");
    expect(await responder.report("results.svc")).toContain(REQUESTOR);
    silent.close();
  });
});

describe("a service that samples by headers", () => {
  test("reports requests whose headers say so, with those headers", async () => {
    await requester.request("traced.1", "inbox.1", "Other: 1", "b3: t-s-1", "x-b3-spanid: <s>");
    await responder.serve("traced.1");
    expect(await responder.report("results.traced")).toBe(
      `${HEAD}"status":200,${REQUESTOR},${RESPONDER},"header":{"B3":["t-s-1"]},${TIMES}`,
    );
    await requester.request("traced.1", "", "x-b3-traceid: <t>", "X-B3-SpanId: s");
    expect(await responder.report("results.traced")).toBe(
      `${HEAD}"status":400,"description":"Bad Request",${REQUESTOR},` +
        `"header":{"X-B3-Spanid":["s"],"X-B3-Traceid":["\\u003ct\\u003e"]},${NO_TIMES}`,
    );
  });

  test("gives only those a reply subject that ends in .T", async () => {
    await requester.request("traced.2", "inbox.1", "B3: 0");
    expect(await responder.next(/MSG traced\.2 4 (\S+) /)).toMatch(/^_R_\.\w{6}\.\w{6}$/);
    await requester.request("traced.2", "inbox.1", "B3: 1");
    const measured = /^_R_\.\w{6}\.\w{6}\.9yy0nBe7\.T$/;
    expect(await responder.next(/MSG traced\.2 4 (\S+) /)).toMatch(measured);
  });
});
