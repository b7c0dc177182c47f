/**
 * Clients that get the same bytes, as the peers see them: each has its messages once, in order and
 * between its own answers, whatever it does or takes meanwhile. What is counted is in
 * `fan-out-group-counts.test.ts`, random runs are in `fan-out-group.property.test.ts`.
 */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { feed, Fleet, msg, pub, WITH_HEADERS } from "../../support/fleet.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";

const HEADERS = "NATS/1.0\r\nA: b\r\n\r\n";

/** Messages for which a group stands aside. */
const REST_MESSAGES = 1024;

describe("members of a group", () => {
  test("get each message once, in order, at the end of the turn", () => {
    const fleet = new Fleet({ count: 5 });
    fleet.publish("one", "two", "", "three");
    for (const { client, transport } of fleet.members) {
      expect(transport.read()).toBe("");
      expect(client.pendingBytes).toBe(0);
    }
    fleet.endTurn();
    const expected = msg("one") + msg("two") + msg("") + msg("three");
    for (const member of fleet.members) expect(member.read()).toBe(expected);
    expect(fleet.turn(pub("four"))).toEqual(Array<string>(5).fill(msg("four")));
  });

  test("get the messages of several publishers as they came", () => {
    const fleet = new Fleet();
    const other = fleet.broker.connect();
    for (let i = 0; i < 3; i++) {
      feed(other, pub(`other ${i}`));
      fleet.publish(`one ${i}`);
    }
    fleet.endTurn();
    const expected = [0, 1, 2].map((i) => msg(`other ${i}`) + msg(`one ${i}`)).join("");
    for (const member of fleet.members) expect(member.read()).toBe(expected);
  });

  test("get what they publish themselves", () => {
    const fleet = new Fleet();
    feed(fleet.members[1]!, pub("mine"));
    fleet.publish("theirs");
    fleet.endTurn();
    for (const member of fleet.members) expect(member.read()).toBe(msg("mine") + msg("theirs"));
  });

  test("get replies and all of their subjects in one order", () => {
    const fleet = new Fleet({ input: "SUB a 1\r\nSUB b.* \xe9\r\n", subjects: ["a", "b.c"] });
    const input = `PUB b.c r.1 2\r\nhi\r\n${pub("x")}${pub("y", "b.c")}`;
    const expected = `MSG b.c \xe9 r.1 2\r\nhi\r\n${msg("x")}${msg("y", "b.c", "\xe9")}`;
    expect(fleet.turn(input)).toEqual(Array<string>(3).fill(expected));
  });

  test("get more than a block in one turn", () => {
    const fleet = new Fleet();
    const payloads = Array.from({ length: 400 }, (_, i) => `${i} ${"x".repeat(i)}`);
    const expected = payloads.map((payload) => msg(payload)).join("");
    expect(fleet.turn(payloads.map((payload) => pub(payload)).join(""))).toEqual(
      Array<string>(3).fill(expected),
    );
  });

  test("get large payloads among small ones", () => {
    for (const bytes of [8192, 40_000, 65_280, 200_000]) {
      const fleet = new Fleet();
      const payloads = ["small", "L".repeat(bytes), "again", "M".repeat(bytes), "N".repeat(bytes)];
      for (const payload of payloads) {
        fleet.publish(payload);
        // A turn may end early for so much input; reading goes on in the next.
        fleet.broker.clock.advance(0);
      }
      fleet.publish("end");
      fleet.endTurn();
      const expected = [...payloads, "end"].map((payload) => msg(payload)).join("");
      for (const member of fleet.members) expect(member.read() === expected).toBe(true);
    }
  });
});

describe("a member's own bytes", () => {
  test("come between the messages before and those behind", () => {
    const fleet = new Fleet();
    const [one, two, three] = fleet.members;
    feed(one!, "PING\r\n");
    fleet.publish("1");
    feed(two!, "PING\r\n");
    fleet.publish("2");
    feed(one!, "PING\r\n");
    feed(one!, "PING\r\n");
    fleet.publish("3");
    fleet.endTurn();
    expect(one!.read()).toBe(`PONG\r\n${msg("1")}${msg("2")}PONG\r\nPONG\r\n${msg("3")}`);
    expect(two!.read()).toBe(`${msg("1")}PONG\r\n${msg("2")}${msg("3")}`);
    expect(three!.read()).toBe(msg("1") + msg("2") + msg("3"));
  });

  test("come behind a large message that is on its way already", () => {
    const fleet = new Fleet();
    const large = "L".repeat(50_000);
    fleet.publish(large);
    feed(fleet.members[0]!, "PING\r\n");
    fleet.publish("2");
    fleet.endTurn();
    expect(fleet.members[0]!.read()).toBe(`${msg(large)}PONG\r\n${msg("2")}`);
    expect(fleet.members[1]!.read()).toBe(msg(large) + msg("2"));
  });

  test("may be a ping of the server", () => {
    const fleet = new Fleet();
    fleet.publish("1");
    fleet.members[2]!.client.ping();
    fleet.publish("2");
    fleet.endTurn();
    expect(fleet.members[2]!.read()).toBe(`${msg("1")}PING\r\n${msg("2")}`);
  });

  test("may be an error", () => {
    const fleet = new Fleet();
    fleet.publish("1");
    feed(fleet.members[0]!, "SUB a..b 9\r\n");
    fleet.publish("2");
    fleet.endTurn();
    expect(fleet.members[0]!.read()).toBe(`${msg("1")}-ERR 'Invalid Subject'\r\n${msg("2")}`);
  });

  test("may be messages that it alone subscribed to", () => {
    const fleet = new Fleet();
    fleet.members[0]!.send("SUB b 2\r\n");
    for (let i = 0; i < 3; i++) {
      const [first, second] = fleet.turn(pub(`1 ${i}`) + pub(`2 ${i}`, "b") + pub(`3 ${i}`));
      expect(first).toBe(msg(`1 ${i}`) + msg(`2 ${i}`, "b", 2) + msg(`3 ${i}`));
      expect(second).toBe(msg(`1 ${i}`) + msg(`3 ${i}`));
    }
  });
});

describe("a member that leaves in mid-turn", () => {
  test("gets what was published before it closed and nothing afterwards", () => {
    const fleet = new Fleet();
    const leaver = fleet.members[1]!;
    fleet.publish("1", "2");
    leaver.client.close(closeReasons.kicked);
    expect(leaver.read()).toBe(msg("1") + msg("2"));
    fleet.publish("3");
    fleet.endTurn();
    expect(leaver.read()).toBe("");
    for (const at of [0, 2]) {
      expect(fleet.members[at]!.read()).toBe(msg("1") + msg("2") + msg("3"));
    }
  });

  test("by UNSUB gets what was published before, and may subscribe anew", () => {
    const fleet = new Fleet();
    const [leaver] = fleet.members;
    fleet.publish("1");
    feed(leaver!, "UNSUB 1\r\n");
    fleet.publish("2");
    feed(leaver!, "SUB a 7\r\n");
    fleet.publish("3");
    fleet.endTurn();
    expect(leaver!.read()).toBe(msg("1") + msg("3", "a", 7));
    for (const at of [1, 2]) {
      expect(fleet.members[at]!.read()).toBe(msg("1") + msg("2") + msg("3"));
    }
    feed(leaver!, "UNSUB 7\r\nSUB a 1\r\n");
    expect(fleet.turn(pub("4"))).toEqual(Array<string>(3).fill(msg("4")));
  });

  test("with more subscriptions than are removed at once gets and counts nothing more", () => {
    const fleet = new Fleet({ count: 2 });
    const [leaver, other] = fleet.members;
    const many = Array.from({ length: 17_000 }, (_, i) => `SUB x.${i} ${i + 10}\r\n`);
    feed(leaver!, `UNSUB 1\r\n${many.join("")}SUB a 1\r\n`);
    while (leaver!.transport.isPaused) fleet.broker.clock.advance(0);
    fleet.turn(pub("").repeat(2));
    const { outMessages } = leaver!.client;
    leaver!.transport.take(0);
    leaver!.send("PING\r\n");
    leaver!.client.close(closeReasons.kicked);
    expect(fleet.turn(pub("1"))).toEqual(["", msg("1")]);
    leaver!.transport.drain();
    expect(leaver!.read()).toBe("PONG\r\n");
    expect(leaver!.client.outMessages).toBe(outMessages);
    fleet.broker.clock.advance(0);
    expect(fleet.broker.broker.subscriptionCount).toBe(other!.client.subscriptionCount);
  });

  test("because its transport is gone leaves the others theirs", () => {
    const fleet = new Fleet();
    fleet.members[0]!.transport.fail();
    const large = "L".repeat(50_000);
    fleet.publish("1", large, "2");
    fleet.endTurn();
    expect(fleet.members[0]!.client.isLive).toBe(false);
    expect(fleet.members[0]!.read()).toBe("");
    for (const at of [1, 2])
      expect(fleet.members[at]!.read()).toBe(msg("1") + msg(large) + msg("2"));
    expect(fleet.broker.logged("Internal error")).toEqual([]);
  });

  test("is closed once, though its transport fails only now that bytes are handed over", () => {
    const actions: ((leaver: MemoryPeer) => void)[] = [
      (leaver) => leaver.client.close(closeReasons.kicked),
      (leaver) => leaver.client.onClose(undefined),
      (leaver) => feed(leaver, "UNSUB 1\r\n"),
      (leaver) => feed(leaver, "UNSUB 1 100\r\n"),
      (leaver) => feed(leaver, "PING\r\n"),
    ];
    for (const act of actions) {
      const fleet = new Fleet();
      const [leaver, other] = fleet.members;
      leaver!.send("SUB b 2\r\n");
      // More than a block: what the group holds does not fit behind what the member has.
      for (let i = 0; i < 10; i++) feed(fleet.publisher, pub("b".repeat(6000), "b"));
      fleet.publish(...Array<string>(3).fill("a".repeat(6000)));
      leaver!.transport.fail();
      act(leaver!);
      fleet.endTurn();
      expect(leaver!.client.isLive).toBe(false);
      expect(fleet.broker.broker.closedConnections.all()).toHaveLength(1);
      expect(fleet.broker.logged("Internal error")).toEqual([]);
      expect(other!.read()).toBe(msg("a".repeat(6000)).repeat(3));
    }
  });
});

describe("a member that refuses bytes", () => {
  test("gets everything in order once it takes them again", () => {
    for (const takes of [0, 1, 100, 70_000]) {
      const fleet = new Fleet();
      const [slow, ...others] = fleet.members;
      const expected: string[] = [];
      slow!.transport.take(takes);
      for (let i = 0; i < 60; i++) {
        const payload = `${i} ${"x".repeat(i % 10 === 9 ? 50_000 : i * 10)}`;
        fleet.publish(payload);
        expected.push(msg(payload));
        if (i % 7 === 0) feed(slow!, "PING\r\n");
        if (i % 7 === 0) expected.push("PONG\r\n");
        if (i % 4 === 0) fleet.endTurn();
        if (i % 20 === 19) slow!.transport.drain(takes);
      }
      fleet.endTurn();
      for (const other of others) {
        expect(other.read()).toBe(expected.filter((text) => text !== "PONG\r\n").join(""));
      }
      slow!.transport.drain();
      fleet.endTurn();
      expect(slow!.transport.output.endsWith(expected.join(""))).toBe(true);
      expect(fleet.broker.context.pool.lentBytes).toBe(0);
    }
  });

  test("is closed above max_pending, and the others are not disturbed", () => {
    const fleet = new Fleet({ options: { maxPendingBytes: 10_000 } });
    const { broker, members, publisher } = fleet;
    const expected: string[] = [];
    members[1]!.transport.take(0);
    for (let i = 0; i < 30; i++) {
      const payload = `${i} ${"x".repeat(900)}`;
      fleet.publish(payload);
      expected.push(msg(payload));
      if (i % 3 === 0) fleet.endTurn();
      while (publisher.transport.isPaused) broker.clock.advance(1);
    }
    fleet.endTurn();
    expect(broker.lastClosed).toMatchObject({
      cid: members[1]!.client.cid,
      reason: closeReasons.slowConsumerPendingBytes,
    });
    expect(broker.broker.counters.slowConsumers).toBe(1);
    expect(broker.broker.connections.size).toBe(3);
    for (const at of [0, 2]) expect(members[at]!.read()).toBe(expected.join(""));
  });

  test("may be closed in the middle of its own large message; the others get all of it", () => {
    const options = { maxPendingBytes: 100_000 };
    const fleet = new Fleet({ options });
    const [, slow] = fleet.members;
    const large = "L".repeat(200_000);
    slow!.transport.take(50);
    const input = pub(large);
    feed(slow!, input.slice(0, 1000));
    feed(slow!, input.slice(1000));
    fleet.publish("end");
    fleet.endTurn();
    expect(slow!.client.isLive).toBe(false);
    for (const at of [0, 2]) {
      expect(fleet.members[at]!.read() === msg(large) + msg("end")).toBe(true);
    }
  });

  test("makes the publisher wait, and nothing is lost", () => {
    const fleet = new Fleet();
    const { broker, members, publisher } = fleet;
    const payloads = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(60_000)}`);
    members[0]!.transport.take(0);
    let waits = 0;
    for (const payload of payloads) {
      fleet.publish(payload);
      fleet.endTurn();
      if (publisher.transport.isPaused) waits++;
      if (waits % 2 === 0) while (publisher.transport.isPaused) broker.clock.advance(1);
    }
    while (publisher.transport.isPaused) broker.clock.advance(1);
    fleet.endTurn();
    members[0]!.transport.drain();
    const expected = payloads.map((payload) => msg(payload)).join("");
    expect(waits).toBeGreaterThan(0);
    for (const member of members) expect(member.read() === expected).toBe(true);
  });

  test("is served by itself while it is far behind, so that the publisher waits in time", () => {
    const fleet = new Fleet({ options: { maxPendingBytes: 10_000 } });
    const [slow] = fleet.members;
    slow!.transport.take(0);
    slow!.send("PING\r\n");
    fleet.turn(pub("x".repeat(3000)).repeat(5));
    expect(fleet.publisher.transport.isPaused).toBe(true);
    expect(slow!.client.isLive).toBe(true);
  });

  test("misses messages under no_fast_producer_stall instead of being closed", () => {
    const options = { maxPendingBytes: 400_000, noFastProducerStall: true };
    const fleet = new Fleet({ options });
    const [slow] = fleet.members;
    slow!.transport.take(0);
    for (let i = 0; i < 100; i++) fleet.turn(pub("x".repeat(5000)));
    const { pendingBytes } = slow!.client;
    expect(pendingBytes).toBeGreaterThan(300_000);
    for (let i = 0; i < 2 * REST_MESSAGES; i += 64) fleet.turn(pub("x".repeat(2000)).repeat(64));
    expect(slow!.client.isLive).toBe(true);
    expect(slow!.client.pendingBytes).toBe(pendingBytes);
  });
});

describe("members are served one by one", () => {
  test("with messages that have headers if one takes none, without losing the order", () => {
    const fleet = new Fleet({ count: 1 });
    const able = fleet.broker.connect(WITH_HEADERS).send("SUB a 1\r\n");
    fleet.turn(pub("").repeat(2));
    able.read();
    const size = HEADERS.length;
    const headed = `HPUB a r ${size} ${size + 2}\r\n${HEADERS}hi\r\n`;
    const [unable] = fleet.turn(pub("1") + headed + pub("2"));
    expect(unable).toBe(`${msg("1")}MSG a 1 r 2\r\nhi\r\n${msg("2")}`);
    const delivery = `HMSG a 1 r ${size} ${size + 2}\r\n${HEADERS}hi\r\n`;
    expect(able.read()).toBe(msg("1") + delivery + msg("2"));
    expect(able.client.outBytes).toBe(1 + size + 2 + 1);
    expect(fleet.members[0]!.client.outBytes).toBe(1 + 2 + 1);
  });

  test("with headers or without, as the newest CONNECT of each says", () => {
    const { broker, publisher } = new Fleet({ count: 0 });
    const members = [broker.connect(WITH_HEADERS), broker.connect(WITH_HEADERS)];
    for (const member of members) member.send("SUB a 1\r\n");
    const headed = `HPUB a ${HEADERS.length} ${HEADERS.length}\r\n${HEADERS}\r\n`;
    publisher.send(headed.repeat(2));
    members[0]!.send('CONNECT {"headers":false}\r\nSUB a 1\r\n');
    members[1]!.send("UNSUB 1\r\nSUB a 1\r\n");
    for (const member of members) member.read();
    publisher.send(headed.repeat(3));
    expect(members[0]!.read()).toBe(msg("").repeat(3));
    expect(members[1]!.read()).toBe(headed.replace("HPUB a", "HMSG a 1").repeat(3));
  });

  test("with messages spelt in an unusual way", () => {
    const fleet = new Fleet();
    const input = `${pub("1")}PUB  a\t r  002\r\nhi\r\n${pub("2")}`;
    for (const text of fleet.turn(input)) {
      expect(text).toMatch(/^MSG a 1 1\r\n1\r\nMSG a 1 r 0*2\r\nhi\r\nMSG a 1 1\r\n2\r\n$/);
    }
  });

  test("while tracing is on, each with its lines", () => {
    const fleet = new Fleet({ options: { trace: true } });
    fleet.broker.lines.length = 0;
    expect(fleet.turn(pub("one") + pub("two"))).toEqual(
      Array<string>(3).fill(msg("one") + msg("two")),
    );
    expect(fleet.broker.logged("->> [MSG a 1 3]")).toHaveLength(6);
    for (const { client } of fleet.members) {
      expect(fleet.broker.logged(`cid:${client.cid}`)).toHaveLength(4);
    }
  });

  test("while two groups get in each other's way, and in order", () => {
    const fleet = new Fleet();
    const [first, second] = fleet.members;
    for (const peer of [first!, second!]) peer.send("SUB b 2\r\n");
    fleet.turn(pub("", "b").repeat(2));
    expect(fleet.isGrouped).toBe(true);
    const expected: string[] = [];
    for (let i = 0; i < 100; i++) {
      expected.push(msg(`a${i}`), msg(`b${i}`, "b", 2));
      feed(fleet.publisher, pub(`a${i}`) + pub(`b${i}`, "b"));
    }
    fleet.endTurn();
    for (const peer of [first!, second!]) expect(peer.read()).toBe(expected.join(""));
    expect(fleet.members[2]!.read()).toBe(expected.filter((_, i) => i % 2 === 0).join(""));
    expect(fleet.isGrouped).toBe(false);
    fleet.turn(pub("").repeat(REST_MESSAGES));
    expect(fleet.isGrouped).toBe(true);
  });
});
