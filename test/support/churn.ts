/**
 * Clients that come, subscribe, publish and leave in every way, for as long as they are told to;
 * some of them stop reading first. Used by the soak tests, which look at what is left behind.
 */
import type { Random } from "../../src/util/random.ts";
import { RawPeer } from "./raw-peer.ts";
import { TEST_HOST } from "./running-server.ts";

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n';
const GROUP = 20;

/** Every how many groups of clients a slow consumer is among them. */
const SLOW_EVERY = 10;

/** One message for slow consumers; enough of them to exceed max_pending and socket buffers. */
const SLOW_MESSAGE = `PUB slow 65536\r\n${"x".repeat(65_536)}\r\n`;
const SLOW_MESSAGES = 128;

export class Churn {
  readonly #port: number;
  readonly #random: Random;
  /** Connections made so far. */
  connections: number;
  /** Of these, the ones that the server had to cut off. */
  slowConsumers: number;

  constructor(port: number, random: Random) {
    this.#port = port;
    this.#random = random;
    this.connections = 0;
    this.slowConsumers = 0;
  }

  /** Runs for `durationMs` and then until the last of the clients has left. */
  async run(durationMs: number): Promise<void> {
    const endMs = performance.now() + durationMs;
    for (let round = 0; performance.now() < endMs; round++) {
      await this.#visit();
      if (round % SLOW_EVERY === 0) await this.#slowConsumer();
    }
  }

  /** A group of clients comes, talks and leaves. */
  async #visit(): Promise<void> {
    const peers = await Promise.all(Array.from({ length: GROUP }, () => this.#connect()));
    for (const peer of peers) {
      const sid = this.#random.below(1000);
      await peer.send(`${CONNECT}SUB churn.${sid} ${sid}\r\nSUB churn.* group a\r\nSUB > b\r\n`);
    }
    await Promise.all(peers.map((peer) => peer.synchronise()));
    for (const peer of peers) {
      await peer.send(`PUB churn.${this.#random.below(1000)} 5\r\nhello\r\n`);
      if (this.#random.below(4) === 0) await peer.send("UNSUB a\r\nUNSUB b 2\r\n");
      if (this.#random.below(8) === 0) await peer.send("nonsense\r\n");
    }
    for (const peer of peers) this.#leave(peer);
  }

  async #slowConsumer(): Promise<void> {
    const [slow, publisher] = [await this.#connect(), await this.#connect()];
    await slow.send(`${CONNECT}SUB slow 1\r\n`);
    await slow.synchronise();
    slow.pause();
    await publisher.send(CONNECT);
    for (let i = 0; i < SLOW_MESSAGES; i++) await publisher.send(SLOW_MESSAGE);
    await publisher.synchronise();
    slow.resume();
    await slow.closed();
    this.slowConsumers++;
    publisher.end();
  }

  async #connect(): Promise<RawPeer> {
    this.connections++;
    return RawPeer.open(TEST_HOST, this.#port);
  }

  #leave(peer: RawPeer): void {
    if (this.#random.below(2) === 0) peer.end();
    else peer.terminate();
  }
}
