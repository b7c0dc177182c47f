/**
 * How many subscriptions of clients there are for a subject (`$SYS.DEBUG.SUBSCRIBERS`,
 * `$SYS.REQ.ACCOUNT.NSUBS`). What the server itself has subscribed to does not count.
 */
import type { Account } from "../broker/account.ts";
import type { Broker } from "../broker/broker.ts";
import type { Subscription } from "../broker/subscription.ts";
import { subjectHasWildcard, subjectIsSubset } from "../subject/subject.ts";
import { cidOf } from "./subscription-list.ts";

/** Subject and queue have one character per byte. */
export interface CountedInterest {
  /** With wildcards: subscriptions to it and to a part of it. */
  readonly subject: string;
  /** Only members of the group; undefined for all subscriptions. */
  readonly queue: string | undefined;
}

export function countSubscribers(
  { connections }: Broker,
  { sublist }: Account,
  { subject, queue }: CountedInterest,
): number {
  const isCounted = (subscription: Subscription) => {
    if (queue !== undefined && subscription.queue !== queue) return false;
    return connections.has(cidOf(subscription));
  };
  if (subjectHasWildcard(subject)) {
    const isPart = (one: Subscription) => subjectIsSubset(sublist.subjectOf(one), subject);
    return sublist.all().filter((one) => isCounted(one) && isPart(one)).length;
  }
  const { plain, queues } = sublist.match(subject);
  return [...plain, ...queues.flat()].filter(isCounted).length;
}
