/**
 * Publishers and subscribers that are as busy as they can be: every message has a number, so that
 * whoever misses one, gets one twice or out of order notices. Used by tests of what a running
 * server must not disturb.
 */
import type { Socket, TLSOptions } from "bun";
import { eventually } from "./measured-server.ts";
import { TEST_HOST } from "./running-server.ts";

const PUBLISHERS = 3;
const DIGITS = 9;
const BATCH = 500;
const SOON_MS = 20_000;

export interface LoadPlace {
  readonly port: number;
  /** What CONNECT says. */
  readonly connect: Readonly<Record<string, unknown>>;
  /** For a server whose handshake comes first; undefined for one without TLS. */
  readonly tls?: TLSOptions;
}

export class NumberedLoad {
  readonly #publishers: readonly Peer[];
  readonly #counters: readonly Counter[];
  readonly #publishing: readonly Promise<number>[];
  #isOver: boolean;

  private constructor(publishers: readonly Peer[], counters: readonly Counter[]) {
    this.#publishers = publishers;
    this.#counters = counters;
    this.#isOver = false;
    this.#publishing = publishers.map((peer, i) => this.#publish(peer, i));
  }

  /** Resolves when all have connected and subscribed. */
  static async start(place: LoadPlace): Promise<NumberedLoad> {
    const numbers = Array.from({ length: PUBLISHERS }, (_, i) => i);
    const each = numbers.map((i) => `SUB load.${i} ${i + 1}`).join("\r\n");
    const counters = await Promise.all(
      ["SUB load.* 1", "SUB load.> 2", each].map(async (subscribe) => {
        const counter = new Counter();
        counter.reply = await Peer.open(place, counter);
        await counter.reply.ask(`${subscribe}\r\n`);
        return counter;
      }),
    );
    const publishers = await Promise.all(numbers.map(() => Peer.open(place, undefined)));
    return new NumberedLoad(publishers, counters);
  }

  /** Connections that it has. */
  get size(): number {
    return this.#publishers.length + this.#counters.length;
  }

  /** The first thing that was wrong with each; "" so far. */
  get problems(): readonly string[] {
    const peers = [...this.#publishers, ...this.#counters.map(({ reply }) => reply)];
    const ends = peers.map((peer) => peer?.problem ?? "");
    return [...ends, ...this.#counters.map(({ problem }) => problem)].filter((one) => one !== "");
  }

  /** Resolves when each subscriber has got so many more messages, or something is wrong. */
  async goOn(messages: number, also: () => boolean = () => true): Promise<void> {
    const before = this.#counters.map(({ count }) => count);
    await eventually(`${messages} more messages`, SOON_MS, () => {
      const isBusy = this.#counters.every(({ count }, at) => count >= before[at]! + messages);
      return also() && (isBusy || this.problems.length > 0);
    });
  }

  /** Ends the publishers; resolves to what was sent and got when the last message has come. */
  async stop(): Promise<{ readonly sent: readonly number[]; readonly got: readonly number[][] }> {
    this.#isOver = true;
    const sent = await Promise.all(this.#publishing);
    const total = sent.reduce((sum, one) => sum + one);
    await eventually("the last message", SOON_MS, () => {
      return this.#counters.every(({ count }) => count >= total) || this.problems.length > 0;
    });
    return { sent, got: this.#counters.map(({ next }) => next) };
  }

  close(): void {
    for (const peer of this.#publishers) peer.close();
    for (const { reply } of this.#counters) reply?.close();
  }

  /** Until all is over; resolves to how many. */
  async #publish(peer: Peer, publisher: number): Promise<number> {
    let number = 0;
    while (!this.#isOver && peer.problem === "") {
      let batch = "";
      for (let i = 0; i < BATCH; i++) {
        const payload = String(number++).padStart(DIGITS, "0");
        batch += `PUB load.${publisher} ${DIGITS}\r\n${payload}\r\n`;
      }
      await peer.send(batch);
      // While the kernel takes everything, nobody else in this process would get their turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return number;
  }
}

/** One connection, logged in. */
class Peer {
  /** What ended it; "" while it is open. */
  problem: string;
  readonly #counter: Counter | undefined;
  #socket: Socket<undefined> | undefined;
  #isClosing: boolean;
  #onRoom: () => void;
  #onAnswer: () => void;

  private constructor(counter: Counter | undefined) {
    this.problem = "";
    this.#counter = counter;
    this.#socket = undefined;
    this.#isClosing = false;
    this.#onRoom = () => {};
    this.#onAnswer = () => {};
  }

  static async open(place: LoadPlace, counter: Counter | undefined): Promise<Peer> {
    const peer = new Peer(counter);
    const { port, connect, tls } = place;
    peer.#socket = await Bun.connect<undefined>({
      hostname: TEST_HOST,
      port,
      ...(tls === undefined ? {} : { tls }),
      socket: {
        data: (_, chunk) => peer.#take(chunk.toString("latin1")),
        drain: () => peer.#onRoom(),
        close: () => peer.#end("closed"),
        error: () => peer.#end("broken"),
      },
    });
    await peer.ask(`CONNECT ${JSON.stringify({ verbose: false, ...connect })}\r\n`);
    return peer;
  }

  /** Resolves when the server has seen it. */
  async ask(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onAnswer = resolve;
    await this.send(`${text}PING\r\n`);
    await promise;
  }

  /** Resolves when the system has taken it all. */
  async send(text: string): Promise<void> {
    let rest = Buffer.from(text);
    while (this.problem === "") {
      rest = rest.subarray(Math.max(0, this.#socket?.write(rest) ?? 0));
      if (rest.length === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onRoom = resolve;
      await promise;
    }
  }

  close(): void {
    this.#isClosing = true;
    this.#socket?.end();
  }

  #take(text: string): void {
    if (text.includes("PONG\r\n")) this.#onAnswer();
    if (this.#counter !== undefined) this.#counter.take(text);
    else if (text.includes("PING\r\n")) this.#socket?.write("PONG\r\n");
  }

  #end(problem: string): void {
    if (!this.#isClosing) this.problem ||= problem;
    this.#onRoom();
    this.#onAnswer();
  }
}

/** Where one subscriber has got to in the numbers of each publisher, which begin at 0. */
class Counter {
  /** Its connection, once it is open. */
  reply: Peer | undefined;
  readonly next: number[];
  /** The first thing that was not what had to come; "" so far. */
  problem: string;
  #rest: string;

  constructor() {
    this.reply = undefined;
    this.next = Array.from({ length: PUBLISHERS }, () => 0);
    this.problem = "";
    this.#rest = "";
  }

  /** Messages so far. */
  get count(): number {
    return this.next.reduce((sum, one) => sum + one);
  }

  take(text: string): void {
    const lines = (this.#rest + text).split("\r\n");
    this.#rest = lines.pop()!;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const match = /^MSG load\.(\d) \d+ 9$/.exec(line);
      if (match === null) this.#takeOther(line);
      else if (i + 1 < lines.length) this.#count(Number(match[1]), lines[++i]!);
      else this.#rest = `${line}\r\n${this.#rest}`;
    }
  }

  #takeOther(line: string): void {
    if (line === "PING") void this.reply?.send("PONG\r\n");
    else if (line !== "PONG" && !line.startsWith("INFO {")) this.problem ||= `got ${line}`;
  }

  #count(publisher: number, payload: string): void {
    const expected = this.next[publisher]!++;
    if (Number(payload) === expected) return;
    this.problem ||= `got ${payload} of publisher ${publisher} where ${expected} was due`;
  }
}
