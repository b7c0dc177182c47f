/**
 * Two well-behaved clients that play one message back and forth all the time: proof that a server
 * serves others while somebody misbehaves. Used by the hostile and the soak tests.
 */
import { RawPeer } from "./raw-peer.ts";

/** Time between two rounds, so that the pair leaves the processor to others. */
const PACE_MS = 1;

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false}\r\n';

export class SteadyPair implements Disposable {
  readonly #left: RawPeer;
  readonly #right: RawPeer;
  #isStopped: boolean;
  #rounds: number;
  #longestMs: number;
  #lastMs: number;

  private constructor(left: RawPeer, right: RawPeer) {
    this.#left = left;
    this.#right = right;
    this.#isStopped = false;
    this.#rounds = 0;
    this.#longestMs = 0;
    this.#lastMs = performance.now();
  }

  /** Connects both and starts the game. */
  static async start(host: string, port: number): Promise<SteadyPair> {
    const left = await RawPeer.open(host, port);
    const right = await RawPeer.open(host, port);
    await left.send(`${CONNECT}SUB steady.left 1\r\n`);
    await right.send(`${CONNECT}SUB steady.right 1\r\n`);
    await Promise.all([left.synchronise(), right.synchronise()]);
    const pair = new SteadyPair(left, right);
    void pair.#play();
    return pair;
  }

  /** Rounds played: a message to and fro. */
  get rounds(): number {
    return this.#rounds;
  }

  /** The longest time between two rounds so far, the present one included. */
  get longestSilenceMs(): number {
    return Math.max(this.#longestMs, performance.now() - this.#lastMs);
  }

  /** Waits for further rounds; rejects when the server does not answer for 10 s. */
  async playOn(rounds: number): Promise<void> {
    const target = this.#rounds + rounds;
    await this.#left.until(`round ${target}`, () => this.#rounds >= target);
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#left.end();
    this.#right.end();
  }

  async #play(): Promise<void> {
    while (!this.#isStopped) {
      await this.#hit(this.#left, this.#right, "steady.right");
      await this.#hit(this.#right, this.#left, "steady.left");
      const nowMs = performance.now();
      this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
      this.#lastMs = nowMs;
      this.#rounds++;
      await new Promise<void>((resolve) => setTimeout(resolve, PACE_MS));
    }
  }

  async #hit(from: RawPeer, to: RawPeer, subject: string): Promise<void> {
    const before = to.receivedBytes;
    const text = String(this.#rounds);
    const message = `MSG ${subject} 1 ${text.length}\r\n${text}\r\n`;
    await from.send(`PUB ${subject} ${text.length}\r\n${text}\r\n`);
    while (!this.#isStopped && !to.receivedSince(before).includes(message)) {
      if (to.isClosed) this.#isStopped = true;
      else await to.changed();
    }
  }
}
