/** Turns end early, so that a busy connection neither keeps others waiting nor fills the memory. */
import { describe, expect, test } from "bun:test";
import { MemoryBroker } from "../../support/memory-broker.ts";

const publishOf = (bytes: number) => `PUB a ${bytes}\r\n${"x".repeat(bytes)}\r\n`;

describe("a turn", () => {
  test("ends with a large chunk, and reading goes on after everybody else's", () => {
    const broker = new MemoryBroker();
    const producer = broker.connect();
    producer.send(publishOf(140_000));
    expect(producer.client.inMessages).toBe(1);
    expect(producer.transport.isPaused).toBe(true);
    broker.clock.advance(0);
    expect(producer.transport.isPaused).toBe(false);
  });

  test("ends when it has done enough deliveries, and goes on where it stopped", () => {
    const broker = new MemoryBroker();
    const receivers = Array.from({ length: 100 }, () => broker.connect().send("SUB a 1\r\n"));
    const producer = broker.connect();
    producer.send("PUB a 0\r\n\r\n".repeat(400));
    const first = producer.client.inMessages;
    expect(first).toBeGreaterThan(100);
    expect(first).toBeLessThan(400);
    producer.send("PUB a 1\r\nz\r\n");
    for (let turns = 0; turns < 10; turns++) broker.clock.advance(0);
    expect(producer.client.inMessages).toBe(401);
    for (const receiver of receivers) {
      broker.context.flushQueue.flush();
      expect(receiver.read()).toBe(`${"MSG a 1 0\r\n\r\n".repeat(400)}MSG a 1 1\r\nz\r\n`);
    }
    expect(producer.transport.isPaused).toBe(false);
  });

  test("of many subscriptions ends early as well", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect();
    const lines = Array.from({ length: 5000 }, (_, i) => `SUB s.${i} ${i}\r\n`);
    peer.send(lines.join(""));
    expect(peer.client.subscriptionCount).toBeLessThan(5000);
    for (let turns = 0; turns < 20; turns++) broker.clock.advance(0);
    expect(peer.client.subscriptionCount).toBe(5000);
  });
});

describe("soft pressure", () => {
  function setUp() {
    const broker = new MemoryBroker();
    const slow = broker.connect().send("SUB a 1\r\n");
    const producer = broker.connect();
    slow.transport.take(0);
    for (let sent = 0; sent < 12 && !producer.transport.isPaused; sent++) {
      producer.send(publishOf(100_000));
    }
    return { broker, slow, producer };
  }

  test("pauses a producer shortly when more than a mebibyte waits, without counting a stall", () => {
    const { broker, slow, producer } = setUp();
    expect(producer.transport.isPaused).toBe(true);
    expect(slow.client.pendingBytes).toBeGreaterThan(1_048_576);
    expect(slow.client.pendingBytes).toBeLessThan(1_200_000);
    expect(producer.client.stalls).toBe(0);
    expect(broker.broker.counters.stalledProducers).toBe(0);
    broker.clock.advance(0);
    expect(producer.transport.isPaused).toBe(true);
    broker.clock.advance(1);
    expect(producer.transport.isPaused).toBe(false);
  });

  test("ends when the receiver has caught up", () => {
    const { broker, slow, producer } = setUp();
    slow.transport.drain();
    broker.clock.advance(0);
    expect(producer.transport.isPaused).toBe(false);
  });

  test("costs a producer at most 2 ms for each half mebibyte, whatever the receiver does", () => {
    const { broker, producer } = setUp();
    let waitedMs = 0;
    for (let sent = 0; sent < 50; sent++) {
      for (; producer.transport.isPaused; waitedMs += 0.25) broker.clock.advance(0.25);
      producer.send(publishOf(100_000));
    }
    expect(waitedMs).toBeLessThanOrEqual(2 * Math.ceil(62 / 5));
  });
});
