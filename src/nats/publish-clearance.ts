/**
 * What only few publishes meet: mappings, permissions, reserved replies. Called by `client.ts` for
 * messages that are not plainly allowed or have a reply, and for those that are traced.
 */
import type { ClientPlans } from "../broker/client-plans.ts";
import type { Message } from "../broker/message.ts";
import type { MessageTrace } from "../broker/message-trace.ts";
import type { PublishPlan } from "../broker/publish-plan.ts";
import { isReservedReply } from "../broker/reserved-subjects.ts";
import type { Violation } from "../broker/stats.ts";
import { type LoggedConnection, say } from "../connection/connection-log.ts";
import type { ConnectionContext } from "../connection/context.ts";
import { readableText } from "../util/readable-text.ts";
import * as trace from "./client-trace.ts";
import * as errors from "./errors.ts";

export interface PublishingClient extends LoggedConnection {
  readonly context: ConnectionContext;
  readonly plans: ClientPlans;
  /** Whether the message answers a request that the client has been given. */
  mayRespond(message: Message): boolean;
  sendError(text: string): void;
}

/** The plan to deliver by; undefined if the message may not be published: the client is told. */
export function clearedPlan(
  client: PublishingClient,
  found: PublishPlan,
  message: Message,
): PublishPlan | undefined {
  let plan = found;
  if (plan.mapping !== undefined) {
    const { broker, logger } = client.context;
    const before = logger.traceEnabled ? subjectTextOf(message) : "";
    plan.mapping.redirect(message, broker.random);
    if (logger.traceEnabled) trace.mapping(client, before, subjectTextOf(message));
    plan = client.plans.mapped.find(message);
  }
  if (!plan.isAllowed && !client.mayRespond(message)) {
    refusePublish(client, subjectTextOf(message), message.trace);
    return undefined;
  }
  const { bytes } = message.block;
  if (!isReservedReply(bytes, message.tailStart, message.replyEnd)) return plan;
  const reply = readableText(bytes.subarray(message.tailStart, message.replyEnd));
  const log = errors.replyViolationLog(reply);
  refuse(client, "reply", errors.replyViolation(reply), log, message.trace);
  return undefined;
}

/** The client may not publish to the subject. */
export function refusePublish(
  client: PublishingClient,
  subject: string,
  messageTrace: MessageTrace | undefined,
): void {
  const log = errors.publishViolationLog(subject);
  refuse(client, "publish", errors.publishViolation(subject), log, messageTrace);
}

function refuse(
  client: PublishingClient,
  violation: Violation,
  text: string,
  log: string,
  messageTrace: MessageTrace | undefined,
): void {
  messageTrace?.refuse(text);
  client.context.broker.counters.violations[violation]++;
  say(client, "error", "permission_violation", log);
  client.sendError(text);
}

function subjectTextOf({ subjectBlock, subjectStart, subjectEnd }: Message): string {
  return readableText(subjectBlock.bytes.subarray(subjectStart, subjectEnd));
}
