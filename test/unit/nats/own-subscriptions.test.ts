/** A client's own subscriptions, whether it has one, a few or many: as a Map by id would say. */
import { expect, test } from "bun:test";
import { Subscription } from "../../../src/broker/subscription.ts";
import type { Subscriber, SubscriptionId } from "../../../src/broker/subscription.ts";
import * as own from "../../../src/nats/own-subscriptions.ts";
import type { OwnSubscriptions } from "../../../src/nats/own-subscriptions.ts";
import { Random } from "../../../src/util/random.ts";

const NOBODY: Subscriber = {
  deliver: () => false,
  prepare: () => {
    throw new Error("nothing is delivered here");
  },
  fanOutMember: undefined,
  takesImports: false,
};

const STEPS = 20_000;
/** Numbers and texts, as peers write them. */
const IDS: readonly SubscriptionId[] = Array.from({ length: 24 }, (_, i) =>
  i % 3 === 0 ? `sid-${i}` : i,
);

function idsOf(subscriptions: OwnSubscriptions): SubscriptionId[] {
  return own.listOf(subscriptions).map(({ sid }) => sid);
}

test("has what a Map would have after any adding and removing", () => {
  const seed = Date.now();
  const random = new Random(seed);
  const model = new Map<SubscriptionId, Subscription>();
  let subscriptions: OwnSubscriptions;
  for (let step = 0; step < STEPS; step++) {
    // Waves, so that it is empty and full again and again.
    const isGrowing = Math.floor(step / 100) % 2 === 0;
    const sid = IDS[random.below(IDS.length)]!;
    const found = own.find(subscriptions, sid);
    const where = `seed ${seed}, step ${step}`;
    expect(found, where).toBe(model.get(sid)!);
    if (found === undefined && isGrowing) {
      const subscription = new Subscription(NOBODY, sid, undefined);
      subscriptions = own.added(subscriptions, subscription);
      model.set(sid, subscription);
    } else if (found !== undefined && !isGrowing) {
      subscriptions = own.removed(subscriptions, found);
      model.delete(sid);
    }
    expect(own.countOf(subscriptions), where).toBe(model.size);
    expect(new Set(idsOf(subscriptions)), where).toEqual(new Set(model.keys()));
  }
});

test("takes no room when the last one is gone", () => {
  for (const count of [1, 5, 50]) {
    const all = Array.from({ length: count }, (_, sid) => new Subscription(NOBODY, sid, undefined));
    let subscriptions = all.reduce<OwnSubscriptions>(own.added, undefined);
    expect(own.countOf(subscriptions)).toBe(count);
    for (const one of all) subscriptions = own.removed(subscriptions, one);
    expect(subscriptions).toBeUndefined();
  }
});
