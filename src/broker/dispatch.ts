/**
 * Delivery inside one account. [hot] Called by connections and imports once a publish has passed
 * its checks. Receivers encode into their own outbound buffers; no socket is written here. Plans
 * are snapshots that are replaced, never changed, so a delivery that closes a connection does not
 * disturb the loop.
 */
import type { Random } from "../util/random.ts";
import type { FanOut } from "./fan-out.ts";
import type { Message } from "./message.ts";
import type { PublishPlan } from "./publish-plan.ts";
import type { Prepared } from "./prepared.ts";
import type { Subscription } from "./subscription.ts";

const NONE_PREPARED: readonly Prepared[] = [];

/** Delivers to every plain match and one member of each queue group; false if nobody received. */
export function dispatch(plan: PublishPlan, message: Message, random: Random): boolean {
  // Locals first: a plan for a subject used once is overwritten by a nested publish.
  const { fanOuts, plain, queues, preparedPlain, preparedQueues } = plan;
  const isPrepared = preparedPlain.length === plain.length;
  let delivered = false;
  for (let i = 0; i < fanOuts.length; i++) {
    const fanOut = fanOuts[i]!;
    if (fanOut.group.write(fanOut, message) || deliverToEach(fanOut, message)) delivered = true;
  }
  for (let i = 0; i < plain.length; i++) {
    const subscription = plain[i]!;
    const prepared = isPrepared ? preparedPlain[i] : undefined;
    if (subscription.subscriber.deliver(subscription, message, prepared)) delivered = true;
  }
  for (let i = 0; i < queues.length; i++) {
    const prepared = i < preparedQueues.length ? preparedQueues[i]! : NONE_PREPARED;
    if (deliverToGroup(queues[i]!, prepared, message, random)) delivered = true;
  }
  return delivered;
}

function deliverToEach({ subscriptions, prepared }: FanOut, message: Message): boolean {
  let delivered = false;
  for (let i = 0; i < subscriptions.length; i++) {
    const subscription = subscriptions[i]!;
    if (subscription.subscriber.deliver(subscription, message, prepared)) delivered = true;
  }
  return delivered;
}

/** Offers the message to the members in turn from a random one on, until one takes it. */
function deliverToGroup(
  members: readonly Subscription[],
  prepared: readonly Prepared[],
  message: Message,
  random: Random,
): boolean {
  const count = members.length;
  const isPrepared = prepared.length === count;
  let index = count === 1 ? 0 : random.below(count);
  for (let tried = 0; tried < count; tried++) {
    const member = members[index]!;
    if (member.subscriber.deliver(member, message, isPrepared ? prepared[index] : undefined)) {
      return true;
    }
    index = index + 1 === count ? 0 : index + 1;
  }
  return false;
}
