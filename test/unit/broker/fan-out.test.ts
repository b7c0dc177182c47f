/**
 * Which plain subscriptions of a plan are served as a group, and what is prepared for the others.
 * The receivers are NATS clients on memory transports, and subscribers that are in no group.
 */
import { describe, expect, test } from "bun:test";
import { NO_FAN_OUTS, prepareDeliveries } from "../../../src/broker/fan-out.ts";
import type { Deliveries } from "../../../src/broker/fan-out.ts";
import type { FanOutGroup } from "../../../src/broker/fan-out-member.ts";
import type { Prepared } from "../../../src/broker/prepared.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import type { Subscriber, SubscriptionId } from "../../../src/broker/subscription.ts";
import { NatsClient } from "../../../src/nats/client.ts";
import { prepareMessage } from "../../../src/nats/encoder.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Random } from "../../../src/util/random.ts";
import { MemoryBroker, QUIET } from "../../support/memory-broker.ts";
import { ListingSubscriber, preparedText } from "../../support/messages.ts";

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

const SUBJECT = subjectBytes("a.b");
const WITHOUT_ECHO = { ...QUIET, echo: false };

/** A client whose deliveries begin with bytes of its own, as long as everybody's. */
class PeculiarClient extends NatsClient {
  override prepare(_subscription: Subscription, subject: Uint8Array): Prepared {
    return prepareMessage(subject, 9);
  }
}

function to(subscriber: Subscriber, sid: SubscriptionId, maxDeliveries = 0): Subscription {
  const subscription = new Subscription(subscriber, sid, undefined);
  subscription.maxDeliveries = maxDeliveries;
  return subscription;
}

/** Subscriptions with these ids, each of another client. */
function toClients(...sids: readonly SubscriptionId[]): Subscription[] {
  const broker = new MemoryBroker();
  return sids.map((sid) => to(broker.connect().client, sid));
}

function prepare(subscriptions: readonly Subscription[]): Deliveries {
  return prepareDeliveries(subscriptions, SUBJECT);
}

/** Places of the grouped subscriptions in the list, in brackets, then those of the plain ones. */
function served(subscriptions: readonly Subscription[]): string {
  const { fanOuts, plain } = prepare(subscriptions);
  const places = (list: readonly Subscription[]) =>
    list.map((subscription) => subscriptions.indexOf(subscription)).join(" ");
  const groups = fanOuts.map((fanOut) => `[${places(fanOut.subscriptions)}]`);
  return [...groups, places(plain)].join(" ").trim();
}

/** What was prepared for the plain ones. */
function preparedFor(subscriptions: readonly Subscription[]): string[] {
  return prepare(subscriptions).prepared.map(preparedText);
}

function groupOf(subscribers: readonly Subscriber[], sid = 1): FanOutGroup | undefined {
  return prepare(subscribers.map((subscriber) => to(subscriber, sid))).fanOuts[0]?.group;
}

describe("subscriptions with equal ids", () => {
  test("are grouped, in their order", () => {
    const subscriptions = toClients(1, 1, 1);
    expect(served(subscriptions)).toBe("[0 1 2]");
    expect(preparedFor(subscriptions)).toEqual([]);
  });

  test("are grouped id by id", () => {
    expect(served(toClients(1, 2, 1, 2))).toBe("[0 2] [1 3]");
  });

  test("are those that the peers spell alike", () => {
    expect(served(toClients(1, "01", "01", "1x", 1))).toBe("[0 4] [1 2] 3");
  });

  test("get the bytes that each of them would get by itself", () => {
    for (const sid of [7, "007", "caf\xe9"]) {
      const [fanOut] = prepare(toClients(sid, sid)).fanOuts;
      expect(preparedText(fanOut!.prepared)).toBe(`MSG a.b ${sid} `);
    }
  });

  test("are served one by one if their bytes are not the same after all", () => {
    const broker = new MemoryBroker();
    const peculiar = broker.connect(QUIET, (nats, stream) => new PeculiarClient(nats, stream));
    const subscriptions = [...toClients(1, 2, 2), to(peculiar.client, 1)];
    expect(served(subscriptions)).toBe("[1 2] 0 3");
    expect(preparedFor(subscriptions)).toEqual(["MSG a.b 1 ", "MSG a.b 9 "]);
  });
});

describe("a subscription is plain", () => {
  test("if it is the only one", () => {
    const subscriptions = toClients(1);
    expect(served(subscriptions)).toBe("0");
    expect(preparedFor(subscriptions)).toEqual(["MSG a.b 1 "]);
  });

  test("if it is alone with its id", () => {
    const subscriptions = toClients(1, 2, 1, 3);
    expect(served(subscriptions)).toBe("[0 2] 1 3");
    expect(preparedFor(subscriptions)).toEqual(["MSG a.b 2 ", "MSG a.b 3 "]);
  });

  test("if its receiver can be in no group", () => {
    const silent = new MemoryBroker().connect(WITHOUT_ECHO).client;
    const [one, two] = toClients(1, 1);
    const subscriptions = [to(new ListingSubscriber("import"), 1), one!, two!, to(silent, 1)];
    expect(served(subscriptions)).toBe("[1 2] 0 3");
    expect(preparedFor(subscriptions)).toEqual(["import/1/a.b", "MSG a.b 1 "]);
  });

  test("while it has a maximum; so is the one that is left alone beside it", () => {
    const [one, limited, two] = toClients(1, 1, 1);
    limited!.maxDeliveries = 10;
    expect(served([one!, limited!, two!])).toBe("[0 2] 1");
    expect(served([limited!, one!])).toBe("0 1");
    limited!.maxDeliveries = 0;
    expect(served([one!, limited!, two!])).toBe("[0 1 2]");
  });

  test("in no plan that nobody subscribed to", () => {
    expect(prepare([])).toEqual({ fanOuts: NO_FAN_OUTS, plain: [], prepared: [] });
  });
});

describe("a group", () => {
  test("is one for all that the same clients subscribed to", () => {
    const broker = new MemoryBroker();
    const clients = [broker.connect().client, broker.connect().client];
    expect(groupOf(clients, 1)).toBeDefined();
    expect(groupOf(clients, 2)).toBe(groupOf(clients, 1));
  });

  test("is another one for other clients", () => {
    const broker = new MemoryBroker();
    const [one, two, three] = [broker.connect(), broker.connect(), broker.connect()];
    const groups = [
      groupOf([one.client, two.client]),
      groupOf([one.client, two.client, three.client]),
      groupOf([one.client, three.client]),
      groupOf([two.client, three.client]),
    ];
    expect(new Set(groups).size).toBe(4);
    expect(groups).not.toContain(undefined);
    expect(groupOf([one.client, two.client])).toBe(groups[0]);
  });

  test("counts for each of its subscriptions", () => {
    const subscriptions = toClients(1, 1);
    subscriptions[1]!.deliveredCount = 5;
    prepare(subscriptions).fanOuts[0]?.countDeliveries(3);
    expect(subscriptions.map(({ deliveredCount }) => deliveredCount)).toEqual([3, 8]);
  });
});

test(`every subscription is served once, with its own bytes (seed ${firstSeed})`, () => {
  const random = new Random(firstSeed);
  const broker = new MemoryBroker();
  const clients = Array.from({ length: 8 }, () => broker.connect().client);
  clients.push(broker.connect(WITHOUT_ECHO).client);
  for (let round = 0; round < 300; round++) {
    const subscriptions = clients
      .filter(() => random.below(4) > 0)
      .map((client) => to(client, 1 + random.below(4), random.below(5) === 0 ? 3 : 0));
    const { fanOuts, plain, prepared } = prepare(subscriptions);
    const all = [...fanOuts.flatMap((fanOut) => fanOut.subscriptions), ...plain];
    expect(all).toHaveLength(subscriptions.length);
    expect(subscriptions.every((subscription) => all.includes(subscription))).toBe(true);
    for (const fanOut of fanOuts) {
      expect(fanOut.subscriptions.length).toBeGreaterThan(1);
      const texts = fanOut.subscriptions.map(({ sid }) => `MSG a.b ${sid} `);
      expect(new Set(texts)).toEqual(new Set([preparedText(fanOut.prepared)]));
      expect(fanOut.subscriptions.some(({ maxDeliveries }) => maxDeliveries > 0)).toBe(false);
    }
    expect(prepared.map(preparedText)).toEqual(plain.map(({ sid }) => `MSG a.b ${sid} `));
  }
});
