/**
 * Many clients that begin handshakes at once, and finish them, break them off in each phase or
 * spoil them, while others exchange messages: those are served all the time, and in the end nothing
 * is left of the flood.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, test } from "bun:test";
import { eventually } from "../support/measured-server.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { SIEGE_SEED, Siege } from "../support/siege.ts";
import { SteadyPair } from "../support/steady-pair.ts";
import { certificatePath, clientHello, pemOf, talk } from "./tls-peer.ts";

const WAVES = 20;
const CLIENTS_PER_WAVE = 120;
/** The longest that a connected client may have to wait for an answer. */
const MAX_SILENCE_MS = 3000;
const SETTLE_MS = 15_000;
const TIMEOUT_MS = 90_000;
const MiB = 1024 * 1024;
/** What the runtime and the allocator keep for next time. */
const MAX_GROWTH_BYTES = 48 * MiB;

const CONFIG = `allow_non_tls: true
  tls { cert_file: "${certificatePath("server.pem")}", key_file: "${certificatePath("server-key.pem")}"
    timeout: 1 }`;

/** Passes plain connections on to the server with TLS, so that a steady pair can have it too. */
class Tunnel implements Disposable {
  readonly port: number;
  readonly #close: () => void;

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.#close = close;
  }

  static to(port: number): Promise<Tunnel> {
    const listener = createServer({ pauseOnConnect: true }, (client) => {
      const socket = connectTcp(port, TEST_HOST);
      socket.once("data", () => {
        socket.pause();
        const server = connectTls({ socket, ca: pemOf("ca.pem"), servername: "localhost" });
        client.on("error", () => server.destroy()).on("close", () => server.destroy());
        server.on("error", () => client.destroy()).on("close", () => client.destroy());
        client.pipe(server);
        server.pipe(client);
      });
    });
    return new Promise((resolve) => {
      listener.listen(0, TEST_HOST, () => {
        const { port: ownPort } = listener.address() as AddressInfo;
        resolve(new Tunnel(ownPort, () => listener.close()));
      });
    });
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

/** A client that begins with `bytes`, may wait for an answer, and then goes its own way. */
async function begin(siege: Siege, bytes: Uint8Array, waits: boolean): Promise<RawPeer> {
  const peer = await siege.attacker();
  const greetingBytes = peer.receivedBytes;
  await peer.send(bytes);
  if (waits) await peer.until("an answer", () => peer.receivedBytes > greetingBytes);
  const way = siege.random.below(4);
  if (way === 0) peer.end();
  else if (way === 1) peer.terminate();
  else if (way === 2) await peer.send(siege.bytes(siege.between(1, 300)));
  return peer;
}

function spoiled(siege: Siege, hello: Uint8Array): Uint8Array {
  const bytes = hello.slice();
  for (let i = 0; i < 5; i++) bytes[siege.random.below(bytes.length)] = siege.random.below(256);
  return bytes;
}

async function wave(siege: Siege, hello: Uint8Array): Promise<RawPeer[]> {
  const { server } = siege;
  const peers: Promise<RawPeer>[] = [];
  const whole: Promise<string>[] = [];
  for (let i = 0; i < CLIENTS_PER_WAVE; i++) {
    const kind = siege.random.below(5);
    if (kind === 0) peers.push(begin(siege, hello.subarray(0, siege.between(0, 100)), false));
    else if (kind === 1) peers.push(begin(siege, hello, true));
    else if (kind === 2) peers.push(begin(siege, spoiled(siege, hello), false));
    else if (kind === 3) peers.push(begin(siege, siege.bytes(siege.between(1, 500)), false));
    else whole.push(talk({ port: server.port }).then(({ end }) => end));
  }
  expect(new Set(await Promise.all(whole))).toEqual(new Set(["PONG"]));
  return Promise.all(peers);
}

test(
  `a flood of handshakes, seed ${SIEGE_SEED}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "midge-flood-"));
    try {
      const path = join(folder, "midge.conf");
      writeFileSync(path, CONFIG);
      const hello = await clientHello();
      await Siege.run({ args: ["-c", path] }, async (siege) => {
        const { server } = siege;
        using tunnel = await Tunnel.to(server.port);
        using secure = await SteadyPair.start(TEST_HOST, tunnel.port);
        const { descriptors } = server;
        for (const peer of await wave(siege, hello)) peer.terminate();
        const bytes = server.residentBytes;
        for (let i = 0; i < WAVES; i++) {
          const rounds = [siege.pair.playOn(1), secure.playOn(1)];
          const peers = await wave(siege, hello);
          await Promise.all(rounds);
          for (const peer of peers) peer.terminate();
        }
        await secure.playOn(20);
        expect(secure.longestSilenceMs).toBeLessThan(MAX_SILENCE_MS);
        await eventually("only the pairs are left", SETTLE_MS, async () => {
          return (await server.varz()).connections === siege.baseline.connections + 2;
        });
        expect(server.descriptors).toBeLessThanOrEqual(descriptors + 2);
        expect(server.residentBytes / MiB).toBeLessThan((bytes + MAX_GROWTH_BYTES) / MiB);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS,
);
