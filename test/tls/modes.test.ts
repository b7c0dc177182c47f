/** Which clients get in, and how, for each mode of TLS of the client port. */
import { describe, expect, test } from "bun:test";
import { MonitoredServer } from "../monitor/monitored-server.ts";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { type TlsWish, certificatePath, keyHashOf, talk } from "./tls-peer.ts";

const HOST = "127.0.0.1";
const SOON_MS = 10_000;

function config(more: string, rest = ""): string {
  const files = `cert_file: "${certificatePath("server.pem")}"
    key_file: "${certificatePath("server-key.pem")}"`;
  return `${rest}\ntls { ${files}\n${more} }`;
}

const VERIFY = `verify: true, ca_file: "${certificatePath("ca.pem")}"`;

/** What becomes of a client that does without TLS. */
async function talkPlain({ server }: MonitoredServer): Promise<string> {
  const peer = await RawPeer.open(HOST, server.clientPort);
  await peer.send('CONNECT {"verbose":false}\r\nPING\r\n');
  await peer.until("an end", () => peer.isClosed || peer.received.includes("PONG\r\n"));
  peer.end();
  return peer.received.includes("PONG\r\n") ? "PONG" : "closed";
}

function fields(info: string): Record<string, unknown> {
  return JSON.parse(info.slice(5)) as Record<string, unknown>;
}

/** The mode, its configuration, and what becomes of clients of each kind. */
const MODES = [
  { mode: "required", tls: "", plain: "closed", after: "PONG", first: "closed" },
  { mode: "optional", tls: "", rest: "allow_non_tls: true", plain: "PONG", after: "PONG" },
  { mode: "first", tls: "handshake_first: true", plain: "closed", first: "PONG" },
  { mode: "first or later", tls: "handshake_first: auto", after: "PONG", first: "PONG" },
  {
    mode: "first or later or never",
    tls: 'handshake_first: "300ms"',
    rest: "allow_non_tls: true",
    after: "PONG",
    first: "PONG",
  },
] as const;

describe.each(MODES)("TLS that is $mode", (mode) => {
  const start = () => MonitoredServer.start(config(mode.tls, "rest" in mode ? mode.rest : ""));

  if ("plain" in mode) {
    test("and a client without", async () => {
      await using monitored = await start();
      expect(await talkPlain(monitored)).toBe(mode.plain);
    });
  }

  if ("after" in mode) {
    test("and a client that waits for INFO", async () => {
      await using monitored = await start();
      const { end, info } = await talk({ port: monitored.server.clientPort });
      expect(end).toBe(mode.after);
      const isOptional = "rest" in mode;
      expect(fields(info)["tls_required"]).toBe(isOptional ? undefined : true);
      expect(fields(info)["tls_available"]).toBe(isOptional ? true : undefined);
    });
  }

  if ("first" in mode && mode.first === "PONG") {
    test("and a client that begins with the handshake", async () => {
      await using monitored = await start();
      const { end, info } = await talk({ port: monitored.server.clientPort, isFirst: true });
      expect(end).toBe("PONG");
      expect(fields(info)["client_id"]).toBe(1);
      await eventually("the end", SOON_MS, async () => closedReasons(monitored).length === 1);
      const connz = await (await monitored.fetch("/connz?state=closed")).text();
      expect(connz).toContain('"tls_first": true');
    });
  }
});

test("in a mode with a choice a client that only listens gets in without TLS in the end", async () => {
  await using monitored = await MonitoredServer.start(
    config('timeout: "50ms"', "allow_non_tls: true"),
  );
  const { broker } = monitored.server;
  const peer = await RawPeer.open(HOST, monitored.server.clientPort);
  await peer.until("greeting", () => peer.received.includes("INFO"));
  // The time for the log-in or the first ping begins when it is clear that there will be no TLS.
  await eventually("the end of the wait", SOON_MS, async () => {
    await peer.send("PING\r\n");
    return peer.received.includes("PONG\r\n");
  });
  expect(broker.connections.size).toBe(1);
  peer.end();
});

describe("a handshake that does not end", () => {
  test("is cut off, with the reason in plain text", async () => {
    await using monitored = await MonitoredServer.start(config('timeout: "100ms"'));
    const peer = await RawPeer.open(HOST, monitored.server.clientPort);
    await peer.closed();
    expect(peer.received).toMatch(/^INFO .*\r\n-ERR 'Secure Connection - TLS Required'\r\n$/);
    expect(closedReasons(monitored)).toEqual(["TLS Handshake Failure"]);
  });

  test("is cut off also when it has begun", async () => {
    await using monitored = await MonitoredServer.start(
      config('timeout: "100ms", handshake_first: true'),
    );
    const peer = await RawPeer.open(HOST, monitored.server.clientPort);
    await peer.send(Uint8Array.of(0x16, 3, 1, 2, 0, 1));
    await peer.closed();
    expect(closedReasons(monitored)).toEqual(["TLS Handshake Failure"]);
  });
});

function closedReasons({ server }: MonitoredServer): string[] {
  return server.broker.closedConnections.all().map(({ reason }) => reason.text);
}

describe("with verify", () => {
  const start = (more = "") => MonitoredServer.start(config(`${VERIFY}, ${more}`));

  test.each([
    ["client", "PONG"],
    ["plain-client", "PONG"],
    [undefined, undefined],
    ["foreign-client", undefined],
    ["expired-client", undefined],
    ["future-client", undefined],
    ["server-only", undefined],
    ["of-middle", "PONG"],
    ["of-client", undefined],
    ["of-false-ca", undefined],
  ])("a client with the certificate %s", async (certificate, expected) => {
    await using monitored = await start();
    const wish: TlsWish = { port: monitored.server.clientPort };
    const { end } = await talk(certificate === undefined ? wish : { ...wish, certificate });
    if (expected !== undefined) {
      expect(end).toBe(expected);
      return;
    }
    expect(end).not.toBe("PONG");
    await eventually("the end", SOON_MS, async () => closedReasons(monitored).length === 1);
    expect(closedReasons(monitored)).toEqual(["TLS Handshake Failure"]);
  });

  test("INFO says so", async () => {
    await using monitored = await start();
    const wish = { port: monitored.server.clientPort, certificate: "client" };
    expect(fields((await talk(wish)).info)["tls_verify"]).toBe(true);
  });

  test("monitoring tells of the certificate", async () => {
    await using monitored = await start();
    await talk({ port: monitored.server.clientPort, certificate: "client" });
    await eventually("the end", SOON_MS, async () => closedReasons(monitored).length === 1);
    const connz = (await (await monitored.fetch("/connz?state=closed&auth=1")).json()) as {
      connections: readonly Record<string, unknown>[];
    };
    expect(connz.connections[0]).toMatchObject({
      tls_version: "1.3",
      tls_cipher_suite: expect.stringMatching(/^TLS_/),
      tls_peer_certs: [
        {
          subject: "CN=client,OU=plant,O=midge tests,C=DE",
          spki_sha256: expect.stringMatching(/^[a-f\d]{64}$/),
          cert_sha256: expect.stringMatching(/^[a-f\d]{64}$/),
        },
      ],
    });
  });
});

describe("pinned certificates", () => {
  const WRONG = "00".repeat(32);

  test("let in whose key is among them, and nobody else", async () => {
    await using monitored = await MonitoredServer.start(
      config(`${VERIFY}, pinned_certs: ["${WRONG}", "${keyHashOf("client").toUpperCase()}"]`),
    );
    const port = monitored.server.clientPort;
    expect((await talk({ port, certificate: "client" })).end).toBe("PONG");
    expect((await talk({ port, certificate: "plain-client" })).end).not.toBe("PONG");
  });

  test("let in nobody who is not asked for a certificate", async () => {
    await using monitored = await MonitoredServer.start(config(`pinned_certs: ["${WRONG}"]`));
    const { end } = await talk({ port: monitored.server.clientPort, certificate: "client" });
    expect(end).not.toBe("PONG");
  });
});

test("TLS 1.2 is possible, and can be ruled out", async () => {
  for (const [minVersion, expected] of [
    ["1.2", true],
    ["1.3", false],
  ] as const) {
    await using monitored = await MonitoredServer.start(config(`min_version: "${minVersion}"`));
    const { end } = await talk({ port: monitored.server.clientPort, maxVersion: "TLSv1.2" });
    expect(end === "PONG").toBe(expected);
  }
});

test("no more handshakes begin within a second than connection_rate_limit says", async () => {
  await using server = await ConfiguredServer.start(
    config('connection_rate_limit: 2, timeout: "300ms"'),
  );
  const talks = await Promise.all([1, 2, 3, 4].map(() => rawGreeting(server.port)));
  const refused = talks.filter((text) => text.includes("-ERR"));
  expect(refused).toHaveLength(2);
  expect(refused[0]).toEndWith(
    "\r\n-ERR 'Connection throttling is active. Please try again later.'\r\n",
  );
  await server.logged(/\[WRN\] Rejected 2 connections due to TLS rate limiting/);
});

/** What a client sees that says nothing, up to the close or the wish for a handshake. */
async function rawGreeting(port: number): Promise<string> {
  const peer = await RawPeer.open(HOST, port);
  await peer.closed();
  return peer.received.replace("-ERR 'Secure Connection - TLS Required'\r\n", "");
}
