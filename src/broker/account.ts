/**
 * An account: an isolated space of subjects with its subscriptions, publish plans and counters.
 * Every change of interest goes through here, so that the plans it concerns are dropped, and what
 * is imported from other accounts follows.
 */
import type { AccountLimits } from "../config/blocks/account-limits.ts";
import type { MessageTraceSettings } from "../config/blocks/message-trace.ts";
import { subjectHasWildcard } from "../subject/subject.ts";
import { Sublist } from "../subject/sublist.ts";
import type { Clock } from "../util/clock.ts";
import { AwaitedReplies } from "./awaited-replies.ts";
import { ClientPlans } from "./client-plans.ts";
import type { DeliveryFilter } from "./delivery-filter.ts";
import type { PendingResponse, PendingResponses } from "./pending-responses.ts";
import { type PlanSource, PlanTable, type PublishRule } from "./publish-plan.ts";
import { CLIENT_RULE, SERVER_RULE } from "./reserved-subjects.ts";
import type { TrafficCounters } from "./stats.ts";
import type { SubjectMappings } from "./subject-mappings.ts";
import type { Subscription } from "./subscription.ts";

/** The account of everybody when no accounts are configured. */
export const GLOBAL_ACCOUNT_NAME = "$G";

/** Subscriptions that one turn removes: 10 ms at most. */
const ABANDONED_AT_ONCE = 16_384;

/** Follows an account's subscriptions: what they import, and who waits for answers. */
export interface InterestFollower {
  onSubscribe(subject: Uint8Array, subscription: Subscription): void;
  onUnsubscribe(subject: Uint8Array, subscription: Subscription): void;
}

export class Account implements TrafficCounters, PlanSource {
  readonly name: string;
  readonly #hasResultCache: boolean;
  /** Made when the account has a client or a subscription. */
  #sublist: Sublist<Subscription> | undefined;
  #serverPlans: PlanTable | undefined;
  /** By permissions of clients; undefined for those that may do everything. */
  readonly #plans: Map<PublishRule | undefined, ClientPlans>;
  readonly #clientRule: PublishRule;
  readonly #followers: InterestFollower[];
  /** Reply subjects of requests to services of other accounts. */
  readonly awaitedReplies: AwaitedReplies<PendingResponse>;
  /** Requests from other accounts to services of this one; made with the first. */
  responses: PendingResponses | undefined;
  #mappings: SubjectMappings | undefined;
  filteredSubscriptions: number;
  /** Messages of clients for whose subject no plan was ready. */
  planMisses: number;
  /** Undefined: only the server's limits. */
  limits: AccountLimits | undefined;
  /** Of messages that tracing systems follow; undefined: such messages are not traced. */
  messageTrace: MessageTraceSettings | undefined;
  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  slowConsumers = 0;
  /** Connections bound to the account now, and ever. */
  connections = 0;
  totalConnections = 0;

  /** `clientRule` is for clients without permissions of their own. */
  constructor(name: string, hasResultCache: boolean, clientRule = CLIENT_RULE) {
    this.name = name;
    this.#clientRule = clientRule;
    this.#hasResultCache = hasResultCache;
    this.#sublist = undefined;
    this.#serverPlans = undefined;
    this.#plans = new Map();
    this.#followers = [];
    this.awaitedReplies = new AwaitedReplies();
    this.responses = undefined;
    this.#mappings = undefined;
    this.filteredSubscriptions = 0;
    this.planMisses = 0;
    this.limits = undefined;
    this.messageTrace = undefined;
  }

  get sublist(): Sublist<Subscription> {
    this.#sublist ??= new Sublist<Subscription>({ hasResultCache: this.#hasResultCache });
    return this.#sublist;
  }

  /** Plans for what the server itself publishes, and requests that come from other accounts. */
  get serverPlans(): PlanTable {
    this.#serverPlans ??= new PlanTable(this, SERVER_RULE, false);
    return this.#serverPlans;
  }

  // --- Plans ---------------------------------------------------------------------------------

  /** The plans for one more client with these permissions, until `leavePlans`. */
  joinPlans(permissions: PublishRule | undefined): ClientPlans {
    let plans = this.#plans.get(permissions);
    if (plans === undefined) {
      plans = new ClientPlans(this, permissions ?? this.#clientRule);
      this.#plans.set(permissions, plans);
    }
    plans.clients++;
    return plans;
  }

  leavePlans(plans: ClientPlans): void {
    plans.clients--;
    if (plans.clients > 0) return;
    for (const [permissions, known] of this.#plans) {
      if (known === plans && permissions !== undefined) this.#plans.delete(permissions);
    }
  }

  get mappings(): SubjectMappings | undefined {
    return this.#mappings;
  }

  /** Replaces where messages to some subjects go. */
  setMappings(mappings: SubjectMappings | undefined): void {
    this.#mappings = mappings;
    this.dropPlans();
  }

  /** Drops all plans: something that they depend on has changed. */
  dropPlans(): void {
    this.#serverPlans?.clear();
    for (const plans of this.#plans.values()) plans.clear();
  }

  #invalidate(subject: Uint8Array): void {
    const hasWildcard = subjectHasWildcard(subject);
    this.#serverPlans?.invalidate(subject, hasWildcard);
    for (const plans of this.#plans.values()) plans.invalidate(subject, hasWildcard);
  }

  // --- Subscriptions -------------------------------------------------------------------------

  /** The follower hears of all subscriptions, of those that are there at once. */
  follow(follower: InterestFollower): void {
    this.#followers.push(follower);
    for (const subscription of this.sublist.all()) {
      follower.onSubscribe(this.sublist.subjectOf(subscription), subscription);
    }
  }

  unfollow(follower: InterestFollower): void {
    const index = this.#followers.indexOf(follower);
    if (index >= 0) this.#followers.splice(index, 1);
  }

  /** Adds the subscription; false for a subject that nothing can match (see `Sublist.insert`). */
  subscribe(subject: Uint8Array, subscription: Subscription): boolean {
    if (!this.sublist.insert(subject, subscription)) return false;
    if (subscription.filter !== undefined) this.filteredSubscriptions++;
    this.#invalidate(subject);
    for (const follower of this.#followers) follower.onSubscribe(subject, subscription);
    return true;
  }

  unsubscribe(subscription: Subscription): void {
    const subject = this.sublist.subjectOf(subscription);
    if (!this.sublist.remove(subscription)) return;
    this.#afterRemoval(subject, subscription);
  }

  #afterRemoval(subject: Uint8Array, subscription: Subscription): void {
    if (subscription.filter !== undefined) this.filteredSubscriptions--;
    this.#invalidate(subject);
    this.awaitedReplies.onUnsubscribe(subject, this.sublist);
    for (const follower of this.#followers) follower.onUnsubscribe(subject, subscription);
  }

  /** Ends the subscription after so many deliveries since its beginning. */
  limitDeliveries(subscription: Subscription, maxDeliveries: number): void {
    subscription.maxDeliveries = maxDeliveries;
    this.#invalidate(this.sublist.subjectOf(subscription));
  }

  /** Says which subjects must not reach the subscription; undefined for none. */
  filterDeliveries(subscription: Subscription, filter: DeliveryFilter | undefined): void {
    if (subscription.filter === filter) return;
    if (subscription.filter !== undefined) this.filteredSubscriptions--;
    if (filter !== undefined) this.filteredSubscriptions++;
    subscription.filter = filter;
    const subject = this.sublist.subjectOf(subscription);
    this.#invalidate(subject);
    for (const follower of this.#followers) {
      follower.onUnsubscribe(subject, subscription);
      follower.onSubscribe(subject, subscription);
    }
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
    const subjects = subscriptions.map((subscription) => this.sublist.subjectOf(subscription));
    this.sublist.removeBatch(subscriptions);
    for (const [index, subscription] of subscriptions.entries()) {
      this.#afterRemoval(subjects[index]!, subscription);
    }
  }
}
