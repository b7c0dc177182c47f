/**
 * The PROXY protocol on the client port: whose connection it is then, in each mode of TLS, whose
 * word is believed, and what becomes of headers that are wrong or do not come.
 */
import { describe, expect, test } from "bun:test";
import { MonitoredServer } from "../monitor/monitored-server.ts";
import { ConfiguredServer, infoOf } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Random } from "../../src/util/random.ts";
import { IPV4_BODY, IPV6_BODY, version2 } from "../unit/transport/proxy-headers.ts";
import { HeaderRelay, type HeaderTiming } from "./header-relay.ts";
import { certificatePath, talk } from "./tls-peer.ts";

const HOST = "127.0.0.1";
const SOON_MS = 10_000;
const LONG_MS = 30_000;
const FUZZ_ROUNDS = 60;

const V1 = "PROXY TCP4 192.0.2.7 10.0.0.1 5000 4222\r\n";
const V2 = version2(0x21, 0x11, IPV4_BODY);
const HELLO = 'CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n';
const ANYWHERE = /\[WRN\] PROXY protocol headers are believed from any address/;

interface ShownConnection {
  readonly ip: string;
  readonly port: number;
  readonly reason?: string;
  readonly tls_first?: boolean;
}

async function connections({ fetch }: Pick<MonitoredServer, "fetch">): Promise<ShownConnection[]> {
  const connz = await (await fetch("/connz?state=any")).json();
  return (connz as { connections: ShownConnection[] }).connections;
}

function shown(monitored: MonitoredServer | ConfiguredServer): Promise<ShownConnection[]> {
  return connections({ fetch: (path) => monitored.fetch(path) });
}

/** Sends the header without waiting for the greeting, then says hello. */
async function peerBehind(port: number, header: string): Promise<RawPeer> {
  const peer = await RawPeer.open(HOST, port);
  await peer.send(Buffer.from(header, "latin1"));
  await peer.send(HELLO);
  return peer;
}

/** Until the server has said whose connection it is, which follows the first PONG. */
async function boundInfo(peer: RawPeer): Promise<Record<string, unknown>> {
  await peer.until("an INFO", () => peer.received.includes('"connect_info":true'));
  return infoOf(peer.received);
}

async function warningAfter(server: ConfiguredServer, bytes: string): Promise<string> {
  const from = server.log.length;
  const peer = await RawPeer.open(HOST, server.port);
  await peer.send(Buffer.from(bytes, "latin1"));
  await peer.closed();
  expect(peer.received).not.toContain("-ERR");
  await server.logged(/\[WRN\] Error reading PROXY.*\n/, from);
  const lines = server.linesSince(from).filter((line) => line.includes("Error reading PROXY"));
  expect(lines).toHaveLength(1);
  return lines[0]!.replace(/127\.0\.0\.1:\d+/, "PEER");
}

describe("a client", () => {
  test.each([
    ["version 1, IPv4", V1, "192.0.2.7", 5000],
    ["version 1, IPv6", "PROXY TCP6 2001:DB8:0::1 ::1 5000 1\r\n", "2001:db8::1", 5000],
    ["version 2, IPv4", V2, "192.0.2.7", 5000],
    ["version 2, IPv6", version2(0x21, 0x21, IPV6_BODY), "2001:db8::1", 5000],
    ["a giant one", version2(0x21, 0x11, IPV4_BODY + "z".repeat(65_523)), "192.0.2.7", 5000],
    ["version 1, unknown", "PROXY UNKNOWN\r\n", HOST, undefined],
    ["version 2, local", version2(0x20, 0, "abc"), HOST, undefined],
    ["version 2, unspecified", version2(0x21, 0x01, "abc"), HOST, undefined],
    ["none", "", HOST, undefined],
  ])("behind a header: %s", async (_what, header, ip, port) => {
    await using monitored = await MonitoredServer.start("proxy_protocol: true");
    const peer = await peerBehind(monitored.server.clientPort, header);
    const info = await boundInfo(peer);
    const greeting = infoOf(peer.received.slice(0, peer.received.indexOf("\r\n") + 2));
    expect(greeting["client_id"]).toBe(1);
    expect(greeting).not.toHaveProperty("client_ip");
    expect(info["client_ip"]).toBe(ip);
    const [only] = await shown(monitored);
    expect(only).toMatchObject({ ip, port: port ?? expect.any(Number) });
    peer.end();
    await eventually("the end", SOON_MS, async () => {
      return (await shown(monitored))[0]?.reason === "Client Closed";
    });
    expect((await shown(monitored))[0]).toMatchObject({ ip, port: only!.port });
  });

  test.each<HeaderTiming>(["byte by byte", "with the client's first bytes"])(
    "whose header comes %s",
    async (timing) => {
      await using monitored = await MonitoredServer.start("proxy_protocol: true");
      for (const header of [V1, V2]) {
        await using relay = await HeaderRelay.start(monitored.server.clientPort, header, timing);
        const peer = await peerBehind(relay.port, "");
        expect((await boundInfo(peer))["client_ip"]).toBe("192.0.2.7");
        peer.end();
      }
    },
  );

  test("has its own address in the log and in events, and waits for its own failures", async () => {
    await using server = await ConfiguredServer.start(`proxy_protocol: true, debug: true
      login_throttle: 1
      accounts {
        $SYS { users: [ { user: admin, password: a } ] }
        A { users: [ { user: u, password: p } ] }
      }`);
    const listener = await server.client({ user: "admin", pass: "a" });
    await listener.send("SUB $SYS.ACCOUNT.A.CONNECT 1\r\n");
    await listener.synchronise();
    const logIn = async (address: string, pass: string) => {
      const peer = await RawPeer.open(HOST, server.port);
      await peer.send(`PROXY TCP4 ${address} 10.0.0.1 5000 4222\r\n`);
      await peer.send(`CONNECT {"verbose":false,"user":"u","pass":"${pass}"}\r\nPING\r\n`);
      return peer;
    };
    const welcome = await logIn("192.0.2.7", "p");
    await welcome.until("PONG", () => welcome.received.includes("PONG"));
    await listener.until("event", () => listener.received.includes("client_connect"));
    expect(listener.received).toMatch(/"host":"192\.0\.2\.7"/);
    for (let i = 0; i < 2; i++) await (await logIn("192.0.2.9", "x")).closed();
    const throttled = await logIn("192.0.2.9", "x");
    const other = await logIn("192.0.2.8", "x");
    await other.closed();
    expect(throttled.isClosed).toBe(false);
    await throttled.closed();
    expect(server.log).toMatch(/192\.0\.2\.8:5000 - cid:\d+ - .*authentication error/);
  });

  test("beyond max_connections is told so, and closed while its header is awaited", async () => {
    await using monitored = await MonitoredServer.start("proxy_protocol: true, max_connections: 1");
    const waiting = await monitored.stranger();
    await waiting.until("greeting", () => waiting.received.includes("INFO"));
    const refused = await peerBehind(monitored.server.clientPort, V1);
    await refused.closed();
    expect(refused.received).toEndWith("\r\n-ERR 'maximum connections exceeded'\r\n");
    expect(refused.received).not.toContain("client_ip");
    await monitored.server.shutdown();
    await waiting.closed();
    expect(waiting.received).toMatch(/^INFO [^\n]*\n$/);
  });
});

describe("a header that is wrong", () => {
  test("closes its connection, and the log says why", async () => {
    await using server = await ConfiguredServer.start("proxy_protocol: true");
    const text = "[WRN] Error reading PROXY protocol header from PEER: ";
    expect(await warningAfter(server, "PROXY TCP4 ::1 ::1 1 2\r\nPING\r\n")).toBe(
      `${text}invalid PROXY protocol header: TCP4 with IPv6 address`,
    );
    expect(await warningAfter(server, version2(0x21, 0x31, "x".repeat(216)))).toBe(
      `${text}unsupported PROXY protocol feature: unsupported address family 0x30`,
    );
    expect(await warningAfter(server, `PROXY ${"x".repeat(200)}`)).toBe(
      `${text}invalid PROXY protocol header: v1 line too long`,
    );
    const closed = await shown(server);
    expect(closed.map(({ ip, reason }) => `${ip} ${reason}`)).toEqual(
      Array.from({ length: 3 }, () => "127.0.0.1 Protocol Violation"),
    );
  });

  test("does so also when the proxy leaves in the middle of it, but not before", async () => {
    await using server = await ConfiguredServer.start("proxy_protocol: true");
    for (const bytes of ["", "PROXY TCP4"]) {
      const peer = await RawPeer.open(HOST, server.port);
      await peer.send(bytes);
      peer.endWriting();
      await peer.closed();
    }
    await server.logged(/Error reading PROXY.*: failed to read v1 line: EOF\n/);
    const reasons = (await shown(server)).map(({ reason }) => reason);
    expect(reasons.sort()).toEqual(["Client Closed", "Protocol Violation"]);
    expect(server.log.match(/Error reading PROXY/g)).toHaveLength(1);
  });

  test(
    "may take five seconds; who has said nothing until then is a client",
    async () => {
      await using server = await ConfiguredServer.start("proxy_protocol: true");
      const from = performance.now();
      const silent = await RawPeer.open(HOST, server.port);
      const halves = ["PROXY TCP4 1.1", version2(0x21, 0x11, "abc", 12), "PR"];
      const peers = await Promise.all(halves.map(() => RawPeer.open(HOST, server.port)));
      for (const [i, peer] of peers.entries()) await peer.send(Buffer.from(halves[i]!, "latin1"));
      const isClosed = (peer: RawPeer) => peer.isClosed;
      await eventually("the closes", SOON_MS, () => peers.every(isClosed));
      expect(performance.now() - from).toBeGreaterThan(4500);
      for (const part of ["v1 line", "IPv4 address data", "protocol version"]) {
        await server.logged(new RegExp(`PROXY.*: failed to read ${part}: i/o timeout\n`));
      }
      await silent.send(`${V1}PING\r\n`);
      await silent.closed();
      // The beginning is over: it is an operation like others.
      expect(silent.received).toContain("-ERR 'Unknown Protocol Operation'");
    },
    LONG_MS,
  );
});

describe("proxy_protocol_networks", () => {
  test("says whose headers are believed; others may connect without", async () => {
    await using server = await ConfiguredServer.start(
      'proxy_protocol: true, proxy_protocol_networks: ["10.0.0.0/8", "::/0"]',
    );
    expect(server.log).not.toMatch(ANYWHERE);
    for (const header of [V1, V2, "PROXY ", version2(0x20, 0, "")]) {
      expect(await warningAfter(server, header)).toBe(
        "[WRN] Error reading PROXY protocol header from PEER: " +
          "its address is not in proxy_protocol_networks",
      );
    }
    const direct = await peerBehind(server.port, "");
    expect((await boundInfo(direct))["client_ip"]).toBe(HOST);
    const reasons = (await shown(server)).map(({ reason }) => reason ?? "open");
    expect(reasons.sort()).toEqual([...Array(4).fill("Protocol Violation"), "open"]);
  });

  test("lets proxies in that it names, as of a reload", async () => {
    await using server = await ConfiguredServer.start("proxy_protocol: true");
    await server.logged(ANYWHERE);
    const unlisted = await server.reload("proxy_protocol: true, max_payload: 500");
    expect(unlisted.join("\n")).toMatch(ANYWHERE);
    const lines = await server.reload(
      'proxy_protocol: true, proxy_protocol_networks: ["::1", "127.0.0.0/8"]',
    );
    expect(lines).toContain("[INF] Reloaded: proxy_protocol_networks = ::1,127.0.0.0/8");
    expect(lines.join("\n")).not.toMatch(ANYWHERE);
    expect((await boundInfo(await peerBehind(server.port, V1)))["client_ip"]).toBe("192.0.2.7");
  });
});

const FILES = `cert_file: "${certificatePath("server.pem")}"
  key_file: "${certificatePath("server-key.pem")}"`;

interface Mode {
  readonly mode: string;
  readonly tls: string;
  readonly rest: string;
  /** Those that get in: without TLS, with it after INFO, with it first. */
  readonly clients: readonly ("plain" | "after" | "first")[];
}

const MODES: readonly Mode[] = [
  { mode: "required", tls: "", rest: "", clients: ["after"] },
  { mode: "optional", tls: "", rest: "allow_non_tls: true", clients: ["plain", "after"] },
  { mode: "first", tls: "handshake_first: true", rest: "", clients: ["first"] },
  { mode: "first or later", tls: "handshake_first: auto", rest: "", clients: ["after", "first"] },
  {
    mode: "first or later or never",
    tls: 'handshake_first: "300ms"',
    rest: "allow_non_tls: true",
    clients: ["plain", "after", "first"],
  },
];

describe.each(MODES)("with TLS that is $mode", ({ tls, rest, clients }) => {
  const config = `proxy_protocol: true\n${rest}\ntls { ${FILES}\n${tls} }`;

  test.each([
    ["without a header", "", "ahead"],
    ["behind one", V1, "ahead"],
    ["behind one that comes in pieces", V2, "byte by byte"],
    ["whose first bytes come with it", V2, "with the client's first bytes"],
  ] as const)("a client %s", async (_what, header, timing) => {
    await using monitored = await MonitoredServer.start(config);
    await using relay = await HeaderRelay.start(monitored.server.clientPort, header, timing);
    const { port } = relay;
    for (const client of clients) {
      if (client === "plain") {
        const peer = await RawPeer.open(HOST, port);
        await peer.until("greeting", () => peer.received.includes("\r\n"));
        await peer.send(HELLO);
        await peer.synchronise();
        peer.end();
      } else {
        const { end, info } = await talk({ port, isFirst: client === "first" });
        expect({ client, end }).toEqual({ client, end: "PONG" });
        const ip = header === "" ? HOST : "192.0.2.7";
        if (client === "first") expect(info).toContain(`"client_ip":"${ip}"`);
        else expect(info).not.toContain(`"client_ip":"${HOST}"`);
      }
    }
    const all = await shown(monitored);
    const expected = header === "" ? HOST : "192.0.2.7";
    expect(all.map(({ ip }) => ip)).toEqual(clients.map(() => expected));
    expect(all.filter((one) => one.tls_first)).toHaveLength(clients.includes("first") ? 1 : 0);
  });
});

test("a reload turns it on and off, also where TLS had to come at once", async () => {
  await using server = await ConfiguredServer.start(`tls { ${FILES} }`);
  await using relay = await HeaderRelay.start(server.port, V2);
  expect((await talk({ port: relay.port })).end).not.toBe("PONG");
  const lines = await server.reload(`tls { ${FILES} }\nproxy_protocol: true`);
  expect(lines).toContain("[INF] Reloaded: proxy_protocol = true");
  expect((await talk({ port: relay.port })).end).toBe("PONG");
  expect((await talk({ port: server.port })).end).toBe("PONG");
  await server.reload(`tls { ${FILES} }`);
  expect((await talk({ port: relay.port })).end).not.toBe("PONG");
  expect((await talk({ port: server.port })).end).toBe("PONG");
});

test("a client that only listens is greeted in time where TLS may come first", async () => {
  await using server = await ConfiguredServer.start(
    `proxy_protocol: true\ntls { ${FILES}\nhandshake_first: auto }`,
  );
  await server.logged(/PROXY protocol enabled for client connections/);
  for (const header of ["", V1]) {
    const from = performance.now();
    const peer = await RawPeer.open(HOST, server.port);
    await peer.send(header);
    await peer.until("greeting", () => peer.received.includes("\r\n"));
    expect(performance.now() - from).toBeLessThan(4000);
    expect(infoOf(peer.received)["client_ip"]).toBe(header === "" ? undefined : "192.0.2.7");
    peer.end();
  }
});

test.each([
  ["without TLS", ""],
  ["with TLS", `tls { ${FILES}\ntimeout: "200ms" }`],
  ["with TLS first or later or never", `allow_non_tls: true\ntls { ${FILES}\nfirst: auto }`],
])(
  "random headers cost only those who send them, %s",
  async (_what, config) => {
    const seed = Date.now();
    const random = new Random(seed);
    const pick = (texts: readonly string[]) => texts[random.below(texts.length)]!;
    await using monitored = await MonitoredServer.start(`proxy_protocol: true\n${config}`);
    const port = monitored.server.clientPort;
    const peers: RawPeer[] = [];
    for (let round = 0; round < FUZZ_ROUNDS; round++) {
      const bytes = Buffer.from(
        pick([V1, V2, version2(0x20, 0, "xyz"), "PROXY UNKNOWN\r\n"]),
        "latin1",
      );
      for (let i = random.below(3); i > 0; i--)
        bytes[random.below(bytes.length)] = random.below(256);
      const peer = await RawPeer.open(HOST, port);
      const cut = random.below(bytes.length + 1);
      await peer.send(bytes.subarray(0, cut));
      if (random.below(3) === 0) peer.terminate();
      else await peer.send(bytes.subarray(cut));
      await peer.send(pick(["", HELLO, "\x16\x03\x01\x02\0\x01\0", "\0\xff"]));
      peers.push(peer);
    }
    await using relay = await HeaderRelay.start(port, V2);
    if (config === "") await boundInfo(await peerBehind(relay.port, ""));
    else expect((await talk({ port: relay.port })).end, `seed ${seed}`).toBe("PONG");
    for (const peer of peers) peer.terminate();
    expect((await monitored.fetch("/healthz")).status, `seed ${seed}`).toBe(200);
  },
  LONG_MS,
);
