/** What no TLS client would send, to each mode of the client port: it costs its sender only. */
import { expect, test } from "bun:test";
import { MonitoredServer } from "../monitor/monitored-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Random } from "../../src/util/random.ts";
import { certificatePath, clientHello, talk } from "./tls-peer.ts";

const HOST = "127.0.0.1";
const ROUNDS = 150;
const TIMEOUT_MS = 60_000;

/** The beginning of a real ClientHello: record and handshake header, version, then a random. */
const HELLO = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

/** Bytes that begin like a handshake for longer or shorter, with lengths that lie. */
function anyBytes(random: Random): Uint8Array {
  const bytes = new Uint8Array(random.below(700));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  bytes.set(HELLO.slice(0, Math.min(random.below(HELLO.length + 1), bytes.length)));
  return bytes;
}

/** A real beginning of a handshake, wrong in some places, cut off or too long at times. */
function brokenHello(random: Random, hello: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(hello.length + random.below(2) * random.below(100));
  bytes.set(hello);
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    bytes[random.below(hello.length)] = random.below(256);
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

test.each([
  ["required", "", ""],
  ["optional", "", "allow_non_tls: true"],
  ["first", "handshake_first: true", ""],
  ["first or later", "handshake_first: auto", ""],
])(
  "random handshakes where TLS is %s",
  async (_mode, more, rest) => {
    const seed = Date.now();
    const random = new Random(seed);
    const file = (name: string) => `"${certificatePath(`${name}.pem`)}"`;
    await using monitored = await MonitoredServer.start(
      `${rest}\nmax_control_line: 512
      tls { cert_file: ${file("server")}, key_file: ${file("server-key")}
        timeout: "200ms", ${more} }`,
    );
    const port = monitored.server.clientPort;
    const hello = await clientHello();
    const peers = [];
    for (let round = 0; round < ROUNDS; round++) {
      const peer = await RawPeer.open(HOST, port);
      await peer.send(round % 3 === 0 ? anyBytes(random) : brokenHello(random, hello));
      if (random.below(3) === 0) peer.terminate();
      else if (random.below(2) === 0) await peer.send(anyBytes(random));
      peers.push(peer);
    }
    const { end } = await talk({ port, isFirst: more.includes("true") });
    expect(end, `seed ${seed}`).toBe("PONG");
    for (const peer of peers) peer.terminate();
    expect((await monitored.fetch("/healthz")).status, `seed ${seed}`).toBe(200);
  },
  TIMEOUT_MS,
);
