/** What applications do with the official JavaScript client: publish, subscribe, request, drain. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Msg, type NatsConnection, connect, headers } from "@nats-io/transport-node";
import { NoRespondersError, RequestError, createInbox } from "@nats-io/transport-node";
import { startMidge } from "../support/midge.ts";
import type { RunningServer } from "../support/running-server.ts";

const MAX_PAYLOAD_BYTES = 1024 * 1024;

let server: RunningServer;

beforeAll(async () => {
  server = await startMidge();
});

afterAll(() => server.stop());

function client(): Promise<NatsConnection> {
  return connect({ servers: `${server.host}:${server.port}`, reconnect: false });
}

/** The texts of all messages that `messages` yields before it ends. */
async function textsOf(messages: AsyncIterable<Msg>): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of messages) texts.push(message.string());
  return texts;
}

test("a client learns what the server says of itself", async () => {
  await using nc = await client();
  expect(nc.info).toMatchObject({
    host: "127.0.0.1",
    port: server.port,
    headers: true,
    max_payload: MAX_PAYLOAD_BYTES,
    proto: 1,
    client_ip: "127.0.0.1",
  });
  expect(nc.info?.server_id).toMatch(/^N[A-Z2-7]{55}$/);
  expect(nc.info?.auth_required).toBeUndefined();
});

test("the round trip is measured", async () => {
  await using nc = await client();
  expect(await nc.rtt()).toBeGreaterThanOrEqual(0);
});

describe("subscriptions", () => {
  test("get messages in order, with subject, reply and payload", async () => {
    await using nc = await client();
    const sub = nc.subscribe("orders.new", { max: 100 });
    for (let i = 0; i < 100; i++) nc.publish("orders.new", `order ${i}`, { reply: "answers" });
    const received: Msg[] = [];
    for await (const message of sub) received.push(message);
    expect(received.map((message) => message.string())).toEqual(
      Array.from({ length: 100 }, (_, i) => `order ${i}`),
    );
    expect(received[0]).toMatchObject({ subject: "orders.new", reply: "answers" });
  });

  test("with wildcards match whole tokens", async () => {
    await using nc = await client();
    const one = nc.subscribe("wild.*.end");
    const rest = nc.subscribe("wild.>");
    for (const subject of ["wild.a.end", "wild.b.end", "wild.a.b.end", "wild", "wild.a"]) {
      nc.publish(subject, subject);
    }
    await nc.drain();
    expect(await textsOf(one)).toEqual(["wild.a.end", "wild.b.end"]);
    expect(await textsOf(rest)).toEqual(["wild.a.end", "wild.b.end", "wild.a.b.end", "wild.a"]);
  });

  test("of a queue group share the messages, each delivered once", async () => {
    await using publisher = await client();
    const members = await Promise.all(Array.from({ length: 4 }, client));
    const subs = members.map((member) => member.subscribe("jobs.*", { queue: "workers" }));
    const watcher = publisher.subscribe("jobs.>");
    await Promise.all(members.map((member) => member.flush()));
    const jobs = Array.from({ length: 400 }, (_, i) => `job ${i}`);
    for (const job of jobs) publisher.publish("jobs.any", job);
    await publisher.flush();
    await Promise.all(members.map((member) => member.drain()));
    const shares = await Promise.all(subs.map(textsOf));
    expect(shares.flat().sort()).toEqual(jobs.toSorted());
    for (const share of shares) expect(share.length).toBeGreaterThan(0);
    await publisher.drain();
    expect(await textsOf(watcher)).toEqual(jobs);
  });

  test("end by themselves after the number of messages asked for", async () => {
    await using nc = await client();
    await using other = await client();
    const sub = nc.subscribe("few");
    sub.unsubscribe(3);
    await nc.flush();
    for (let i = 0; i < 10; i++) other.publish("few", String(i));
    expect(await textsOf(sub)).toEqual(["0", "1", "2"]);
    await other.flush();
    await nc.flush();
    expect(nc.stats().inMsgs).toBe(3);
  });

  test("get no messages of their own connection when echo is off", async () => {
    await using quiet = await connect({
      servers: `${server.host}:${server.port}`,
      noEcho: true,
      reconnect: false,
    });
    await using other = await client();
    const sub = quiet.subscribe("echo.off", { max: 1 });
    quiet.publish("echo.off", "own");
    await quiet.flush();
    other.publish("echo.off", "other");
    expect(await textsOf(sub)).toEqual(["other"]);
  });
});

describe("requests", () => {
  for (const noMux of [false, true]) {
    const how = noMux ? "a subscription of their own" : "the shared inbox";
    test(`are answered through ${how}`, async () => {
      await using nc = await client();
      await using service = await client();
      service.subscribe("upper", {
        callback: (_error, message) => void message.respond(message.string().toUpperCase()),
      });
      await service.flush();
      const texts = Array.from({ length: 50 }, (_, i) => `text ${i}`);
      const answers = await Promise.all(
        texts.map((text) => nc.request("upper", text, { timeout: 5000, noMux })),
      );
      expect(answers.map((answer) => answer.string())).toEqual(
        texts.map((text) => text.toUpperCase()),
      );
    });

    test(`that nobody answers fail at once through ${how}`, async () => {
      await using nc = await client();
      const failure = await nc
        .request("nobody", "", { timeout: 60_000, noMux })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RequestError);
      expect((failure as RequestError).cause).toBeInstanceOf(NoRespondersError);
    });
  }

  test("to many collect several answers", async () => {
    await using nc = await client();
    for (const name of ["a", "b", "c"]) {
      nc.subscribe("who", { callback: (_error, message) => void message.respond(name) });
    }
    const answers = await nc.requestMany("who", "", {
      strategy: "count",
      maxMessages: 3,
      maxWait: 5000,
    });
    expect((await textsOf(answers)).sort()).toEqual(["a", "b", "c"]);
  });
});

test("headers arrive with all their values, and answers carry them too", async () => {
  await using nc = await client();
  nc.subscribe("mirror", {
    callback: (_error, message) => void message.respond(message.data, { headers: message.headers }),
  });
  const sent = headers();
  sent.append("Colour", "red");
  sent.append("Colour", "grün");
  sent.set("X-Empty", "");
  const answer = await nc.request("mirror", "body", { timeout: 5000, headers: sent });
  expect(answer.string()).toBe("body");
  expect(answer.headers?.values("Colour")).toEqual(["red", "grün"]);
  expect(answer.headers?.get("X-Empty")).toBe("");
});

describe("draining", () => {
  test("a subscription delivers what is on its way, then ends", async () => {
    await using nc = await client();
    await using other = await client();
    const sub = nc.subscribe("tank");
    await nc.flush();
    for (let i = 0; i < 1000; i++) other.publish("tank", String(i));
    await other.flush();
    await sub.drain();
    for (let i = 0; i < 10; i++) other.publish("tank", "late");
    await other.flush();
    await nc.flush();
    expect(await textsOf(sub)).toHaveLength(1000);
    expect(nc.isClosed()).toBe(false);
  });

  test("a connection delivers, publishes what is left and closes without an error", async () => {
    await using other = await client();
    const nc = await client();
    const sub = nc.subscribe("tank.in");
    const out = other.subscribe("tank.out", { max: 100 });
    await Promise.all([nc.flush(), other.flush()]);
    for (let i = 0; i < 100; i++) other.publish("tank.in", String(i));
    await other.flush();
    for (let i = 0; i < 100; i++) nc.publish("tank.out", String(i));
    await nc.drain();
    expect(await nc.closed()).toBeUndefined();
    expect(await textsOf(sub)).toHaveLength(100);
    expect(await textsOf(out)).toHaveLength(100);
  });
});

describe("payloads", () => {
  test("of almost 1 MiB arrive unchanged", async () => {
    await using nc = await client();
    await using other = await client();
    const payload = crypto.getRandomValues(new Uint8Array(65_536));
    const large = Buffer.concat(Array.from({ length: 16 }, () => payload)).subarray(1024);
    expect(large.length).toBe(MAX_PAYLOAD_BYTES - 1024);
    const subs = [nc.subscribe("large", { max: 20 }), other.subscribe("large", { max: 20 })];
    await Promise.all([nc.flush(), other.flush()]);
    for (let i = 0; i < 20; i++) other.publish("large", large);
    for (const sub of subs) {
      for await (const message of sub) expect(Buffer.compare(message.data, large)).toBe(0);
      expect(sub.getProcessed()).toBe(20);
    }
  });

  test("of exactly 1 MiB are taken, with headers counted", async () => {
    await using nc = await client();
    const sub = nc.subscribe("exact", { max: 2 });
    nc.publish("exact", new Uint8Array(MAX_PAYLOAD_BYTES));
    const header = headers();
    header.set("A", "b");
    const headerBytes = "NATS/1.0\r\nA: b\r\n\r\n".length;
    nc.publish("exact", new Uint8Array(MAX_PAYLOAD_BYTES - headerBytes), { headers: header });
    const sizes: number[] = [];
    for await (const message of sub) sizes.push(message.data.length);
    expect(sizes).toEqual([MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES - headerBytes]);
  });

  test("above the limit are refused by the client, which knows it from the server", async () => {
    await using nc = await client();
    expect(() => nc.publish("over", new Uint8Array(MAX_PAYLOAD_BYTES + 1))).toThrow(
      /max_payload|maximum payload/i,
    );
    await nc.flush();
  });

  test("may be empty", async () => {
    await using nc = await client();
    const sub = nc.subscribe("empty", { max: 1 });
    nc.publish("empty");
    expect(await textsOf(sub)).toEqual([""]);
  });
});

test("a hundred clients talk to each other", async () => {
  const clients = await Promise.all(Array.from({ length: 100 }, client));
  const inboxes = clients.map(() => createInbox());
  const subs = clients.map((nc, i) => nc.subscribe(inboxes[i]!, { max: 100 }));
  await Promise.all(clients.map((nc) => nc.flush()));
  for (const nc of clients) for (const inbox of inboxes) nc.publish(inbox, "hello");
  const received = await Promise.all(subs.map(textsOf));
  expect(received.map((texts) => texts.length)).toEqual(clients.map(() => 100));
  await Promise.all(clients.map((nc) => nc.close()));
});
