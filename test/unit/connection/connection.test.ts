/** What every connection shares: keep-alive, time to log in, closing, counters, our own bugs. */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import type { CloseReason } from "../../../src/broker/close-reason.ts";
import { MAX_KEPT_SUBSCRIPTIONS } from "../../../src/connection/closed-connection.ts";
import { ConnectionState } from "../../../src/connection/state.ts";
import { NatsClient } from "../../../src/nats/client.ts";
import { AssertionError } from "../../../src/util/assert.ts";
import { Random } from "../../../src/util/random.ts";
import { configured } from "../../support/log-ins.ts";
import { MemoryBroker, QUIET } from "../../support/memory-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";
import { MemoryTransport } from "../../support/memory-transport.ts";

const INTERVAL_MS = 60_000;

/** One tick of the timer wheel, and the rounding of a due time to it. */
const LATE_MS = 40;

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

const pings = (peer: MemoryPeer) => peer.read().match(/PING\r\n/g)?.length ?? 0;

describe("keep-alive", () => {
  const setUp = () => {
    const broker = new MemoryBroker({ options: { pingIntervalMs: INTERVAL_MS, pingMax: 2 } });
    return { broker, peer: broker.connect() };
  };

  test("pings for the first time 2 to 2.4 s after CONNECT", () => {
    const delays = Array.from({ length: 50 }, () => {
      const { broker, peer } = setUp();
      for (let waitedMs = 0; ; waitedMs += 10) {
        if (pings(peer) > 0) return waitedMs;
        broker.clock.advance(10);
      }
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2400 + LATE_MS);
    expect(new Set(delays).size).toBeGreaterThan(3);
  });

  test("pings a client without CONNECT after the interval", () => {
    const { broker } = setUp();
    const peer = broker.accept();
    broker.clock.advance(INTERVAL_MS - 1);
    expect(pings(peer)).toBe(0);
    broker.clock.advance(1 + LATE_MS);
    expect(pings(peer)).toBe(1);
  });

  test("gives up a peer that leaves two pings unanswered, with the third due", () => {
    const { broker, peer } = setUp();
    broker.clock.advance(2500);
    broker.clock.advance(INTERVAL_MS + LATE_MS);
    expect(pings(peer)).toBe(2);
    expect(peer.client.isLive).toBe(true);
    broker.clock.advance(INTERVAL_MS + LATE_MS);
    expect(peer.read()).toBe("-ERR 'Stale Connection'\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.staleConnection);
    expect(broker.broker.counters.staleConnections).toBe(1);
  });

  test("keeps a peer that answers, for as long as it does", () => {
    const { broker, peer } = setUp();
    broker.clock.advance(2500);
    for (let i = 0; i < 10; i++) {
      expect(pings(peer)).toBe(1);
      broker.clock.advance(1);
      peer.send("PONG\r\n");
      broker.clock.advance(INTERVAL_MS + LATE_MS);
    }
    expect(peer.client.isLive).toBe(true);
    expect(peer.client.keepAlive.rttMs).toBeGreaterThan(0);
  });

  test("does not ping a peer that was just heard of", () => {
    for (const operation of ["PUB a 0\r\n\r\n", "SUB a 1\r\n", "UNSUB 9\r\n", "PING\r\n"]) {
      const { broker, peer } = setUp();
      broker.clock.advance(2500);
      peer.send("PONG\r\n");
      peer.read();
      for (let i = 0; i < 10; i++) {
        broker.clock.advance(INTERVAL_MS / 4);
        peer.send(operation);
      }
      expect(pings(peer)).toBe(0);
    }
  });

  test("of one peer does not depend on when the others are due", () => {
    const { broker, peer } = setUp();
    const others = Array.from({ length: 20 }, () => broker.connect());
    broker.clock.advance(2500);
    for (const one of [peer, ...others]) expect(pings(one)).toBe(1);
    for (let i = 0; i < 5; i++) {
      for (const one of [peer, ...others]) one.send("PONG\r\n");
      broker.clock.advance(INTERVAL_MS + LATE_MS);
      for (const one of [peer, ...others]) expect(pings(one)).toBe(1);
    }
  });
});

describe("the time to log in", () => {
  const setUp = () =>
    new MemoryBroker({
      options: { authTimeoutMs: 2000 },
      authenticator: configured({ authorizationToken: "t0ken" }),
    });

  test("ends with an error and a close", () => {
    const broker = setUp();
    const peer = broker.accept();
    broker.clock.advance(1999);
    expect(peer.client.isLive).toBe(true);
    broker.clock.advance(1 + LATE_MS);
    expect(peer.read()).toBe("-ERR 'Authentication Timeout'\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.authenticationTimeout);
    expect(peer.transport.isEnded).toBe(true);
  });

  test("is over with CONNECT", () => {
    const broker = setUp();
    const peer = broker.accept();
    broker.clock.advance(1999);
    peer.send('CONNECT {"auth_token":"t0ken"}\r\n');
    broker.clock.advance(1000);
    expect(peer.client.state).toBe(ConnectionState.Open);
  });

  test("is not limited where nobody has to log in", () => {
    const broker = new MemoryBroker();
    const peer = broker.accept();
    broker.clock.advance(100_000);
    expect(peer.client.isLive).toBe(true);
  });
});

describe("closing", () => {
  test("writes what is queued, then ends the transport", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect();
    peer.client.close(closeReasons.serverShutdown);
    expect(peer.transport.isEnded).toBe(true);
    expect(peer.client.state).toBe(ConnectionState.Closed);
  });

  test("waits for the peer to take what is queued, within the write deadline", () => {
    const broker = new MemoryBroker({ options: { writeDeadlineMs: 1000 } });
    const peer = broker.connect();
    peer.transport.take(2);
    peer.send("HELLO\r\n");
    expect(peer.client.state).toBe(ConnectionState.Closing);
    expect(peer.transport.isEnded).toBe(false);
    peer.transport.drain(5);
    expect(peer.transport.isEnded).toBe(false);
    peer.transport.drain();
    expect(peer.read()).toBe("-ERR 'Unknown Protocol Operation'\r\n");
    expect(peer.transport.isEnded).toBe(true);
    expect(broker.context.pool.lentBytes).toBe(0);
  });

  test("ends at the write deadline, also for a peer that takes a little now and then", () => {
    for (const taken of [0, 1]) {
      const broker = new MemoryBroker({ options: { writeDeadlineMs: 1000 } });
      const peer = broker.connect();
      peer.transport.take(0);
      peer.send("HELLO\r\n");
      for (let waitedMs = 0; waitedMs < 1000; waitedMs += 100) {
        expect(peer.transport.isEnded).toBe(false);
        peer.transport.drain(taken);
        broker.clock.advance(100);
      }
      broker.clock.advance(LATE_MS);
      expect({ taken, isEnded: peer.transport.isEnded }).toEqual({ taken, isEnded: true });
      expect(broker.lastClosed?.reason).toBe(closeReasons.protocolViolation);
      expect(broker.broker.counters.slowConsumers).toBe(0);
      expect(broker.context.pool.lentBytes).toBe(0);
    }
  });

  test("drops what is queued where the reason says so", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect();
    peer.transport.take(0);
    peer.send("PING\r\n");
    peer.client.close(closeReasons.readError);
    expect(peer.transport.isEnded).toBe(true);
    expect(broker.context.pool.lentBytes).toBe(0);
  });

  test("keeps the first reason and is remembered once", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect();
    peer.client.close(closeReasons.kicked);
    peer.client.close(closeReasons.serverShutdown);
    peer.client.onClose(undefined);
    expect(broker.broker.closedConnections.total).toBe(1);
    expect(broker.lastClosed?.reason).toBe(closeReasons.kicked);
  });

  test("by the peer is Client Closed, with an error Read Error", () => {
    for (const [error, reason] of [
      [undefined, closeReasons.clientClosed],
      [new Error("reset"), closeReasons.readError],
    ] as const) {
      const broker = new MemoryBroker();
      broker.connect().client.onClose(error);
      expect(broker.lastClosed?.reason).toBe(reason);
      expect(broker.broker.connections.size).toBe(0);
      expect(broker.broker.globalAccount.connections).toBe(0);
    }
  });

  test("works for transports that report the close within the call", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect();
    peer.transport.closesWithinCall = true;
    peer.send("PING\r\nHELLO\r\n");
    expect(peer.client.state).toBe(ConnectionState.Closed);
    expect(broker.lastClosed?.reason).toBe(closeReasons.protocolViolation);
  });

  test("follows a write that fails, as Write Error", () => {
    const broker = new MemoryBroker();
    const receiver = broker.connect().send("SUB a 1\r\n");
    const producer = broker.connect();
    receiver.transport.fail();
    producer.send("PUB a 0\r\n\r\n".repeat(10));
    expect(broker.lastClosed?.reason).toBe(closeReasons.writeError);
    expect(producer.client.isLive).toBe(true);
    expect(broker.context.pool.lentBytes).toBe(0);
    expect(broker.broker.subscriptionCount).toBe(0);
  });

  test("of one receiver within a dispatch leaves the others theirs", () => {
    const broker = new MemoryBroker();
    const receivers = Array.from({ length: 5 }, () => broker.connect().send("SUB a 1\r\n"));
    const producer = broker.connect();
    receivers[2]!.transport.fail();
    producer.send(`PUB a 90000\r\n${"x".repeat(90_000)}\r\nPUB a 0\r\n\r\n`);
    for (const [i, receiver] of receivers.entries()) {
      expect(receiver.client.isLive).toBe(i !== 2);
      expect(receiver.read().endsWith("MSG a 1 0\r\n\r\n")).toBe(i !== 2);
    }
  });

  test("ends input and timers", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect();
    peer.client.close(closeReasons.kicked);
    peer.send("PUB a 0\r\n\r\n");
    expect(peer.client.inMessages).toBe(0);
    broker.clock.advance(1e6);
    expect(peer.read()).toBe("");
    expect(broker.context.wheel.armed).toBe(0);
  });
});

test("of very many subscriptions the ring of closed connections keeps some", () => {
  const broker = new MemoryBroker();
  const peer = broker.connect(QUIET);
  const count = MAX_KEPT_SUBSCRIPTIONS + 1;
  peer.send(Array.from({ length: count }, (_, i) => `SUB s.${i} ${i}\r\n`).join(""));
  peer.client.close(closeReasons.kicked);
  expect(broker.lastClosed?.subscriptions).toBe(count);
  expect(broker.lastClosed?.subscriptionList).toHaveLength(MAX_KEPT_SUBSCRIPTIONS);
});

test("a message that comes or goes is activity, a PONG is not", () => {
  const broker = new MemoryBroker();
  const [from, to] = [broker.connect(QUIET), broker.connect(QUIET)];
  to.send("SUB a 1\r\n");
  const startMs = broker.clock.nowMs();
  const idleMs = () => [from, to].map(({ client }) => client.keepAlive.lastActivityMs - startMs);
  broker.clock.advance(1000);
  from.send("PUB a 2\r\nhi\r\n");
  expect(idleMs()).toEqual([1000, 1000]);
  broker.clock.advance(1000);
  to.send("PONG\r\n");
  expect(idleMs()).toEqual([1000, 1000]);
});

test("the ring of closed connections tells who it was and what it did", () => {
  const broker = new MemoryBroker();
  const startMs = broker.clock.wallMs();
  const peer = broker.connect({ ...QUIET, name: "app", lang: "ts", version: "1.2" });
  broker.clock.advance(1000);
  peer.send("SUB a 1\r\nSUB b 2\r\nPUB a 2\r\nhi\r\nPUB c 3\r\nabc\r\n");
  broker.clock.advance(500);
  peer.client.close(closeReasons.kicked);
  expect(broker.lastClosed).toMatchObject({
    cid: peer.client.cid,
    remoteAddress: "127.0.0.1",
    remotePort: 50_000,
    startMs,
    stopMs: startMs + 1500,
    lastActivityMs: startMs + 1000,
    reason: closeReasons.kicked,
    subscriptions: 2,
    account: "$G",
    facts: { name: "app", language: "ts", version: "1.2", account: "$G" },
    subscriptionList: [
      { subject: "a", sid: "1", deliveredCount: 1 },
      { subject: "b", sid: "2", deliveredCount: 0 },
    ],
    inMessages: 2,
    inBytes: 5,
    outMessages: 1,
    outBytes: 2,
  });
});

describe("counters", () => {
  /** The sums over open and closed connections are what account and broker counted. */
  function checkTotals({ broker }: MemoryBroker, message: string): void {
    for (const field of ["inMessages", "inBytes", "outMessages", "outBytes"] as const) {
      const all = [...broker.connections.values(), ...broker.closedConnections.all()];
      const sum = all.reduce((total, one) => total + one[field], 0);
      const found = { field, message, account: broker.globalAccount[field] };
      expect({ ...found, broker: broker.counters[field] }).toEqual({
        field,
        message,
        account: sum,
        broker: sum,
      });
    }
  }

  const operation = (random: Random): string => {
    const subject = ["a", "b", "c.d"][random.below(3)]!;
    const size = random.below(random.below(8) === 0 ? 50_000 : 50);
    switch (random.below(8)) {
      case 0:
        return `SUB ${["a", "*", ">", "c.*"][random.below(4)]} ${random.below(5)}\r\n`;
      case 1:
        return `SUB ${subject} q ${random.below(5)}\r\n`;
      case 2:
        return `UNSUB ${random.below(5)} ${random.below(3) * 4}\r\n`;
      case 3:
        return `HPUB ${subject} 2 ${size + 2}\r\nhh${"x".repeat(size)}\r\n`;
      case 4:
        return random.below(30) === 0 ? "HELLO\r\n" : "PING\r\n";
      default:
        return `PUB ${subject} ${size}\r\n${"x".repeat(size)}\r\n`;
    }
  };

  test(`of connections add up to those of account and broker (seed ${firstSeed})`, () => {
    for (let seed = firstSeed; seed < firstSeed + 15; seed++) {
      const random = new Random(seed);
      const broker = new MemoryBroker({ options: { maxPendingBytes: 1e6, debug: false } });
      const connect = () => broker.connect({ ...QUIET, headers: random.below(2) === 0 });
      const peers = Array.from({ length: 6 }, connect);
      for (let step = 0; step < 150; step++) {
        const index = random.below(peers.length);
        const peer = peers[index]!;
        const count = 1 + random.below(5);
        peer.send(Array.from({ length: count }, () => operation(random)).join(""));
        const { transport } = peers[random.below(peers.length)]!;
        if (random.below(5) === 0) transport.take(random.below(50_000));
        if (random.below(3) === 0) transport.drain();
        if (random.below(40) === 0) transport.fail();
        if (random.below(30) === 0) peer.client.onClose(undefined);
        broker.clock.advance(random.below(20));
        if (!peer.client.isLive) peers[index] = connect();
        checkTotals(broker, `seed ${seed}, step ${step}`);
      }
      for (const peer of peers) peer.client.onClose(undefined);
      broker.clock.advance(60_000);
      checkTotals(broker, `seed ${seed}, the end`);
      expect(broker.context.pool.lentBytes).toBe(0);
      expect(broker.broker.subscriptionCount).toBe(0);
    }
  });
});

describe("a bug of ours", () => {
  /** Takes messages only to fail. */
  class FailingClient extends NatsClient {
    override deliver(): boolean {
      throw new AssertionError("the claim that did not hold");
    }
  }

  test("within a turn closes one connection, with the stack in the log", () => {
    const broker = new MemoryBroker();
    const bystander = broker.connect().send("SUB a 1\r\n");
    broker
      .connect(QUIET, (nats, transport) => new FailingClient(nats, transport))
      .send("SUB b 1\r\n");
    const producer = broker.connect();
    producer.send("PUB b 0\r\n\r\n");
    expect(broker.broker.closedConnections.total).toBe(1);
    const [line] = broker.logged("the claim that did not hold");
    expect(line).toContain("[ERR]");
    expect(line).toMatch(/\n\s+at .*connection\.test\.ts/);
    broker.connect().send("PUB a 0\r\n\r\n");
    expect(bystander.read()).toBe("MSG a 1 0\r\n\r\n");
  });

  /** A transport whose writes throw, from now on. */
  function breakWrites(transport: MemoryTransport): void {
    transport.accepts = () => {
      throw new Error("the write that went wrong");
    };
  }

  test("in a write at the end of a turn closes that receiver only", () => {
    const broker = new MemoryBroker();
    const receivers = Array.from({ length: 3 }, () => broker.connect().send("SUB a 1\r\n"));
    const producer = broker.connect();
    breakWrites(receivers[1]!.transport);
    expect(() => producer.send("PUB a 0\r\n\r\n")).not.toThrow();
    expect(receivers.map(({ client }) => client.isLive)).toEqual([true, false, true]);
    expect(producer.client.isLive).toBe(true);
    for (const i of [0, 2]) expect(receivers[i]!.read()).toBe("MSG a 1 0\r\n\r\n");
    expect(broker.logged("the write that went wrong")[0]).toMatch(/\n\s+at /);
    producer.send("PUB a 0\r\n\r\n");
    for (const i of [0, 2]) expect(receivers[i]!.read()).toBe("MSG a 1 0\r\n\r\n");
  });

  test("in a write within a turn closes that receiver only", () => {
    const broker = new MemoryBroker();
    const receivers = Array.from({ length: 3 }, () => broker.connect().send("SUB a 1\r\n"));
    const producer = broker.connect();
    breakWrites(receivers[1]!.transport);
    producer.send(`PUB a 90000\r\n${"x".repeat(90_000)}\r\nPUB a 0\r\n\r\n`);
    expect(receivers.map(({ client }) => client.isLive)).toEqual([true, false, true]);
    expect(producer.client.isLive).toBe(true);
    for (const i of [0, 2]) expect(receivers[i]!.read().endsWith("MSG a 1 0\r\n\r\n")).toBe(true);
  });

  test("in a write from a timer does not stop the timers of others", () => {
    const options = { authTimeoutMs: 1000, writeDeadlineMs: 5000 };
    const broker = new MemoryBroker({
      options,
      authenticator: configured({ authorizationToken: "t0ken" }),
    });
    const peers = Array.from({ length: 3 }, () => broker.accept());
    breakWrites(peers[1]!.transport);
    expect(() => broker.clock.advance(3000)).not.toThrow();
    for (const { client } of peers) expect(client.isLive).toBe(false);
    const later = broker.accept();
    broker.clock.advance(3000);
    expect(later.read()).toBe("-ERR 'Authentication Timeout'\r\n");
  });

  /** Fails when its ping is due. */
  class UnableToPing extends NatsClient {
    protected override sendPing(): void {
      throw new AssertionError("the claim that did not hold");
    }
  }

  test("in a timer closes that connection only, and the timers of others go on", () => {
    const broker = new MemoryBroker({ options: { pingIntervalMs: INTERVAL_MS } });
    const before = broker.connect();
    const failing = broker.connect(QUIET, (nats, transport) => new UnableToPing(nats, transport));
    const behind = broker.connect();
    expect(() => broker.clock.advance(3000)).not.toThrow();
    expect(failing.client.isLive).toBe(false);
    expect(broker.logged("the claim that did not hold")[0]).toMatch(/\n\s+at /);
    for (const peer of [before, behind]) expect(pings(peer)).toBe(1);
    broker.clock.advance(INTERVAL_MS + LATE_MS);
    for (const peer of [before, behind]) expect(pings(peer)).toBe(1);
  });

  test("in drain closes that connection only", () => {
    const broker = new MemoryBroker();
    const receiver = broker.connect().send("SUB a 1\r\n");
    const producer = broker.connect();
    receiver.transport.take(0);
    producer.send("PUB a 0\r\n\r\n");
    breakWrites(receiver.transport);
    expect(() => receiver.client.onDrain()).not.toThrow();
    expect(receiver.client.isLive).toBe(false);
    const reasons: (CloseReason | undefined)[] = [closeReasons.parseError, closeReasons.writeError];
    expect(reasons).toContain(broker.lastClosed?.reason);
  });
});
