/**
 * What every connection shares, whatever it speaks: identity, state, turns, outgoing bytes,
 * keep-alive, back-pressure and closing. Subclasses parse what `onBytes` hands them and say what a
 * ping is.
 *
 * A turn is one received chunk with all its operations; it ends with one flush of everybody it
 * touched. Input that arrives while reading is paused (a slow receiver, a log-in under way) is
 * kept, in order.
 */
import type { Account } from "../broker/account.ts";
import { type CloseReason, closeReasons } from "../broker/close-reason.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import { Pressure } from "../broker/back-pressure.ts";
import type { Producer, SlowReceiver, WaitingProducer } from "../broker/back-pressure.ts";
import type { ClientFacts } from "../broker/client-facts.ts";
import type { ClientPlans } from "../broker/client-plans.ts";
import type { Permissions } from "../broker/permissions.ts";
import type { Publisher } from "../broker/publisher.ts";
import type { ConnectionKind } from "../broker/stats.ts";
import type { Subscription } from "../broker/subscription.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { TimerEntry, type TimerOwner } from "../util/timer-wheel.ts";
import { closedConnection } from "./closed-connection.ts";
import { say } from "./connection-log.ts";
import * as slow from "./slow-consumer.ts";
import type { ConnectionContext } from "./context.ts";
import { Input, type InputOwner } from "./input.ts";
import { KeepAlive, KeepAliveStep } from "./keep-alive.ts";
import { Outbound, type OutboundOwner } from "./outbound.ts";
import {
  HIGH_PRESSURE_SHARE,
  SlowReceiverWatch,
  SOFT_PRESSURE_BYTES,
} from "./slow-receiver-watch.ts";
import { ConnectionState, nextState } from "./state.ts";

export abstract class Connection
  implements
    TransportListener,
    OutboundOwner,
    TimerOwner,
    LiveConnection,
    Publisher,
    SlowReceiver,
    WaitingProducer,
    InputOwner
{
  readonly cid: number;
  readonly context: ConnectionContext;
  /** The socket's, until a proxy tells the client's own. */
  remoteAddress: string;
  remotePort: number;
  readonly startMs: number;
  readonly outbound: Outbound;
  readonly keepAlive: KeepAlive;
  account: Account;
  /** What the peer may do; undefined for everything. */
  permissions: Permissions | undefined;
  /** Of what it publishes, by its account and permissions. */
  plans: ClientPlans;
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
  /** Times this connection waited for a slow receiver. */
  stalls: number;
  #state: ConnectionState;
  #transport: Transport;
  #closeReason: CloseReason | undefined;
  readonly #timer: TimerEntry;
  /** Due times on the clock in ms; Infinity when not set. */
  #loginDueMs: number;
  #pingDueMs: number;
  /** Outgoing traffic that the account and the broker have already counted. */
  #settledOutMessages: number;
  #settledOutBytes: number;
  readonly #input: Input;
  /** Made when the transport refuses bytes for the first time. */
  #watch: SlowReceiverWatch | undefined;

  constructor(context: ConnectionContext, transport: Transport, account: Account, cid?: number) {
    const { broker, clock } = context;
    this.cid = cid ?? broker.takeCid();
    this.context = context;
    this.remoteAddress = transport.remoteAddress;
    this.remotePort = transport.remotePort;
    this.startMs = clock.wallMs();
    this.outbound = new Outbound(this, context.pool, context.flushQueue);
    this.keepAlive = new KeepAlive(clock.nowMs());
    this.account = account;
    this.permissions = undefined;
    this.plans = account.joinPlans(undefined);
    this.inMessages = 0;
    this.inBytes = 0;
    this.outMessages = 0;
    this.outBytes = 0;
    this.stalls = 0;
    this.#state = ConnectionState.Greeting;
    this.#transport = transport;
    this.#closeReason = undefined;
    this.#timer = new TimerEntry(this);
    this.#loginDueMs = Infinity;
    this.#pingDueMs = Infinity;
    this.#settledOutMessages = 0;
    this.#settledOutBytes = 0;
    this.#input = new Input(this, transport, clock);
    this.#watch = undefined;
    broker.admit(this);
  }

  /** How logs name the connection: `127.0.0.1:5000 - cid:7`. */
  abstract get label(): string;
  abstract get kind(): ConnectionKind;
  abstract get subscriptionCount(): number;
  abstract get subscriptions(): Iterable<Subscription>;
  abstract get facts(): ClientFacts;
  abstract measureRtt(): void;
  /** Parses `chunk` from `start` on; returns less than its length only when halted. */
  protected abstract consume(chunk: Uint8Array, start: number): number;
  /** Makes `consume` return after the operation that runs now. */
  abstract haltInput(): void;
  /** Tells the peer about an error thrown by `consume`, and closes; false for an unexpected one. */
  protected abstract handleError(error: unknown): boolean;
  protected abstract sendPing(): void;
  /** The log-in time is over. */
  protected abstract onLoginTimeout(): void;
  /** The peer does not answer pings. */
  protected abstract onStale(): void;
  /** Sends what a client is to know first; `shownAddress` is its own, "" to show none. */
  abstract greet(shownAddress?: string): void;
  /** Waits for operations, or for a log-in where that is required. */
  abstract begin(): void;
  abstract sendError(text: string): void;
  abstract applyOptions(): void;
  abstract reauthorize(): void;
  abstract announceLameDuck(): boolean;
  abstract refuse(): void;
  /** Gives up subscriptions and whatever else others know of. Called once, when closing begins. */
  protected abstract release(): void;

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether the connection neither closes nor is closed. */
  get isLive(): boolean {
    return this.#state < ConnectionState.Closing;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  get pendingBytes(): number {
    return this.outbound.pendingBytes;
  }

  // --- Input ---------------------------------------------------------------------------------

  onBytes(chunk: Uint8Array): boolean {
    return this.isLive && this.#input.take(chunk);
  }

  readChunk(chunk: Uint8Array): number {
    const messagesBefore = this.inMessages;
    const bytesBefore = this.inBytes;
    let taken = chunk.length;
    try {
      taken = this.consume(chunk, 0);
    } catch (error) {
      if (!this.handleError(error)) this.#closeAfterBug(error);
    }
    const messages = this.inMessages - messagesBefore;
    if (messages > 0) {
      this.keepAlive.lastHeardMs = this.context.clock.nowMs();
      this.#countIn(messages, this.inBytes - bytesBefore);
    }
    return taken;
  }

  endTurn(): void {
    this.context.flushQueue.endTurn();
  }

  /** Reading waits, in order, until `releaseInput`. */
  holdInput(): void {
    this.#input.hold();
  }

  /** Runs what was waited for as a turn of its own, unless the connection has closed; reads on. */
  releaseInput(action: () => void): void {
    if (!this.isLive) return;
    try {
      action();
    } catch (error) {
      if (!this.handleError(error)) this.#closeAfterBug(error);
    }
    this.#input.release();
    this.endTurn();
  }

  /** Charges work to the turn; see `Input.spend`. */
  protected spend(units: number): void {
    this.#input.spend(units);
  }

  #countIn(messages: number, bytes: number): void {
    const { counters } = this.context.broker;
    this.account.inMessages += messages;
    this.account.inBytes += bytes;
    counters.inMessages += messages;
    counters.inBytes += bytes;
  }

  #closeAfterBug(error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(this, "error", "internal_error", `Internal error, closing the connection: ${detail}`);
    this.close(closeReasons.parseError);
  }

  // --- Output --------------------------------------------------------------------------------

  writeOut(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#state === ConnectionState.Closed) return length;
    try {
      return this.#transport.write(bytes, offset, length);
    } catch (error) {
      // Receivers are written in turns of others, who must not pay for it.
      this.#closeAfterBug(error);
      return -1;
    }
  }

  onFlush(): void {
    this.#watch?.onTurnEnd(this.pendingBytes);
    const messages = this.outMessages - this.#settledOutMessages;
    if (messages === 0) return;
    this.keepAlive.lastDeliveredMs = this.context.clock.nowMs();
    const bytes = this.outBytes - this.#settledOutBytes;
    this.#settledOutMessages = this.outMessages;
    this.#settledOutBytes = this.outBytes;
    const { counters } = this.context.broker;
    this.account.outMessages += messages;
    this.account.outBytes += bytes;
    counters.outMessages += messages;
    counters.outBytes += bytes;
  }

  onBlocked(takenBytes: number): void {
    const nowMs = this.context.clock.nowMs();
    const { writeDeadlineMs } = this.context.options;
    const watch = (this.#watch ??= new SlowReceiverWatch());
    watch.begin(nowMs, writeDeadlineMs, this.pendingBytes, takenBytes > 0);
    this.#armTimer();
  }

  onDrain(): void {
    if (this.#state === ConnectionState.Closed) return;
    const before = this.pendingBytes;
    this.outbound.drain();
    const watch = this.#watch;
    if (this.outbound.isBlocked && watch !== undefined) {
      const pending = this.pendingBytes;
      if (watch.onTaken(before - pending)) this.#renewWriteDeadline(watch);
      watch.onPending(pending);
    }
    this.context.flushQueue.endTurn();
  }

  onUnblocked(): void {
    const watch = this.#watch!;
    if (watch.isLate) slow.sayRecovered(this, watch.refusedMs(this.context.clock.nowMs()));
    watch.end();
    if (this.#state === ConnectionState.Closing) this.#finish();
  }

  onWriteFailed(): void {
    this.close(closeReasons.writeError);
    if (this.#state === ConnectionState.Closing) this.#finish();
  }

  #renewWriteDeadline(watch: SlowReceiverWatch): void {
    const { clock, options } = this.context;
    watch.setDeadline(clock.nowMs(), options.writeDeadlineMs, this.pendingBytes);
    this.#armTimer();
  }

  // --- Back-pressure -------------------------------------------------------------------------

  /** Whether more is pending than producers may pile up without waiting. */
  get isCongested(): boolean {
    return this.pendingBytes > this.context.options.maxPendingBytes * HIGH_PRESSURE_SHARE;
  }

  /**
   * Called when bytes for this connection have been queued while its transport refuses them: closes
   * it as a slow consumer above max_pending, and makes the producer, if any, wait when it is
   * behind.
   */
  onQueuedWhileBlocked(producer: Producer | undefined): void {
    const { maxPendingBytes, noFastProducerStall } = this.context.options;
    const pending = this.pendingBytes;
    if (pending > maxPendingBytes) {
      slow.countSlowConsumer(this, "Detected", `MaxPending of ${maxPendingBytes} Exceeded`);
      this.close(closeReasons.slowConsumerPendingBytes);
      return;
    }
    if (producer === undefined || noFastProducerStall) return;
    if (this.isCongested) {
      producer.waitFor(this, pending >= maxPendingBytes ? Pressure.Full : Pressure.High);
    } else if (pending > SOFT_PRESSURE_BYTES) {
      producer.waitFor(this, Pressure.Soft);
    }
  }

  waitFor(receiver: SlowReceiver, pressure: Pressure): void {
    if (!this.#input.stall(pressure)) return;
    if (pressure !== Pressure.Soft) {
      this.stalls++;
      this.context.broker.counters.stalledProducers++;
    }
    receiver.callWhenReady(this, pressure);
  }

  callWhenReady(producer: WaitingProducer, pressure: Pressure): void {
    this.#watch?.addProducer(producer, pressure, this.context.options.maxPendingBytes);
  }

  onReceiverReady(): void {
    this.#input.endStall();
  }

  onLongStall(stalledMs: number): void {
    slow.sayStalled(this, stalledMs);
  }

  // --- Timers --------------------------------------------------------------------------------

  onTimer(nowMs: number): void {
    try {
      if (this.#watch !== undefined && this.#watch.dueMs <= nowMs) this.#onWriteDeadline();
      if (this.#loginDueMs <= nowMs && this.isLive) {
        this.#loginDueMs = Infinity;
        this.onLoginTimeout();
      }
      if (this.#pingDueMs <= nowMs && this.isLive) this.#onPingDue(nowMs);
    } catch (error) {
      this.#closeAfterBug(error);
    }
    this.#armTimer();
  }

  #armTimer(): void {
    if (this.#state === ConnectionState.Closed) return;
    const writeDueMs = this.#watch === undefined ? Infinity : this.#watch.dueMs;
    const dueMs = Math.min(writeDueMs, this.#loginDueMs, this.#pingDueMs);
    if (dueMs !== Infinity) this.context.wheel.arm(this.#timer, dueMs);
    else this.context.wheel.disarm(this.#timer);
  }

  #onPingDue(nowMs: number): void {
    const { pingIntervalMs, pingMax } = this.context.options;
    const step = this.keepAlive.step(nowMs, pingIntervalMs, pingMax);
    if (step === KeepAliveStep.Stale) {
      this.context.broker.counters.countStaleConnection(this.kind);
      say(this, "debug", "stale_connection", "Stale Client Connection - Closing");
      this.onStale();
      return;
    }
    if (step === KeepAliveStep.Ping) this.ping();
    this.#pingDueMs = nowMs + pingIntervalMs;
  }

  /** Sends a ping now, to keep the peer alive or to measure the round trip. */
  ping(): void {
    this.keepAlive.onPingSent(this.context.clock.nowMs());
    this.sendPing();
  }

  /** The peer has not taken in time what it owes. */
  #onWriteDeadline(): void {
    const watch = this.#watch!;
    watch.dueMs = Infinity;
    if (this.#state === ConnectionState.Closing) {
      this.#finish();
      return;
    }
    if (this.#state > ConnectionState.Authenticating) slow.countWriteDeadline(this, watch.isLate);
    if (this.context.options.writeTimeout === "retry" && watch.hasTakenSome) {
      watch.isLate = true;
      this.#renewWriteDeadline(watch);
    } else {
      this.close(closeReasons.slowConsumerWriteDeadline);
    }
  }

  /** Starts the time in which the peer has to log in. */
  protected awaitLogin(): void {
    this.#state = nextState(this.#state, ConnectionState.Authenticating);
    this.#loginDueMs = this.context.clock.nowMs() + this.context.options.authTimeoutMs;
    this.#pingDueMs = this.context.clock.nowMs() + this.context.options.pingIntervalMs;
    this.#armTimer();
  }

  /** The peer has done its part: how long the check takes is not its matter. */
  endLoginTime(): void {
    this.#loginDueMs = Infinity;
  }

  /** The peer may do all it is allowed to. The first ping is due after `pingDelayMs`. */
  protected openUp(pingDelayMs: number): void {
    if (this.#state !== ConnectionState.Open) {
      this.#state = nextState(this.#state, ConnectionState.Open);
    }
    this.#loginDueMs = Infinity;
    this.#pingDueMs = this.context.clock.nowMs() + pingDelayMs;
    this.#armTimer();
  }

  /** Binds the connection to an account, with its subscriptions gone already if it is another. */
  protected moveTo(account: Account, permissions: Permissions | undefined): void {
    if (account === this.account && permissions === this.permissions) return;
    this.outbound.settle();
    this.onFlush();
    this.account.leavePlans(this.plans);
    this.plans = account.joinPlans(permissions);
    this.permissions = permissions;
    if (account === this.account) return;
    const { broker } = this.context;
    broker.leave(this.account);
    this.account = account;
    broker.join(account);
  }

  get accountName(): string {
    return this.account.name;
  }

  get tls(): TlsFacts | undefined {
    return this.#transport.tls;
  }

  get rttMs(): number {
    return this.keepAlive.rttMs;
  }

  // --- Closing -------------------------------------------------------------------------------

  close(reason: CloseReason): void {
    if (this.#state >= ConnectionState.Closing) return;
    this.outbound.settle();
    if (this.#state >= ConnectionState.Closing) return;
    this.#closeReason = reason;
    this.#state = nextState(this.#state, ConnectionState.Closing);
    this.#loginDueMs = Infinity;
    this.#pingDueMs = Infinity;
    this.#input.close();
    this.onFlush();
    if (this.context.logger.debugEnabled) {
      const text = `Client connection closed: ${reason.text}`;
      say(this, "debug", "client_closed", text, { reason: reason.text });
    }
    const { broker, clock } = this.context;
    broker.dismiss(this);
    broker.closedConnections.add(closedConnection(this, reason, clock));
    this.release();
    this.account.leavePlans(this.plans);
    broker.leave(this.account);
    broker.events?.onDisconnect(this, reason);
    this.#watch?.releaseProducers();
    if (reason.flushes && this.pendingBytes > 0) {
      // The write deadline, armed when the transport refuses bytes, bounds the wait.
      this.outbound.flushNow();
      if (this.pendingBytes > 0) return;
    }
    this.#finish();
  }

  abandon(): void {
    if (this.#state === ConnectionState.Closing) this.#finish();
  }

  #finish(): void {
    if (this.#state === ConnectionState.Closed) return;
    this.#state = nextState(this.#state, ConnectionState.Closed);
    this.context.wheel.disarm(this.#timer);
    this.outbound.discard();
    this.#transport.end();
  }

  onClose(error: Error | undefined): void {
    if (this.isLive) {
      this.close(error === undefined ? closeReasons.clientClosed : closeReasons.readError);
    }
    this.#finish();
    this.context.flushQueue.endTurn();
  }
}
