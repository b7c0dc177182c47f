/**
 * A subscription as people read it, in lists of monitoring: made of one that is open, or kept of
 * one that went with its connection.
 */
import { fromBinaryText } from "../util/binary-text.ts";
import type { Account } from "./account.ts";
import type { Subscription } from "./subscription.ts";

export interface ListedSubscription {
  readonly subject: string;
  /** Undefined for a plain subscription. */
  readonly queue: string | undefined;
  readonly sid: string;
  readonly deliveredCount: number;
  /** 0 for no limit. */
  readonly maxDeliveries: number;
}

const utf8 = new TextDecoder();

/** The subscription, which the account holds, as it is now. */
export function listedSubscription(
  { sublist }: Account,
  subscription: Subscription,
): ListedSubscription {
  const { queue, sid, deliveredCount, maxDeliveries } = subscription;
  return {
    subject: utf8.decode(sublist.subjectOf(subscription)),
    queue: queue === undefined ? undefined : fromBinaryText(queue),
    sid: fromBinaryText(String(sid)),
    deliveredCount,
    maxDeliveries,
  };
}
