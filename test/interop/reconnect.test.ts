/** The official client for JavaScript through restarts, and as a slow consumer. */
import { expect, test } from "bun:test";
import { type Msg, type NatsConnection, connect } from "@nats-io/transport-node";
import { MeasuredServer, eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";

function reconnectingClient(port: number): Promise<NatsConnection> {
  return connect({
    servers: `${HOST}:${port}`,
    reconnectTimeWait: 20,
    reconnectJitter: 0,
    maxReconnectAttempts: -1,
  });
}

/** Resolves when the client reports a status of this type. */
async function status(nc: NatsConnection, type: "reconnect" | "disconnect"): Promise<void> {
  for await (const change of nc.status()) if (change.type === type) return;
}

test("clients survive a restart on the same port, with their subscriptions", async () => {
  let server = await MeasuredServer.start();
  const { port } = server;
  await using responder = await reconnectingClient(port);
  await using requester = await reconnectingClient(port);
  responder.subscribe("still.there", {
    queue: "q",
    callback: (_error: Error | null, message: Msg) => void message.respond("yes"),
  });
  await responder.flush();
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const gone = [status(responder, "disconnect"), status(requester, "disconnect")];
    const back = [status(responder, "reconnect"), status(requester, "reconnect")];
    server.signal(signal);
    await server.exited();
    await Promise.all(gone);
    server = await MeasuredServer.start({ port });
    await Promise.all(back);
    await responder.flush();
    const answer = await requester.request("still.there", "", { timeout: 5000 });
    expect(answer.string()).toBe("yes");
    expect(requester.info?.server_id).toBe((await server.varz()).server_id);
  }
  await Promise.all([responder.close(), requester.close()]);
  await server[Symbol.asyncDispose]();
});

test("a consumer that stops reading is cut off, others get every message", async () => {
  const maxPendingBytes = 4 * 1024 * 1024;
  await using server = await MeasuredServer.start({
    args: ["--max_pending", String(maxPendingBytes)],
  });
  const servers = `${HOST}:${server.port}`;
  await using publisher = await connect({ servers, reconnect: false });
  await using reader = await connect({ servers, reconnect: false });
  const slow = await RawPeer.open(HOST, server.port);
  await slow.send('CONNECT {"verbose":false}\r\nSUB firehose 1\r\n');
  await slow.synchronise();
  slow.pause();

  const total = 1000;
  const sub = reader.subscribe("firehose", { max: total });
  const reading = (async () => {
    let bytes = 0;
    for await (const message of sub) bytes += message.data.length;
    return bytes;
  })();
  await reader.flush();
  const payload = new Uint8Array(32 * 1024);
  for (let i = 0; i < total; i++) {
    publisher.publish("firehose", payload);
    if (i % 32 === 31) await publisher.flush();
  }
  expect(await reading).toBe(total * payload.length);
  const { slow_consumers, slow_consumer_stats, connections } = await server.varz();
  expect({ slow_consumers, slow_consumer_stats }).toMatchObject({
    slow_consumers: 1,
    slow_consumer_stats: { clients: 1 },
  });
  expect(connections).toBe(2);
  const logged = /Slow Consumer Detected: (.*)/.exec(server.log)?.[1];
  expect(logged).toBe(`MaxPending of ${maxPendingBytes} Exceeded`);
  slow.resume();
  await slow.closed();
  expect(slow.receivedBytes).toBeLessThan(total * payload.length);
  await eventually("only two clients", 5000, async () => (await server.varz()).connections === 2);
});
