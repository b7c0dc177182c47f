/**
 * The subscriptions of one client by their ids. [hot] Most clients have one or a few, and a Map
 * takes 320 bytes with the first entry: so a lone one stands for itself, few are an array in no
 * order, and only many are a Map. The client keeps what `added` and `removed` return.
 */
import type { Subscription, SubscriptionId } from "../broker/subscription.ts";

export type OwnSubscriptions =
  | undefined
  | Subscription
  | Subscription[]
  | Map<SubscriptionId, Subscription>;

/** Searching so many takes no longer than a Map does. */
const MAX_IN_ARRAY = 8;

export function countOf(own: OwnSubscriptions): number {
  if (own === undefined) return 0;
  if (Array.isArray(own)) return own.length;
  return own instanceof Map ? own.size : 1;
}

export function find(own: OwnSubscriptions, sid: SubscriptionId): Subscription | undefined {
  if (own === undefined) return undefined;
  if (Array.isArray(own)) {
    for (let i = 0; i < own.length; i++) if (own[i]!.sid === sid) return own[i];
    return undefined;
  }
  if (own instanceof Map) return own.get(sid);
  return own.sid === sid ? own : undefined;
}

/** With one that has an id of its own. */
export function added(own: OwnSubscriptions, subscription: Subscription): OwnSubscriptions {
  if (own === undefined) return subscription;
  if (Array.isArray(own)) {
    own.push(subscription);
    return own.length > MAX_IN_ARRAY ? mapOf(own) : own;
  }
  return own instanceof Map ? own.set(subscription.sid, subscription) : [own, subscription];
}

/** Without this one, which must be there. */
export function removed(own: OwnSubscriptions, subscription: Subscription): OwnSubscriptions {
  if (own === subscription) return undefined;
  if (Array.isArray(own)) {
    const last = own.pop()!;
    if (last !== subscription) own[own.indexOf(subscription)] = last;
    return own.length > 0 ? own : undefined;
  }
  if (!(own instanceof Map)) return own;
  own.delete(subscription.sid);
  return own.size > 0 ? own : undefined;
}

export function listOf(own: OwnSubscriptions): Subscription[] {
  if (own === undefined) return [];
  if (Array.isArray(own)) return own.slice();
  return own instanceof Map ? Array.from(own.values()) : [own];
}

function mapOf(few: readonly Subscription[]): Map<SubscriptionId, Subscription> {
  const map = new Map<SubscriptionId, Subscription>();
  for (let i = 0; i < few.length; i++) map.set(few[i]!.sid, few[i]!);
  return map;
}
