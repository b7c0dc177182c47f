/**
 * Floods of log-ins that fail, and secrets: whoever is connected is not disturbed by the checks of
 * others, and nothing that somebody keeps secret is ever shown, whatever is logged.
 */
import { describe, expect, test } from "bun:test";
import { hashPassword } from "../../src/auth/bcrypt.ts";
import { ConfiguredServer, infoOf } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { KeyHolder } from "../unit/auth/configured.ts";

const HOST = "127.0.0.1";
const VIOLATION = "-ERR 'Authorization Violation'\r\n";
const ATTACKERS = 6;
const COST = 10;
const SOON_MS = 30_000;
const TIMEOUT_MS = 120_000;

const HASHED = { user: "hashed", pass: "hashed-secret", verbose: false };
const PLAIN = { user: "plain", pass: "plain-secret", verbose: false };

/** A connection that has been greeted. */
async function open(server: ConfiguredServer): Promise<RawPeer> {
  const peer = await RawPeer.open(HOST, server.port);
  await peer.until("greeting", () => peer.received.includes("\r\n"));
  return peer;
}

/** What the server says to this text, greetings left out, up to the close. */
async function refusedWith(server: ConfiguredServer, text: string): Promise<string> {
  const peer = await open(server);
  await peer.send(text);
  await peer.closed();
  return peer.received.replaceAll(/INFO .*?\r\n/g, "");
}

function connectLine(fields: object): string {
  return `CONNECT ${JSON.stringify(fields)}\r\n`;
}

/** A server whose user `hashed` has a bcrypt hash for a password. */
async function serverWithHash(more = ""): Promise<{ server: ConfiguredServer; hash: string }> {
  const hash = await hashPassword(HASHED.pass, COST);
  const users = `{user: hashed, password: "${hash}"}, {user: plain, password: plain-secret}`;
  const config = `authorization { timeout: 60, users: [ ${users} ] }\n${more}`;
  return { server: await ConfiguredServer.start(config), hash };
}

/** Wrong passwords from several connections, one after the other in each. */
class Flood {
  readonly #server: ConfiguredServer;
  readonly #attackers: Promise<void>[];
  refused: number;
  #isOver: boolean;

  constructor(server: ConfiguredServer) {
    this.#server = server;
    this.refused = 0;
    this.#isOver = false;
    this.#attackers = Array.from({ length: ATTACKERS }, (_, i) => this.#attack(i));
  }

  async #attack(attacker: number): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const pass = `wrong-secret-${attacker}-${i}`;
      expect(await refusedWith(this.#server, connectLine({ ...HASHED, pass }))).toBe(VIOLATION);
      this.refused++;
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#attackers);
  }
}

/** A number of six digits. */
function digits(count: number): string {
  return String(count % 1_000_000).padStart(6, "0");
}

describe("a flood of wrong passwords for a bcrypt hash", () => {
  test(
    "keeps no message of those who are connected, and nobody from logging in",
    async () => {
      const { server } = await serverWithHash();
      await using _ = server;
      const [publisher, subscriber] = [await server.client(PLAIN), await server.client(PLAIN)];
      await subscriber.send("SUB flow.* 1\r\n");
      await subscriber.synchronise();
      const flood = new Flood(server);
      let published = 0;
      // Until there has been a flood, and until there has been a lot to deliver.
      while (flood.refused < 2 * ATTACKERS || published < 20_000) {
        const numbers = Array.from({ length: 500 }, () => digits(published++));
        const expected = numbers.map((number) => `MSG flow.x 1 6\r\n${number}\r\n`).join("");
        const before = subscriber.receivedBytes;
        // The server asks now and then whether the subscriber is there.
        const got = () => subscriber.receivedSince(before).replaceAll("PING\r\n", "");
        await publisher.send(numbers.map((number) => `PUB flow.x 6\r\n${number}\r\n`).join(""));
        await publisher.synchronise();
        await subscriber.until("the batch", () => got().length >= expected.length);
        expect(got()).toBe(expected);
      }
      const rightful = await server.client(HASHED);
      await rightful.synchronise();
      await flood.stop();
      await Promise.all([publisher, subscriber].map((peer) => peer.synchronise()));
      expect(await server.varz()).toMatchObject({ connections: 3, slow_consumers: 0 });
    },
    TIMEOUT_MS,
  );

  test(
    "is answered, each of it, however long that takes: the time to log in is the client's",
    async () => {
      const hash = await hashPassword(HASHED.pass, COST);
      const config = `authorization { timeout: 0.2, users: [{user: hashed, password: "${hash}"}] }`;
      await using server = await ConfiguredServer.start(config);
      const refusals = Array.from({ length: 24 }, (_, i) =>
        refusedWith(server, connectLine({ ...HASHED, pass: `wrong-secret-${i}` })),
      );
      const rightful = server.client(HASHED);
      expect(new Set(await Promise.all(refusals))).toEqual(new Set([VIOLATION]));
      await (await rightful).synchronise();
    },
    TIMEOUT_MS,
  );

  test(
    "is dropped with the connections that made it",
    async () => {
      const { server } = await serverWithHash();
      await using _ = server;
      const attackers = await Promise.all(Array.from({ length: 300 }, () => open(server)));
      for (const [i, peer] of attackers.entries()) {
        await peer.send(connectLine({ ...HASHED, pass: `wrong-secret-${i}` }));
      }
      for (const peer of attackers) peer.terminate();
      // As many checks as that would take half a minute.
      const rightful = await server.client(HASHED);
      await rightful.synchronise();
      await eventually("one connection", SOON_MS, async () => {
        return (await server.varz())["connections"] === 1;
      });
    },
    TIMEOUT_MS,
  );
});

/** Everything over HTTP that knows of users. */
const PAGES = [
  "/varz",
  "/connz?auth=1&subs=detail",
  "/connz?auth=1&state=closed",
  "/subsz?subs=1",
  "/accountz",
  "/accountz?acc=$G",
  "/accountz?acc=ACME",
  "/accstatz?unused=1",
  "/debug/vars",
];

/** Everything that the server has shown of itself. */
async function shownBy(server: ConfiguredServer, said: readonly string[]): Promise<string> {
  const pages = await Promise.all(PAGES.map(async (path) => (await server.fetch(path)).text()));
  await server.linesDuring(async () => {});
  return [server.log, ...said, ...pages].join("\n");
}

/** The lines that hold any of the texts. */
function linesWith(shown: string, ...texts: readonly string[]): string[] {
  return shown.split("\n").filter((line) => texts.some((text) => line.includes(text)));
}

describe("log at all levels, error texts and monitoring show", () => {
  const LOUD = "debug: true, trace: true";

  test("no password and no hash, right or wrong", async () => {
    const { server, hash } = await serverWithHash(LOUD);
    await using _ = server;
    const [plain, hashed] = [await server.client(PLAIN), await server.client(HASHED)];
    const said = [
      await refusedWith(server, connectLine({ ...HASHED, pass: "wrong-secret" })),
      await refusedWith(server, connectLine({ ...PLAIN, pass: "wrong-secret" })),
      await refusedWith(server, connectLine({ user: "nobody", pass: "wrong-secret" })),
      await refusedWith(server, connectLine({ user: "hashed", pass: hash })),
      await refusedWith(server, connectLine({ auth_token: "token-secret", jwt: "jwt-secret" })),
      await refusedWith(server, 'CONNECT {"pass":"wrong-secret"}\r\nPUB a 1\r\n'),
      await refusedWith(server, `${connectLine(PLAIN)}${connectLine({ pass: "wrong-secret" })}`),
      await refusedWith(server, 'CONNECT {"user":"plain","pass":"cut-secret"\r\n'),
      await refusedWith(server, 'CONNECT {"user":7,"pass":"wrong-secret"}\r\n'),
    ];
    await server.reload(`authorization { user: plain, password: other-secret }\n${LOUD}`);
    await Promise.all([plain.closed(), hashed.closed()]);
    said.push(plain.received, hashed.received);
    const shown = await shownBy(server, said);
    expect(shown).toContain('User "hashed"');
    expect(shown).toContain("[REDACTED]");
    expect(linesWith(shown, "secret", hash.slice(0, 20), hash.slice(29))).toEqual([]);
  });

  test("no password in events and answers of the system account", async () => {
    const hash = await hashPassword(HASHED.pass, 4);
    await using server = await ConfiguredServer.start(`
      ${LOUD}
      system_account: SYS
      accounts {
        SYS { users: [ {user: watcher, password: watcher-secret} ] }
        ACME {
          users: [ {user: hashed, password: "${hash}"}, {user: plain, password: plain-secret} ]
        }
      }
    `);
    const watcher = await server.client({
      user: "watcher",
      pass: "watcher-secret",
      verbose: false,
    });
    await watcher.send("SUB $SYS.> 1\r\nSUB _INBOX.> 2\r\n");
    await watcher.synchronise();
    const [plain, hashed] = [await server.client(PLAIN), await server.client(HASHED)];
    for (const fields of [HASHED, PLAIN, { user: "nobody", verbose: false }]) {
      await refusedWith(server, connectLine({ ...fields, pass: "wrong-secret" }));
    }
    await plain.send("SUB _INBOX.> 1\r\nPUB $SYS.REQ.USER.INFO _INBOX.me 0\r\n\r\n");
    await plain.until("who it is", () => plain.received.includes("MSG _INBOX.me 1 "));
    const services = [
      ...["VARZ", "CONNZ", "SUBSZ", "ACCOUNTZ", "STATSZ", "PROFILEZ", "IDZ", "HEALTHZ"].map(
        (name) => `$SYS.REQ.SERVER.PING.${name}`,
      ),
      ...["CONNZ", "SUBSZ", "INFO", "CONNS", "STATZ"].map(
        (name) => `$SYS.REQ.ACCOUNT.ACME.${name}`,
      ),
      "$SYS.REQ.ACCOUNT.PING.STATZ",
    ];
    const wish = JSON.stringify({ auth: true, subscriptions_detail: true, account: "ACME" });
    for (const [i, service] of services.entries()) {
      await watcher.send(`PUB ${service} _INBOX.${i} ${wish.length}\r\n${wish}\r\n`);
      await watcher.until(service, () => watcher.received.includes(`MSG _INBOX.${i} 2 `));
    }
    hashed.terminate();
    await watcher.until("the disconnect", () => watcher.received.includes("ACME.DISCONNECT"));
    expect(watcher.received).toContain("$SYS.ACCOUNT.ACME.CONNECT");
    expect(watcher.received).toContain(".CLIENT.AUTH.ERR");
    const shown = await shownBy(
      server,
      [watcher, plain, hashed].map((peer) => peer.received),
    );
    expect(linesWith(shown, "secret", hash.slice(0, 20), hash.slice(29))).toEqual([]);
  });

  test("no token, in clear or as a hash", async () => {
    const hash = await hashPassword("token-secret", 4);
    for (const configured of ["token-secret", hash]) {
      const config = `authorization { token: "${configured}" }\n${LOUD}`;
      await using server = await ConfiguredServer.start(config);
      const right = await server.client({ auth_token: "token-secret" });
      const said = [
        await refusedWith(server, connectLine({ auth_token: "wrong-secret" })),
        await refusedWith(server, connectLine({ user: "token-secret" })),
        await refusedWith(server, connectLine({ pass: "token-secret" })),
      ];
      const shown = await shownBy(server, [...said, right.received]);
      // A name is shown, also if it is a token in the wrong place.
      const isName = (line: string) => /"user":"|"authorized_user": "|User "|user:/.test(line);
      const leaks = linesWith(shown, "secret", hash.slice(29)).filter((line) => !isName(line));
      expect(leaks).toEqual([]);
    }
  });

  test("no signature of an nkey", async () => {
    const [known, unknown] = [new KeyHolder(), new KeyHolder()];
    const config = `authorization { users: [ {nkey: ${known.nkey}} ] }\n${LOUD}`;
    await using server = await ConfiguredServer.start(config);
    const signatures: string[] = [];
    const logIn = async (holder: KeyHolder, nkey: string, change = (sig: string) => sig) => {
      const peer = await open(server);
      const sig = change(holder.sign(String(infoOf(peer.received)["nonce"])));
      signatures.push(sig);
      await peer.send(`${connectLine({ nkey, sig, verbose: false })}PING\r\n`);
      await peer.until("answer", () => peer.isClosed || peer.received.endsWith("PONG\r\n"));
      return peer;
    };
    const right = await logIn(known, known.nkey);
    expect(right.isClosed).toBe(false);
    const wrong = [
      await logIn(unknown, known.nkey),
      await logIn(unknown, unknown.nkey),
      await logIn(known, known.nkey, (sig) => sig.slice(0, 40)),
      await logIn(known, known.nkey, (sig) => `${sig}%%`),
    ];
    for (const peer of wrong) expect(peer.received).toEndWith(VIOLATION);
    const said = [right, ...wrong].map((peer) => peer.received.replaceAll(/INFO .*?\r\n/g, ""));
    const shown = await shownBy(server, said);
    expect(linesWith(shown, ...signatures.map((sig) => sig.slice(0, 30)))).toEqual([]);
  });

  test("no password, however CONNECT is written", async () => {
    const { server } = await serverWithHash(LOUD);
    await using _ = server;
    const said: string[] = [];
    for (const text of [
      '{"user":"plain","p\\u0061ss":"wrong-secret"}',
      '{"user":"plain","PASS" \t:\t "wrong-secret"}',
      '{"pass":"\\"wrong-secret"}',
      '{"pass":"a","pass":"wrong-secret"}',
      '{"\\u0061uth_token":"wrong-secret","sig":"sig-secret"}',
      '{"user":"plain","pass":"wrong-secret',
      '{"user":"plain","pass":wrong-secret}',
      '{"user":"plain","pass":["wrong-secret"]}',
    ]) {
      said.push(await refusedWith(server, `CONNECT ${text}\r\n`));
    }
    expect(linesWith(await shownBy(server, said), "secret")).toEqual([]);
  });

  test("no password of a CONNECT that is too long", async () => {
    const { server } = await serverWithHash("debug: false");
    await using _ = server;
    const fields = { ...PLAIN, name: "n".repeat(5000) };
    const said = await refusedWith(server, connectLine(fields));
    expect(said).toBe("-ERR 'maximum control line exceeded'\r\n");
    expect(linesWith(await shownBy(server, [said]), "secret")).toEqual([]);
  });

  test("no password of a configuration that is refused", async () => {
    const { server } = await serverWithHash();
    await using _ = server;
    for (const user of [
      "{user: u, password: {secret: a-secret}}",
      "{user: u, password: [a-secret]}",
      "{user: u, pass: a-secret, unknown: 1}",
      "{user: u, password: a-secret}, {user: u, password: b-secret}",
      '{user: u, password: "a-secret}',
      "{password: a-secret}",
      "{nkey: UA-secret, password: a-secret}",
    ]) {
      const lines = await server.reload(`authorization { users: [ ${user} ] }`);
      expect(lines).toContainEqual(expect.stringContaining("Failed to reload"));
    }
    await server.reload("authorization { token: [a-secret] }");
    expect(linesWith(await shownBy(server, []), "-secret")).toEqual([]);
  });
});
