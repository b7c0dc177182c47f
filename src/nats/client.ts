/**
 * One NATS client: what its operations mean, and how it receives messages. [hot]
 * The parser calls the `on…` methods in the order of the input; `dispatch` calls `deliver` for each
 * message that one of the client's subscriptions gets. Rules and texts are the reference's.
 */
import type { Grant } from "../auth/authenticator.ts";
import type { ClientFacts } from "../broker/client-facts.ts";
import { dispatch } from "../broker/dispatch.ts";
import type { FanOutMember } from "../broker/fan-out-member.ts";
import type { Message } from "../broker/message.ts";
import type { TracedMatch } from "../broker/message-trace.ts";
import type { PublishPlan } from "../broker/publish-plan.ts";
import { RESERVED_QUEUE } from "../broker/reserved-subjects.ts";
import type { ResponsePermissions } from "../broker/response-permissions.ts";
import type { ConnectionKind } from "../broker/stats.ts";
import { Subscription } from "../broker/subscription.ts";
import type { Prepared } from "../broker/prepared.ts";
import type { Subscriber } from "../broker/subscription.ts";
import { Connection } from "../connection/connection.ts";
import { say, sayRarely } from "../connection/connection-log.ts";
import { FanOutReceiver } from "../connection/fan-out-receiver.ts";
import { isValidLiteralSubject } from "../subject/subject.ts";
import type { Transport } from "../transport/transport.ts";
import { readableText } from "../util/readable-text.ts";
import { addressLabel, connectLabel } from "./client-label.ts";
import { ConnectDecoder, type ConnectOptions } from "./connect.ts";
import { prepareMessage, writeComposed, writeLine, writePrepared, writeUtf8 } from "./encoder.ts";
import { NatsFanOutGroup } from "./fan-out-group.ts";
import * as errors from "./errors.ts";
import { ProtocolError, protocolErrors } from "./errors.ts";
import { LineParser, type OperationSink, type Range } from "./line-parser.ts";
import type { NatsContext } from "./nats-context.ts";
import { Parser } from "./parser.ts";
import { LogIn } from "./log-in.ts";
import { noResponders } from "./no-responders.ts";
import * as own from "./own-subscriptions.ts";
import { clearedPlan } from "./publish-clearance.ts";
import * as subscribing from "./subscribe.ts";
import * as trace from "./client-trace.ts";
import { mayBeTraced } from "./trace-headers.ts";
import { watchPublish } from "./watched-publish.ts";

/** What a change of interest costs next to a delivery. */
const SUBSCRIBE_WORK = 20;

export class NatsClient extends Connection implements OperationSink, Subscriber {
  readonly #nats: NatsContext;
  readonly #parser: Parser;
  #subscriptions: own.OwnSubscriptions;
  readonly #logIn: LogIn;
  /** Requests that it may answer in spite of its permissions; undefined for most. */
  #responses: ResponsePermissions | undefined;
  /** Made when a plan has other receivers beside. */
  #fanOutMember: FanOutReceiver | undefined;
  #isFirstPongSent: boolean;
  #echoes: boolean;
  #takesHeaders: boolean;
  #wantsNoResponders: boolean;
  #isVerbose: boolean;
  #isTracing: boolean;
  /** Whether `watchPublish` is to see what it publishes. */
  #isWatched: boolean;

  /** A `cid` is given where the peer has been told one already. */
  constructor(nats: NatsContext, transport: Transport, cid?: number) {
    const { connections } = nats;
    super(connections, transport, connections.broker.globalAccount, cid);
    this.#nats = nats;
    this.#subscriptions = undefined;
    this.#logIn = new LogIn(this);
    this.#responses = undefined;
    this.#fanOutMember = undefined;
    this.#isFirstPongSent = false;
    this.#echoes = true;
    this.#takesHeaders = false;
    this.#wantsNoResponders = false;
    this.#isVerbose = true;
    this.#isTracing = false;
    this.#isWatched = false;
    const lines = (nats.lines ??= new LineParser(connections.message));
    this.#parser = new Parser(this, connections.message, connections.pool, lines);
    this.applyOptions();
  }

  applyOptions(): void {
    const { broker, logger, options } = this.context;
    this.#isTracing = logger.traceEnabled;
    this.#isWatched = this.#isTracing || broker.topSubjects !== undefined;
    this.#parser.maxControlLineBytes = options.maxControlLineBytes;
    this.#parser.maxPayloadBytes = this.maxPayloadBytes;
    this.#parser.isTracing = this.#isTracing;
  }

  /** Of one message: what server and account allow. */
  get maxPayloadBytes(): number {
    const { options } = this.context;
    return Math.min(options.maxPayloadBytes, this.account.limits?.maxPayloadBytes ?? Infinity);
  }

  greet(shownAddress = this.remoteAddress): void {
    this.#writeText(this.#nats.greetingFor(this, shownAddress, this.#logIn.newNonce()));
  }

  begin(): void {
    const { authenticator, options } = this.context;
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
    const { isConnectReceived, connect, grant } = this.#logIn;
    if (!isConnectReceived) return address;
    return address + connectLabel(connect, this.account.name, grant?.label ?? "");
  }

  get kind(): ConnectionKind {
    return "nats";
  }

  get facts(): ClientFacts {
    return this.#logIn.facts;
  }

  get subscriptionCount(): number {
    return own.countOf(this.#subscriptions);
  }

  get subscriptions(): Iterable<Subscription> {
    return own.each(this.#subscriptions);
  }

  // --- Publishing ----------------------------------------------------------------------------

  onPublish(message: Message): void {
    if (message.headerBytes > 0 && mayBeTraced(message, this.account)) {
      if (this.#nats.tracing?.publish(this, message) === true) return;
    }
    this.inMessages++;
    this.inBytes += message.sizeBytes;
    let plan: PublishPlan | undefined = this.plans.published.find(message);
    if (this.#isWatched) watchPublish(this, message);
    if (!plan.isAllowed || message.replyEnd > message.tailStart) {
      plan = clearedPlan(this, plan, message);
      if (plan === undefined) return;
    }
    if (this.#isVerbose) this.confirm();
    let isDelivered = false;
    if (plan.receiverCount > 0) {
      this.spend(plan.receiverCount);
      isDelivered = dispatch(plan, message, this.context.broker.random);
    }
    if (!isDelivered && this.#wantsNoResponders && message.replyEnd > message.tailStart) {
      this.answerUndelivered(message);
    }
  }

  countPublish(message: Message, work: number): void {
    this.inMessages++;
    this.inBytes += message.sizeBytes;
    this.spend(work);
  }

  /** Tells a requester that nobody listens. */
  answerUndelivered(message: Message): void {
    if (!this.#wantsNoResponders || message.replyEnd === message.tailStart) return;
    const status = noResponders(this, message);
    if (status !== undefined) this.#write(status);
  }

  onPayloadTooLarge(message: Message, headersEnd: number): never {
    if (message.headerBytes > 0) this.#nats.tracing?.tooLarge(this, message, headersEnd);
    throw errors.payloadTooLarge(message.sizeBytes, this.#parser.maxPayloadBytes);
  }

  onPublishLine(message: Message): void {
    const { bytes } = message.block;
    if (isValidLiteralSubject(bytes, message.subjectStart, message.subjectEnd)) return;
    this.sendError(protocolErrors.invalidPublishSubject.text);
  }

  mayRespond({ subjectBlock, subjectStart, subjectEnd }: Message): boolean {
    const { bytes } = subjectBlock;
    return this.#responses !== undefined && this.#responses.use(bytes, subjectStart, subjectEnd);
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
    if (this.#responses !== undefined && message.replyEnd > message.tailStart) {
      this.#noteRequest(message);
    }
    if (this.#isTracing) trace.delivery(this, subscription, message, this.#takesHeaders);
    if (outbound.isBlocked) this.onQueuedWhileBlocked(message.origin);
    return true;
  }

  deliverTraced(subscription: Subscription, message: Message, match: TracedMatch): boolean {
    return this.#nats.tracing?.deliver(this, this.#echoes, subscription, message, match) ?? false;
  }

  prepare(subscription: Subscription, subject: Uint8Array): Prepared {
    return prepareMessage(subject, subscription.sid);
  }

  /** A request has been handed over: its reply subject may be published to. */
  #noteRequest({ block, tailStart, replyEnd }: Message): void {
    const isAllowed = this.permissions?.mayPublish(block.bytes, tailStart, replyEnd) ?? true;
    if (!isAllowed) this.#responses?.note(block.bytes, tailStart, replyEnd);
  }

  get takesImports(): boolean {
    return true;
  }

  get fanOutMember(): FanOutMember | undefined {
    if (!this.#echoes || this.#responses !== undefined) return undefined;
    this.#fanOutMember ??= new FanOutReceiver(this, this.#takesHeaders, NatsFanOutGroup);
    return this.#fanOutMember;
  }

  // --- Subscribing ---------------------------------------------------------------------------

  onSubscribe(bytes: Uint8Array, subject: Range, queueRange: Range, sidRange: Range): void {
    this.#noteActivity();
    this.spend(SUBSCRIBE_WORK);
    const request = subscribing.readSubscribe(bytes, subject, queueRange, sidRange);
    const decision = this.permissions?.subscribe(request.subject, request.queue);
    const isRefused = decision?.isAllowed === false || request.queue === RESERVED_QUEUE;
    const problem = isRefused
      ? this.#refuseSubscription(request)
      : this.#subscriptionProblem(request);
    if (problem !== undefined) {
      this.sendError(problem);
      return;
    }
    if (own.find(this.#subscriptions, request.sid) === undefined) {
      const subscription = new Subscription(this, request.sid, request.queue);
      if (decision?.isAllowed === true) subscription.filter = decision.filter;
      if (!this.account.subscribe(request.subject, subscription)) {
        this.sendError(protocolErrors.invalidSubject.text);
        return;
      }
      this.#subscriptions = own.added(this.#subscriptions, subscription);
    }
    this.confirm();
  }

  #refuseSubscription({ subject, queue, sid }: subscribing.SubscribeRequest): string {
    const text = readableText(subject);
    this.context.broker.counters.violations.subscribe++;
    say(this, "error", "permission_violation", errors.subscriptionViolationLog(text, queue, sid));
    return errors.subscriptionViolation(text, queue);
  }

  /** The error text for a SUB beyond a limit. */
  #subscriptionProblem({ subject }: subscribing.SubscribeRequest): string | undefined {
    const limits = { options: this.context.options, account: this.account };
    if (subscribing.hasTooManyTokens(subject, limits)) {
      return errors.tooManyTokens(readableText(subject));
    }
    if (this.subscriptionCount < subscribing.maxSubscriptions(limits)) return undefined;
    sayRarely(this, "error", "limit_exceeded", protocolErrors.maxSubscriptions.text);
    return protocolErrors.maxSubscriptions.text;
  }

  onUnsubscribe(bytes: Uint8Array, sidRange: Range, max: number): void {
    this.#noteActivity();
    this.spend(SUBSCRIBE_WORK);
    const subscription = own.find(this.#subscriptions, subscribing.parseSid(bytes, sidRange));
    if (subscription !== undefined) {
      this.outbound.settle();
      if (!this.isLive) return;
      if (max > subscription.deliveredCount) this.account.limitDeliveries(subscription, max);
      else this.#removeSubscription(subscription);
    }
    this.confirm();
  }

  #removeSubscription(subscription: Subscription): void {
    if (own.find(this.#subscriptions, subscription.sid) !== subscription) return;
    this.#subscriptions = own.removed(this.#subscriptions, subscription);
    this.account.unsubscribe(subscription);
  }

  #removeAllSubscriptions(): void {
    const subscriptions = this.#subscriptions;
    if (subscriptions === undefined) return;
    this.#subscriptions = undefined;
    this.account.unsubscribeAll(own.listOf(subscriptions));
  }

  // --- Logging in ----------------------------------------------------------------------------

  onOperationBeforeConnect(): void {
    this.#logIn.onOperationBeforeConnect();
  }

  onConnect(bytes: Uint8Array, start: number, end: number): void {
    this.#noteActivity();
    this.keepAlive.estimateRtt(this.context.clock.nowMs());
    const { connect } = this.#logIn;
    const decoder = (this.#nats.connects ??= new ConnectDecoder());
    this.#logIn.onConnect(decoder.decode(bytes, start, end, connect));
  }

  reauthorize(): void {
    this.#logIn.reauthorize();
  }

  startAnew(): void {
    this.#removeAllSubscriptions();
    this.moveTo(this.context.broker.globalAccount, undefined);
  }

  takeGrant(grant: Grant): void {
    this.moveTo(grant.account, grant.permissions);
    this.#responses = grant.permissions?.newResponses(this.context.clock);
    this.applyOptions();
  }

  takeConnect(connect: ConnectOptions, isAnswered: boolean): void {
    this.#applyConnect(connect);
    this.#parser.expectsConnect = false;
    const { broker, options } = this.context;
    this.openUp(this.keepAlive.firstDelayMs(options.pingIntervalMs, broker.random));
    if (isAnswered) this.confirm();
  }

  dropForbidden(): void {
    const { account, permissions } = this;
    const subscriptions = own.listOf(this.#subscriptions);
    for (const one of subscribing.forbiddenAmong(subscriptions, account, permissions)) {
      const { queue, sid } = one.subscription;
      const subject = readableText(one.subject);
      this.#removeSubscription(one.subscription);
      this.sendError(errors.subscriptionRevoked(subject, queue, sid));
      say(this, "info", "permission_violation", errors.subscriptionRevokedLog(subject, sid));
    }
  }

  refuseLogIn(row: errors.ProtocolErrorRow, logText: string, reason: string): void {
    say(this, "error", "auth_failed", logText, { reason });
    say(this, "debug", "auth_failed", reason);
    this.#fail(row);
  }

  announceLameDuck(): boolean {
    // Others learn it from the INFO that follows their first PING, if they take one.
    if (!this.#isFirstPongSent || this.#logIn.connect.protocol < 1) return false;
    this.#writeText(this.#nats.lameDuckInfoFor(this));
    return true;
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
    if (this.#isTracing) trace.sent(this, "PONG", "");
    this.#write("PONG\r\n");
    if (this.#isFirstPongSent || !this.#logIn.isConnectReceived) return;
    this.#isFirstPongSent = true;
    if (this.#logIn.connect.protocol < 1) return;
    this.#writeText(this.#nats.boundInfoFor(this));
  }

  onPong(): void {
    this.keepAlive.onPong(this.context.clock.nowMs());
  }

  measureRtt(): void {
    const nowMs = this.context.clock.nowMs();
    if (this.isLive && this.keepAlive.mayMeasure(nowMs, this.#isFirstPongSent)) this.ping();
  }

  protected sendPing(): void {
    if (this.#isTracing) trace.sent(this, "PING", "");
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
    return this.#nats.isReadyFor(this) ? this.#parser.parse(chunk, start) : start;
  }

  haltInput(): void {
    this.#parser.halt();
  }

  protected handleError(error: unknown): boolean {
    if (!(error instanceof ProtocolError)) return false;
    const isRefusal = error.row.text === protocolErrors.authorizationViolation.text;
    say(this, "error", isRefusal ? "auth_failed" : "protocol_error", error.message);
    this.#fail(error.row);
    return true;
  }

  /** Answers with the row's text, if it has one, and closes if it says so. */
  #fail(row: errors.ProtocolErrorRow): void {
    if (row.text !== undefined) this.sendError(row.text);
    if (row.closes !== undefined) this.close(row.closes);
  }

  sendError(text: string): void {
    if (!this.isLive) return;
    if (this.#isTracing) trace.sent(this, "-ERR", text);
    this.#writeText(errors.errorLine(text));
  }

  confirm(): void {
    if (!this.#isVerbose) return;
    if (this.#isTracing) trace.sent(this, "OK", "");
    this.#write("+OK\r\n");
  }

  protected release(): void {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = undefined;
    if (subscriptions !== undefined) {
      this.account.abandonAll(own.listOf(subscriptions), this.context.clock);
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

  onTrace(operation: string, bytes: Uint8Array, start: number, end: number): void {
    trace.received(this, operation, bytes, start, end);
  }
}
