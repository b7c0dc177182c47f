/** Slow receivers: max_pending, the write deadline, and producers that are made to wait. */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import type { Options } from "../../../src/config/options.ts";
import { configured } from "../../support/log-ins.ts";
import { MemoryBroker } from "../../support/memory-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";
import { MemoryTransport } from "../../support/memory-transport.ts";

const DEADLINE_MS = 1000;

/** One tick of the timer wheel, and the rounding of a due time to it. */
const LATE_MS = 40;

/** `PUB a` with a payload of so many bytes; the delivery `MSG a 1 …` is as long. */
function publishOf(bytes: number, filler = "x"): string {
  return `PUB a ${bytes}\r\n${filler.repeat(bytes)}\r\n`;
}

function deliveryOf(bytes: number, filler = "x"): string {
  return `MSG a 1 ${bytes}\r\n${filler.repeat(bytes)}\r\n`;
}

/** A receiver of `a` whose transport takes nothing any more, and a producer. */
function setUp(options: Partial<Options> = {}) {
  const broker = new MemoryBroker({
    options: { maxPendingBytes: 10_000, writeDeadlineMs: DEADLINE_MS, ...options },
  });
  const slow = broker.connect().send("SUB a 1\r\n");
  const producer = broker.connect();
  slow.transport.take(0);
  return { broker, slow, producer };
}

/** As `setUp`; the receiver's transport has refused the 6 bytes of a PONG already. */
function setUpBlocked(options: Partial<Options> = {}) {
  const setting = setUp(options);
  setting.slow.send("PING\r\n");
  return setting;
}

function counts({ broker }: MemoryBroker) {
  const { counters, globalAccount } = broker;
  return { server: counters.slowConsumers, account: globalAccount.slowConsumers };
}

describe("max_pending", () => {
  test("closes a receiver that has more waiting, counts it and logs it", () => {
    const { broker, slow, producer } = setUp();
    producer.send(publishOf(4000));
    producer.send(publishOf(4000));
    expect(slow.client.isLive).toBe(true);
    producer.send(publishOf(4000));
    broker.clock.advance(20);
    expect(slow.client.isLive).toBe(false);
    expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerPendingBytes);
    expect(slow.transport.isEnded).toBe(true);
    expect(counts(broker)).toEqual({ server: 1, account: 1 });
    expect(broker.logged("Slow Consumer Detected: MaxPending of 10000 Exceeded")).toHaveLength(1);
    expect(producer.client.isLive).toBe(true);
    broker.clock.advance(100);
    expect(broker.context.pool.lentBytes).toBe(0);
  });

  test("lets exactly as much wait", () => {
    const { broker, slow, producer } = setUp();
    const overhead = deliveryOf(5000).length - 5000;
    producer.send(publishOf(5000));
    producer.send(publishOf(5000 - 2 * overhead));
    broker.clock.advance(50);
    expect(slow.client.pendingBytes).toBe(10_000);
    expect(slow.client.isLive).toBe(true);
  });

  test("does not count what a willing receiver gets in one turn", () => {
    const { slow, producer } = setUp();
    slow.transport.takeAll();
    producer.send(publishOf(9000).repeat(10));
    expect(slow.client.isLive).toBe(true);
    expect(slow.transport.output.endsWith(deliveryOf(9000).repeat(10))).toBe(true);
  });

  test("also ends a peer that does not take the answers to its own operations", () => {
    for (const operation of ["PING\r\n", "SUB a..b 2\r\n", "PUB _GR_.x 0\r\n\r\n"]) {
      const { broker, slow } = setUp({ maxPendingBytes: 1000, maxPayloadBytes: 1000 });
      for (let i = 0; i < 500 && slow.client.isLive; i++) slow.send(operation);
      expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerPendingBytes);
      expect(slow.client.pendingBytes).toBe(0);
    }
  });

  test("also ends a requester that does not take the status of its requests", () => {
    const { broker } = setUp({ maxPendingBytes: 1000, maxPayloadBytes: 1000 });
    const peer = broker.connect({ verbose: false, headers: true, no_responders: true });
    peer.send("SUB r 1\r\n").transport.take(0);
    for (let i = 0; i < 500 && peer.client.isLive; i++) peer.send("PUB help r 0\r\n\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerPendingBytes);
  });

  test("in the middle of a dispatch leaves the other receivers theirs", () => {
    const { broker, slow, producer } = setUp();
    const others = [1, 2, 3].map(() => broker.connect().send("SUB a 1\r\n"));
    for (let i = 0; i < 4; i++) producer.send(publishOf(4000));
    for (let i = 0; i < 30; i++) broker.clock.advance(5);
    expect(slow.client.isLive).toBe(false);
    for (const other of others) expect(other.read()).toBe(deliveryOf(4000).repeat(4));
  });
});

describe("the write deadline", () => {
  test("closes a receiver that has taken nothing, counts it and logs it", () => {
    const { broker, slow, producer } = setUp();
    producer.send(publishOf(100));
    broker.clock.advance(DEADLINE_MS - 1);
    expect(slow.client.isLive).toBe(true);
    broker.clock.advance(1 + LATE_MS);
    expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerWriteDeadline);
    expect(counts(broker)).toEqual({ server: 1, account: 1 });
    const [line] = broker.logged("Slow Consumer Detected: WriteDeadline of 1s exceeded with");
    expect(line).toMatch(/with \d+ chunks of 115 total bytes\.$/);
  });

  test("is lifted when everything was taken in time", () => {
    const { broker, slow, producer } = setUp();
    producer.send(publishOf(100));
    broker.clock.advance(DEADLINE_MS - 1);
    slow.transport.drain();
    broker.clock.advance(10 * DEADLINE_MS);
    expect(slow.client.isLive).toBe(true);
    expect(slow.read()).toContain(deliveryOf(100));
  });

  test("is not put off by a peer that takes a little now and then", () => {
    for (const bytes of [100, 200_000]) {
      const { broker, slow, producer } = setUp({ maxPendingBytes: 1_000_000 });
      producer.send(publishOf(bytes));
      for (let waited = 0; waited < DEADLINE_MS + LATE_MS; waited += 100) {
        broker.clock.advance(100);
        if (slow.client.isLive) slow.transport.drain(1);
      }
      const reason = broker.lastClosed?.reason;
      expect({ bytes, reason }).toEqual({ bytes, reason: closeReasons.slowConsumerWriteDeadline });
    }
  });

  test("starts anew for what was queued behind, once the first lot is taken", () => {
    const { broker, slow, producer } = setUp();
    producer.send(publishOf(1000));
    broker.clock.advance(DEADLINE_MS / 2);
    producer.send(publishOf(1000));
    slow.transport.drain(deliveryOf(1000).length);
    broker.clock.advance(DEADLINE_MS - 1);
    expect(slow.client.isLive).toBe(true);
    broker.clock.advance(1 + LATE_MS);
    expect(slow.client.isLive).toBe(false);
  });

  test("before an expected CONNECT closes without counting", () => {
    const broker = new MemoryBroker({
      options: { writeDeadlineMs: 500, authTimeoutMs: 5000 },
      authenticator: configured({ authorizationToken: "t0ken" }),
    });
    const transport = new MemoryTransport();
    transport.take(10);
    broker.acceptWith(transport);
    broker.clock.advance(500 + LATE_MS);
    expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerWriteDeadline);
    expect(counts(broker)).toEqual({ server: 0, account: 0 });
  });
});

describe("write_timeout retry", () => {
  test("keeps a receiver that has taken a part", () => {
    const { broker, slow, producer } = setUp({ writeTimeout: "retry" });
    producer.send(publishOf(100));
    slow.transport.drain(10);
    broker.clock.advance(DEADLINE_MS + LATE_MS);
    expect(slow.client.isLive).toBe(true);
    expect(counts(broker)).toEqual({ server: 1, account: 1 });
    expect(broker.logged("Slow Consumer Detected: WriteDeadline")).toHaveLength(1);
    slow.transport.drain();
    expect(slow.read()).toContain(deliveryOf(100));
    expect(broker.logged("Slow Consumer Recovered:")).toHaveLength(1);
  });

  test("keeps a receiver that has taken a part of the first write only", () => {
    const { broker, slow, producer } = setUp({ writeTimeout: "retry" });
    slow.transport.take(10);
    producer.send(publishOf(100));
    broker.clock.advance(DEADLINE_MS + LATE_MS);
    expect(slow.client.isLive).toBe(true);
  });

  test("closes a receiver that has taken nothing, also if more was queued meanwhile", () => {
    for (const bytes of [100, 50_000]) {
      const { broker, slow, producer } = setUp({ writeTimeout: "retry", maxPendingBytes: 1e6 });
      producer.send(publishOf(bytes));
      broker.clock.advance(DEADLINE_MS / 2);
      producer.send(publishOf(100));
      broker.clock.advance(DEADLINE_MS / 2 + LATE_MS);
      const isLive = slow.client.isLive;
      expect({ bytes, isLive }).toEqual({ bytes, isLive: false });
      expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerWriteDeadline);
    }
  });

  test("closes a receiver that takes nothing within a further deadline", () => {
    const { broker, slow, producer } = setUp({ writeTimeout: "retry" });
    producer.send(publishOf(100));
    slow.transport.drain(10);
    broker.clock.advance(DEADLINE_MS + LATE_MS);
    broker.clock.advance(DEADLINE_MS + LATE_MS);
    expect(broker.lastClosed?.reason).toBe(closeReasons.slowConsumerWriteDeadline);
    expect(broker.logged("Slow Consumer State: WriteDeadline")).toHaveLength(1);
    expect(counts(broker)).toEqual({ server: 2, account: 2 });
  });
});

describe("a producer to a receiver with more than three quarters waiting", () => {
  /** Fills up the receiver to 7,600 of 10,000 bytes. */
  const congesting = publishOf(7600 - 6 - 16);

  function pausedProducer(rest: string, options: Partial<Options> = {}) {
    const setting = setUpBlocked(options);
    setting.producer.send(congesting + rest);
    return setting;
  }

  test("is paused behind the operation that runs, for 2 ms, and counted", () => {
    const { broker, slow, producer } = pausedProducer(publishOf(10));
    expect(producer.transport.isPaused).toBe(true);
    expect(producer.client.inMessages).toBe(1);
    expect(producer.client.stalls).toBe(1);
    expect(broker.broker.counters.stalledProducers).toBe(1);
    broker.clock.advance(1.9);
    expect(producer.client.inMessages).toBe(1);
    broker.clock.advance(0.1);
    expect(producer.client.inMessages).toBe(2);
    expect(slow.client.pendingBytes).toBe(7600 + deliveryOf(10).length);
  });

  test("is not paused up to three quarters", () => {
    const { producer, slow } = setUpBlocked();
    producer.send(publishOf(7500 - 6 - 16));
    expect(slow.client.pendingBytes).toBe(7500);
    expect(producer.client.stalls).toBe(0);
    producer.send(publishOf(0));
    expect(producer.client.stalls).toBe(1);
  });

  test("waits 10 ms at most for what one read brought, then goes on", () => {
    const { broker, producer } = pausedProducer(publishOf(10).repeat(20));
    let waitedMs = 0;
    while (producer.transport.isPaused) {
      broker.clock.advance(0.5);
      waitedMs += 0.5;
    }
    expect(waitedMs).toBe(10);
    expect(producer.client.inMessages).toBe(21);
    expect(producer.client.stalls).toBe(5);
  });

  test("goes on early when the receiver has caught up", () => {
    const { broker, slow, producer } = pausedProducer(publishOf(10));
    broker.clock.advance(0.5);
    slow.transport.drain();
    broker.clock.advance(0);
    expect(producer.transport.isPaused).toBe(false);
    expect(producer.client.inMessages).toBe(2);
  });

  test("goes on early when the receiver is below three quarters again", () => {
    const { broker, slow, producer } = pausedProducer(publishOf(10));
    slow.transport.drain(200);
    broker.clock.advance(0);
    expect(producer.transport.isPaused).toBe(false);
    expect(slow.client.outbound.isBlocked).toBe(true);
  });

  test("goes on early when the receiver closes", () => {
    const { broker, slow, producer } = pausedProducer(publishOf(10));
    slow.client.close(closeReasons.kicked);
    broker.clock.advance(0);
    expect(producer.transport.isPaused).toBe(false);
    expect(producer.client.inMessages).toBe(2);
  });

  test("keeps the order of what arrives while it waits", () => {
    const { broker, slow, producer } = pausedProducer(publishOf(1, "1") + publishOf(1, "2"));
    producer.send(`${publishOf(1, "3")}PUB a 1\r\n`);
    producer.send("4\r\n");
    producer.send(publishOf(1, "5"));
    for (let i = 0; i < 20; i++) broker.clock.advance(1);
    slow.transport.drain();
    const digits = slow.read().match(/(?<=MSG a 1 1\r\n)\d/g);
    expect(digits?.join("")).toBe("12345");
    expect(producer.transport.isPaused).toBe(false);
  });

  test("that straddles chunks loses nothing", () => {
    const { broker, slow, producer } = setUpBlocked();
    const input = congesting + publishOf(3, "1") + publishOf(3, "2") + publishOf(3, "3");
    for (let at = 0; at < input.length; at += 37) producer.send(input.slice(at, at + 37));
    for (let i = 0; i < 20; i++) broker.clock.advance(1);
    slow.transport.drain();
    expect(slow.read().endsWith(["1", "2", "3"].map((x) => deliveryOf(3, x)).join(""))).toBe(true);
  });

  test("that closes while it waits leaves its input unread", () => {
    const { broker, producer } = pausedProducer(publishOf(10));
    producer.client.close(closeReasons.kicked);
    broker.clock.advance(100);
    expect(producer.client.inMessages).toBe(1);
  });

  test("is reported in the log if one read waited for 5 ms or more", () => {
    const { broker } = pausedProducer(publishOf(10).repeat(20));
    broker.clock.advance(50);
    const reports = broker.logged("Producer was stalled for a total of");
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/\[WRN\] .* a total of 10ms$/);
  });

  test("is not reported for short waits in several reads", () => {
    const { broker, producer } = pausedProducer("");
    for (let i = 0; i < 3; i++) {
      broker.clock.advance(2);
      producer.send(publishOf(10));
    }
    broker.clock.advance(50);
    expect(broker.logged("Producer was stalled")).toEqual([]);
  });
});

describe("no_fast_producer_stall", () => {
  const full = (extra = "") => {
    const setting = setUpBlocked({ noFastProducerStall: true });
    setting.producer.send(publishOf(7600 - 6 - 16) + extra);
    return setting;
  };

  test("drops messages for the receiver and never waits", () => {
    const { slow, producer } = full(publishOf(10).repeat(3));
    expect(producer.transport.isPaused).toBe(false);
    expect(producer.client.stalls).toBe(0);
    expect(producer.client.inMessages).toBe(4);
    expect(slow.client.pendingBytes).toBe(7600);
  });

  test("offers messages of a queue group to the next member", () => {
    const { broker, slow, producer } = full();
    slow.send("SUB b q 2\r\n");
    const other = broker.connect().send("SUB b q 1\r\n");
    for (let i = 0; i < 10; i++) producer.send("PUB b 0\r\n\r\n");
    expect(other.read()).toBe("MSG b 1 0\r\n\r\n".repeat(10));
  });

  test("counts dropped messages towards the subscription's maximum", () => {
    const { slow, producer } = full();
    slow.send("UNSUB 1 3\r\n");
    producer.send(publishOf(10).repeat(3));
    expect(slow.client.subscriptionCount).toBe(0);
  });
});

test("whatever a receiver takes, it gets every byte in order", () => {
  const { broker, slow, producer } = setUp({ maxPendingBytes: 1e6 });
  const expected: string[] = [];
  const takeSome = (peer: MemoryPeer, i: number) => peer.transport.drain((i * 7919) % 3000);
  slow.read();
  for (let i = 0; i < 300; i++) {
    const filler = String.fromCharCode(97 + (i % 26));
    producer.send(publishOf((i * 31) % 2000, filler));
    expected.push(deliveryOf((i * 31) % 2000, filler));
    takeSome(slow, i);
    broker.clock.advance(1);
  }
  slow.transport.drain();
  broker.clock.advance(100);
  expect(slow.read()).toBe(expected.join(""));
  expect(broker.context.pool.lentBytes).toBe(0);
});
