/**
 * What is counted where a group delivers: by subscriptions (UNSUB with a maximum), connections,
 * accounts and the broker. Groups count late, so each of these looks at them in mid-turn.
 */
import { describe, expect, test } from "bun:test";
import type { Authenticator } from "../../../src/auth/authenticator.ts";
import { Account } from "../../../src/broker/account.ts";
import type { Broker } from "../../../src/broker/broker.ts";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { feed, Fleet, msg, pub } from "../../support/fleet.ts";
import { byName } from "../../support/log-ins.ts";

describe("UNSUB with a maximum", () => {
  const payloads = (count: number, text = "x") => Array<string>(count).fill(text);

  test("counts what the group delivered, in this turn and before", () => {
    const fleet = new Fleet();
    const [limited, other] = fleet.members;
    fleet.turn(pub("x").repeat(2));
    fleet.publish("x", "x");
    // Two when the plan was made, two in the turn before, two in this one.
    feed(limited!, "UNSUB 1 9\r\n");
    fleet.publish(...payloads(10));
    fleet.endTurn();
    expect(limited!.read()).toBe(msg("x").repeat(5));
    expect(other!.read()).toBe(msg("x").repeat(12));
    expect(limited!.client.subscriptionCount).toBe(0);
  });

  test("removes at once what has had as many from the group", () => {
    const fleet = new Fleet();
    const [limited] = fleet.members;
    fleet.publish("x", "x");
    feed(limited!, "UNSUB 1 4\r\n");
    expect(limited!.client.subscriptionCount).toBe(0);
    fleet.publish("x");
    fleet.endTurn();
    expect(limited!.read()).toBe(msg("x").repeat(2));
  });

  test("counts large messages, which the group does not keep", () => {
    const fleet = new Fleet();
    const [limited] = fleet.members;
    const large = "L".repeat(40_000);
    fleet.publish(large, large);
    feed(limited!, "UNSUB 1 5\r\n");
    fleet.publish("x", "x", "x");
    fleet.endTurn();
    expect(limited!.read()).toBe(msg(large).repeat(2) + msg("x"));
  });

  test("counts large messages if an answer came between", () => {
    const fleet = new Fleet();
    const [limited] = fleet.members;
    const large = "L".repeat(40_000);
    fleet.publish(large);
    feed(limited!, "PING\r\nUNSUB 1 4\r\n");
    fleet.publish("x", "x", "x");
    fleet.endTurn();
    expect(limited!.read()).toBe(`${msg(large)}PONG\r\n${msg("x")}`);
  });
});

describe("the counters", () => {
  test("are exact after the turn", () => {
    const fleet = new Fleet();
    const { counters, globalAccount } = fleet.broker.broker;
    const before = { ...counters };
    fleet.turn(pub("12") + pub("345") + pub("L".repeat(50_000)));
    for (const { client } of fleet.members) {
      expect(client.outMessages).toBe(2 + 3);
      expect(client.outBytes).toBe(50_005);
    }
    expect(counters.outMessages - before.outMessages).toBe(9);
    expect(counters.outBytes - before.outBytes).toBe(3 * 50_005);
    expect(globalAccount.outMessages).toBe(counters.outMessages);
    expect(globalAccount.outBytes).toBe(counters.outBytes);
  });

  for (const [size, payload] of Object.entries({ small: "x", large: "x".repeat(40_000) })) {
    test(`hold the ${size} messages of the turn in which a member closes`, () => {
      const fleet = new Fleet();
      const { broker, members } = fleet;
      const before = { ...broker.broker.counters };
      fleet.publish(payload, payload);
      members[0]!.client.close(closeReasons.kicked);
      expect(broker.lastClosed).toMatchObject({
        outMessages: 2 + 2,
        outBytes: 2 * payload.length,
      });
      fleet.publish(payload);
      fleet.endTurn();
      expect(broker.broker.counters.outMessages - before.outMessages).toBe(2 + 3 + 3);
      expect(broker.broker.globalAccount.outMessages).toBe(broker.broker.counters.outMessages);
    });
  }

  test("hold the message for which a slow consumer is closed", () => {
    const { broker, members, publisher } = new Fleet({ options: { maxPendingBytes: 100_000 } });
    members[0]!.transport.take(0);
    feed(publisher, pub("x".repeat(120_000)));
    expect(broker.lastClosed).toMatchObject({ outMessages: 2 + 1, outBytes: 120_000 });
    broker.context.flushQueue.flush();
    expect(broker.broker.counters.outMessages).toBe(3 * 3);
    expect(broker.broker.globalAccount.outMessages).toBe(3 * 3);
  });

  test("are those of the account to which a member belonged", () => {
    const other = new Account("OTHER", true);
    const authenticator = ({ globalAccount }: Broker): Authenticator =>
      byName((user) => (user === "other" ? other : globalAccount));
    const fleet = new Fleet({ authenticator });
    fleet.publish("1", "2");
    feed(fleet.members[0]!, 'CONNECT {"verbose":false,"user":"other"}\r\n');
    fleet.endTurn();
    expect(fleet.members[0]!.read()).toBe(msg("1") + msg("2"));
    expect(other.outMessages).toBe(0);
    expect(fleet.broker.broker.globalAccount.outMessages).toBe(3 * 4);
  });
});
