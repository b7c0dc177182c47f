/**
 * Subscriptions as monitoring lists them, and whose they are: those of connections, found through
 * the accounts that hold them. Used by `/connz`, `/subsz` and the count of subscribers.
 */
import type { Account } from "../broker/account.ts";
import type { ClosedSubscription } from "../broker/closed-connections.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import type { Subscription } from "../broker/subscription.ts";
import { fromBinaryText } from "./binary-text.ts";

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
export function subscriptionDetail(listed: ClosedSubscription, cid: number): SubscriptionDetail {
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
  listed: ClosedSubscription,
  cid: number,
  account: string,
): SubscriptionDetail {
  return { account, account_tag: account, ...subscriptionDetail(listed, cid) };
}

const utf8 = new TextDecoder();

/** The subscription as it is now. */
export function listedSubscription(
  { sublist }: Account,
  subscription: Subscription,
): ClosedSubscription {
  const { queue, sid, deliveredCount, maxDeliveries } = subscription;
  return {
    subject: utf8.decode(sublist.subjectOf(subscription)),
    queue: queue === undefined ? undefined : fromBinaryText(queue),
    sid: fromBinaryText(String(sid)),
    deliveredCount,
    maxDeliveries,
  };
}

/** The connection's, or that of a client of the server's own; 0 for imports, which have none. */
export function cidOf({ subscriber }: Subscription): number {
  return "cid" in subscriber && typeof subscriber.cid === "number" ? subscriber.cid : 0;
}

/** What each of the connections has subscribed to, in the order of its ids. */
export function subscriptionsOf(
  connections: readonly LiveConnection[],
): ReadonlyMap<LiveConnection, readonly ClosedSubscription[]> {
  const found = new Map(connections.map(({ cid }) => [cid, new Array<Subscription>()]));
  for (const { sublist } of new Set(connections.map(({ account }) => account))) {
    for (const subscription of sublist.all()) found.get(cidOf(subscription))?.push(subscription);
  }
  return new Map(
    connections.map((connection) => [
      connection,
      (found.get(connection.cid) ?? [])
        .sort(bySid)
        .map((subscription) => listedSubscription(connection.account, subscription)),
    ]),
  );
}

/** Numbers come first. */
function bySid({ sid: left }: Subscription, { sid: right }: Subscription): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === typeof right) return left < right ? -1 : 1;
  return typeof left === "number" ? -1 : 1;
}
