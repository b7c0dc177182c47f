/** Limits that a reload changes, as clients that are connected already meet them. */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer, infoOf } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";

const TOO_LARGE = "-ERR 'Maximum Payload Violation'\r\n";
const TOO_LONG = "-ERR 'maximum control line exceeded'\r\n";
const TOO_MANY = "-ERR 'maximum connections exceeded'\r\n";
const HOST = "127.0.0.1";

function publish(bytes: number): string {
  return `PUB a ${bytes}\r\n${"x".repeat(bytes)}\r\n`;
}

describe("max_payload", () => {
  test("does not disturb a message that is on its way", async () => {
    await using server = await ConfiguredServer.start("max_payload: 1000");
    const [client, other] = [await server.client(), await server.client()];
    await client.send("SUB a 1\r\nPUB a 500\r\n");
    await other.synchronise();
    await server.reload("max_payload: 100");
    await client.send(`${"x".repeat(500)}\r\n`);
    await client.until("message", () => client.received.includes(`${"x".repeat(500)}\r\n`));
    await client.synchronise();
  });

  test("holds for clients that were there before, without an INFO to tell them", async () => {
    await using server = await ConfiguredServer.start("max_payload: 1000");
    const [small, large] = [await server.client({ protocol: 1 }), await server.client()];
    await small.send(publish(1000));
    const before = small.receivedBytes;
    expect(await server.reload("max_payload: 100")).toContain("[INF] Reloaded: max_payload = 100");
    await small.send(publish(100));
    await small.synchronise();
    expect(small.receivedSince(before)).not.toContain("INFO");
    await large.send(publish(101));
    await large.closed();
    expect(large.received).toEndWith(TOO_LARGE);
    expect(await server.greeting()).toMatchObject({ max_payload: 100 });
    await small.synchronise();
  });

  test("lets clients send more once it is raised", async () => {
    await using server = await ConfiguredServer.start("max_payload: 10");
    const [client, other] = [await server.client(), await server.client()];
    await server.reload("max_payload: 2000");
    await other.send("SUB a 1\r\n");
    await other.synchronise();
    await client.send(publish(2000));
    await client.synchronise();
    await other.until("message", () => other.received.includes("MSG a 1 2000\r\n"));
  });

  test("is told in the INFO after the first PING of those who had not sent one", async () => {
    await using server = await ConfiguredServer.start("max_payload: 1000");
    const peer = await RawPeer.open(HOST, server.port);
    await peer.until("greeting", () => peer.received.includes("\r\n"));
    await server.reload("max_payload: 100");
    await peer.send('CONNECT {"protocol":1,"verbose":false}\r\n');
    await peer.synchronise();
    await peer.until("INFO", () => peer.received.lastIndexOf("INFO {") > 0);
    expect(infoOf(peer.received)).toMatchObject({ max_payload: 100, connect_info: true });
  });
});

describe("max_control_line", () => {
  test("holds for clients that were there before", async () => {
    await using server = await ConfiguredServer.start("max_control_line: 4096");
    const [short, long] = [await server.client(), await server.client()];
    const lines = await server.reload("max_control_line: 100");
    expect(lines).toContain("[INF] Reloaded: max_control_line = 100");
    await short.send(`SUB ${"a".repeat(80)} 1\r\n`);
    await short.synchronise();
    await long.send(`SUB ${"a".repeat(120)} 1\r\n`);
    await long.closed();
    expect(long.received).toEndWith(TOO_LONG);
    await short.synchronise();
  });
});

describe("max_connections", () => {
  test("closes those that are too many, with the reason, and no others", async () => {
    await using server = await ConfiguredServer.start("max_connections: 100");
    const peers = await Promise.all(Array.from({ length: 12 }, () => server.client()));
    const lines = await server.reload("max_connections: 5");
    expect(lines).toContain("[INF] Reloaded: max_connections = 5");
    expect(lines).toContain("[INF] Closed 7 connections to fall within max_connections");
    await eventually("7 closed", 5000, () => peers.filter((one) => one.isClosed).length === 7);
    const [closed, open] = [
      peers.filter((one) => one.isClosed),
      peers.filter((one) => !one.isClosed),
    ];
    for (const peer of closed) expect(peer.received).toEndWith(TOO_MANY);
    await Promise.all(open.map((peer) => peer.synchronise()));
    expect(await server.varz()).toMatchObject({ connections: 5, max_connections: 5 });
    const late = await RawPeer.open(HOST, server.port);
    await late.closed();
    expect(late.received).toEndWith(TOO_MANY);
  });

  test("takes new clients again once it is raised", async () => {
    await using server = await ConfiguredServer.start("max_connections: 1");
    const first = await server.client();
    await server.reload("max_connections: 2");
    const second = await server.client();
    await Promise.all([first.synchronise(), second.synchronise()]);
  });

  test("of 0 closes everybody; without it all may come", async () => {
    await using server = await ConfiguredServer.start("max_connections: 10");
    const peers = [await server.client(), await server.client()];
    await server.reload("max_connections: 0");
    await Promise.all(peers.map((peer) => peer.closed()));
    await server.reload("debug: false");
    await server.client();
    expect(await server.varz()).toMatchObject({ max_connections: 65_536 });
  });

  test("counts clients that have not logged in yet", async () => {
    await using server = await ConfiguredServer.start("max_connections: 10");
    const silent = await RawPeer.open(HOST, server.port);
    await silent.until("greeting", () => silent.received.includes("\r\n"));
    await server.reload("max_connections: 0");
    await silent.closed();
    expect(silent.received).toEndWith(TOO_MANY);
  });
});

describe("limits of subscriptions", () => {
  test("hold for the next subscription of clients that were there before", async () => {
    await using server = await ConfiguredServer.start("max_subscriptions: 10");
    const client = await server.client();
    await client.send("SUB a 1\r\nSUB b 2\r\n");
    await server.reload("max_subscriptions: 2\nmax_sub_tokens: 3");
    await client.send("SUB c 3\r\n");
    await client.synchronise();
    expect(client.received).toContain("-ERR 'maximum subscriptions exceeded'\r\n");
    await client.send("UNSUB 2\r\nSUB a.b.c.d 4\r\n");
    await client.synchronise();
    expect(client.received).toContain("-ERR 'Permissions Violation for Subscription to");
    const publisher = await server.client();
    await publisher.send("PUB a 2\r\nhi\r\n");
    await client.until("message", () => client.received.includes("MSG a 1 2\r\nhi\r\n"));
  });
});
