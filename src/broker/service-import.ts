/**
 * Services of other accounts. In the importing account a service import is a receiver like any
 * other: it passes the request on to the account that exports the service, under the subject there,
 * with a reply subject of that account and a header that says who asks. In the exporting account a
 * receiver of all such reply subjects passes answers back. The rules are those of the NATS
 * documentation on accounts; a request that comes to a service again on its way goes no further.
 */
import type { Clock } from "../util/clock.ts";
import type { Random } from "../util/random.ts";
import type { SubjectTransform } from "../subject/transform.ts";
import { subjectBytes, subjectText } from "../subject/subject.ts";
import type { BuilderPool } from "./builder-pool.ts";
import { dispatch } from "./dispatch.ts";
import { dispatchTraced } from "./dispatch-traced.ts";
import { withHeader } from "./headers.ts";
import { NO_BYTES } from "./message-builder.ts";
import type { Message, ServiceChain } from "./message.ts";
import { TRACE_DESTINATION, TRACE_DISABLED, traceText } from "./message-trace.ts";
import {
  type PendingResponse,
  PendingResponses,
  type ServiceAccount,
} from "./pending-responses.ts";
import { NOTHING_PREPARED } from "./prepared.ts";
import { REQUEST_INFO, requestInfo } from "./request-info.ts";
import { isAcknowledge } from "./reserved-subjects.ts";
import type { ServiceExport } from "./service-export.ts";
import type { LatencyMeasurement, ServiceLatency } from "./service-latency.ts";
import { type Subscriber, Subscription } from "./subscription.ts";

/** What all imports of a broker share. */
export interface ServiceContext {
  readonly random: Random;
  readonly clock: Clock;
  readonly builders: BuilderPool;
  /** The account of the server's own services; undefined if there is none. */
  readonly systemAccount: ServiceAccount | undefined;
  /** Measures services; undefined while no service asks for that. */
  latency: ServiceLatency | undefined;
  serverName: string;
}

export interface ServiceRoute {
  readonly importer: ServiceAccount;
  readonly exporter: ServiceAccount;
  readonly service: ServiceExport;
  /** The subject in the exporting account, where no transform makes it. */
  readonly remote: string;
  /** From subjects of the importing account; undefined if they stay, or are `remote`. */
  readonly transform: SubjectTransform | undefined;
  /** Whether requests keep their subject. */
  readonly keepsSubject: boolean;
  readonly isShared: boolean;
}

/** Headers by round trip that an import remembers. */
const MAX_PLAIN_HEADERS = 1024;

export class ServiceImport implements Subscriber {
  readonly fanOutMember = undefined;
  readonly takesImports = false;
  readonly #context: ServiceContext;
  readonly #route: ServiceRoute;
  readonly #remote: Uint8Array;
  readonly #plainHeaders: Map<number, Uint8Array>;

  constructor(context: ServiceContext, route: ServiceRoute) {
    this.#context = context;
    this.#route = route;
    this.#remote = subjectBytes(route.remote);
    this.#plainHeaders = new Map();
  }

  prepare(): typeof NOTHING_PREPARED {
    return NOTHING_PREPARED;
  }

  deliver(_subscription: Subscription, message: Message): boolean {
    const { importer, exporter, service, isShared } = this.#route;
    if (isInChain(message, service)) return false;
    const reply = replyOf(message);
    const isKept = isAcknowledge(reply);
    const measured = isKept ? undefined : this.#measure(message);
    if (reply.length === 0) measured?.onNoReply();
    const pending =
      reply.length === 0 || isKept
        ? undefined
        : responsesOf(exporter, this.#context).open({
            service,
            requester: importer,
            isShared,
            reply,
            observer: measured,
          });
    if (reply.length > 0 && !isKept && pending === undefined) return false;
    const chain = { service, isShared, previous: message.serviceChain };
    const isDelivered = forward(this.#context, message, {
      account: exporter,
      subject: this.#subjectFor(message),
      reply: pending?.subject ?? reply,
      headers: this.#headersFor(message),
      chain,
      isTraceAllowed: service.isTraceAllowed,
    });
    if (pending === undefined) return isDelivered;
    if (!isDelivered) exporter.responses?.end(pending, "undelivered");
    else if (message.trace?.isOnly === true) exporter.responses?.end(pending, "answered");
    return isDelivered;
  }

  /** Undefined for most. */
  #measure(message: Message): LatencyMeasurement | undefined {
    const { exporter, service, isShared } = this.#route;
    const { latency } = service;
    if (latency === undefined) return undefined;
    return this.#context.latency?.begin({ latency, account: exporter, isShared }, message);
  }

  #subjectFor(message: Message): Uint8Array {
    const { transform, keepsSubject } = this.#route;
    if (transform === undefined && !keepsSubject) return this.#remote;
    const { subjectBlock, subjectStart, subjectEnd } = message;
    const subject = subjectBlock.bytes.subarray(subjectStart, subjectEnd);
    if (transform !== undefined) return subjectBytes(transform.apply(subjectText(subject)));
    return subject;
  }

  /** What most requests get tells no more than account and round trip, and is made once. */
  #headersFor(message: Message): Uint8Array {
    const { headerBytes, serviceChain, origin } = message;
    const isPlain = headerBytes === 0 && serviceChain === undefined && !this.#route.isShared;
    if (!isPlain || origin === undefined) return this.#newHeadersFor(message);
    const known = this.#plainHeaders.get(origin.rttMs);
    if (known !== undefined) return known;
    const headers = this.#newHeadersFor(message);
    if (this.#plainHeaders.size >= MAX_PLAIN_HEADERS) this.#plainHeaders.clear();
    this.#plainHeaders.set(origin.rttMs, headers);
    return headers;
  }

  #newHeadersFor(message: Message): Uint8Array {
    const { importer, exporter, isShared } = this.#route;
    const { systemAccount, serverName } = this.#context;
    const isSystemService = exporter === systemAccount;
    const settings = { importer: importer.name, isShared, isSystemService, serverName };
    const info = requestInfo(message, settings);
    const { block, payloadStart, headerBytes } = message;
    const end = payloadStart + headerBytes;
    if (info === undefined) return block.bytes.subarray(payloadStart, end);
    return withHeader(block.bytes, payloadStart, end, REQUEST_INFO, info);
  }
}

/**
 * Receives what is published to the reply subjects of requests from other accounts. Who answers is
 * not told whether the answer is still wanted.
 */
class ResponseReceiver implements Subscriber {
  readonly fanOutMember = undefined;
  readonly takesImports = false;
  readonly #context: ServiceContext;
  readonly #exporter: ServiceAccount;
  readonly #responses: PendingResponses;

  constructor(context: ServiceContext, exporter: ServiceAccount, responses: PendingResponses) {
    this.#context = context;
    this.#exporter = exporter;
    this.#responses = responses;
  }

  prepare(): typeof NOTHING_PREPARED {
    return NOTHING_PREPARED;
  }

  deliver(_subscription: Subscription, message: Message): boolean {
    const { subjectBlock, subjectStart, subjectEnd } = message;
    const pending = this.#responses.find(subjectBlock.bytes, subjectStart, subjectEnd);
    if (pending === undefined || isInChain(message, pending.service)) return true;
    pending.observer?.onAnswer(message);
    const isDelivered = this.#passBack(pending, message);
    const isOver = pending.service.responseType === "singleton" || message.sizeBytes === 0;
    if (!isDelivered) this.#responses.end(pending, "undelivered");
    else if (isOver) this.#responses.end(pending, "answered");
    else this.#responses.touch(pending);
    return true;
  }

  #passBack(pending: PendingResponse, message: Message): boolean {
    const { service, isShared, requester } = pending;
    const chain = { service, isShared, previous: message.serviceChain };
    const reply = replyOf(message);
    if (reply.length === 0 && message.hasPlainTail && message.trace === undefined) {
      return readdressed(this.#context, message, pending, chain);
    }
    const next =
      reply.length === 0 || isAcknowledge(reply)
        ? undefined
        : responsesOf(requester, this.#context).open({
            service,
            requester: this.#exporter,
            isShared,
            reply,
            observer: this.#measureReturn(pending, message),
          });
    const { block, payloadStart, headerBytes } = message;
    const isDelivered = forward(this.#context, message, {
      account: requester,
      subject: pending.reply,
      reply: next?.subject ?? reply,
      headers: block.bytes.subarray(payloadStart, payloadStart + headerBytes),
      chain,
      isTraceAllowed: false,
    });
    if (!isDelivered && next !== undefined) {
      requester.responses?.end(next, "undelivered");
    }
    return isDelivered;
  }

  /** An answer that wants an answer itself is measured if the request was. */
  #measureReturn(
    { service, requester, isShared, observer }: PendingResponse,
    answer: Message,
  ): LatencyMeasurement | undefined {
    const { latency } = service;
    if (latency === undefined || observer === undefined) return undefined;
    return this.#context.latency?.begin({ latency, account: requester, isShared }, answer);
  }
}

/** What a message becomes in another account. */
interface ForwardedParts {
  readonly account: ServiceAccount;
  readonly subject: Uint8Array;
  readonly reply: Uint8Array;
  readonly headers: Uint8Array;
  readonly chain: ServiceChain;
  /** Whether a trace of the message goes on there. */
  readonly isTraceAllowed: boolean;
}

/** Delivers a copy with these parts and the message's payload; false if nobody received it. */
function forward(context: ServiceContext, message: Message, parts: ForwardedParts): boolean {
  const { account, subject, reply, chain } = parts;
  const { block, payloadStart, headerBytes, sizeBytes, origin, trace } = message;
  const payload = block.bytes.subarray(payloadStart + headerBytes, payloadStart + sizeBytes);
  const headers = trace === undefined ? parts.headers : tracedHeaders(context, parts);
  const builder = context.builders.take();
  const copy = builder.build({ subject, reply, headers, payload }, origin);
  copy.serviceChain = chain;
  mapIn(account, copy, context);
  if (trace !== undefined)
    trace.addServiceImport(account.name, subjectOf(message), subjectOf(copy));
  if (parts.isTraceAllowed) copy.trace = trace;
  const endsHere = trace !== undefined && trace.isOnly && copy.trace === undefined;
  const isDelivered = !endsHere && deliverIn(account, copy, context);
  context.builders.give(builder);
  return isDelivered;
}
/** Delivers the answer itself under the requester's subject; what follows the subject stays. */
function readdressed(
  context: ServiceContext,
  answer: Message,
  pending: PendingResponse,
  chain: ServiceChain,
): boolean {
  const { subjectBlock, subjectStart, subjectEnd, subjectHash, serviceChain } = answer;
  const builder = context.builders.take();
  builder.readdress(answer, pending.reply);
  answer.serviceChain = chain;
  mapIn(pending.requester, answer, context);
  const isDelivered = deliverIn(pending.requester, answer, context);
  context.builders.give(builder);
  answer.subjectBlock = subjectBlock;
  answer.subjectStart = subjectStart;
  answer.subjectEnd = subjectEnd;
  answer.subjectHash = subjectHash;
  answer.serviceChain = serviceChain;
  return isDelivered;
}

/** Mappings of the account apply to what comes into it. */
function mapIn({ mappings }: ServiceAccount, message: Message, { random }: ServiceContext): void {
  if (mappings === undefined) return;
  const { subjectBlock, subjectStart, subjectEnd } = message;
  mappings.planFor(subjectBlock.bytes, subjectStart, subjectEnd)?.redirect(message, random);
}

function deliverIn(account: ServiceAccount, message: Message, { random }: ServiceContext): boolean {
  if (message.trace !== undefined) return dispatchTraced(account, message, random);
  const plan = account.serverPlans.find(message);
  return plan.receiverCount > 0 && dispatch(plan, message, random);
}

/**
 * The headers of a message that is traced, as another account gets them: those who get it there
 * may not have theirs traced by them.
 */
function tracedHeaders(context: ServiceContext, parts: ForwardedParts): Uint8Array {
  const { account, headers, isTraceAllowed } = parts;
  const destination = isTraceAllowed
    ? subjectText(responsesOf(account, context).unusedSubject())
    : TRACE_DISABLED;
  return withHeader(headers, 0, headers.length, TRACE_DESTINATION, destination);
}

/** The requests that wait in the account; from the first on it subscribes to their replies. */
function responsesOf(account: ServiceAccount, context: ServiceContext): PendingResponses {
  if (account.responses !== undefined) return account.responses;
  const responses = new PendingResponses(context.clock, context.random);
  account.responses = responses;
  const receiver = new ResponseReceiver(context, account, responses);
  account.subscribe(subjectBytes(responses.wildcard), new Subscription(receiver, 0, undefined));
  return responses;
}

function subjectOf({ subjectBlock, subjectStart, subjectEnd }: Message): string {
  return traceText(subjectBlock.bytes.subarray(subjectStart, subjectEnd));
}

function replyOf({ block, tailStart, replyEnd }: Message): Uint8Array {
  return replyEnd > tailStart ? block.bytes.subarray(tailStart, replyEnd) : NO_BYTES;
}

function isInChain(message: Message, service: ServiceExport): boolean {
  for (let link = message.serviceChain; link !== undefined; link = link.previous) {
    if (link.service === service) return true;
  }
  return false;
}
