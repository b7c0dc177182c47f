/**
 * One NATS client: what its operations mean, and how it receives messages. [hot]
 * The parser calls the `on…` methods in the order of the input; `dispatch` calls `deliver` for each
 * message that one of the client's subscriptions gets. Rules and texts are the reference's.
 */
import type { Credentials } from "../auth/authenticator.ts";
import { closeReasons } from "../broker/close-reason.ts";
import { dispatch } from "../broker/dispatch.ts";
import type { FanOutMember } from "../broker/fan-out-member.ts";
import type { Message } from "../broker/message.ts";
import type { PublishPlan } from "../broker/publish-plan.ts";
import { isReservedReply, RESERVED_QUEUE } from "../broker/reserved-subjects.ts";
import { Subscription } from "../broker/subscription.ts";
import type { Prepared } from "../broker/prepared.ts";
import type { Subscriber, SubscriptionId } from "../broker/subscription.ts";
import { Connection } from "../connection/connection.ts";
import { say, sayRarely } from "../connection/connection-log.ts";
import { FanOutReceiver } from "../connection/fan-out-receiver.ts";
import { isValidLiteralSubject } from "../subject/subject.ts";
import type { Transport } from "../transport/transport.ts";
import { binaryText } from "../util/bytes.ts";
import { addressLabel, connectLabel } from "./client-label.ts";
import { defaultConnectOptions } from "./connect.ts";
import type { ConnectOptions } from "./connect.ts";
import { prepareMessage, writeComposed, writeLine, writePrepared, writeUtf8 } from "./encoder.ts";
import { NatsFanOutGroup } from "./fan-out-group.ts";
import * as errors from "./errors.ts";
import { ProtocolError, protocolErrors } from "./errors.ts";
import type { OperationSink, Range } from "./line-parser.ts";
import type { NatsContext } from "./nats-context.ts";
import { Parser } from "./parser.ts";
import { countDots, parseSid } from "./subscribe-arguments.ts";
import * as trace from "./trace.ts";

const utf8 = new TextDecoder();

/** What a change of interest costs next to a delivery. */
const SUBSCRIBE_WORK = 20;

export class NatsClient extends Connection implements OperationSink, Subscriber {
  readonly #nats: NatsContext;
  readonly #parser: Parser;
  #connect: ConnectOptions;
  /** Made with the first subscription. */
  #subscriptions: Map<SubscriptionId, Subscription> | undefined;
  /** `user:bob` and the like; empty where nobody had to log in. */
  #userLabel: string;
  /** Made when a plan has other receivers beside. */
  #fanOutMember: FanOutReceiver | undefined;
  #isConnectReceived: boolean;
  #isFirstPongSent: boolean;
  #echoes: boolean;
  #takesHeaders: boolean;
  #wantsNoResponders: boolean;
  #isVerbose: boolean;
  #isTracing: boolean;

  constructor(nats: NatsContext, transport: Transport) {
    const { connections } = nats;
    super(connections, transport, connections.broker.globalAccount);
    this.#nats = nats;
    this.#connect = defaultConnectOptions;
    this.#subscriptions = undefined;
    this.#userLabel = "";
    this.#fanOutMember = undefined;
    this.#isConnectReceived = false;
    this.#isFirstPongSent = false;
    this.#echoes = true;
    this.#takesHeaders = false;
    this.#wantsNoResponders = false;
    this.#isVerbose = true;
    this.#isTracing = connections.logger.traceEnabled;
    this.#parser = new Parser(this, connections.message, connections.pool, nats.lines);
    this.applyOptions();
  }

  applyOptions(): void {
    const { logger, options } = this.context;
    this.#isTracing = logger.traceEnabled;
    this.#parser.maxControlLineBytes = options.maxControlLineBytes;
    this.#parser.maxPayloadBytes = options.maxPayloadBytes;
    this.#parser.isTracing = this.#isTracing;
  }

  /** Sends the greeting and waits for operations, or for CONNECT where log-in is required. */
  greet(): void {
    const { authenticator, options, logger } = this.context;
    if (logger.debugEnabled) say(this, "debug", "client_connected", "Client connection created");
    this.#writeText(this.#nats.infoFor(this, undefined));
    this.#parser.expectsConnect = authenticator.isRequired;
    if (authenticator.isRequired) this.awaitLogin();
    else this.openUp(options.pingIntervalMs);
  }

  /** Refuses a client beyond the limit of connections. */
  refuse(): void {
    sayRarely(this, "error", "limit_exceeded", protocolErrors.maxConnections.text);
    this.#fail(protocolErrors.maxConnections);
  }

  get label(): string {
    const address = addressLabel(this.remoteAddress, this.remotePort, this.cid);
    if (!this.#isConnectReceived) return address;
    return address + connectLabel(this.#connect, this.account.name, this.#userLabel);
  }

  get description(): { name: string; language: string; version: string } {
    const { name, lang, version } = this.#connect;
    return { name, language: lang, version };
  }

  get subscriptionCount(): number {
    return this.#subscriptions?.size ?? 0;
  }

  // --- Publishing ----------------------------------------------------------------------------

  onPublish(message: Message): void {
    this.inMessages++;
    this.inBytes += message.sizeBytes;
    const plan = this.account.plans.find(message);
    if (this.#isTracing) this.#tracePublish(message);
    if (!plan.isAllowed || message.replyEnd > message.tailStart) {
      if (!this.#mayPublish(plan, message)) return;
    }
    if (this.#isVerbose) this.#sendOkay();
    let isDelivered = false;
    if (plan.receiverCount > 0) {
      this.spend(plan.receiverCount);
      isDelivered = dispatch(plan, message, this.context.broker.random);
    }
    if (!isDelivered && this.#wantsNoResponders && message.replyEnd > message.tailStart) {
      this.#sendNoResponders(message);
    }
  }

  onPayloadTooLarge(sizeBytes: number): never {
    const limit = this.#parser.maxPayloadBytes;
    throw errors.payloadTooLarge(sizeBytes, limit);
  }

  onPublishLine(message: Message): void {
    const { bytes } = message.block;
    if (isValidLiteralSubject(bytes, message.subjectStart, message.subjectEnd)) return;
    this.#sendError(protocolErrors.invalidPublishSubject.text);
  }

  /** The rules that only few messages meet: reserved subjects and replies. */
  #mayPublish(plan: PublishPlan, message: Message): boolean {
    const { bytes } = message.block;
    if (!plan.isAllowed) {
      const subject = utf8.decode(bytes.subarray(message.subjectStart, message.subjectEnd));
      say(this, "error", "permission_violation", errors.publishViolationLog(subject));
      this.#sendError(errors.publishViolation(subject));
      return false;
    }
    if (!isReservedReply(bytes, message.tailStart, message.replyEnd)) return true;
    const reply = utf8.decode(bytes.subarray(message.tailStart, message.replyEnd));
    say(this, "error", "permission_violation", errors.replyViolationLog(reply));
    this.#sendError(errors.replyViolation(reply));
    return false;
  }

  /** Tells the requester on its reply subject that nobody listens: status 503. */
  #sendNoResponders(message: Message): void {
    const { bytes } = message.block;
    const { tailStart, replyEnd } = message;
    const { plain } = this.account.sublist.matchBytes(bytes, tailStart, replyEnd);
    for (let i = 0; i < plain.length; i++) {
      const subscription = plain[i]!;
      if (subscription.subscriber !== this) continue;
      const subject = binaryText(bytes, message.subjectStart, message.subjectEnd);
      const reply = binaryText(bytes, tailStart, replyEnd);
      this.#write(errors.noRespondersMessage(subject, reply, subscription.sid));
      return;
    }
  }

  // --- Receiving -----------------------------------------------------------------------------

  deliver(subscription: Subscription, message: Message, prepared: Prepared | undefined): boolean {
    if (message.origin === this && !this.#echoes) return false;
    if (!this.isLive) return false;
    const delivered = ++subscription.deliveredCount;
    const maximum = subscription.maxDeliveries;
    if (maximum > 0 && delivered >= maximum) {
      this.#removeSubscription(subscription);
      if (delivered > maximum) return false;
    }
    const outbound = this.outbound;
    if (outbound.isBlocked && this.isCongested && this.context.options.noFastProducerStall) {
      return false;
    }
    const takesTail = message.hasPlainTail && (message.headerBytes === 0 || this.#takesHeaders);
    this.outMessages++;
    if (prepared !== undefined && takesTail) {
      writePrepared(outbound, message, prepared);
      this.outBytes += message.sizeBytes;
    } else {
      const bytes = writeComposed(outbound, message, subscription.sid, this.#takesHeaders);
      this.outBytes += bytes;
    }
    if (this.#isTracing) this.#traceDelivery(subscription, message);
    if (outbound.isBlocked) this.onQueuedWhileBlocked(message.origin);
    return true;
  }

  prepare(subscription: Subscription, subject: Uint8Array): Prepared {
    return prepareMessage(subject, subscription.sid);
  }

  get fanOutMember(): FanOutMember | undefined {
    if (!this.#echoes) return undefined;
    this.#fanOutMember ??= new FanOutReceiver(this, this.#takesHeaders, NatsFanOutGroup);
    return this.#fanOutMember;
  }

  // --- Subscribing ---------------------------------------------------------------------------

  onSubscribe(bytes: Uint8Array, subject: Range, queueRange: Range, sidRange: Range): void {
    this.#noteActivity();
    this.spend(SUBSCRIBE_WORK);
    const queue =
      queueRange.end > queueRange.start
        ? binaryText(bytes, queueRange.start, queueRange.end)
        : undefined;
    const sid = parseSid(bytes, sidRange);
    const problem = this.#subscribeProblem(bytes, subject, queue, sid);
    if (problem !== undefined) {
      this.#sendError(problem);
      return;
    }
    const subscriptions = (this.#subscriptions ??= new Map());
    if (!subscriptions.has(sid)) {
      const subscription = new Subscription(this, sid, queue);
      if (!this.account.subscribe(bytes.subarray(subject.start, subject.end), subscription)) {
        this.#sendError(protocolErrors.invalidSubject.text);
        return;
      }
      subscriptions.set(sid, subscription);
    }
    if (this.#isVerbose) this.#sendOkay();
  }

  /** The error text for a SUB that may not be, in the reference's order of checks. */
  #subscribeProblem(
    bytes: Uint8Array,
    subject: Range,
    queue: string | undefined,
    sid: SubscriptionId,
  ): string | undefined {
    const { maxSubTokens, maxSubscriptions } = this.context.options;
    if (queue === RESERVED_QUEUE) {
      const text = utf8.decode(bytes.subarray(subject.start, subject.end));
      say(this, "error", "permission_violation", errors.subscriptionViolationLog(text, queue, sid));
      return errors.subscriptionViolation(text, queue);
    }
    if (maxSubTokens > 0 && countDots(bytes, subject) >= maxSubTokens) {
      return errors.tooManyTokens(utf8.decode(bytes.subarray(subject.start, subject.end)));
    }
    if (maxSubscriptions > 0 && this.subscriptionCount >= maxSubscriptions) {
      sayRarely(this, "error", "limit_exceeded", protocolErrors.maxSubscriptions.text);
      return protocolErrors.maxSubscriptions.text;
    }
    return undefined;
  }

  onUnsubscribe(bytes: Uint8Array, sidRange: Range, max: number): void {
    this.#noteActivity();
    this.spend(SUBSCRIBE_WORK);
    const subscription = this.#subscriptions?.get(parseSid(bytes, sidRange));
    if (subscription !== undefined) {
      this.outbound.settle();
      if (!this.isLive) return;
      if (max > subscription.deliveredCount) this.account.limitDeliveries(subscription, max);
      else this.#removeSubscription(subscription);
    }
    if (this.#isVerbose) this.#sendOkay();
  }

  #removeSubscription(subscription: Subscription): void {
    if (this.#subscriptions?.delete(subscription.sid)) this.account.unsubscribe(subscription);
  }

  #removeAllSubscriptions(): void {
    const subscriptions = this.#subscriptions;
    if (subscriptions === undefined) return;
    this.#subscriptions = undefined;
    this.account.unsubscribeAll(Array.from(subscriptions.values()));
  }

  // --- Logging in ----------------------------------------------------------------------------

  onOperationBeforeConnect(): void {
    throw errors.authenticationError("");
  }

  onConnect(bytes: Uint8Array, start: number, end: number): void {
    const { authenticator, broker, clock, options } = this.context;
    this.#noteActivity();
    if (this.keepAlive.rttMs === 0)
      this.keepAlive.rttMs = Math.max(clock.wallMs() - this.startMs, 0.001);
    const connect = this.#nats.connects.decode(bytes, start, end, this.#connect);
    if (this.#isConnectReceived) {
      this.#removeAllSubscriptions();
      this.moveTo(broker.globalAccount);
    }
    this.#connect = connect;
    this.#isConnectReceived = true;
    const grant = authenticator.authenticate(this.#credentials);
    if (grant === undefined || connect.account !== "" || connect.new_account) {
      throw errors.authenticationError(connect.user);
    }
    this.#userLabel = grant.label;
    this.moveTo(grant.account);
    this.#applyConnect(connect);
    this.#parser.expectsConnect = false;
    this.openUp(this.keepAlive.firstDelayMs(options.pingIntervalMs, broker.random));
    if (this.#isVerbose) this.#sendOkay();
  }

  reauthorize(): void {
    const { authenticator } = this.context;
    // Who has not logged in yet is judged by the new rules anyway.
    if (this.#parser.expectsConnect) return;
    const grant = this.#isConnectReceived
      ? authenticator.authenticate(this.#credentials)
      : undefined;
    if (grant === undefined && authenticator.isRequired) {
      say(this, "error", "auth_failed", errors.authenticationError(this.#connect.user).message);
      this.#fail(protocolErrors.authorizationViolation);
    } else if (grant !== undefined && grant.account !== this.account) {
      this.close(closeReasons.clientClosed);
    } else {
      this.#userLabel = grant?.label ?? "";
    }
  }

  get #credentials(): Credentials {
    const { user, pass, auth_token } = this.#connect;
    return { user, password: pass, token: auth_token };
  }

  announceLameDuck(): void {
    // Others learn it from the INFO that follows their first PING, if they take one.
    if (!this.#isFirstPongSent || this.#connect.protocol < 1) return;
    this.#writeText(this.#nats.infoFor(this, undefined));
  }

  #applyConnect(connect: ConnectOptions): void {
    if (connect.protocol < 0 || connect.protocol > 1) {
      throw new ProtocolError(protocolErrors.invalidProtocol, "invalid client protocol");
    }
    this.#takesHeaders = connect.headers && !this.context.options.noHeaderSupport;
    if (connect.no_responders && !this.#takesHeaders) {
      throw new ProtocolError(
        protocolErrors.noRespondersNeedsHeaders,
        "no responders requires headers support",
      );
    }
    this.#echoes = connect.echo;
    this.#fanOutMember = undefined;
    this.#wantsNoResponders = connect.no_responders;
    this.#isVerbose = connect.verbose;
    this.#parser.isPedantic = connect.pedantic;
    this.#parser.acceptsHeaders = this.#takesHeaders;
  }

  protected onLoginTimeout(): void {
    say(this, "debug", "auth_failed", "Authentication Timeout");
    this.#fail(protocolErrors.authenticationTimeout);
  }

  // --- Keep-alive ----------------------------------------------------------------------------

  onPing(): void {
    this.#noteActivity();
    if (this.#isTracing) this.#traceOut("PONG", "");
    this.#write("PONG\r\n");
    if (this.#isFirstPongSent || !this.#isConnectReceived) return;
    this.#isFirstPongSent = true;
    if (this.#connect.protocol < 1) return;
    this.#writeText(this.#nats.infoFor(this, this.account.name));
  }

  onPong(): void {
    this.keepAlive.onPong(this.context.clock.nowMs());
  }

  protected sendPing(): void {
    if (this.#isTracing) this.#traceOut("PING", "");
    this.#write("PING\r\n");
  }

  protected onStale(): void {
    this.#fail(protocolErrors.staleConnection);
  }

  #noteActivity(): void {
    this.keepAlive.lastHeardMs = this.context.clock.nowMs();
  }

  // --- Input and errors ----------------------------------------------------------------------

  protected consume(chunk: Uint8Array, start: number): number {
    return this.#parser.parse(chunk, start);
  }

  haltInput(): void {
    this.#parser.halt();
  }

  protected handleError(error: unknown): boolean {
    if (!(error instanceof ProtocolError)) return false;
    const isRefusal = error.row === protocolErrors.authorizationViolation;
    say(this, "error", isRefusal ? "auth_failed" : "protocol_error", error.message);
    this.#fail(error.row);
    return true;
  }

  /** Answers with the row's text, if it has one, and closes if it says so. */
  #fail(row: errors.ProtocolErrorRow): void {
    if (row.text !== undefined) this.#sendError(row.text);
    if (row.closes !== undefined) this.close(row.closes);
  }

  #sendError(text: string): void {
    if (!this.isLive) return;
    if (this.#isTracing) this.#traceOut("-ERR", text);
    this.#writeText(errors.errorLine(text));
  }

  #sendOkay(): void {
    if (this.#isTracing) this.#traceOut("OK", "");
    this.#write("+OK\r\n");
  }

  protected release(): void {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = undefined;
    if (subscriptions !== undefined) {
      this.account.abandonAll(Array.from(subscriptions.values()), this.context.clock);
    }
    this.#parser.discard();
  }

  /** Queues a line of one byte per character. */
  #write(line: string): void {
    writeLine(this.outbound, line);
    if (this.outbound.isBlocked) this.onQueuedWhileBlocked(undefined);
  }

  #writeText(line: string): void {
    writeUtf8(this.outbound, line);
    if (this.outbound.isBlocked) this.onQueuedWhileBlocked(undefined);
  }

  // --- Logging -------------------------------------------------------------------------------

  onTrace(operation: string, bytes: Uint8Array, start: number, end: number): void {
    const argument = utf8.decode(bytes.subarray(start, end));
    const shown = operation === "CONNECT" ? trace.redactConnect(argument) : argument;
    this.#traceLine(trace.traceOperation("<<-", operation, shown));
  }

  #tracePublish(message: Message): void {
    this.#traceLines(trace.tracePublish(message, this.context.options));
  }

  #traceOut(operation: string, argument: string): void {
    this.#traceLine(trace.traceOperation("->>", operation, argument));
  }

  #traceDelivery(subscription: Subscription, message: Message): void {
    const { options } = this.context;
    this.#traceLines(trace.traceDelivery(message, subscription, this.#takesHeaders, options));
  }

  #traceLines(lines: readonly (string | undefined)[]): void {
    for (const line of lines) if (line !== undefined) this.#traceLine(line);
  }

  #traceLine(line: string): void {
    say(this, "trace", "trace", line);
  }
}
