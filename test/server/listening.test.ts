/** Accepting connections on real ports: addresses, limits, and a shortage of descriptors. */
import { describe, expect, test } from "bun:test";
import { MeasuredServer, eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { startInProcess } from "../support/in-process.ts";
import { runToEnd } from "../support/program.ts";

const HOST = "127.0.0.1";
const REFUSED = "-ERR 'maximum connections exceeded'\r\n";

async function greeted(host: string, port: number): Promise<RawPeer> {
  const peer = await RawPeer.open(host, port);
  await peer.until("greeting", () => peer.received.includes("\r\n"));
  return peer;
}

/** Connects `count` peers, one after the other. */
async function connectMany(port: number, count: number): Promise<RawPeer[]> {
  const peers: RawPeer[] = [];
  for (let i = 0; i < count; i++) peers.push(await greeted(HOST, port));
  return peers;
}

describe("addresses", () => {
  test("port -1 binds a free port, another one for each server", async () => {
    const servers = [await startInProcess(["-p", "-1"]), await startInProcess(["-p", "-1"])];
    const [first, second] = servers.map(({ port }) => port);
    expect(first).not.toBe(second);
    for (const { port } of servers) {
      const peer = await greeted(HOST, port);
      expect(peer.received).toContain(`"port":${port},`);
      peer.end();
    }
    await Promise.all(servers.map((server) => server.stop()));
  });

  test("0.0.0.0 takes IPv4 and IPv6, and each client learns its own address", async () => {
    await using server = await MeasuredServer.start({ host: "0.0.0.0" });
    for (const address of ["127.0.0.1", "::1"]) {
      const peer = await greeted(address, server.port);
      expect(peer.received).toContain(`"client_ip":"${address}"`);
      await peer.synchronise();
      peer.end();
    }
  });

  test("0.0.0.0 takes IPv4 and IPv6 for monitoring too", async () => {
    await using server = await MeasuredServer.start({ host: "0.0.0.0" });
    for (const address of ["127.0.0.1", "[::1]"]) {
      const response = await fetch(`http://${address}:${server.monitorPort}/healthz`);
      expect(await response.json()).toEqual({ status: "ok" });
    }
  });

  test("127.0.0.1 is not reached through IPv6", async () => {
    await using server = await MeasuredServer.start();
    await expect(RawPeer.open("::1", server.port)).rejects.toThrow();
  });

  test("a taken port is said so in one line, whatever address took it", async () => {
    await using server = await MeasuredServer.start({ host: "0.0.0.0" });
    const { port } = server;
    const second = await runToEnd("-p", String(port));
    expect(second.stderr.trimEnd().split("\n").at(-1)).toEndWith(
      `[FTL] Error listening on port: 0.0.0.0:${port}, "address already in use"`,
    );
    expect(second.exitCode).toBe(1);
    const monitored = await runToEnd("-a", HOST, "-p", "-1", "-m", String(server.monitorPort));
    expect(monitored.stderr.trimEnd().split("\n").at(-1)).toMatch(
      /\[FTL\] Can't start monitoring: .*address already in use/,
    );
    expect(monitored.exitCode).toBe(1);
    (await greeted(HOST, port)).end();
  });

  test("a port is free again as soon as its server has ended", async () => {
    const first = await startInProcess(["-a", HOST, "-p", "-1"]);
    const peer = await greeted(HOST, first.port);
    await first.stop();
    await peer.closed();
    const second = await startInProcess(["-a", HOST, "-p", String(first.port)]);
    expect(second.port).toBe(first.port);
    (await greeted(HOST, second.port)).end();
    await second.stop();
  });
});

describe("max_connections", () => {
  test("refuses with INFO, an error and the close; takes others when one has left", async () => {
    await using server = await MeasuredServer.start({ args: ["--max_connections", "3"] });
    const peers = await connectMany(server.port, 3);
    for (let i = 0; i < 5; i++) {
      const refused = await RawPeer.open(HOST, server.port);
      await refused.closed();
      expect(refused.received).toMatch(/^INFO \{.*\} \r\n-ERR 'maximum connections exceeded'\r\n$/);
    }
    await Promise.all(peers.map((peer) => peer.synchronise()));
    expect(await server.varz()).toMatchObject({ connections: 3, total_connections: 8 });
    peers.pop()!.end();
    await eventually("a free place", 5000, async () => (await server.varz()).connections === 2);
    await (await greeted(HOST, server.port)).synchronise();
  });

  test("of 0 refuses everybody", async () => {
    await using server = await MeasuredServer.start({ args: ["--max_connections", "0"] });
    const refused = await RawPeer.open(HOST, server.port);
    await refused.closed();
    expect(refused.received).toEndWith(REFUSED);
  });
});

describe("a shortage of descriptors", () => {
  const MAX_DESCRIPTORS = 200;
  const PEERS = 300;
  /** Of one core, while nothing happens. */
  const IDLE_CPU_MS_PER_SECOND = 100;

  /** CPU time of the server in a second, in ms. */
  async function cpuMsInOneSecond(server: MeasuredServer): Promise<number> {
    const before = server.cpuMs;
    await new Promise<void>((resolve) => setTimeout(resolve, 1000));
    return server.cpuMs - before;
  }

  test("refuses clients in order, does not spin, and ends when clients leave", async () => {
    await using server = await MeasuredServer.start({ maxDescriptors: MAX_DESCRIPTORS });
    const peers = await connectMany(server.port, PEERS);
    const refused = peers.filter((peer) => peer.received.includes(REFUSED));
    const taken = peers.filter((peer) => !peer.received.includes(REFUSED));
    await Promise.all(refused.map((peer) => peer.closed()));
    expect(taken.length).toBeGreaterThan(MAX_DESCRIPTORS / 2);
    expect(taken.length).toBeLessThan(MAX_DESCRIPTORS);
    await Promise.all(taken.map((peer) => peer.synchronise()));
    expect(await cpuMsInOneSecond(server)).toBeLessThan(IDLE_CPU_MS_PER_SECOND);
    expect(server.descriptors).toBeLessThan(MAX_DESCRIPTORS);

    for (const peer of taken) peer.end();
    await eventually("no connections", 5000, async () => (await server.varz()).connections === 0);
    const again = await connectMany(server.port, 100);
    await Promise.all(again.map((peer) => peer.synchronise()));
  });

  test("caused by idle monitoring connections neither spins nor shuts clients out", async () => {
    await using server = await MeasuredServer.start({ maxDescriptors: MAX_DESCRIPTORS });
    const early = await greeted(HOST, server.port);
    const idle: RawPeer[] = [];
    for (let i = 0; i < MAX_DESCRIPTORS + 20; i++) {
      const peer = await RawPeer.open(HOST, server.monitorPort);
      // Without a byte the kernel would keep the connection to itself for a second.
      await peer.send("G");
      idle.push(peer);
    }
    await early.synchronise();
    expect(await cpuMsInOneSecond(server)).toBeLessThan(IDLE_CPU_MS_PER_SECOND);
    await early.synchronise();
    for (const peer of idle) peer.end();
    const late = await greeted(HOST, server.port);
    await late.synchronise();
  });
});

describe("monitoring", () => {
  test("/healthz and /varz answer with JSON, other paths with 404", async () => {
    await using server = await MeasuredServer.start({ args: ["--max_connections", "77"] });
    const health = await fetch(server.monitorUrl("/healthz"));
    expect(health.status).toBe(200);
    expect(health.headers.get("content-type")).toBe("application/json");
    expect(await health.text()).toBe('{"status":"ok"}');
    const peer = await greeted(HOST, server.port);
    await peer.send('CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 5\r\nhello\r\n');
    await peer.synchronise();
    expect(await server.varz()).toMatchObject({
      port: server.port,
      max_connections: 77,
      connections: 1,
      // With five of the server's own, by which accounts ask about themselves.
      subscriptions: 6,
      in_msgs: 1,
      in_bytes: 5,
      out_msgs: 1,
      out_bytes: 5,
    });
    expect((await fetch(server.monitorUrl("/nothing"))).status).toBe(404);
  });
});
