/**
 * An account: an isolated space of subjects with its subscriptions, publish plans and counters.
 * Every change of interest goes through here, so that the plans it concerns are dropped.
 */
import { subjectHasWildcard } from "../subject/subject.ts";
import { Sublist } from "../subject/sublist.ts";
import type { Clock } from "../util/clock.ts";
import { PlanTable } from "./publish-plan.ts";
import { isPublishableByClients } from "./reserved-subjects.ts";
import type { TrafficCounters } from "./stats.ts";
import type { Subscription } from "./subscription.ts";

/** The account of everybody when no accounts are configured. */
export const GLOBAL_ACCOUNT_NAME = "$G";

/** Subscriptions that one turn removes: 10 ms at most. */
const ABANDONED_AT_ONCE = 16_384;

export class Account implements TrafficCounters {
  readonly name: string;
  readonly sublist: Sublist<Subscription>;
  /** Plans for publishers without permissions of their own. */
  readonly plans: PlanTable;
  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  slowConsumers = 0;
  /** Connections bound to the account now. */
  connections = 0;

  constructor(name: string, hasResultCache: boolean) {
    this.name = name;
    this.sublist = new Sublist<Subscription>({ hasResultCache });
    this.plans = new PlanTable(this.sublist, isPublishableByClients);
  }

  /** Adds the subscription; false for a subject that nothing can match (see `Sublist.insert`). */
  subscribe(subject: Uint8Array, subscription: Subscription): boolean {
    if (!this.sublist.insert(subject, subscription)) return false;
    this.plans.invalidate(subject, subjectHasWildcard(subject));
    return true;
  }

  unsubscribe(subscription: Subscription): void {
    const subject = this.sublist.subjectOf(subscription);
    if (!this.sublist.remove(subscription)) return;
    this.plans.invalidate(subject, subjectHasWildcard(subject));
  }

  /** Ends the subscription after so many deliveries since its beginning. */
  limitDeliveries(subscription: Subscription, maxDeliveries: number): void {
    subscription.maxDeliveries = maxDeliveries;
    const subject = this.sublist.subjectOf(subscription);
    this.plans.invalidate(subject, subjectHasWildcard(subject));
  }

  /**
   * Removes what a connection that has closed had subscribed to: a part now and the rest in turns
   * of its own, since a million takes half a second. Those left meanwhile deliver to nobody.
   */
  abandonAll(subscriptions: readonly Subscription[], clock: Clock): void {
    const removeFrom = (start: number) => {
      const end = start + ABANDONED_AT_ONCE;
      this.unsubscribeAll(subscriptions.slice(start, end));
      if (end < subscriptions.length) clock.afterEvents(() => removeFrom(end));
    };
    removeFrom(0);
  }

  /** Removes many subscriptions now. */
  unsubscribeAll(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      const subject = this.sublist.subjectOf(subscription);
      this.plans.invalidate(subject, subjectHasWildcard(subject));
    }
    this.sublist.removeBatch(subscriptions);
  }
}
