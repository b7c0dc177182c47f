/**
 * Publishing of messages that are traced. A client asks here for every message that `trace-headers`
 * does not rule out; what is traced takes this way in place of the client's own, which knows
 * nothing of traces. Rules and texts are the reference's.
 */
import type { Account } from "../broker/account.ts";
import { dispatchTraced } from "../broker/dispatch-traced.ts";
import { withHeader } from "../broker/headers.ts";
import type { Message } from "../broker/message.ts";
import {
  MessageTrace,
  TRACE_DESTINATION,
  TRACE_DISABLED,
  traceText,
} from "../broker/message-trace.ts";
import type { Permissions } from "../broker/permissions.ts";
import type { Publisher } from "../broker/publisher.ts";
import { CLIENT_RULE } from "../broker/reserved-subjects.ts";
import { publishTrace } from "../broker/trace-report.ts";
import { say } from "../connection/connection-log.ts";
import { isValidPublishSubject, subjectBytes } from "../subject/subject.ts";
import { binaryTextOf } from "../util/bytes.ts";
import type { Random } from "../util/random.ts";
import { readableText } from "../util/readable-text.ts";
import { quote } from "./errors.ts";
import { type PublishingClient, clearedPlan, refusePublish } from "./publish-clearance.ts";
import { type TraceHeaders, readTraceHeaders } from "./trace-request.ts";
import { watchPublish } from "./watched-publish.ts";

export interface TracedPublisher extends PublishingClient, Publisher {
  readonly account: Account;
  readonly permissions: Permissions | undefined;
  /** The client's own way of publishing. */
  onPublish(message: Message): void;
  /** Counts a message that is published otherwise, and the work that it makes. */
  countPublish(message: Message, work: number): void;
  /** Confirms the message, if the client wants that. */
  confirm(): void;
  /** The message has reached nobody. */
  answerUndelivered(message: Message): void;
}

const ALL_PERCENT = 100;

/** Why a message is not let in whose payload exceeds the limit. */
const TOO_LARGE = "maximum payload exceeded";

/** What a trace costs next to a delivery. */
const TRACE_WORK = 200;

/**
 * What becomes of a message: it is traced, is published like any other, likewise with a header that
 * keeps others from tracing it, or not at all.
 */
type Outcome = MessageTrace | "plain" | "disabled" | "dropped";

/** Publishes the message if it is to be traced; false if it is one like any other. */
export function publishTraced(client: TracedPublisher, message: Message): boolean {
  const outcome = openTrace(client, message, message.payloadStart + message.headerBytes);
  if (outcome === "plain") return false;
  if (outcome === "disabled") publishUntraceable(client, message);
  else if (outcome !== "dropped") publishWith(client, message, outcome);
  return true;
}

/** Traces a message that is refused before all of it is there: its headers end at `headersEnd`. */
export function traceTooLarge(client: TracedPublisher, message: Message, headersEnd: number): void {
  const outcome = openTrace(client, message, headersEnd);
  if (!(outcome instanceof MessageTrace)) return;
  outcome.refuse(TOO_LARGE);
  publishTrace(client.context.broker, client.account, outcome);
}

function openTrace(client: TracedPublisher, message: Message, headersEnd: number): Outcome {
  const { block, payloadStart } = message;
  const request = readTraceHeaders(block.bytes, payloadStart, headersEnd);
  if (request === undefined) return "plain";
  if (request.originAccount !== "") {
    const value = quote(request.originAccount);
    const header = `header "Nats-Trace-Origin-Account" with value=${value}`;
    say(client, "error", "protocol_error", `Message tracing disabled because of ${header}`);
    return request.isOnly ? "dropped" : "disabled";
  }
  const { messageTrace } = client.account;
  if (request.destination !== undefined)
    return traceTo(request.destination, client, message, request);
  if (messageTrace === undefined) return "plain";
  const { destination, samplingPercent } = messageTrace;
  if (!isSampled(samplingPercent, client.context.broker.random)) return "disabled";
  return traceTo(binaryTextOf(destination), client, message, request);
}

/** As in the reference, which traces one percent more than it is told. */
function isSampled(samplingPercent: number, random: Random): boolean {
  return samplingPercent >= ALL_PERCENT || random.below(ALL_PERCENT) <= samplingPercent;
}

function traceTo(
  destination: string,
  client: TracedPublisher,
  message: Message,
  { headers, isOnly, acceptEncoding }: TraceHeaders,
): Outcome {
  const subject = subjectBytes(destination);
  if (!isValidPublishSubject(subject)) {
    const problem = `Destination ${quote(readableText(subject))} is not valid`;
    say(client, "error", "protocol_error", `${problem}, won't be able to trace events`);
    return isOnly ? "dropped" : "plain";
  }
  const rule = client.permissions ?? CLIENT_RULE;
  if (!rule.mayPublish(subject, 0, subject.length)) {
    refusePublish(client, readableText(subject), undefined);
    return "dropped";
  }
  const { subjectBlock, subjectStart, subjectEnd, sizeBytes } = message;
  return new MessageTrace({
    publisher: client.facts,
    subject: traceText(subjectBlock.bytes.subarray(subjectStart, subjectEnd)),
    headers,
    sizeBytes,
    destination,
    isOnly,
    acceptEncoding,
    clock: client.context.clock,
  });
}

function publishWith(client: TracedPublisher, message: Message, messageTrace: MessageTrace): void {
  const { account } = client;
  const { broker } = client.context;
  message.trace = messageTrace;
  try {
    const found = client.plans.published.find(message);
    const isMapped = found.mapping !== undefined;
    client.countPublish(message, TRACE_WORK + found.receiverCount);
    watchPublish(client, message);
    const isAllowed = clearedPlan(client, found, message) !== undefined;
    if (isMapped) messageTrace.addMapping(subjectOf(message));
    if (isAllowed) {
      client.confirm();
      if (!dispatchTraced(account, message, broker.random)) client.answerUndelivered(message);
    }
  } finally {
    message.trace = undefined;
  }
  publishTrace(broker, account, messageTrace);
}

/** Publishes a copy that nobody takes for one to be traced. */
function publishUntraceable(client: TracedPublisher, message: Message): void {
  const { block, subjectBlock, origin, tailStart, replyEnd, payloadStart } = message;
  const { bytes } = block;
  const headersEnd = payloadStart + message.headerBytes;
  const { builders } = client.context.broker.services;
  const builder = builders.take();
  const copy = builder.build(
    {
      subject: subjectBlock.bytes.subarray(message.subjectStart, message.subjectEnd),
      reply: bytes.subarray(tailStart, replyEnd),
      headers: withHeader(bytes, payloadStart, headersEnd, TRACE_DESTINATION, TRACE_DISABLED),
      payload: bytes.subarray(headersEnd, payloadStart + message.sizeBytes),
    },
    origin,
  );
  client.onPublish(copy);
  builders.give(builder);
}

function subjectOf({ subjectBlock, subjectStart, subjectEnd }: Message): string {
  return traceText(subjectBlock.bytes.subarray(subjectStart, subjectEnd));
}
