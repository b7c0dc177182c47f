/**
 * Traces of messages, over sockets. What is expected is what nats-server 2.14.5 reports, with `*`
 * for what differs from run to run and names in place of connection ids: MIDGE_EXECUTABLE of that
 * version checks it. Earlier ones trace to subjects that the publisher may not publish to.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { startMidge } from "../support/midge.ts";
import type { RunningServer } from "../support/running-server.ts";
import { type WireMessage, messagesIn } from "../support/wire-messages.ts";
import { WireClient, waitUntil } from "../support/wire-client.ts";

const CONFIG = `
server_name: tracing
max_payload: 2000
accounts {
  A {
    users: [
      {user: a, password: x}
      {
        user: few, password: x
        permissions: {publish: [foo, nobody, trace.ok], subscribe: {deny: den.y}}
      }
    ]
    msg_trace: trace.account
    mappings: {map.a: map.b}
    exports: [
      {stream: "open.>"}, {stream: "closed.>"}
      {service: "yes.>", allow_trace: true}, {service: "no.>"}
    ]
  }
  B {
    users: [{user: b, password: x}]
    imports: [
      {stream: {account: A, subject: "open.>"}, allow_trace: true, prefix: from}
      {stream: {account: A, subject: "closed.>"}}
      {service: {account: A, subject: yes.one}, to: mine}
      {service: {account: A, subject: no.one}}
    ]
  }
  C { users: [{user: c, password: x}], msg_trace: {dest: trace.account, sampling: 1} }
}`;

const ANSWER_TIMEOUT_MS = 10_000;

const DESTINATION = "Nats-Trace-Dest: trace.ok";
const ONLY = "Nats-Trace-Only: true";
const PARENT = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

type User = "a" | "few" | "b" | "c";

/** A client that is named in traces. */
class Peer {
  readonly #wire: WireClient;
  cid: string;

  private constructor(wire: WireClient) {
    this.#wire = wire;
    this.cid = "";
  }

  static async open(user: User, name: string, fields: object): Promise<Peer> {
    const peer = new Peer(await WireClient.open(server.host, server.port));
    const settings = { verbose: false, headers: true, no_responders: true, ...fields };
    await peer.send(`CONNECT ${JSON.stringify({ user, pass: "x", name, ...settings })}\r\n`);
    await peer.synchronise();
    const greeting = peer.take();
    peer.cid = /"client_id":(\d+)/.exec(greeting)?.[1] ?? "";
    return peer;
  }

  async send(text: string): Promise<void> {
    await this.#wire.write(text);
  }

  async until(isDone: (received: string) => boolean): Promise<void> {
    const wire = this.#wire;
    if (await waitUntil([wire], ANSWER_TIMEOUT_MS, () => isDone(wire.received))) return;
    throw new Error(`not all that was expected: ${wire.received}`);
  }

  /** Waits until the server has read all that was sent, and has sent what that leads to. */
  async synchronise(): Promise<void> {
    await this.send("PING\r\n");
    await this.until((received) => received.endsWith("PONG\r\n"));
  }

  /** What has come, without answers to PING. */
  take(): string {
    return this.#wire.take(this.#wire.received.length).replace(/PONG\r\n$/, "");
  }

  /** Headers, then payload, of each message that has come. */
  async messages(): Promise<string[]> {
    await this.synchronise();
    return messagesIn(this.take()).map(({ headers, payload }) => headers + payload);
  }

  close(): void {
    this.#wire.close();
  }
}

let server: RunningServer;
const opened: Peer[] = [];

beforeAll(async () => {
  server = await startMidge(new Map(), CONFIG);
});
afterAll(() => server.stop());
afterEach(() => {
  for (const peer of opened.splice(0)) peer.close();
});

interface Cast {
  readonly publisher: User;
  readonly subscriber: User;
  /** Of the subscriber. */
  readonly subscriptions: string;
  /** In the publisher's CONNECT. */
  readonly fields: object;
}

/** A publisher, a subscriber and whoever listens to the publisher's traces. */
class Scene {
  readonly publisher: Peer;
  readonly subscriber: Peer;
  readonly #listener: Peer;

  private constructor(publisher: Peer, subscriber: Peer, listener: Peer) {
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.#listener = listener;
    opened.push(publisher, subscriber, listener);
  }

  static async open(cast: Partial<Cast> = {}): Promise<Scene> {
    const { publisher = "a", subscriber = "a", subscriptions = "SUB foo 7\r\n" } = cast;
    const listening = publisher === "few" ? "a" : publisher;
    const scene = new Scene(
      await Peer.open(publisher, "pub", cast.fields ?? {}),
      await Peer.open(subscriber, "sub", {}),
      await Peer.open(listening, "listener", {}),
    );
    await scene.#listener.send("SUB trace.> 1\r\n");
    await scene.#listener.synchronise();
    await scene.publisher.send("SUB inbox 1\r\n");
    await scene.publisher.synchronise();
    await scene.subscriber.send(subscriptions);
    await scene.subscriber.synchronise();
    for (const peer of opened) peer.take();
    return scene;
  }

  /** The trace that comes next. */
  async report(): Promise<WireMessage> {
    await this.#listener.until((received) => /^H?MSG [^]*\r\n[^]*\r\n/.test(received));
    const [message, ...others] = messagesIn(this.#listener.take().replace(/ {2}/, " "));
    expect(others).toEqual([]);
    return message!;
  }

  /** The events of the next trace, as JSON has them. */
  async events(): Promise<string[]> {
    const { events } = JSON.parse((await this.report()).payload) as { events: unknown[] };
    return events.map((event) => this.#shown(JSON.stringify(event)));
  }

  /** What a publish leads to. */
  async trace(text: string): Promise<string[]> {
    await this.publisher.send(text);
    return this.events();
  }

  /** Fails if a trace has come of what was published so far. */
  async expectNoTrace(): Promise<void> {
    expect(await this.trace(hpub("nobody", [DESTINATION]))).toEqual([arrival("nobody")]);
  }

  #shown(event: string): string {
    return event
      .replace(/"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"/, '"ts":"*"')
      .replace(`"cid":${this.publisher.cid},`, '"cid":"pub",')
      .replace(`"cid":${this.subscriber.cid},`, '"cid":"sub",');
  }
}

function hpub(subject: string, lines: readonly string[], payload = "x", reply = ""): string {
  const headers = headerBlock(lines);
  const to = reply === "" ? subject : `${subject} ${reply}`;
  const total = headers.length + payload.length;
  return `HPUB ${to} ${headers.length} ${total}\r\n${headers}${payload}\r\n`;
}

function headerBlock(lines: readonly string[]): string {
  return `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** `more` is what the event has beside what all of its type have. */
function arrival(subject: string, more = "", account = "A"): string {
  const name = '"kind":0,"cid":"pub","name":"pub"';
  return `{"type":"in","ts":"*",${name},"acc":"${account}","subj":"${subject}"${more}}`;
}

function receipt(more: string): string {
  return `{"type":"eg","ts":"*","kind":0,"cid":"sub","name":"sub",${more}}`;
}

function problem(text: string): string {
  return `,"error":${JSON.stringify(text)}`;
}

const EXPECTED_STATUS = "NATS/1.0 503\r\nNats-Subject: ";

describe("a trace", () => {
  test("is published where the message asks for it, with its headers and its size", async () => {
    const scene = await Scene.open();
    await scene.publisher.send(hpub("foo", ["b: 1", DESTINATION, "A:  2 ", "b:3"], "hello"));
    const { subject, headers, payload } = await scene.report();
    expect([subject, headers]).toEqual(["trace.ok", ""]);
    const report = JSON.parse(payload) as Record<string, unknown>;
    expect(Object.keys(report)).toEqual(["server", "request", "events"]);
    expect(JSON.stringify(report["request"])).toBe(
      '{"header":{"A":["2"],"Nats-Trace-Dest":["trace.ok"],"b":["1","3"]},"msgsize":63}',
    );
    expect(report["server"]).toMatchObject({ name: "tracing", jetstream: false, flags: 0 });
    const delivered = headerBlock(["b: 1", DESTINATION, "A:  2 ", "b:3"]);
    expect(await scene.subscriber.messages()).toEqual([`${delivered}hello`]);
  });

  test("names who gets the message", async () => {
    const scene = await Scene.open({ subscriptions: "SUB foo 7\r\nSUB f* workers 8\r\n" });
    expect(await scene.trace(hpub("foo", [DESTINATION]))).toEqual([
      arrival("foo"),
      receipt('"sub":"foo"'),
    ]);
    await scene.subscriber.send("UNSUB 7\r\nSUB * workers 9\r\n");
    await scene.subscriber.synchronise();
    const queued = receipt('"sub":"*","queue":"workers"');
    expect(await scene.trace(hpub("foo", [DESTINATION]))).toEqual([arrival("foo"), queued]);
  });

  test("tells that nobody gets it, as does the status for requests", async () => {
    const scene = await Scene.open({ subscriptions: "" });
    const request = hpub("foo", [DESTINATION], "x", "inbox");
    expect(await scene.trace(request)).toEqual([arrival("foo")]);
    const [status] = await scene.publisher.messages();
    expect(status).toStartWith(`${EXPECTED_STATUS}foo\r\n`);
  });

  test("names a mapping", async () => {
    const scene = await Scene.open({ subscriptions: "SUB map.b 7\r\n" });
    expect(await scene.trace(hpub("map.a", [DESTINATION]))).toEqual([
      arrival("map.a"),
      '{"type":"sm","ts":"*","to":"map.b"}',
      receipt('"sub":"map.b"'),
    ]);
  });

  test("says who does not get it and why", async () => {
    const own = await Scene.open({ fields: { echo: false } });
    await own.publisher.send("SUB * 3\r\n");
    expect(await own.trace(hpub("foo", [DESTINATION]))).toEqual(
      expect.arrayContaining([
        arrival("foo"),
        receipt('"sub":"foo"'),
        receipt('"sub":"*"')
          .replaceAll('"sub",', '"pub",')
          .replace("}", `${problem("Not delivered because of no echo")}}`),
      ]),
    );
    const denied = await Scene.open({ subscriber: "few", subscriptions: "SUB den.* 7\r\n" });
    const reason = problem("Not delivered because subscription denies this subject");
    expect(await denied.trace(hpub("den.y", [DESTINATION]))).toEqual([
      arrival("den.y"),
      receipt(`"sub":"den.*"${reason}`),
    ]);
    expect(await denied.subscriber.messages()).toEqual([]);
  });

  test("is compressed as the message says", async () => {
    const scene = await Scene.open();
    await scene.publisher.send(hpub("foo", [DESTINATION, "Accept-Encoding: GZIP, br"]));
    const { headers, payload } = await scene.report();
    expect(headers).toBe(headerBlock(["Content-Encoding: gzip"]));
    const text = gunzipSync(Buffer.from(payload, "latin1")).toString();
    expect(JSON.parse(text)).toMatchObject({ events: [{ type: "in" }, { type: "eg" }] });
  });
});

describe("a message that is only traced", () => {
  test("reaches nobody, but counts as received", async () => {
    const scene = await Scene.open();
    const request = hpub("foo", [DESTINATION, ONLY], "x", "inbox");
    expect(await scene.trace(request)).toEqual([arrival("foo"), receipt('"sub":"foo"')]);
    expect(await scene.subscriber.messages()).toEqual([]);
    expect(await scene.publisher.messages()).toEqual([]);
  });

  test("gets the status for requests if it would have reached nobody", async () => {
    const scene = await Scene.open({ subscriptions: "" });
    const request = hpub("foo", [DESTINATION, ONLY], "x", "inbox");
    expect(await scene.trace(request)).toEqual([arrival("foo")]);
    expect((await scene.publisher.messages())[0]).toStartWith(EXPECTED_STATUS);
  });

  test("is dropped if its trace can go nowhere", async () => {
    const scene = await Scene.open();
    await scene.publisher.send(hpub("foo", ["Nats-Trace-Dest: a..b", ONLY]));
    await scene.expectNoTrace();
    expect(await scene.subscriber.messages()).toEqual([]);
  });
});

describe("a message that is not traced", () => {
  test("is delivered if its destination is no subject", async () => {
    const scene = await Scene.open();
    await scene.publisher.send(hpub("foo", ["Nats-Trace-Dest: a..b"]));
    await scene.expectNoTrace();
    expect(await scene.subscriber.messages()).toHaveLength(1);
  });

  test("says so in its header, or has one of another spelling", async () => {
    const scene = await Scene.open();
    await scene.publisher.send(hpub("foo", ["Nats-Trace-Dest: trace disabled", `${PARENT}-01`]));
    await scene.publisher.send(hpub("foo", ["nats-trace-dest: trace.ok"]));
    await scene.publisher.send(hpub("foo", [ONLY]));
    await scene.publisher.send("PUB foo 25\r\nNats-Trace-Dest: trace.ok\r\n");
    await scene.expectNoTrace();
    expect(await scene.subscriber.messages()).toHaveLength(4);
  });
});

describe("a message that is refused", () => {
  test("is traced with the reason", async () => {
    const scene = await Scene.open({ publisher: "few" });
    const violation = 'Permissions Violation for Publish to "bar"';
    expect(await scene.trace(hpub("bar", [DESTINATION]))).toEqual([
      arrival("bar", problem(violation)),
    ]);
    await scene.publisher.synchronise();
    expect(scene.publisher.take()).toBe(`-ERR '${violation}'\r\n`);
  });

  test("is traced if its payload is too large", async () => {
    const scene = await Scene.open();
    expect(await scene.trace(hpub("foo", [DESTINATION], "x".repeat(3000)))).toEqual([
      arrival("foo", problem("maximum payload exceeded")),
    ]);
    await scene.publisher.until((received) => received === "-ERR 'Maximum Payload Violation'\r\n");
  });

  test("is not let in if the publisher may not publish to the destination", async () => {
    const scene = await Scene.open({ publisher: "few" });
    await scene.publisher.send(hpub("foo", ["Nats-Trace-Dest: trace.other"]));
    await scene.publisher.synchronise();
    const violation = 'Permissions Violation for Publish to "trace.other"';
    expect(scene.publisher.take()).toBe(`-ERR '${violation}'\r\n`);
    await scene.expectNoTrace();
    expect(await scene.subscriber.messages()).toEqual([]);
  });
});

describe("a message of a tracing system", () => {
  test("is traced to the destination of its account, if the system records it", async () => {
    const scene = await Scene.open();
    for (const flags of ["00", "02", "ff", "1"]) {
      await scene.publisher.send(hpub("foo", [`${PARENT}-${flags}`]));
    }
    await scene.expectNoTrace();
    await scene.publisher.send(hpub("foo", [`TraceParent${PARENT.slice(11)}-03`, ONLY]));
    const { subject, payload } = await scene.report();
    expect(subject).toBe("trace.account");
    expect(payload).toContain('"TraceParent":["00-0af7651916cd43dd8448eb211c80319c');
    expect(await scene.subscriber.messages()).toHaveLength(5);
  });

  test("is marked if the account traces only some and this is not one of them", async () => {
    const scene = await Scene.open({ publisher: "c", subscriber: "c" });
    const count = 40;
    for (let i = 0; i < count; i++) await scene.publisher.send(hpub("foo", [`${PARENT}-01`]));
    await scene.publisher.synchronise();
    const messages = await scene.subscriber.messages();
    expect(messages).toHaveLength(count);
    const block = headerBlock([`${PARENT}-01`, "Nats-Trace-Dest: trace disabled"]);
    expect(messages).toContain(`${block}x`);
  });

  test("is like any other in an account without a destination", async () => {
    const scene = await Scene.open({ publisher: "b", subscriber: "b" });
    await scene.publisher.send(hpub("foo", [`${PARENT}-01`]));
    await scene.publisher.synchronise();
    expect(await scene.subscriber.messages()).toEqual([`${headerBlock([`${PARENT}-01`])}x`]);
  });
});

describe("a stream of another account", () => {
  const exported = '{"type":"se","ts":"*","acc":"B","to":"from.open.x"}';

  test("is traced on if the import allows it", async () => {
    const subscriptions = "SUB from.open.x 7\r\n";
    const scene = await Scene.open({ subscriber: "b", subscriptions });
    const received = receipt('"acc":"B","sub":"open.x"');
    for (const lines of [[DESTINATION], [DESTINATION, ONLY]]) {
      const events = await scene.trace(hpub("open.x", lines));
      expect(events).toEqual([arrival("open.x"), exported, received]);
    }
    expect(await scene.subscriber.messages()).toHaveLength(1);
  });

  test("ends the trace if the import does not allow it", async () => {
    const subscriptions = "SUB closed.x 7\r\nSUB closed.* workers 8\r\n";
    const scene = await Scene.open({ subscriber: "b", subscriptions });
    const ended = '{"type":"se","ts":"*","acc":"B","to":"closed.x"}';
    for (const lines of [[DESTINATION], [DESTINATION, ONLY]]) {
      const events = await scene.trace(hpub("closed.x", lines, "x", "inbox"));
      expect(events).toEqual([arrival("closed.x"), ended, ended]);
    }
    expect(await scene.publisher.messages()).toEqual([]);
    expect(await scene.subscriber.messages()).toHaveLength(2);
  });
});

describe("a service of another account", () => {
  const imported = '{"type":"si","ts":"*","acc":"A","from":"mine","to":"yes.one"}';
  const ended = '{"type":"si","ts":"*","acc":"A","from":"no.one","to":"no.one"}';

  test("is traced on if the export allows it, to a subject of its own", async () => {
    const scene = await Scene.open({ publisher: "b", subscriptions: "SUB yes.one 7\r\n" });
    const received = receipt('"acc":"A","sub":"yes.one"');
    for (const lines of [[DESTINATION], [DESTINATION, ONLY]]) {
      const events = await scene.trace(hpub("mine", lines, "x", "inbox"));
      expect(events).toEqual([arrival("mine", "", "B"), imported, received]);
    }
    const [message, ...others] = await scene.subscriber.messages();
    expect(message).toMatch(/\r\nNats-Trace-Dest: _R_\.\w{6}\.\w{6}\r\n\r\nx$/);
    expect(others).toEqual([]);
    expect(await scene.publisher.messages()).toEqual([]);
  });

  test("ends the trace if the export does not allow it", async () => {
    const scene = await Scene.open({ publisher: "b", subscriptions: "SUB no.one 7\r\n" });
    const events = await scene.trace(hpub("no.one", [DESTINATION], "x", "inbox"));
    expect(events).toEqual([arrival("no.one", "", "B"), ended]);
    const [message] = await scene.subscriber.messages();
    expect(message).toEndWith("\r\nNats-Trace-Dest: trace disabled\r\n\r\nx");
  });

  test("is not reached by a message that is only traced if the trace ends there", async () => {
    const scene = await Scene.open({ publisher: "b", subscriptions: "SUB no.one 7\r\n" });
    const events = await scene.trace(hpub("no.one", [DESTINATION, ONLY], "x", "inbox"));
    expect(events).toEqual([arrival("no.one", "", "B"), ended]);
    expect(await scene.subscriber.messages()).toEqual([]);
    expect((await scene.publisher.messages())[0]).toStartWith(EXPECTED_STATUS);
  });
});
