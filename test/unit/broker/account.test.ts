/** An account: subscriptions and the plans that follow them. */
import { describe, expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ListingSubscriber, messageOf } from "../../support/messages.ts";

const subscriber = new ListingSubscriber();

function setUp() {
  const account = new Account("A", true);
  const plans = account.joinPlans(undefined).published;
  let sid = 0;
  const subscribe = (subject: string) => {
    const subscription = new Subscription(subscriber, ++sid, undefined);
    return { subscription, isTaken: account.subscribe(subjectBytes(subject), subscription) };
  };
  /** Twice, so that there is a plan to be dropped. */
  const receivers = (subject: string) => {
    plans.find(messageOf(subject));
    return plans.find(messageOf(subject)).plain.map(({ sid: id }) => id);
  };
  return { account, plans, subscribe, receivers };
}

describe("subscribing", () => {
  test("reaches plans that exist, by literal and by wildcard subject", () => {
    const { subscribe, receivers } = setUp();
    expect(receivers("a.b")).toEqual([]);
    subscribe("a.b");
    expect(receivers("a.b")).toEqual([1]);
    subscribe("*.b");
    expect(receivers("a.b").toSorted()).toEqual([1, 2]);
    subscribe(">");
    expect(receivers("a.b").toSorted()).toEqual([1, 2, 3]);
  });

  test("is refused for a subject that nothing can match", () => {
    const { account, subscribe } = setUp();
    for (const subject of ["a..b", ".a", "a.", "a.>.b", ""]) {
      expect(subscribe(subject).isTaken).toBe(false);
    }
    expect(account.sublist.count).toBe(0);
  });
});

describe("unsubscribing", () => {
  test("reaches plans that exist", () => {
    const { account, subscribe, receivers } = setUp();
    const literal = subscribe("a.b").subscription;
    const wildcard = subscribe("a.*").subscription;
    expect(receivers("a.b")).toHaveLength(2);
    account.unsubscribe(literal);
    expect(receivers("a.b")).toEqual([2]);
    account.unsubscribe(wildcard);
    expect(receivers("a.b")).toEqual([]);
  });

  test("of many at once reaches every plan", () => {
    const { account, subscribe, receivers } = setUp();
    const gone = ["a", "b.*", "c"].map((subject) => subscribe(subject).subscription);
    subscribe("b.>");
    for (const subject of ["a", "b.x", "c"]) receivers(subject);
    account.unsubscribeAll(gone);
    expect(["a", "b.x", "c"].map(receivers)).toEqual([[], [4], []]);
    expect(account.sublist.count).toBe(1);
  });
});

test("a closed connection's many subscriptions go in turns, oldest first", () => {
  const { account, subscribe } = setUp();
  const clock = new FakeClock();
  const gone = Array.from({ length: 40_000 }, (_, i) => subscribe(`s.${i}`).subscription);
  account.abandonAll(gone, clock);
  expect(account.sublist.count).toBe(40_000 - 16_384);
  expect(account.sublist.match("s.0").plain).toHaveLength(0);
  expect(account.sublist.match("s.39999").plain).toHaveLength(1);
  clock.advance(1);
  expect(account.sublist.count).toBe(0);
});

test("clients may publish anywhere but to the server's own subjects", () => {
  const { plans } = setUp();
  const isAllowed = (subject: string) => plans.find(messageOf(subject)).isAllowed;
  expect(["a", "$SYS.x", "_INBOX.1", "_R_.x"].map(isAllowed)).toEqual([true, true, true, true]);
  expect(["_GR_.x", "$NRG.x"].map(isAllowed)).toEqual([false, false]);
});
