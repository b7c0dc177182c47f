/**
 * Deliveries of one plan that are the same bytes for several receivers: clients of a fleet make the
 * same subscriptions in the same order, so that theirs have equal ids. Such bytes are made once and
 * sent to each. `prepareDeliveries` finds these receivers when a plan is built; how bytes reach
 * them is theirs to know (`nats/fan-out-group.ts`).
 */
import type { FanOutGroup, GroupDelivery } from "./fan-out-member.ts";
import type { Prepared } from "./prepared.ts";
import type { Subscription, SubscriptionId } from "./subscription.ts";

/** One subscription of each member of a group, all with the same id. */
export class FanOut implements GroupDelivery {
  readonly subscriptions: readonly Subscription[];
  readonly prepared: Prepared;
  readonly group: FanOutGroup;
  uncountedMessages: number;
  uncountedBytes: number;

  constructor(subscriptions: readonly Subscription[], prepared: Prepared, group: FanOutGroup) {
    this.subscriptions = subscriptions;
    this.prepared = prepared;
    this.group = group;
    this.uncountedMessages = 0;
    this.uncountedBytes = 0;
  }

  countDeliveries(messages: number): void {
    const subscriptions = this.subscriptions;
    for (let i = 0; i < subscriptions.length; i++) {
      subscriptions[i]!.deliveredCount += messages;
    }
  }
}

/** All deliveries to the plain subscriptions of a plan. */
export interface Deliveries {
  readonly fanOuts: readonly FanOut[];
  /** Those made one by one, with what each begins with. */
  readonly plain: readonly Subscription[];
  readonly prepared: readonly Prepared[];
}

export const NO_FAN_OUTS: readonly FanOut[] = [];

export function prepareDeliveries(
  subscriptions: readonly Subscription[],
  subject: Uint8Array,
): Deliveries {
  if (subscriptions.length < 2) {
    const prepared = prepareAll(subscriptions, subject);
    return { fanOuts: NO_FAN_OUTS, plain: subscriptions, prepared };
  }
  const alike = new Map<SubscriptionId, Subscription[]>();
  const plain: Subscription[] = [];
  for (const subscription of subscriptions) {
    if (subscription.subscriber.fanOutMember === undefined || subscription.maxDeliveries > 0) {
      plain.push(subscription);
      continue;
    }
    const others = alike.get(subscription.sid);
    if (others === undefined) alike.set(subscription.sid, [subscription]);
    else others.push(subscription);
  }
  const fanOuts: FanOut[] = [];
  for (const group of alike.values()) {
    const fanOut = group.length > 1 ? fanOutOf(group, subject) : undefined;
    if (fanOut === undefined) plain.push(...group);
    else fanOuts.push(fanOut);
  }
  return { fanOuts, plain, prepared: prepareAll(plain, subject) };
}

/** Undefined if the subscriptions do not get the same bytes after all. */
function fanOutOf(subscriptions: readonly Subscription[], subject: Uint8Array): FanOut | undefined {
  const members = subscriptions.flatMap(({ subscriber }) => subscriber.fanOutMember ?? []);
  const [first] = members;
  if (first === undefined) return undefined;
  const [prepared, ...others] = prepareAll(subscriptions, subject);
  if (prepared === undefined || !others.every((one) => isSame(one, prepared))) return undefined;
  return new FanOut(subscriptions, prepared, first.groupWith(members));
}

function isSame(left: Prepared, right: Prepared): boolean {
  if (left.lengthBytes !== right.lengthBytes) return false;
  return left.words.every((word, index) => word === right.words[index]);
}

export function prepareAll(
  subscriptions: readonly Subscription[],
  subject: Uint8Array,
): readonly Prepared[] {
  const prepared: Prepared[] = [];
  for (let i = 0; i < subscriptions.length; i++) {
    const subscription = subscriptions[i]!;
    prepared.push(subscription.subscriber.prepare(subscription, subject));
  }
  return prepared;
}
