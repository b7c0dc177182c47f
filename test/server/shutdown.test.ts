/** How a server ends: clients get what is queued for them, whoever asks and however often. */
import { describe, expect, test } from "bun:test";
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { MeasuredServer } from "../support/measured-server.ts";
import { optionsFor } from "../support/options-for.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";
const CONNECT = 'CONNECT {"verbose":false}\r\n';

async function startServer(): Promise<Server> {
  const options = optionsFor(["-a", HOST, "-p", "-1", "-m", "-1"]);
  const server = new Server(options, new Logger(options, { sink: { write: () => {} } }));
  await server.start();
  return server;
}

/** A subscriber that does not read yet has `count` messages of 64 KiB waiting for it. */
async function fillSubscriber(port: number, count: number): Promise<RawPeer> {
  const subscriber = await RawPeer.open(HOST, port);
  await subscriber.send(`${CONNECT}SUB bulk 1\r\n`);
  await subscriber.synchronise();
  subscriber.pause();
  const publisher = await RawPeer.open(HOST, port);
  const message = `PUB bulk 65536\r\n${"x".repeat(65_536)}\r\n`;
  await publisher.send(CONNECT);
  for (let i = 0; i < count; i++) await publisher.send(message);
  await publisher.synchronise();
  publisher.end();
  return subscriber;
}

describe("a shutdown", () => {
  test("sends what is queued before it closes", async () => {
    const server = await startServer();
    const count = 160;
    const subscriber = await fillSubscriber(server.clientPort, count);
    const before = subscriber.receivedBytes;
    const stopping = server.shutdown();
    subscriber.resume();
    await subscriber.closed();
    await stopping;
    const messageBytes = "MSG bulk 1 65536\r\n".length + 65_536 + 2;
    expect(subscriber.receivedBytes - before).toBe(count * messageBytes);
  });

  test("does not wait for a client that never reads", async () => {
    const server = await startServer();
    const subscriber = await fillSubscriber(server.clientPort, 160);
    const startMs = performance.now();
    await server.shutdown();
    expect(performance.now() - startMs).toBeLessThan(5000);
    subscriber.resume();
    await subscriber.closed();
    expect(server.broker.connections.size).toBe(0);
  });

  test("happens once, however often it is asked for", async () => {
    const server = await startServer();
    const peer = await RawPeer.open(HOST, server.clientPort);
    const calls = [server.shutdown(), server.shutdown()];
    await Promise.all(calls);
    await server.shutdown();
    await peer.closed();
    expect(server.broker.connections.size).toBe(0);
    expect(server.broker.subscriptionCount).toBe(0);
    await expect(RawPeer.open(HOST, server.clientPort)).rejects.toThrow();
  });

  test("that comes while peers publish, connect and leave still ends with code 0", async () => {
    await using server = await MeasuredServer.start();
    const { port } = server;
    let isOver = false;
    const message = Buffer.from(`PUB busy 128\r\n${"x".repeat(128)}\r\n`.repeat(500));
    const publish = async (): Promise<void> => {
      const peer = await RawPeer.open(HOST, port);
      await peer.send(`${CONNECT}SUB busy 1\r\n`);
      while (await peer.send(message));
    };
    const comeAndGo = async (): Promise<void> => {
      while (!isOver) {
        const peer = await RawPeer.open(HOST, port).catch(() => undefined);
        if (peer === undefined) return;
        await peer.send(`${CONNECT}SUB busy.* 1\r\n`);
        peer.terminate();
      }
    };
    const busy = [publish(), publish(), comeAndGo(), comeAndGo()];
    const watcher = await RawPeer.open(HOST, port);
    await watcher.send(`${CONNECT}SUB busy 1\r\n`);
    await watcher.until("traffic", () => watcher.receivedBytes > 1024 * 1024);
    server.signal("SIGTERM");
    expect(await server.exited()).toBe(0);
    isOver = true;
    await Promise.all(busy);
    await watcher.closed();
    expect(server.log).toContain("[INF] Server Exiting..");
    expect(server.log).not.toContain("Internal error");
  });
});
