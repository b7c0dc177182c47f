/**
 * Users, accounts, imports and mappings, changed by a reload while clients are connected: whoever
 * may stay does, under the new rules, and whoever may not is closed.
 */
import { describe, expect, test } from "bun:test";
import { connect } from "@nats-io/transport-node";
import { hashPassword } from "../../src/auth/bcrypt.ts";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";
const VIOLATION = "-ERR 'Authorization Violation'\r\n";
const SOON_MS = 20_000;

/** Accounts with these contents by name. */
function accounts(contents: Readonly<Record<string, string>>): string {
  const blocks = Object.entries(contents).map(([name, text]) => `${name} { ${text} }`);
  return `accounts {\n${blocks.join("\n")}\n}`;
}

/** The `users` of an account; a name may be followed by permissions. */
function users(...names: readonly (string | readonly [string, string])[]): string {
  const entries = names.map((one) => {
    const [name, permissions] = typeof one === "string" ? [one, ""] : one;
    const rules = permissions === "" ? "" : `, permissions: {${permissions}}`;
    return `{user: ${name}, password: "${name}-pass"${rules}}`;
  });
  return `users: [ ${entries.join(", ")} ]`;
}

/** A client that has logged in as `user`, and the lines it has sent. */
async function clientOf(
  server: ConfiguredServer,
  user: string,
  ...lines: string[]
): Promise<RawPeer> {
  const fields = { user, pass: `${user}-pass`, headers: true, no_responders: true };
  const peer = await server.client(fields);
  await send(peer, ...lines);
  return peer;
}

/** Sends lines, and waits until the server has read them. */
async function send(peer: RawPeer, ...lines: string[]): Promise<void> {
  await peer.send(lines.map((line) => `${line}\r\n`).join(""));
  await peer.synchronise();
}

/** What arrives while `act` runs and until the server has answered once more; no PING nor PONG. */
async function during(peer: RawPeer, act: () => Promise<unknown>): Promise<string> {
  const before = peer.receivedBytes;
  await act();
  await peer.synchronise();
  return peer.receivedSince(before).replaceAll(/P[IO]NG\r\n/g, "");
}

/** What the peer gets of a message that another one publishes. */
function got(peer: RawPeer, publisher: RawPeer, line: string): Promise<string> {
  return during(peer, () => send(publisher, line));
}

/** What the server says to a log-in: everything up to the close if it is refused. */
async function refusal(server: ConfiguredServer, user: string): Promise<string> {
  const peer = await RawPeer.open(HOST, server.port);
  await peer.send(`CONNECT ${JSON.stringify({ user, pass: `${user}-pass`, verbose: false })}\r\n`);
  await peer.closed();
  return peer.received.replace(/^INFO .*?\r\n/, "");
}

describe("users", () => {
  test("that are added may log in, and those who were there notice nothing", async () => {
    await using server = await ConfiguredServer.start(accounts({ A: users("alice") }));
    const alice = await clientOf(server, "alice", "SUB own 1");
    expect(await refusal(server, "bob")).toBe(VIOLATION);
    const notice = await during(alice, () => server.reload(accounts({ A: users("alice", "bob") })));
    expect(notice).toBe("");
    const bob = await clientOf(server, "bob");
    expect(await got(alice, bob, "PUB own 2\r\nhi")).toBe("MSG own 1 2\r\nhi\r\n");
  });

  test("that are removed are closed without a word, and nobody else", async () => {
    await using server = await ConfiguredServer.start(accounts({ A: users("alice", "bob") }));
    const alice = await clientOf(server, "alice", "SUB own 1");
    const [bob, second] = [await clientOf(server, "bob"), await clientOf(server, "bob")];
    const before = bob.receivedBytes;
    const notice = await during(alice, () => server.reload(accounts({ A: users("alice") })));
    expect(notice).toBe("");
    await Promise.all([bob.closed(), second.closed()]);
    expect(bob.receivedSince(before).replace("PING\r\n", "")).toBe("");
    expect(await refusal(server, "bob")).toBe(VIOLATION);
    expect(await server.varz()).toMatchObject({ connections: 1 });
  });

  test("that move to another account are closed, and find themselves there", async () => {
    await using server = await ConfiguredServer.start(
      accounts({ A: users("alice", "bob"), B: users("carol") }),
    );
    const [alice, bob] = [await clientOf(server, "alice"), await clientOf(server, "bob")];
    await server.reload(accounts({ A: users("alice"), B: users("carol", "bob") }));
    await bob.closed();
    const [again, carol] = [
      await clientOf(server, "bob", "SUB x 1"),
      await clientOf(server, "carol"),
    ];
    expect(await got(again, alice, "PUB x 1\r\nA")).toBe("");
    expect(await got(again, carol, "PUB x 1\r\nB")).toBe("MSG x 1 1\r\nB\r\n");
  });

  test("whose passwords change are told so and closed", async () => {
    const config = accounts({ A: users("alice", "bob") });
    await using server = await ConfiguredServer.start(config);
    const [alice, bob] = [await clientOf(server, "alice"), await clientOf(server, "bob")];
    await server.reload(config.replace("bob-pass", "another"));
    await bob.closed();
    expect(bob.received).toEndWith(VIOLATION);
    await alice.synchronise();
  });
});

test("a log-in whose password is being checked is judged by what the reload says", async () => {
  const hashed = (user: string, hash: string) =>
    `accounts { A { users: [ {user: ${user}, password: "${hash}"}, {user: bob, password: b} ] } }`;
  const [slow, quick] = await Promise.all([
    hashPassword("alice-pass", 12),
    hashPassword("alice-pass", 4),
  ]);
  await using server = await ConfiguredServer.start(hashed("alice", slow));
  const logIn = async () => {
    const peer = await RawPeer.open(HOST, server.port);
    const connect = { user: "alice", pass: "alice-pass", verbose: false };
    await peer.send(`CONNECT ${JSON.stringify(connect)}\r\nSUB x 1\r\nPING\r\n`);
    return peer;
  };
  const both = [await logIn(), await logIn()];
  await server.reload(hashed("carol", slow));
  await Promise.all(both.map((peer) => peer.closed()));
  await server.reload(hashed("alice", slow));
  const waiting = await logIn();
  await server.reload(hashed("alice", quick));
  await waiting.until("PONG", () => waiting.received.endsWith("PONG\r\n"));
  expect(await server.varz()).toMatchObject({ connections: 1 });
  await waiting.send("PUB x 2\r\nhi\r\n");
  await waiting.until("message", () => waiting.received.endsWith("MSG x 1 2\r\nhi\r\n"));
});

describe("permissions that change", () => {
  const config = (permissions: string) => accounts({ A: users(["alice", permissions], "bob") });

  test("end the subscriptions that they forbid, each with its reason, and no others", async () => {
    await using server = await ConfiguredServer.start(config(""));
    const alice = await clientOf(
      server,
      "alice",
      "SUB open.x 1",
      "SUB secret.x 2",
      "SUB secret.> workers 3",
      "SUB open.* name",
      "SUB secret.\xc3\xa9 5",
    );
    const bob = await clientOf(server, "bob", "SUB secret.x 1");
    const notice = during(alice, () => server.reload(config('subscribe: {deny: "secret.>"}')));
    expect(new Set((await notice).split("\r\n"))).toEqual(
      new Set([
        "",
        `-ERR 'Permissions Violation for Subscription to "secret.>" using queue "workers" (sid "3")'`,
        `-ERR 'Permissions Violation for Subscription to "secret.\xc3\xa9" (sid "5")'`,
        `-ERR 'Permissions Violation for Subscription to "secret.x" (sid "2")'`,
      ]),
    );
    expect(await got(alice, bob, "PUB secret.x 2\r\nno")).toBe("");
    const open = await got(alice, bob, "PUB open.x 0\r\n");
    expect(open).toContain("MSG open.x 1 0\r\n\r\n");
    expect(open).toContain("MSG open.x name 0\r\n\r\n");
    expect(await got(bob, alice, "PUB secret.x 2\r\nok")).toBe("MSG secret.x 1 2\r\nok\r\n");
  });

  test("keep from wildcard subscriptions what they forbid, and give it back", async () => {
    await using server = await ConfiguredServer.start(config(""));
    const [alice, bob] = [
      await clientOf(server, "alice", "SUB > 1"),
      await clientOf(server, "bob"),
    ];
    const publish = async () => {
      const lines = ["PUB secret 1\r\ns", "PUB secret 1\r\ns", "PUB open 1\r\no"];
      const text = await during(alice, () => send(bob, ...lines));
      return text.split("\r\n").filter((line) => line.startsWith("MSG"));
    };
    expect(await publish()).toHaveLength(3);
    const notice = await during(alice, () => server.reload(config("subscribe: {deny: secret}")));
    expect(notice).toBe("");
    expect(await publish()).toEqual(["MSG open 1 1"]);
    await server.reload(config(""));
    expect(await publish()).toHaveLength(3);
  });

  test("hold for what is published next, also to subjects that were busy before", async () => {
    await using server = await ConfiguredServer.start(config(""));
    const alice = await clientOf(server, "alice");
    const bob = await clientOf(server, "bob", "SUB > 1");
    const busy = Array.from({ length: 5 }, () => "PUB a 1\r\nx");
    expect(await during(bob, () => send(alice, ...busy))).toHaveLength(
      5 * "MSG a 1 1\r\nx\r\n".length,
    );
    await server.reload(config("publish: b"));
    const told = await during(alice, () => send(alice, "PUB a 1\r\nx", "PUB b 1\r\nx"));
    expect(told).toBe(`-ERR 'Permissions Violation for Publish to "a"'\r\n`);
    await server.reload(config("publish: [a, b]"));
    expect(await got(bob, alice, "PUB a 1\r\nx")).toBe("MSG a 1 1\r\nx\r\n");
  });

  test("by way of the account's defaults count as well", async () => {
    const defaults = (text: string) =>
      accounts({ A: `${users("alice")}, default_permissions: {${text}}` });
    await using server = await ConfiguredServer.start(defaults("publish: x"));
    const alice = await clientOf(server, "alice", "SUB x 1", "SUB y 2");
    const notice = await during(alice, () => server.reload(defaults("subscribe: y")));
    expect(notice).toBe(`-ERR 'Permissions Violation for Subscription to "x" (sid "1")'\r\n`);
    expect(await got(alice, alice, "PUB y 1\r\ny")).toBe("MSG y 2 1\r\ny\r\n");
  });

  test("leave what may be answered to a responder", async () => {
    const responder = (text: string) => accounts({ A: users(["alice", text], "bob") });
    await using server = await ConfiguredServer.start(responder("allow_responses: true"));
    const alice = await clientOf(server, "alice", "SUB ask 1");
    const bob = await clientOf(server, "bob", "SUB inbox 1");
    await server.reload(responder("allow_responses: true, publish: other"));
    await got(alice, bob, "PUB ask inbox 1\r\n?");
    expect(await got(bob, alice, "PUB inbox 2\r\nok")).toBe("MSG inbox 1 2\r\nok\r\n");
    expect(await got(alice, alice, "PUB inbox 2\r\nno")).toContain("-ERR 'Permissions Violation");
  });
});

describe("accounts", () => {
  test("that are removed take their clients with them, and come back empty", async () => {
    const both = accounts({ A: users("alice"), B: users("bob", "ben") });
    await using server = await ConfiguredServer.start(both);
    const alice = await clientOf(server, "alice", "SUB x 1");
    const gone = [
      await clientOf(server, "bob", "SUB x 1"),
      await clientOf(server, "ben", "SUB > 2"),
    ];
    const notice = await during(alice, () => server.reload(accounts({ A: users("alice") })));
    expect(notice).toBe("");
    await Promise.all(gone.map((peer) => peer.closed()));
    expect(await server.varz()).toMatchObject({ connections: 1 });
    await server.reload(both);
    const back = await clientOf(server, "bob", "SUB x 7");
    expect(await got(back, back, "PUB x 1\r\n1")).toBe("MSG x 7 1\r\n1\r\n");
    expect(await got(alice, back, "PUB x 1\r\n2")).toBe("");
  });

  test("that go all at once leave a server for everybody", async () => {
    await using server = await ConfiguredServer.start(accounts({ A: users("alice") }));
    const alice = await clientOf(server, "alice");
    await server.reload("debug: false");
    await alice.closed();
    const anybody = await server.client();
    await anybody.synchronise();
  });

  test("have new limits for the clients that are there", async () => {
    const config = (limits: string) => accounts({ A: `${users("alice")}, limits: {${limits}}` });
    await using server = await ConfiguredServer.start(config(""));
    const [small, large] = [await clientOf(server, "alice"), await clientOf(server, "alice")];
    await send(small, "SUB a 1", "SUB b 2", "SUB c 3");
    await server.reload(config("max_payload: 10, max_subs: 2, max_conn: 2"));
    expect(await during(small, () => send(small, "SUB d 4"))).toBe(
      "-ERR 'maximum subscriptions exceeded'\r\n",
    );
    expect(await got(small, small, "PUB c 10\r\n0123456789")).toBe("MSG c 3 10\r\n0123456789\r\n");
    expect(await refusal(server, "alice")).toBe(
      "-ERR 'maximum account active connections exceeded'\r\n",
    );
    await large.send("PUB a 11\r\n01234567890\r\n");
    await large.closed();
    expect(large.received).toEndWith("-ERR 'Maximum Payload Violation'\r\n");
    await server.reload(config(""));
    expect(await during(small, () => send(small, "SUB d 4", "PUB x 11\r\n01234567890"))).toBe("");
  });
});

describe("imports that change", () => {
  const config = (exports: string, imports: string, rest = "") =>
    accounts({
      E: `${users("e")}, exports: [ ${exports} ]`,
      I: `${users("i")}, imports: [ ${imports} ], ${rest}`,
    });

  test("bring streams to subscriptions that were there, under other subjects or not at all", async () => {
    const exported = '{stream: "foo.>"}';
    const stream = (to: string) =>
      config(exported, `{stream: {account: E, subject: "foo.>"}${to}}`);
    await using server = await ConfiguredServer.start(config(exported, ""));
    const [e, i] = [
      await clientOf(server, "e"),
      await clientOf(server, "i", "SUB > 1", "SUB p.foo.x 2"),
    ];
    const places = async () => {
      const text = await during(i, () => send(e, "PUB foo.x 1\r\n1", "PUB foo.x 1\r\n1"));
      const lines = text.split("\r\n").filter((line) => line.startsWith("MSG"));
      return [...new Set(lines)].toSorted();
    };
    expect(await places()).toEqual([]);
    await server.reload(stream(""));
    expect(await places()).toEqual(["MSG foo.x 1 1"]);
    await server.reload(stream(", prefix: p"));
    expect(await places()).toEqual(["MSG p.foo.x 1 1", "MSG p.foo.x 2 1"]);
    await server.reload(config(exported, ""));
    expect(await places()).toEqual([]);
  });

  test("give services and take them away; requests on their way are answered", async () => {
    const exported = '{service: "ask", response: stream}';
    const service = (to: string) =>
      config(exported, `{service: {account: E, subject: "ask"}${to}}`);
    await using server = await ConfiguredServer.start(service(""));
    const e = await clientOf(server, "e", "SUB ask 1");
    const i = await clientOf(server, "i", "SUB inbox 1");
    const ask = async (subject: string) => {
      const text = await got(e, i, `PUB ${subject} inbox 1\r\n?`);
      return /_R_\.\S+/.exec(text)?.[0] ?? "";
    };
    const reply = await ask("ask");
    expect(await got(i, e, `PUB ${reply} 1\r\n1`)).toBe("MSG inbox 1 1\r\n1\r\n");
    await server.reload(service(", to: other"));
    expect(await got(i, e, `PUB ${reply} 1\r\n2`)).toBe("MSG inbox 1 1\r\n2\r\n");
    const second = await ask("other");
    expect(second).not.toBe("");
    expect(await got(i, i, "PUB ask inbox 1\r\n?")).toContain("NATS/1.0 503");
    await server.reload(config(exported, ""));
    expect(await got(i, e, `PUB ${second} 1\r\n3`)).toBe("MSG inbox 1 1\r\n3\r\n");
    expect(await got(i, i, "PUB other inbox 1\r\n?")).toContain("NATS/1.0 503");
  });

  test("in a way that is not allowed change nothing", async () => {
    const good = config('{stream: "foo"}', '{stream: {account: E, subject: "foo"}}');
    await using server = await ConfiguredServer.start(good);
    const [e, i] = [await clientOf(server, "e"), await clientOf(server, "i", "SUB foo 1")];
    for (const bad of [
      config('{stream: "bar"}', '{stream: {account: E, subject: "foo"}}'),
      config('{stream: "foo", accounts: [E]}', '{stream: {account: E, subject: "foo"}}'),
      accounts({
        E: `${users("e")}, exports: [{service: s}], imports: [{service: {account: I, subject: s}}]`,
        I: `${users("i")}, exports: [{service: s}], imports: [{service: {account: E, subject: s}}]`,
      }),
    ]) {
      const lines = await server.reload(bad);
      expect(lines).toContainEqual(expect.stringContaining("Failed to reload"));
      expect(await got(i, e, "PUB foo 2\r\nhi")).toBe("MSG foo 1 2\r\nhi\r\n");
    }
  });

  test("as mappings do, hold for the next message", async () => {
    const mapped = (mappings: string) => config("", "", `mappings: {${mappings}}`);
    await using server = await ConfiguredServer.start(mapped(""));
    const i = await clientOf(server, "i", "SUB > 1");
    const target = async () => {
      const text = await got(i, i, "PUB foo 1\r\n1\r\nPUB foo 1\r\n1");
      return [...new Set(text.split("\r\n").filter((line) => line.startsWith("MSG")))];
    };
    expect(await target()).toEqual(["MSG foo 1 1"]);
    await server.reload(mapped("foo: bar"));
    expect(await target()).toEqual(["MSG bar 1 1"]);
    await server.reload(mapped('"*": "all.$1"'));
    expect(await target()).toEqual(["MSG all.foo 1 1"]);
    await server.reload(mapped(""));
    expect(await target()).toEqual(["MSG foo 1 1"]);
  });
});

test(
  "messages and requests between accounts come through many reloads, complete and in order",
  async () => {
    const config = (extra: string) =>
      accounts({
        E: `${users("e", `x${extra}`)}, exports: [ {stream: "flow.>"}, {service: "ask"} ]`,
        I: `${users(["i", extra === "" ? "" : 'publish: {deny: "never"}'])}
            mappings: {m${extra}: n}
            imports: [ {stream: {account: E, subject: "flow.>"}, prefix: p}
                       {service: {account: E, subject: "ask"}} ]`,
      });
    await using server = await ConfiguredServer.start(config(""));
    const clientFor = (user: string) =>
      connect({
        servers: `${HOST}:${server.port}`,
        user,
        pass: `${user}-pass`,
        reconnect: false,
      });
    await using e = await clientFor("e");
    await using i = await clientFor("i");
    e.subscribe("ask", { callback: (_error, message) => void message.respond(message.data) });
    const numbers: number[] = [];
    i.subscribe("p.flow.*", {
      callback: (_error, message) => void numbers.push(Number(message.string())),
    });
    await Promise.all([e.flush(), i.flush()]);
    let isOver = false;
    let published = 0;
    const publishing = (async () => {
      while (!isOver) {
        for (let n = 0; n < 200; n++) e.publish("flow.x", String(published++));
        await e.flush();
      }
    })();
    let answered = 0;
    const asking = (async () => {
      while (!isOver) {
        const text = String(answered);
        expect((await i.request("ask", text, { timeout: SOON_MS })).string()).toBe(text);
        answered++;
      }
    })();
    for (let n = 0; n < 12; n++) {
      const before = { messages: numbers.length, answered };
      await server.reload(config(n % 2 === 0 ? "2" : ""));
      await eventually(`traffic after reload ${n}`, SOON_MS, () => {
        return numbers.length > before.messages && answered > before.answered;
      });
    }
    isOver = true;
    await Promise.all([publishing, asking]);
    await eventually("the last message", SOON_MS, () => numbers.length >= published);
    expect(numbers).toEqual(Array.from({ length: published }, (_, n) => n));
    expect(server.log).not.toContain("Internal error");
  },
  3 * SOON_MS,
);
