/**
 * Who may log in, changed by a reload while clients are connected: exactly those whom the new rules
 * would not let in are told so and closed, and the others notice nothing.
 */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";

const VIOLATION = "-ERR 'Authorization Violation'\r\n";
const ALICE = { user: "alice", pass: "a-secret" };
const BOB = { user: "bob", pass: "b-secret" };
const TOKEN = { auth_token: "t-secret" };

function single({ user, pass }: { user: string; pass: string }): string {
  return `authorization { user: ${user}, password: ${pass} }`;
}

/** Whether the server has closed `peer` for want of a log-in. */
async function expectViolation(peer: RawPeer): Promise<void> {
  await peer.closed();
  expect(peer.received).toEndWith(VIOLATION);
}

/** That `peer` is as it was: nothing but PONG came, and its subscription still receives. */
async function expectUndisturbed(peer: RawPeer, before: number): Promise<void> {
  await peer.send("PUB own 2\r\nhi\r\n");
  await peer.synchronise();
  expect(peer.receivedSince(before)).toBe("MSG own 1 2\r\nhi\r\nPONG\r\n");
}

async function subscribed(server: ConfiguredServer, fields: object): Promise<RawPeer> {
  const peer = await server.client({ ...fields });
  await peer.send("SUB own 1\r\n");
  await peer.synchronise();
  return peer;
}

describe("a reload that", () => {
  test("adds a user closes those who did not log in as that user", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const anonymous = await subscribed(server, {});
    const other = await subscribed(server, BOB);
    const known = await subscribed(server, ALICE);
    const before = known.receivedBytes;
    const lines = await server.reload(single(ALICE));
    await expectViolation(anonymous);
    await expectViolation(other);
    await expectUndisturbed(known, before);
    expect(lines.filter((line) => line.startsWith("[ERR]"))).toEqual([
      expect.stringMatching(/^\[ERR\] 127\.0\.0\.1:\d+ - cid:\d+.* - authentication error$/),
      expect.stringMatching(/^\[ERR\] .* - authentication error - User "bob"$/),
    ]);
    expect(await server.greeting()).toMatchObject({ auth_required: true });
    expect(await server.varz()).toMatchObject({ connections: 1, auth_required: true });
  });

  test("changes the password closes those with the old one, and lets the new one in", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const old = await subscribed(server, ALICE);
    await server.reload(single({ ...ALICE, pass: "changed" }));
    await expectViolation(old);
    const late = await RawPeer.open("127.0.0.1", server.port);
    await late.send(`CONNECT ${JSON.stringify(ALICE)}\r\n`);
    await expectViolation(late);
    await subscribed(server, { ...ALICE, pass: "changed" });
  });

  test("puts another user in the place of one closes the first", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const alice = await subscribed(server, ALICE);
    await server.reload(single(BOB));
    await expectViolation(alice);
    await subscribed(server, BOB);
  });

  test("goes from a user to a token, and back, closes those who lack it", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const alice = await subscribed(server, ALICE);
    const both = await subscribed(server, { ...ALICE, ...TOKEN });
    let before = both.receivedBytes;
    const lines = await server.reload("authorization { token: t-secret }");
    expect(lines).toContain("[INF] Reloaded: authorization token");
    await expectViolation(alice);
    await expectUndisturbed(both, before);
    const token = await subscribed(server, TOKEN);
    before = both.receivedBytes;
    await server.reload(single(ALICE));
    await expectViolation(token);
    await expectUndisturbed(both, before);
  });

  test("removes the log-in leaves everybody where they are and lets anybody in", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const alice = await subscribed(server, ALICE);
    const before = alice.receivedBytes;
    await server.reload("debug: false");
    await expectUndisturbed(alice, before);
    expect(await server.greeting()).not.toHaveProperty("auth_required");
    await subscribed(server, {});
  });

  test("changes anything else leaves those who logged in alone", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const alice = await subscribed(server, ALICE);
    const before = alice.receivedBytes;
    for (const other of ["debug: true", "max_payload: 500", "ping_interval: 1m30s"]) {
      await server.reload(`${single(ALICE)}\n${other.replace("1m30s", '"1m30s"')}`);
      await server.reload();
    }
    await expectUndisturbed(alice, before);
  });

  test("comes before the CONNECT is what the CONNECT is judged by", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const [first, second] = [
      await RawPeer.open("127.0.0.1", server.port),
      await RawPeer.open("127.0.0.1", server.port),
    ];
    await Promise.all(
      [first, second].map((one) => one.until("greeting", () => one.receivedBytes > 0)),
    );
    await server.reload(single(BOB));
    await first.send(`CONNECT ${JSON.stringify({ ...BOB, verbose: false })}\r\n`);
    await first.synchronise();
    await second.send(`CONNECT ${JSON.stringify(ALICE)}\r\n`);
    await expectViolation(second);
    await first.synchronise();
  });

  test("takes what is due to a client it closes along", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const receiver = await subscribed(server, {});
    const publisher = await subscribed(server, ALICE);
    await publisher.send("PUB own 3\r\nend\r\n".repeat(1000));
    await publisher.synchronise();
    await server.reload(single(ALICE));
    await expectViolation(receiver);
    expect(receiver.received.split("MSG own 1 3\r\nend\r\n")).toHaveLength(1001);
  });
});

describe("secrets", () => {
  test("are never in the log, neither when they change nor when they cannot", async () => {
    await using server = await ConfiguredServer.start(`${single(ALICE)}\ndebug: true, trace: true`);
    await subscribed(server, ALICE);
    await server.reload(single({ ...ALICE, pass: "changed-secret" }));
    await server.reload(`${single({ ...ALICE, pass: "third-secret" })}\nserver_name: other`);
    await server.reload("authorization { token: token-secret }");
    await server.reload("authorization { token: token-secret, user: alice, pass: third-secret }");
    expect(server.log).not.toContain("-secret");
  });

  test("that are refused together leave the old ones in force", async () => {
    await using server = await ConfiguredServer.start(single(ALICE));
    const alice = await subscribed(server, ALICE);
    const before = alice.receivedBytes;
    const lines = await server.reload("authorization { user: u, password: p, token: t }");
    expect(lines).toEqual([
      expect.stringMatching(/^\[ERR\] Failed to reload .*Cannot have a user\/pass and token$/),
    ]);
    await expectUndisturbed(alice, before);
    await subscribed(server, ALICE);
  });
});
