/**
 * Publish plans: what a plan holds, when it is dropped, and that `find` always names exactly the
 * receivers that a naive matcher finds. A failure names the seed and the step.
 */
import { describe, expect, test } from "bun:test";
import { PlanTable } from "../../../src/broker/publish-plan.ts";
import type { PublishPlan } from "../../../src/broker/publish-plan.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { hashSubject, subjectBytes, subjectHasWildcard } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import { Random } from "../../../src/util/random.ts";
import {
  ListingSubscriber,
  messageOf,
  preparedText,
  textOf,
  planSource,
} from "../../support/messages.ts";

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** Whether a pattern matches a literal subject, token by token. */
function naiveMatches(literal: string[], pattern: string[]): boolean {
  if (literal.includes("")) return false;
  if (pattern[0] === ">" && pattern.length === 1) return literal.length > 0;
  if (literal.length === 0 || pattern.length === 0) return literal.length === pattern.length;
  if (pattern[0] !== "*" && pattern[0] !== literal[0]) return false;
  return naiveMatches(literal.slice(1), pattern.slice(1));
}

/** A table over a sublist, changed as an account does, and the same as a plain list. */
class Bench {
  readonly sublist = new Sublist<Subscription>();
  readonly table: PlanTable;
  readonly subscriber = new ListingSubscriber("s");
  readonly subjects = new Map<Subscription, string>();
  #nextSid = 1;

  constructor(rule: (subject: string) => boolean = () => true) {
    const mayPublish = (bytes: Uint8Array, start: number, end: number) =>
      rule(textOf(bytes, start, end));
    this.table = new PlanTable(planSource(this.sublist), { mayPublish }, false);
  }

  subscribe(subject: string, queue?: string): Subscription {
    const subscription = new Subscription(this.subscriber, this.#nextSid++, queue);
    const bytes = subjectBytes(subject);
    if (!this.sublist.insert(bytes, subscription)) throw new Error(`refused ${subject}`);
    this.subjects.set(subscription, subject);
    this.table.invalidate(bytes, subjectHasWildcard(bytes));
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    const bytes = subjectBytes(this.subjects.get(subscription)!);
    this.subjects.delete(subscription);
    this.sublist.remove(subscription);
    this.table.invalidate(bytes, subjectHasWildcard(bytes));
  }

  find(subject: string): PublishPlan {
    return this.table.find(messageOf(subject));
  }

  /** Sids of the plain receivers, then those of each queue group in brackets. */
  found(subject: string): string {
    const { plain, queues } = this.find(subject);
    return receivers(plain, queues);
  }

  expected(subject: string): string {
    const tokens = subject.split(".");
    const plain: Subscription[] = [];
    const queues = new Map<string, Subscription[]>();
    for (const [subscription, pattern] of this.subjects) {
      if (!naiveMatches(tokens, pattern.split("."))) continue;
      const { queue } = subscription;
      if (queue === undefined) plain.push(subscription);
      else queues.set(queue, [...(queues.get(queue) ?? []), subscription]);
    }
    return receivers(plain, [...queues.values()]);
  }
}

function receivers(
  plain: readonly Subscription[],
  queues: readonly (readonly Subscription[])[],
): string {
  const sids = (list: readonly Subscription[]) =>
    list
      .map((one) => Number(one.sid))
      .toSorted((left, right) => left - right)
      .join(" ");
  const groups = queues.map((members) => `[${sids(members)}]`);
  return [sids(plain), ...groups.toSorted()].join(" ");
}

/** Every receiver has its prepared bytes beside it, or nobody has any. */
function checkPrepared(plan: PublishPlan, subject: string): void {
  const texts = (list: readonly Subscription[]) => list.map(({ sid }) => `s/${sid}/${subject}`);
  if (plan.preparedPlain.length > 0) {
    expect(plan.preparedPlain.map(preparedText)).toEqual(texts(plan.plain));
  }
  if (plan.preparedQueues.length > 0) {
    expect(plan.preparedQueues.map((group) => group.map(preparedText))).toEqual(
      plan.queues.map(texts),
    );
  }
}

describe("a plan", () => {
  test("lists plain receivers and queue groups", () => {
    const bench = new Bench();
    bench.subscribe("a.b");
    bench.subscribe("a.*", "q");
    bench.subscribe("a.>", "q");
    bench.subscribe("a.b", "p");
    bench.subscribe("b");
    for (let i = 0; i < 3; i++) expect(bench.found("a.b")).toBe("1 [2 3] [4]");
  });

  test("is made for a subject published twice, with prepared bytes for each receiver", () => {
    const bench = new Bench();
    bench.subscribe("a");
    bench.subscribe(">", "q");
    expect(bench.find("a").preparedPlain).toEqual([]);
    expect(bench.table.count).toBe(0);
    const plan = bench.find("a");
    expect(bench.table.count).toBe(1);
    expect(plan.preparedPlain.map(preparedText)).toEqual(["s/1/a"]);
    expect(plan.preparedQueues.map((group) => group.map(preparedText))).toEqual([["s/2/a"]]);
    expect(bench.find("a")).toBe(plan);
    expect(bench.subscriber.preparations).toBe(2);
    expect(bench.table.misses).toBe(2);
  });

  test("says that nobody listens", () => {
    const bench = new Bench();
    for (let i = 0; i < 3; i++) expect(bench.find("a").receiverCount).toBe(0);
    bench.subscribe("a", "q");
    for (let i = 0; i < 3; i++) expect(bench.find("a").receiverCount).toBe(1);
  });

  test("holds what the rule says", () => {
    const bench = new Bench((subject) => subject !== "no");
    for (let i = 0; i < 3; i++) {
      expect(bench.find("no").isAllowed).toBe(false);
      expect(bench.find("yes").isAllowed).toBe(true);
    }
  });

  test("belongs to its subject alone, of whatever length", () => {
    const bench = new Bench();
    const subjects = Array.from({ length: 20 }, (_, i) => "abcdefghijklmnopqrst".slice(0, i + 1));
    for (const subject of subjects) bench.subscribe(subject);
    for (let round = 0; round < 3; round++) {
      for (const [i, subject] of subjects.entries()) expect(bench.found(subject)).toBe(`${i + 1}`);
    }
  });

  test("does not take another subject with its hash for its own", () => {
    const colliding = ["AaAaAa", "AaAaBB", "AaBBAa", "BBAaAa", "BBBBBB"];
    const hashes = colliding.map((subject) => hashSubject(subjectBytes(subject), 0, 6));
    expect(new Set(hashes).size).toBe(1);
    const bench = new Bench();
    for (const subject of colliding) bench.subscribe(subject);
    for (let round = 0; round < 10; round++) {
      for (const [i, subject] of colliding.entries()) expect(bench.found(subject)).toBe(`${i + 1}`);
    }
  });

  test("works for a subject whose hash is that of a free slot", () => {
    const subject = "f5a5a608";
    expect(hashSubject(subjectBytes(subject), 0, subject.length)).toBe(0);
    const bench = new Bench();
    for (let i = 0; i < 5; i++) expect(bench.found(subject)).toBe("");
    const subscription = bench.subscribe(subject);
    for (let i = 0; i < 5; i++) expect(bench.found(subject)).toBe("1");
    bench.unsubscribe(subscription);
    for (let i = 0; i < 5; i++) expect(bench.found(subject)).toBe("");
  });
});

describe("a change of subscriptions", () => {
  const planned = (bench: Bench, subject: string) => {
    bench.find(subject);
    return bench.find(subject);
  };

  test("to a literal subject drops only that subject's plan", () => {
    const bench = new Bench();
    const kept = planned(bench, "b");
    const dropped = planned(bench, "a");
    bench.subscribe("a");
    expect(bench.find("b")).toBe(kept);
    expect(bench.find("a")).not.toBe(dropped);
  });

  test("to a wildcard subject drops only the plans that it matches", () => {
    const bench = new Bench();
    const kept = planned(bench, "b.x");
    const alsoKept = planned(bench, "a.x.y");
    const dropped = planned(bench, "a.x");
    bench.subscribe("a.*");
    expect(bench.find("b.x")).toBe(kept);
    expect(bench.find("a.x.y")).toBe(alsoKept);
    expect(bench.find("a.x")).not.toBe(dropped);
  });

  test("leaves plans in use as they are", () => {
    const bench = new Bench();
    const subscription = bench.subscribe("a");
    const plan = planned(bench, "a");
    bench.unsubscribe(subscription);
    expect(plan.plain).toEqual([subscription]);
  });

  test("clear drops them all", () => {
    const bench = new Bench();
    const plan = planned(bench, "a");
    bench.table.clear();
    expect(bench.table.count).toBe(0);
    expect(bench.find("a")).not.toBe(plan);
  });
});

const LITERALS = ["a", "b", "cc", "d1", "*", ">", "Aa", "BB"];

function randomSubject(random: Random, wildcardsOf10: number, last: number): string {
  const tokens: string[] = [];
  const count = 1 + random.below(3);
  for (let i = 0; i < count; i++) {
    const isLast = i + 1 === count;
    if (random.below(10) < wildcardsOf10) tokens.push(isLast && random.below(3) === 0 ? ">" : "*");
    else if (isLast && last > 0) tokens.push(`n${random.below(last)}`);
    else tokens.push(LITERALS[random.below(4)]!);
  }
  return tokens.join(".");
}

/** Publishers may use what only looks like a subject: wildcard tokens, empty tokens. */
function randomPublish(random: Random, last: number): string {
  const subject = randomSubject(random, random.below(10) === 0 ? 4 : 0, last);
  if (random.below(30) > 0) return subject;
  return [`${subject}.`, `.${subject}`, `${subject}..a`, LITERALS[random.below(8)]!][
    random.below(4)
  ]!;
}

function checkRandomly(seed: number, steps: number, last: number): void {
  const random = new Random(seed);
  const bench = new Bench();
  const recent: string[] = [];
  for (let step = 0; step < steps; step++) {
    const choice = random.below(100);
    const known = bench.subjects.size;
    if (choice < 6 && known < 60) {
      const queue = random.below(3) === 0 ? ["p", "q"][random.below(2)] : undefined;
      bench.subscribe(randomSubject(random, 2, last), queue);
    } else if (choice < 11 && known > 0) {
      bench.unsubscribe([...bench.subjects.keys()][random.below(known)]!);
    } else {
      const again = recent[random.below(recent.length + 1)];
      const subject =
        random.below(3) > 0 && again !== undefined ? again : randomPublish(random, last);
      recent[random.below(40)] = subject;
      const found = bench.found(subject);
      const expected = bench.expected(subject);
      if (found !== expected) {
        throw new Error(`seed ${seed}, step ${step}: ${subject} to ${found}, not ${expected}`);
      }
      checkPrepared(bench.find(subject), subject);
    }
  }
}

test(`receivers are those of a naive matcher, few subjects (seed ${firstSeed})`, () => {
  for (let i = 0; i < 15; i++) checkRandomly(firstSeed + i, 2000, 0);
}, 60_000);

test(`receivers are those of a naive matcher, many subjects (seed ${firstSeed})`, () => {
  for (let i = 0; i < 4; i++) checkRandomly(firstSeed + i, 4000, 3000);
}, 60_000);

describe("with tens of thousands of subjects", () => {
  const COUNT = 40_000;
  const subjectOf = (i: number) => `many.${i % 7}.${i}`;

  /** Publishes each twice, so that the table grows to its limit and plans push out others. */
  function fill(bench: Bench): void {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < COUNT; i++) {
        bench.find(subjectOf(i));
        bench.find(subjectOf(i));
      }
    }
  }

  test("the table keeps to its limit", () => {
    const bench = new Bench();
    fill(bench);
    expect(bench.table.count).toBeGreaterThan(8192);
    expect(bench.table.count).toBeLessThanOrEqual(32_768);
  });

  test(`changes reach every plan (seed ${firstSeed})`, () => {
    const random = new Random(firstSeed);
    const bench = new Bench();
    fill(bench);
    const chosen = Array.from({ length: 200 }, () => random.below(COUNT));
    const own = chosen.map((i) => bench.subscribe(subjectOf(i)));
    const wide = bench.subscribe("many.3.*");
    for (const i of chosen) expect(bench.found(subjectOf(i))).toBe(bench.expected(subjectOf(i)));
    for (let i = 0; i < COUNT; i += 37) {
      expect(bench.find(subjectOf(i)).plain.includes(wide)).toBe(i % 7 === 3);
    }
    for (const subscription of own) bench.unsubscribe(subscription);
    bench.unsubscribe(wide);
    for (let i = 0; i < COUNT; i++) {
      if (bench.find(subjectOf(i)).receiverCount > 0)
        throw new Error(`${subjectOf(i)} has receivers`);
    }
  });

  test("wildcard subscriptions by the hundred empty the table, and plans come back right", () => {
    const bench = new Bench();
    fill(bench);
    for (let i = 0; i < 65; i++) bench.unsubscribe(bench.subscribe(`other.${i}.*`));
    expect(bench.table.count).toBe(0);
    const wide = bench.subscribe("many.3.*");
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 1000; i++) {
        expect(bench.find(subjectOf(i)).plain.includes(wide)).toBe(i % 7 === 3);
      }
    }
  }, 30_000);
});
