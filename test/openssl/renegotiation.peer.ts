/**
 * What a client can ask for again once there is TLS: another handshake, which it does not get, and
 * new keys, which it does within reason. Others notice nothing. Run it with
 * `bun test ./test/openssl/renegotiation.peer.ts`; it needs openssl.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { TLS_MODES, lastEnded } from "../tls/tls-modes.ts";
import { certificatePath, talk } from "../tls/tls-peer.ts";

const SOON_MS = 10_000;

let server: ConfiguredServer;
let cid = 0;

beforeAll(async () => {
  server = await ConfiguredServer.start(TLS_MODES.first, "-D");
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** `openssl s_client` with its commands: a letter that stands alone in what is written at once. */
class Commanded implements AsyncDisposable {
  /** Also what openssl itself says. */
  received: string;
  /** Of its commands. */
  #told: string;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #reading: Promise<unknown>;

  constructor(version: string) {
    const trust = ["-verifyCAfile", certificatePath("ca.pem"), "-servername", "localhost"];
    const address = `${TEST_HOST}:${server.port}`;
    this.received = "";
    this.#told = "";
    this.#child = Bun.spawn(["openssl", "s_client", "-connect", address, ...trust, version], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    const { stdout, stderr } = this.#child;
    this.#reading = Promise.all([
      eachText(stdout, (text) => (this.received += text)),
      eachText(stderr, (text) => (this.#told += text)),
    ]);
  }

  /** Sends PING; whether it is answered. */
  async ping(before = ""): Promise<boolean> {
    const answers = this.#answers;
    this.write(`${before}PING\r\n`);
    await eventually("an answer or the end", SOON_MS, () => {
      return this.#answers > answers || this.#child.exitCode !== null;
    });
    return this.#answers > answers;
  }

  /** Has openssl carry out a command, and waits until it does: what follows at once is lost. */
  async command(letter: string): Promise<void> {
    const commands = this.#commands;
    this.write(`${letter}\n`);
    await eventually(`the command ${letter}`, SOON_MS, () => {
      return this.#commands > commands || this.#child.exitCode !== null;
    });
  }

  write(text: string): void {
    this.#child.stdin.write(text);
    void this.#child.stdin.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
    await this.#reading;
  }

  get #answers(): number {
    return this.received.split("PONG\r\n").length;
  }

  get #commands(): number {
    return this.#told.split(/RENEGOTIATING|KEYUPDATE/).length;
  }
}

async function eachText(
  stream: ReadableStream<Uint8Array>,
  take: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

test.each([
  ["another handshake", "-tls1_2", "R", 1, false],
  ["new keys", "-tls1_3", "k", 1, true],
  ["new keys of the server too", "-tls1_3", "K", 1, true],
  ["new keys again and again", "-tls1_3", "K", 100, false],
] as const)("a client that asks for %s", async (_what, version, letter, times, goesOn) => {
  {
    await using client = new Commanded(version);
    expect(await client.ping('CONNECT {"verbose":false}\r\n')).toBe(true);
    for (let i = 0; i < times; i++) await client.command(letter);
    expect(await client.ping()).toBe(goesOn);
  }
  const { reason, connz } = await lastEnded(server, cid);
  expect(reason).toBe(goesOn ? "Client Closed" : "Read Error");
  expect((await talk({ port: server.port, isFirst: true })).end).toBe("PONG");
  cid = Number((await lastEnded(server, Number(connz["cid"]))).connz["cid"]);
});
