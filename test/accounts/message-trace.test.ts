/**
 * Traces of messages, over sockets. What is expected is what nats-server 2.14.5 reports, with `*`
 * for what differs from run to run and names in place of connection ids: MIDGE_EXECUTABLE of that
 * version checks it. Earlier ones trace to subjects that the publisher may not publish to.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { startMidge } from "../support/midge.ts";
import type { RunningServer } from "../support/running-server.ts";
import {
  type Cast,
  DESTINATION,
  Scene,
  TRACE_CONFIG,
  arrival,
  headerBlock,
  hpub,
  problem,
  receipt,
} from "./trace-scene.ts";

const ONLY = "Nats-Trace-Only: true";
const PARENT = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
const EXPECTED_STATUS = "NATS/1.0 503\r\nNats-Subject: ";

let server: RunningServer;
const scenes: Scene[] = [];

beforeAll(async () => {
  server = await startMidge(new Map(), TRACE_CONFIG);
});
afterAll(() => server.stop());
afterEach(() => {
  for (const scene of scenes.splice(0)) scene.close();
});

async function open(cast: Partial<Cast> = {}): Promise<Scene> {
  const scene = await Scene.open(server, cast);
  scenes.push(scene);
  return scene;
}

describe("a trace", () => {
  test("is published where the message asks for it, with its headers and its size", async () => {
    const scene = await open();
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
    const scene = await open({ subscriptions: "SUB foo 7\r\nSUB f* workers 8\r\n" });
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
    const scene = await open({ subscriptions: "" });
    const request = hpub("foo", [DESTINATION], "x", "inbox");
    expect(await scene.trace(request)).toEqual([arrival("foo")]);
    const [status] = await scene.publisher.messages();
    expect(status).toStartWith(`${EXPECTED_STATUS}foo\r\n`);
  });

  test("names a mapping", async () => {
    const scene = await open({ subscriptions: "SUB map.b 7\r\n" });
    expect(await scene.trace(hpub("map.a", [DESTINATION]))).toEqual([
      arrival("map.a"),
      '{"type":"sm","ts":"*","to":"map.b"}',
      receipt('"sub":"map.b"'),
    ]);
  });

  test("says who does not get it and why", async () => {
    const own = await open({ fields: { echo: false } });
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
    const denied = await open({ subscriber: "few", subscriptions: "SUB den.* 7\r\n" });
    const reason = problem("Not delivered because subscription denies this subject");
    expect(await denied.trace(hpub("den.y", [DESTINATION]))).toEqual([
      arrival("den.y"),
      receipt(`"sub":"den.*"${reason}`),
    ]);
    expect(await denied.subscriber.messages()).toEqual([]);
  });

  test("is compressed as the message says", async () => {
    const scene = await open();
    await scene.publisher.send(hpub("foo", [DESTINATION, "Accept-Encoding: GZIP, br"]));
    const { headers, payload } = await scene.report();
    expect(headers).toBe(headerBlock(["Content-Encoding: gzip"]));
    const text = gunzipSync(Buffer.from(payload, "latin1")).toString();
    expect(JSON.parse(text)).toMatchObject({ events: [{ type: "in" }, { type: "eg" }] });
  });
});

describe("a message that is only traced", () => {
  test("reaches nobody, but counts as received", async () => {
    const scene = await open();
    const request = hpub("foo", [DESTINATION, ONLY], "x", "inbox");
    expect(await scene.trace(request)).toEqual([arrival("foo"), receipt('"sub":"foo"')]);
    expect(await scene.subscriber.messages()).toEqual([]);
    expect(await scene.publisher.messages()).toEqual([]);
  });

  test("gets the status for requests if it would have reached nobody", async () => {
    const scene = await open({ subscriptions: "" });
    const request = hpub("foo", [DESTINATION, ONLY], "x", "inbox");
    expect(await scene.trace(request)).toEqual([arrival("foo")]);
    expect((await scene.publisher.messages())[0]).toStartWith(EXPECTED_STATUS);
  });

  test("is dropped if its trace can go nowhere", async () => {
    const scene = await open();
    await scene.publisher.send(hpub("foo", ["Nats-Trace-Dest: a..b", ONLY]));
    await scene.expectNoTrace();
    expect(await scene.subscriber.messages()).toEqual([]);
  });
});

describe("a message that is not traced", () => {
  test("is delivered if its destination is no subject", async () => {
    const scene = await open();
    await scene.publisher.send(hpub("foo", ["Nats-Trace-Dest: a..b"]));
    await scene.expectNoTrace();
    expect(await scene.subscriber.messages()).toHaveLength(1);
  });

  test("says so in its header, or has one of another spelling", async () => {
    const scene = await open();
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
    const scene = await open({ publisher: "few" });
    const violation = 'Permissions Violation for Publish to "bar"';
    expect(await scene.trace(hpub("bar", [DESTINATION]))).toEqual([
      arrival("bar", problem(violation)),
    ]);
    await scene.publisher.synchronise();
    expect(scene.publisher.take()).toBe(`-ERR '${violation}'\r\n`);
  });

  test("is traced if its payload is too large", async () => {
    const scene = await open();
    expect(await scene.trace(hpub("foo", [DESTINATION], "x".repeat(3000)))).toEqual([
      arrival("foo", problem("maximum payload exceeded")),
    ]);
    await scene.publisher.until((received) => received === "-ERR 'Maximum Payload Violation'\r\n");
  });

  test("is not let in if the publisher may not publish to the destination", async () => {
    const scene = await open({ publisher: "few" });
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
    const scene = await open();
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
    const scene = await open({ publisher: "c", subscriber: "c" });
    const count = 40;
    for (let i = 0; i < count; i++) await scene.publisher.send(hpub("foo", [`${PARENT}-01`]));
    await scene.publisher.synchronise();
    const messages = await scene.subscriber.messages();
    expect(messages).toHaveLength(count);
    const block = headerBlock([`${PARENT}-01`, "Nats-Trace-Dest: trace disabled"]);
    expect(messages).toContain(`${block}x`);
  });

  test("is like any other in an account without a destination", async () => {
    const scene = await open({ publisher: "b", subscriber: "b" });
    await scene.publisher.send(hpub("foo", [`${PARENT}-01`]));
    await scene.publisher.synchronise();
    expect(await scene.subscriber.messages()).toEqual([`${headerBlock([`${PARENT}-01`])}x`]);
  });
});

describe("a stream of another account", () => {
  const exported = '{"type":"se","ts":"*","acc":"B","to":"from.open.x"}';

  test("is traced on if the import allows it", async () => {
    const subscriptions = "SUB from.open.x 7\r\n";
    const scene = await open({ subscriber: "b", subscriptions });
    const received = receipt('"acc":"B","sub":"open.x"');
    for (const lines of [[DESTINATION], [DESTINATION, ONLY]]) {
      const events = await scene.trace(hpub("open.x", lines));
      expect(events).toEqual([arrival("open.x"), exported, received]);
    }
    expect(await scene.subscriber.messages()).toHaveLength(1);
  });

  test("ends the trace if the import does not allow it", async () => {
    const subscriptions = "SUB closed.x 7\r\nSUB closed.* workers 8\r\n";
    const scene = await open({ subscriber: "b", subscriptions });
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
    const scene = await open({ publisher: "b", subscriptions: "SUB yes.one 7\r\n" });
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
    const scene = await open({ publisher: "b", subscriptions: "SUB no.one 7\r\n" });
    const events = await scene.trace(hpub("no.one", [DESTINATION], "x", "inbox"));
    expect(events).toEqual([arrival("no.one", "", "B"), ended]);
    const [message] = await scene.subscriber.messages();
    expect(message).toEndWith("\r\nNats-Trace-Dest: trace disabled\r\n\r\nx");
  });

  test("is not reached by a message that is only traced if the trace ends there", async () => {
    const scene = await open({ publisher: "b", subscriptions: "SUB no.one 7\r\n" });
    const events = await scene.trace(hpub("no.one", [DESTINATION, ONLY], "x", "inbox"));
    expect(events).toEqual([arrival("no.one", "", "B"), ended]);
    expect(await scene.subscriber.messages()).toEqual([]);
    expect((await scene.publisher.messages())[0]).toStartWith(EXPECTED_STATUS);
  });
});
