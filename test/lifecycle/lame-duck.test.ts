/**
 * Lame duck mode, as operators and clients of a running server see it, and its timings under a
 * clock that the test moves: the shortest that may be configured take half a minute.
 */
import { describe, expect, test } from "bun:test";
import { LameDuck } from "../../src/server/lame-duck.ts";
import { ConfiguredServer, infoOf } from "../support/configured-server.ts";
import { MemoryBroker, type MemoryPeer } from "../support/memory-broker.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";
const MODERN = { protocol: 1 };

async function enterLameDuck(server: ConfiguredServer): Promise<void> {
  server.signal("SIGUSR2");
  await server.logged(/\[INF\] Entering lame duck mode, stop accepting new clients\n/);
}

describe("a server in lame duck mode", () => {
  test("takes no new clients, serves those it has, and answers to monitoring", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const [left, right] = [await server.client(), await server.client()];
    await left.send("SUB a 1\r\n");
    await left.synchronise();
    await enterLameDuck(server);
    await expect(RawPeer.open(HOST, server.port)).rejects.toThrow();
    await right.send("PUB a 2\r\nhi\r\n");
    await left.until("message", () => left.received.includes("MSG a 1 2\r\nhi\r\n"));
    expect(await server.varz()).toMatchObject({ connections: 2, port: server.port });
    const health = await server.fetch("/healthz");
    expect(health.status).toBe(500);
    expect(await health.json()).toMatchObject({ status: "error" });
  });

  test("tells clients with protocol 1 at once, and others nothing", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const [modern, old] = [await server.client(MODERN), await server.client()];
    const [before, oldBefore] = [modern.receivedBytes, old.receivedBytes];
    await enterLameDuck(server);
    await modern.until("INFO", () => modern.receivedSince(before).endsWith("\r\n"));
    const info = infoOf(modern.receivedSince(before));
    expect(info).toMatchObject({ ldm: true, port: server.port, client_ip: HOST });
    expect(info).not.toHaveProperty("connect_info");
    await old.synchronise();
    expect(old.receivedSince(oldBefore)).toBe("PONG\r\n");
  });

  test("tells those who have not sent a PING when they do", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const late = await RawPeer.open(HOST, server.port);
    await late.send('CONNECT {"verbose":false,"protocol":1}\r\n');
    await server.client();
    await enterLameDuck(server);
    await late.synchronise();
    await late.until("INFO", () => late.received.lastIndexOf("INFO {") > 0);
    expect(late.received.split("INFO {")).toHaveLength(3);
    expect(infoOf(late.received)).toMatchObject({ ldm: true, connect_info: true });
  });

  test("ends at once, with 0, when it has no clients", async () => {
    await using server = await ConfiguredServer.start("logtime: false");
    const from = server.log.length;
    server.signal("SIGUSR2");
    expect(await server.exited()).toBe(0);
    expect(server.linesSince(from)).toEqual([
      '[INF] Trapped "user defined signal 2" signal',
      "[INF] Entering lame duck mode, stop accepting new clients",
      "[INF] Initiating Shutdown...",
      "[INF] Server Exiting..",
    ]);
    expect(server.files("midge_")).toEqual([]);
  });

  test("ignores SIGTERM and a second SIGUSR2; SIGINT ends it at once, with 0", async () => {
    await using server = await ConfiguredServer.start("logtime: false");
    const client = await server.client();
    await enterLameDuck(server);
    const lines = await server.linesDuring(async () => {
      server.signal("SIGTERM");
      await server.logged(/Trapped "terminated" signal/);
      server.signal("SIGUSR2");
    });
    expect(lines).toEqual([]);
    await client.synchronise();
    server.signal("SIGINT");
    await client.closed();
    expect(await server.exited()).toBe(0);
    expect(server.log).toEndWith("[INF] Server Exiting..\n");
  });

  test("still reads its configuration again", async () => {
    await using server = await ConfiguredServer.start("max_payload: 100");
    const client = await server.client();
    await enterLameDuck(server);
    expect(await server.reload("max_payload: 10")).toContain("[INF] Reloaded: max_payload = 10");
    await client.send("PUB a 11\r\nhello world\r\n");
    await client.closed();
    expect(client.received).toEndWith("-ERR 'Maximum Payload Violation'\r\n");
    await expect(RawPeer.open(HOST, server.port)).rejects.toThrow();
  });

  test("closes its clients after the grace period, and ends with 0", async () => {
    await using server = await ConfiguredServer.start('lame_duck_grace_period: "1ms"');
    const peers = await Promise.all(Array.from({ length: 3 }, () => server.client()));
    const startMs = performance.now();
    await enterLameDuck(server);
    await Promise.all(peers.map((peer) => peer.closed()));
    expect(await server.exited()).toBe(0);
    // Two pauses of half a second to a second.
    expect(performance.now() - startMs).toBeWithin(900, 3500);
    expect(server.log).toContain("[INF] Closing existing clients\n");
  });
});

/** Lame duck mode over clients in memory, and when each of them was closed. */
class Scene {
  readonly memory: MemoryBroker;
  readonly peers: MemoryPeer[];
  readonly lameDuck: LameDuck;
  /** Milliseconds after the start. */
  readonly closedMs: number[];
  doneMs: number | undefined;

  constructor(clients: number, lameDuckGraceMs: number, lameDuckDurationMs: number) {
    const options = { lameDuckGraceMs, lameDuckDurationMs, pingIntervalMs: 3_600_000 };
    this.memory = new MemoryBroker({ options });
    const { broker, clock, context } = this.memory;
    this.peers = Array.from({ length: clients }, () => this.memory.connect());
    this.closedMs = [];
    this.doneMs = undefined;
    const startMs = clock.nowMs();
    const { onDone } = { onDone: () => (this.doneMs = clock.nowMs() - startMs) };
    this.lameDuck = new LameDuck({
      logger: context.logger,
      clock,
      random: broker.random,
      connections: broker.connections,
      options: context.options,
      stopAccepting: () => {},
      onDone,
    });
  }

  /** Lets time pass and notes how many clients close in each step. */
  pass(ms: number, stepMs = 1): void {
    const { broker, clock } = this.memory;
    const startMs = clock.nowMs();
    let open = broker.connections.size;
    while (clock.nowMs() < startMs + ms) {
      clock.advance(stepMs);
      for (; open > broker.connections.size; open--) this.closedMs.push(clock.nowMs() - startMs);
    }
  }
}

describe("its timing", () => {
  test("waits the grace period, then closes one client at a time, in pauses of a second at most", () => {
    const scene = new Scene(10, 10_000, 120_000);
    scene.lameDuck.enter();
    scene.pass(9999);
    expect(scene.memory.broker.connections.size).toBe(10);
    expect(scene.memory.logged("Closing existing clients")).toEqual([]);
    scene.closedMs.length = 0;
    scene.pass(20_000);
    expect(scene.memory.logged("Closing existing clients")).toHaveLength(1);
    expect(scene.closedMs).toHaveLength(10);
    expect(scene.closedMs[0]).toBeLessThanOrEqual(2);
    for (let i = 1; i < 10; i++) {
      expect(scene.closedMs[i]! - scene.closedMs[i - 1]!).toBeWithin(499, 1002);
    }
    expect(scene.doneMs).toBeDefined();
  });

  test("spreads many clients over the time there is, and is not late", () => {
    const scene = new Scene(1000, 1000, 30_000);
    scene.lameDuck.enter();
    scene.pass(32_000, 5);
    expect(scene.closedMs).toHaveLength(1000);
    expect(scene.closedMs[0]).toBeGreaterThanOrEqual(1000);
    // Pauses are three quarters of the interval on average.
    expect(scene.doneMs).toBeWithin(0.7 * 29_000, 30_100);
  });

  test("closes several at a time where there are more clients than milliseconds", () => {
    const scene = new Scene(3000, 29_000, 30_000);
    scene.lameDuck.enter();
    scene.pass(31_000, 1);
    expect(scene.closedMs).toHaveLength(3000);
    expect(scene.doneMs).toBeWithin(29_000, 30_100);
  });

  test("gives every client the reason, and what is queued before", () => {
    const scene = new Scene(2, 0, 30_000);
    const [subscriber, publisher] = scene.peers;
    subscriber!.send("SUB a 1\r\n");
    subscriber!.read();
    scene.lameDuck.enter();
    publisher!.send("PUB a 2\r\nhi\r\n");
    scene.pass(2000);
    expect(subscriber!.read()).toBe("MSG a 1 2\r\nhi\r\n");
    const reasons = scene.memory.broker.closedConnections.all().map((one) => one.reason.text);
    expect(reasons).toEqual(["Server Shutdown", "Server Shutdown"]);
  });

  test("ends when the last client has left by itself, though not before the grace period", () => {
    const scene = new Scene(2, 10_000, 120_000);
    scene.lameDuck.enter();
    scene.pass(1000, 100);
    for (const peer of scene.peers) peer.client.onClose(undefined);
    scene.pass(8000, 100);
    expect(scene.doneMs).toBeUndefined();
    scene.pass(1500, 100);
    expect(scene.doneMs).toBeWithin(10_000, 10_200);
  });

  test("does nothing more once it is cancelled", () => {
    const scene = new Scene(2, 1000, 30_000);
    scene.lameDuck.enter();
    scene.lameDuck.cancel();
    scene.pass(60_000, 1000);
    expect(scene.memory.broker.connections.size).toBe(2);
    expect(scene.doneMs).toBeUndefined();
  });
});
