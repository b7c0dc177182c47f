/**
 * What SUB and UNSUB ask for, and which subscriptions may not be: for limits, or, after a reload,
 * for permissions that have gone. Called by `client.ts`.
 */
import type { Account } from "../broker/account.ts";
import type { Permissions } from "../broker/permissions.ts";
import type { Subscription, SubscriptionId } from "../broker/subscription.ts";
import { countTokens } from "../subject/subject.ts";
import { Ascii } from "../util/ascii.ts";
import { binaryText } from "../util/bytes.ts";
import type { Range } from "./line-parser.ts";

/** What SUB asks for. The subject is a view into the received line. */
export interface SubscribeRequest {
  readonly subject: Uint8Array;
  /** Undefined for a plain subscription. */
  readonly queue: string | undefined;
  readonly sid: SubscriptionId;
}

export function readSubscribe(
  bytes: Uint8Array,
  subject: Range,
  queue: Range,
  sid: Range,
): SubscribeRequest {
  return {
    subject: bytes.subarray(subject.start, subject.end),
    queue: queue.end > queue.start ? binaryText(bytes, queue.start, queue.end) : undefined,
    sid: parseSid(bytes, sid),
  };
}

/** Numbers for plain decimals that keep their text (no leading zero, exact), else the text. */
export function parseSid(bytes: Uint8Array, range: Range): SubscriptionId {
  const length = range.end - range.start;
  const first = bytes[range.start]!;
  if (length > 15 || (first === Ascii.Zero && length > 1)) {
    return binaryText(bytes, range.start, range.end);
  }
  let value = 0;
  for (let at = range.start; at < range.end; at++) {
    const digit = bytes[at]! - Ascii.Zero;
    if (digit < 0 || digit > 9) return binaryText(bytes, range.start, range.end);
    value = value * 10 + digit;
  }
  return value;
}

/** What limits a client's subscriptions; 0 in the options for no limit. */
export interface SubscriptionLimits {
  readonly options: { readonly maxSubTokens: number; readonly maxSubscriptions: number };
  readonly account: Account;
}

/** Whether the subject has more tokens than allowed. */
export function hasTooManyTokens(subject: Uint8Array, { options }: SubscriptionLimits): boolean {
  return options.maxSubTokens > 0 && countTokens(subject) > options.maxSubTokens;
}

/** How many subscriptions a client may have. */
export function maxSubscriptions({ options, account }: SubscriptionLimits): number {
  const own = account.limits?.maxSubscriptions ?? Infinity;
  return options.maxSubscriptions > 0 ? Math.min(options.maxSubscriptions, own) : own;
}

/**
 * Those that permissions forbid; what must not reach the others is seen to. For permissions that
 * have changed while the subscriptions were there.
 */
export function forbiddenAmong(
  subscriptions: Iterable<Subscription>,
  account: Account,
  permissions: Permissions | undefined,
): { readonly subject: Uint8Array; readonly subscription: Subscription }[] {
  const forbidden = [];
  for (const subscription of subscriptions) {
    const subject = account.sublist.subjectOf(subscription);
    const decision = permissions?.subscribe(subject, subscription.queue);
    if (decision?.isAllowed === false) forbidden.push({ subject, subscription });
    else account.filterDeliveries(subscription, decision?.filter);
  }
  return forbidden;
}
