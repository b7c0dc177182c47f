/** Delivery to plain receivers and to one member of each queue group. */
import { describe, expect, test } from "bun:test";
import { dispatch } from "../../../src/broker/dispatch.ts";
import { PlanTable } from "../../../src/broker/publish-plan.ts";
import { SERVER_RULE } from "../../../src/broker/reserved-subjects.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { subjectBytes, subjectHasWildcard } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import { Random } from "../../../src/util/random.ts";
import { ListingSubscriber, messageOf, planSource } from "../../support/messages.ts";

class Bench {
  readonly sublist = new Sublist<Subscription>();
  readonly table = new PlanTable(planSource(this.sublist), SERVER_RULE, false);
  readonly random = new Random(1);

  add(subscriber: ListingSubscriber, subject: string, queue?: string): Subscription {
    const subscription = new Subscription(subscriber, subscriber.name, queue);
    const bytes = subjectBytes(subject);
    this.sublist.insert(bytes, subscription);
    this.table.invalidate(bytes, subjectHasWildcard(bytes));
    return subscription;
  }

  publish(subject: string): boolean {
    const message = messageOf(subject);
    return dispatch(this.table.find(message), message, this.random);
  }
}

describe("plain receivers", () => {
  test("get every message, with prepared bytes from the second on", () => {
    const bench = new Bench();
    const [one, two] = [new ListingSubscriber("one"), new ListingSubscriber("two")];
    bench.add(one, "a");
    bench.add(two, "*");
    for (let i = 0; i < 3; i++) expect(bench.publish("a")).toBe(true);
    expect(one.given).toEqual(["a", "a one/one/a", "a one/one/a"]);
    expect(two.given).toEqual(["a", "a two/two/a", "a two/two/a"]);
  });

  test("count as reached if at least one takes the message", () => {
    const bench = new Bench();
    const refusing = new ListingSubscriber("no", false);
    bench.add(refusing, "a");
    expect(bench.publish("a")).toBe(false);
    bench.add(new ListingSubscriber("yes"), ">");
    expect(bench.publish("a")).toBe(true);
    expect(refusing.given).toHaveLength(2);
  });

  test("nobody is reached where nobody listens", () => {
    expect(new Bench().publish("a")).toBe(false);
  });
});

describe("a queue group", () => {
  test("gets each message once, all members about equally", () => {
    const bench = new Bench();
    const members = ["a", "*", ">", "a"].map((subject, i) => {
      const member = new ListingSubscriber(`m${i}`);
      bench.add(member, subject, "q");
      return member;
    });
    for (let i = 0; i < 4000; i++) expect(bench.publish("a")).toBe(true);
    const counts = members.map(({ given }) => given.length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(4000);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("is offered the message in turn until a member takes it", () => {
    const bench = new Bench();
    const refusing = [1, 2, 3].map((i) => new ListingSubscriber(`no${i}`, false));
    const taking = new ListingSubscriber("yes");
    for (const member of [...refusing, taking]) bench.add(member, "a", "q");
    for (let i = 0; i < 50; i++) expect(bench.publish("a")).toBe(true);
    expect(taking.given).toHaveLength(50);
    taking.takes = false;
    expect(bench.publish("a")).toBe(false);
    for (const member of refusing) expect(member.given.length).toBeLessThanOrEqual(51);
  });

  test("is offered the prepared bytes of the member it is offered to", () => {
    const bench = new Bench();
    const members = ["x", "y", "z"].map((name) => new ListingSubscriber(name, false));
    for (const member of members) bench.add(member, "a", "q");
    for (let i = 0; i < 3; i++) bench.publish("a");
    for (const member of members) {
      const text = `a ${member.name}/${member.name}/a`;
      expect(member.given).toEqual(["a", text, text]);
    }
  });

  test("does not keep other groups and plain receivers from theirs", () => {
    const bench = new Bench();
    const names = ["plain", "q1", "q2"];
    const [plain, first, second] = names.map((name) => new ListingSubscriber(name));
    bench.add(plain!, "a");
    bench.add(first!, "a", "q1");
    bench.add(second!, "a", "q2");
    bench.publish("a");
    for (const one of [plain, first, second]) expect(one?.given).toEqual(["a"]);
  });
});

describe("while a message is on its way", () => {
  test("a receiver may publish, also to the same subject, and unsubscribe others", () => {
    const bench = new Bench();
    const last = new ListingSubscriber("last");
    let lastSubscription: Subscription | undefined;
    let depth = 0;
    const busy = new (class extends ListingSubscriber {
      override deliver(...given: Parameters<ListingSubscriber["deliver"]>): boolean {
        super.deliver(...given);
        if (depth++ === 0) {
          bench.publish("b");
          if (lastSubscription !== undefined) bench.sublist.remove(lastSubscription);
          bench.table.invalidate(subjectBytes("a"), false);
          bench.publish("a");
        }
        return true;
      }
    })("busy");
    bench.add(busy, "a");
    lastSubscription = bench.add(last, "a");
    expect(bench.publish("a")).toBe(true);
    expect(busy.given).toEqual(["a", "a busy/busy/a"]);
    expect(last.given).toEqual(["a"]);
  });
});
