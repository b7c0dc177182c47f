/**
 * Subscriptions as entries of lists that monitoring shows, and whose they are. Used by `/connz`,
 * `/subsz` and the count of subscribers.
 */
import type { Account } from "../broker/account.ts";
import { type ListedSubscription, listedSubscription } from "../broker/listed-subscription.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import type { Subscription } from "../broker/subscription.ts";

/** An entry of a detailed list, fields in the reference's order. */
export interface SubscriptionDetail {
  readonly account?: string | undefined;
  readonly account_tag?: string | undefined;
  readonly subject: string;
  readonly qgroup: string | undefined;
  readonly sid: string;
  readonly msgs: number;
  readonly max: number | undefined;
  readonly cid: number;
}

/** A subscription, open or closed with its connection; `cid` is the connection's. */
export function subscriptionDetail(listed: ListedSubscription, cid: number): SubscriptionDetail {
  return {
    subject: listed.subject,
    qgroup: listed.queue,
    sid: listed.sid,
    msgs: listed.deliveredCount,
    max: listed.maxDeliveries || undefined,
    cid,
  };
}

/** The same with the account that holds it. */
export function accountSubscriptionDetail(
  listed: ListedSubscription,
  cid: number,
  account: string,
): SubscriptionDetail {
  return { account, account_tag: account, ...subscriptionDetail(listed, cid) };
}

/** The connection's, or that of a client of the server's own; 0 for imports, which have none. */
export function cidOf({ subscriber }: Subscription): number {
  return "cid" in subscriber && typeof subscriber.cid === "number" ? subscriber.cid : 0;
}

/** One after the other; undefined in the place of those that have gone meanwhile. */
export function* listedIn(
  account: Account,
  subscriptions: Iterable<Subscription>,
): Generator<ListedSubscription | undefined, undefined> {
  for (const one of subscriptions) yield isHeld(one) ? listedSubscription(account, one) : undefined;
}

/** Whether it is still in a sublist. */
export function isHeld({ node }: Subscription): boolean {
  return node >= 0;
}

/** Sorting a million ids would take a second. */
const MAX_SORTED = 1024;

/** A connection's in the order of the ids, numbers first, unless there are very many. */
export function inOrderOfIds(connection: LiveConnection): Iterable<Subscription> {
  const { subscriptions, subscriptionCount } = connection;
  return subscriptionCount > MAX_SORTED ? subscriptions : [...subscriptions].sort(bySid);
}

function bySid({ sid: left }: Subscription, { sid: right }: Subscription): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === typeof right) return left < right ? -1 : 1;
  return typeof left === "number" ? -1 : 1;
}
