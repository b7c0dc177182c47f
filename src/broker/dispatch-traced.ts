/**
 * Delivery of a message that is traced, inside one account: as `dispatch`, but subscription by
 * subscription, each of which the trace hears of. Plans have no part in it, since they leave out
 * whoever may not have the message, and put receivers together.
 */
import type { Sublist } from "../subject/sublist.ts";
import type { Random } from "../util/random.ts";
import type { Message } from "./message.ts";
import { traceText } from "./message-trace.ts";
import type { Subscription } from "./subscription.ts";

/** The account that it is delivered in. */
interface TracedAccount {
  readonly sublist: Sublist<Subscription>;
}

/**
 * Delivers to every plain match and one member of each queue group; false if nobody received. Whom
 * a message that is only traced would have reached counts as having received it.
 */
export function dispatchTraced(account: TracedAccount, message: Message, random: Random): boolean {
  const { subjectBlock, subjectStart, subjectEnd } = message;
  const { sublist } = account;
  const { plain, queues } = sublist.matchBytes(subjectBlock.bytes, subjectStart, subjectEnd);
  let isDelivered = false;
  for (const subscription of plain) {
    if (deliverTo(sublist, subscription, message)) isDelivered = true;
  }
  for (const members of queues) {
    const first = random.below(members.length);
    const inTurn = [...members.slice(first), ...members.slice(0, first)];
    if (inTurn.some((member) => deliverTo(sublist, member, message))) isDelivered = true;
  }
  return isDelivered;
}

function deliverTo(
  sublist: Sublist<Subscription>,
  subscription: Subscription,
  message: Message,
): boolean {
  const { subscriber, filter, queue } = subscription;
  const { subjectBlock, subjectStart, subjectEnd, trace } = message;
  const { bytes } = subjectBlock;
  const isDenied = filter?.denies(bytes, subjectStart, subjectEnd, queue) ?? false;
  if (subscriber.deliverTraced === undefined || trace === undefined) {
    return !isDenied && subscriber.deliver(subscription, message, undefined);
  }
  // A delivery before this one may have ended the subscription.
  const isThere = subscription.node >= 0;
  const subscribed = isThere ? traceText(sublist.subjectOf(subscription)) : "";
  return subscriber.deliverTraced(subscription, message, { trace, subscribed, isDenied });
}
