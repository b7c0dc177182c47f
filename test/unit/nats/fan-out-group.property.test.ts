/**
 * Groups against a naive model: one publisher, receivers with equal and other ids, transports that
 * refuse and drain at random, turns that end at random. Every receiver's bytes must be those that
 * the model wrote down. A failure names the seed, which `SEED=<seed>` repeats.
 */
import { expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { Random } from "../../../src/util/random.ts";
import { feed, WITH_HEADERS } from "../../support/fleet.ts";
import { MemoryBroker, QUIET } from "../../support/memory-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** On a machine that does other things as well. */
const TIMEOUT_MS = 60_000;
const RUNS = 250;
const STEPS = 120;
const HEADERS = "NATS/1.0\r\nA: b\r\n\r\n";

/** Subjects, and the patterns that match each. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  a: ["a", "*", ">"],
  b: ["b", "*", ">"],
  "c.d": ["c.d", "c.*", ">"],
};
const PATTERNS = ["a", "b", "c.d", "*", "c.*", ">"];

/** What most receivers have: ids are equal where the pattern is. */
const USUAL: readonly (readonly [number, string])[] = [
  [1, "a"],
  [2, "b"],
  [3, "c.*"],
];

interface Published {
  readonly subject: string;
  readonly reply: string;
  readonly headers: string;
  readonly payload: string;
}

interface ModelSubscription {
  readonly pattern: string;
  delivered: number;
  /** 0 for none. */
  max: number;
}

function inputOf({ subject, reply, headers, payload }: Published): string {
  const name = headers === "" ? "PUB" : "HPUB";
  const headerSize = headers === "" ? "" : `${headers.length} `;
  const size = headers.length + payload.length;
  return `${name} ${subject}${reply} ${headerSize}${size}\r\n${headers}${payload}\r\n`;
}

/** A client and what it must have received. */
class Receiver {
  readonly peer: MemoryPeer;
  readonly takesHeaders: boolean;
  readonly subscriptions = new Map<number, ModelSubscription>();
  /** What has to come, in this order; the texts of one step in any order. */
  readonly steps: string[][] = [];
  messages = 0;
  bytes = 0;
  /** Whether the test closed it, so that it gets what was published before. */
  isDismissed = false;
  isBroken = false;

  constructor(broker: MemoryBroker, takesHeaders: boolean) {
    this.peer = broker.connect(takesHeaders ? WITH_HEADERS : QUIET);
    this.takesHeaders = takesHeaders;
  }

  /** Whether it was closed by the server: it has got a part of what it should. */
  get isCutOff(): boolean {
    return this.isBroken || !(this.isDismissed || this.peer.client.isLive);
  }

  get isOpen(): boolean {
    return this.peer.client.isLive;
  }

  expectMessage(published: Published): void {
    const { subject, reply, payload } = published;
    const headers = this.takesHeaders ? published.headers : "";
    const texts: string[] = [];
    for (const [sid, subscription] of this.subscriptions) {
      if (!SUBJECTS[subject]!.includes(subscription.pattern)) continue;
      const text = inputOf({ subject, reply: ` ${sid}${reply}`, headers, payload });
      texts.push(text.replace("PUB", "MSG"));
      this.messages++;
      this.bytes += headers.length + payload.length;
      if (++subscription.delivered === subscription.max) this.subscriptions.delete(sid);
    }
    if (texts.length > 0) this.steps.push(texts);
  }

  subscribe(sid: number, pattern: string): void {
    feed(this.peer, `SUB ${pattern} ${sid}\r\n`);
    if (!this.subscriptions.has(sid)) {
      this.subscriptions.set(sid, { pattern, delivered: 0, max: 0 });
    }
  }

  unsubscribe(sid: number, max: number): void {
    feed(this.peer, `UNSUB ${sid} ${max}\r\n`);
    const subscription = this.subscriptions.get(sid);
    if (subscription === undefined) return;
    subscription.max = max;
    if (subscription.delivered >= max) this.subscriptions.delete(sid);
  }

  ping(): void {
    feed(this.peer, "PING\r\n");
    this.steps.push(["PONG\r\n"]);
  }

  check(): void {
    const received = this.peer.read();
    let at = 0;
    for (const step of this.steps) {
      const open = new Set(step);
      while (open.size > 0) {
        if (this.isCutOff && at === received.length) return;
        const text = [...open].find((one) => received.startsWith(one, at));
        if (text === undefined) {
          const rest = received.slice(at);
          if (this.isCutOff && step.some((one) => one.startsWith(rest))) return;
          throw new Error(
            `${at}: ${JSON.stringify([rest.slice(0, 80), [...open][0]?.slice(0, 80)])}`,
          );
        }
        open.delete(text);
        at += text.length;
      }
    }
    expect(received.slice(at, at + 80)).toBe("");
    if (this.isCutOff) return;
    const { outMessages, outBytes } = this.peer.client;
    expect({ outMessages, outBytes }).toEqual({ outMessages: this.messages, outBytes: this.bytes });
  }
}

class Run {
  readonly #random: Random;
  readonly #broker: MemoryBroker;
  readonly #receivers: readonly Receiver[];
  readonly #publisher: MemoryPeer;
  #published: number;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    const closesSlowOnes = random.below(5) === 0;
    const options = closesSlowOnes ? { maxPendingBytes: 300_000 } : {};
    this.#broker = new MemoryBroker({ options });
    const count = 2 + random.below(5);
    this.#receivers = Array.from({ length: count }, () => {
      const receiver = new Receiver(this.#broker, random.below(5) > 0);
      for (const [sid, pattern] of USUAL) {
        if (random.below(4) > 0) receiver.subscribe(sid, pattern);
        else receiver.subscribe(1 + random.below(5), PATTERNS[random.below(PATTERNS.length)]!);
      }
      return receiver;
    });
    // In some of the runs one of the receivers publishes.
    const able = this.#receivers.find(({ takesHeaders }) => takesHeaders);
    const own = closesSlowOnes || random.below(2) === 0 ? undefined : able?.peer;
    this.#publisher = own ?? this.#broker.connect(WITH_HEADERS);
    this.#published = 0;
  }

  step(): void {
    const random = this.#random;
    const receiver = this.#receivers[random.below(this.#receivers.length)]!;
    const choice = random.below(100);
    if (choice < 50) this.#publish(1 + random.below(4));
    else if (choice < 51) this.#publish(random.below(400));
    else if (choice < 65) this.#broker.context.flushQueue.flush();
    else if (choice < 72) receiver.peer.transport.drain(random.below(100_000));
    else if (choice < 74) receiver.peer.transport.take(random.below(100_000));
    else if (!receiver.isOpen) return;
    else if (choice < 83) receiver.ping();
    else if (choice < 91) this.#subscribe(receiver);
    else if (choice < 99) this.#unsubscribe(receiver);
    else if (receiver.peer !== this.#publisher) this.#close(receiver);
  }

  #subscribe(receiver: Receiver): void {
    const random = this.#random;
    const [sid, pattern] = USUAL[random.below(USUAL.length)]!;
    if (random.below(4) > 0) receiver.subscribe(sid, pattern);
    else receiver.subscribe(1 + random.below(5), PATTERNS[random.below(PATTERNS.length)]!);
  }

  #unsubscribe(receiver: Receiver): void {
    const random = this.#random;
    const sid = 1 + random.below(4);
    const delivered = receiver.subscriptions.get(sid)?.delivered ?? 0;
    const max = random.below(3) === 0 ? 0 : Math.max(0, delivered + random.below(6) - 1);
    receiver.unsubscribe(sid, max);
  }

  #close(receiver: Receiver): void {
    if (this.#random.below(2) === 0) {
      receiver.isDismissed = true;
      receiver.peer.client.close(closeReasons.kicked);
    } else {
      receiver.isBroken = true;
      receiver.peer.transport.fail();
    }
  }

  /** Publishes in one chunk; what a pause leaves unread is read before anything else happens. */
  #publish(count: number): void {
    const batch = Array.from({ length: count }, () => this.#message());
    const closed = this.#receivers.filter(({ isOpen }) => !isOpen);
    feed(this.#publisher, batch.map(inputOf).join(""));
    while (this.#publisher.transport.isPaused) this.#broker.clock.advance(1);
    for (const receiver of this.#receivers) {
      if (closed.includes(receiver)) continue;
      for (const published of batch) receiver.expectMessage(published);
    }
  }

  #message(): Published {
    const random = this.#random;
    const [subject] = Object.keys(SUBJECTS).slice(random.below(3));
    const kind = random.below(100);
    const bytes = random.below(kind < 90 ? 60 : kind < 97 ? 6000 : 70_000);
    const number = this.#published++;
    return {
      subject: subject!,
      reply: random.below(3) === 0 ? ` r.${number}` : "",
      headers: random.below(12) === 0 ? HEADERS : "",
      payload: `${number} `.padEnd(bytes, "abcdefghijklmnopqrstuvw").slice(0, bytes),
    };
  }

  /** Lets everybody catch up. */
  finish(): void {
    const { broker, context } = this.#broker;
    context.flushQueue.flush();
    for (const { isBroken, peer } of this.#receivers) {
      if (isBroken) peer.client.onClose(undefined);
      else peer.transport.drain();
    }
    context.flushQueue.flush();
    for (const receiver of this.#receivers) receiver.check();
    expect(context.pool.lentBytes).toBe(0);
    const { counters, globalAccount } = broker;
    expect(globalAccount.outMessages).toBe(counters.outMessages);
    if (this.#receivers.some(({ isCutOff }) => isCutOff)) return;
    const sum = (of: (receiver: Receiver) => number) =>
      this.#receivers.reduce((total, receiver) => total + of(receiver), 0);
    expect(counters.outMessages).toBe(sum(({ messages }) => messages));
    expect(counters.outBytes).toBe(sum(({ bytes }) => bytes));
  }
}

test(
  `each receiver gets what a naive model says, seeds from ${firstSeed}`,
  () => {
    for (let seed = firstSeed; seed < firstSeed + RUNS; seed++) {
      const run = new Run(seed);
      let step = 0;
      try {
        for (; step < STEPS; step++) run.step();
        run.finish();
      } catch (error) {
        throw new Error(`seed ${seed}, step ${step}: ${String(error)}`, { cause: error });
      }
    }
  },
  TIMEOUT_MS,
);
