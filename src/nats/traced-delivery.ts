/**
 * Deliveries of traced messages to clients: what keeps a client from getting the message is told to
 * the trace, in the order in which the reference looks for it. Called by `client.ts`.
 */
import type { Message } from "../broker/message.ts";
import {
  type TracedMatch,
  type TraceProblem,
  traceProblems,
  traceText,
} from "../broker/message-trace.ts";
import type { Publisher } from "../broker/publisher.ts";
import type { Subscriber, Subscription } from "../broker/subscription.ts";
import type { ConnectionContext } from "../connection/context.ts";

/** The client that has the subscription. */
export interface TracedReceiver extends Subscriber, Publisher {
  readonly isLive: boolean;
  readonly outbound: { readonly isBlocked: boolean };
  readonly isCongested: boolean;
  readonly context: ConnectionContext;
}

/** False if the client has not got the message, and would not have got it either. */
export function deliverTraced(
  client: TracedReceiver,
  echoes: boolean,
  subscription: Subscription,
  message: Message,
  match: TracedMatch,
): boolean {
  const { trace, subscribed } = match;
  const isOwn = message.origin === client && !echoes;
  const early = earlyProblem(isOwn, subscription, match);
  const problem = early ?? (trace.isOnly ? undefined : lateProblem(client, subscription));
  const { cid, name, account } = client.facts;
  const queue = subscription.queue && traceText(Buffer.from(subscription.queue, "latin1"));
  trace.addReceiver({ cid, name, account, subscribed, queue }, problem);
  if (trace.isOnly || early !== undefined) return problem === undefined;
  return client.deliver(subscription, message, undefined);
}

function earlyProblem(
  isOwn: boolean,
  subscription: Subscription,
  { isDenied }: TracedMatch,
): TraceProblem | undefined {
  if (isOwn) return traceProblems.noEcho;
  if (isDenied) return traceProblems.denied;
  return subscription.node < 0 ? traceProblems.subscriptionClosed : undefined;
}

/** What delivering finds out, which a message that is only traced does not come to. */
function lateProblem(
  client: TracedReceiver,
  { deliveredCount, maxDeliveries }: Subscription,
): TraceProblem | undefined {
  if (maxDeliveries > 0 && deliveredCount >= maxDeliveries) return traceProblems.tooManyDeliveries;
  const { outbound, isCongested, context } = client;
  const isSkipped = outbound.isBlocked && isCongested && context.options.noFastProducerStall;
  if (isSkipped) return traceProblems.slow;
  return client.isLive ? undefined : traceProblems.clientClosed;
}
