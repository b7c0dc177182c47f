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
import { closeReasons } from "../broker/close-reason.ts";
import type { CloseReason } from "../broker/close-reason.ts";
import type { LiveConnection } from "../broker/live-connection.ts";
import { Pressure } from "../broker/back-pressure.ts";
import type { Producer, SlowReceiver, WaitingProducer } from "../broker/back-pressure.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { freeBytes } from "../util/bytes.ts";
import { TimerEntry } from "../util/timer-wheel.ts";
import type { TimerOwner } from "../util/timer-wheel.ts";
import type { ConnectionContext } from "./context.ts";
import { KeepAlive, KeepAliveStep } from "./keep-alive.ts";
import { Outbound } from "./outbound.ts";
import type { OutboundOwner } from "./outbound.ts";
import { ProducerStall } from "./producer-stall.ts";
import { ConnectionState, nextState } from "./state.ts";

/** Above this share of max_pending, the pressure on producers is high. */
const HIGH_PRESSURE_SHARE = 3 / 4;

/** Above this many pending bytes there is soft pressure, and below half of it none. */
const SOFT_PRESSURE_BYTES = 1_048_576;

export abstract class Connection
  implements
    TransportListener,
    OutboundOwner,
    TimerOwner,
    LiveConnection,
    Producer,
    SlowReceiver,
    WaitingProducer
{
  readonly cid: number;
  readonly context: ConnectionContext;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly startMs: number;
  readonly outbound: Outbound;
  readonly keepAlive: KeepAlive;
  account: Account;
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
  #writeDueMs: number;
  /** Pending bytes that the write deadline is about. */
  #writeOwedBytes: number;
  /** Outgoing traffic that the account and the broker have already counted. */
  #settledOutMessages: number;
  #settledOutBytes: number;
  /** Input that waits; undefined unless reading is paused. */
  #waiting: Uint8Array[] | undefined;
  #stall: ProducerStall | undefined;
  /** Producers that wait until this connection has sent enough. */
  #waitingProducers: WaitingProducer[] | undefined;
  #readyBelowBytes: number;
  #hasCountedSlow: boolean;

  constructor(context: ConnectionContext, transport: Transport, account: Account) {
    const { broker, clock } = context;
    this.cid = broker.takeCid();
    this.context = context;
    this.remoteAddress = transport.remoteAddress;
    this.remotePort = transport.remotePort;
    this.startMs = clock.wallMs();
    this.outbound = new Outbound(this, context.pool, context.flushQueue);
    this.keepAlive = new KeepAlive(clock.nowMs());
    this.account = account;
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
    this.#writeDueMs = Infinity;
    this.#writeOwedBytes = 0;
    this.#settledOutMessages = 0;
    this.#settledOutBytes = 0;
    this.#waiting = undefined;
    this.#stall = undefined;
    this.#waitingProducers = undefined;
    this.#readyBelowBytes = 0;
    this.#hasCountedSlow = false;
    broker.counters.totalConnections++;
    broker.connections.set(this.cid, this);
    account.connections++;
  }

  /** How logs name the connection: `127.0.0.1:5000 - cid:7`. */
  abstract get label(): string;
  abstract get subscriptionCount(): number;
  /** Parses `chunk` from `start` on; returns less than its length only when halted. */
  protected abstract consume(chunk: Uint8Array, start: number): number;
  /** Makes `consume` return after the operation that runs now. */
  protected abstract haltInput(): void;
  /** Tells the peer about an error thrown by `consume`, and closes; false for an unexpected one. */
  protected abstract handleError(error: unknown): boolean;
  protected abstract sendPing(): void;
  /** The log-in time is over. */
  protected abstract onLoginTimeout(): void;
  /** The peer does not answer pings. */
  protected abstract onStale(): void;
  /** Gives up subscriptions and whatever else others know of. Called once, when closing begins. */
  protected abstract release(reason: CloseReason): void;

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
    if (this.#state >= ConnectionState.Closing) return false;
    if (this.#waiting !== undefined) {
      this.#waiting.push(chunk);
      return true;
    }
    const isKept = this.#read(chunk);
    this.context.flushQueue.endTurn();
    return isKept;
  }

  /** Runs one chunk; true if a part of it has to wait. */
  #read(chunk: Uint8Array): boolean {
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
    this.#stall?.onConsumed(taken);
    if (taken === chunk.length || !this.isLive) return false;
    this.#keepWaiting(chunk.subarray(taken));
    return true;
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
    this.context.logger.error(`${this.label} - Internal error, closing the connection: ${detail}`);
    this.close(closeReasons.parseError);
  }

  /** Reading stops after the operation that runs now, until `resumeInput`. */
  protected pauseInput(): void {
    if (this.#waiting !== undefined || !this.isLive) return;
    this.#waiting = [];
    this.haltInput();
    this.#transport.pause();
  }

  #keepWaiting(rest: Uint8Array): void {
    if (this.#waiting === undefined) this.#waiting = [rest];
    else this.#waiting.unshift(rest);
  }

  /** Reads what has waited, in order, then lets the transport go on. */
  protected resumeInput(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || !this.isLive) return;
    this.#waiting = undefined;
    for (let i = 0; i < waiting.length && this.isLive; i++) {
      const isKept = this.#read(waiting[i]!);
      if (!isKept) freeBytes(waiting[i]!);
      const pausedAgain = this.#waiting as Uint8Array[] | undefined;
      if (pausedAgain !== undefined) {
        for (let j = i + 1; j < waiting.length; j++) pausedAgain.push(waiting[j]!);
        break;
      }
    }
    if (this.#waiting === undefined && this.isLive) this.#transport.resume();
    this.context.flushQueue.endTurn();
  }

  // --- Output --------------------------------------------------------------------------------

  writeOut(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#state === ConnectionState.Closed) return length;
    return this.#transport.write(bytes, offset, length);
  }

  onFlush(): void {
    const messages = this.outMessages - this.#settledOutMessages;
    if (messages === 0) return;
    const bytes = this.outBytes - this.#settledOutBytes;
    this.#settledOutMessages = this.outMessages;
    this.#settledOutBytes = this.outBytes;
    const { counters } = this.context.broker;
    this.account.outMessages += messages;
    this.account.outBytes += bytes;
    counters.outMessages += messages;
    counters.outBytes += bytes;
  }

  onBlocked(): void {
    this.#startWriteDeadline(this.context.clock.nowMs());
  }

  onDrain(): void {
    if (this.#state === ConnectionState.Closed) return;
    const before = this.pendingBytes;
    this.outbound.drain();
    if (this.outbound.isBlocked) this.#onProgress(before - this.pendingBytes);
    if (this.pendingBytes <= this.#readyBelowBytes) this.#releaseProducers();
    this.context.flushQueue.endTurn();
  }

  onUnblocked(): void {
    this.#writeDueMs = Infinity;
    if (this.#hasCountedSlow) this.#hasCountedSlow = false;
    this.#releaseProducers();
    if (this.#state === ConnectionState.Closing) this.#finish();
  }

  onWriteFailed(): void {
    this.close(closeReasons.writeError);
    if (this.#state === ConnectionState.Closing) this.#finish();
  }

  /**
   * The deadline covers what was pending when the transport refused; what is queued later waits.
   */
  #onProgress(takenBytes: number): void {
    this.#writeOwedBytes -= takenBytes;
    if (this.#writeOwedBytes <= 0) this.#startWriteDeadline(this.context.clock.nowMs());
  }

  #startWriteDeadline(nowMs: number): void {
    this.#writeDueMs = nowMs + this.context.options.writeDeadlineMs;
    this.#writeOwedBytes = this.pendingBytes;
    this.#armTimer();
  }

  // --- Back-pressure -------------------------------------------------------------------------

  /** Whether more is pending than producers may pile up without waiting. */
  get isCongested(): boolean {
    return this.pendingBytes > this.context.options.maxPendingBytes * HIGH_PRESSURE_SHARE;
  }

  /**
   * Called when a message for this connection has been queued while its transport refuses bytes:
   * closes it as a slow consumer above max_pending, makes the producer wait above three quarters.
   */
  protected onQueuedWhileBlocked(producer: Producer | undefined): void {
    const { maxPendingBytes } = this.context.options;
    const pending = this.pendingBytes;
    if (pending > maxPendingBytes) {
      this.#countSlowConsumer(`MaxPending of ${maxPendingBytes} Exceeded`);
      this.close(closeReasons.slowConsumerPendingBytes);
      return;
    }
    if (this.isCongested) {
      producer?.waitFor(this, pending >= maxPendingBytes ? Pressure.Full : Pressure.High);
    } else if (pending > SOFT_PRESSURE_BYTES) {
      producer?.waitFor(this, Pressure.Soft);
    }
  }

  waitFor(receiver: SlowReceiver, pressure: Pressure): void {
    const stall = (this.#stall ??= new ProducerStall(this.context.clock, () => this.#endStall()));
    if (!stall.begin(pressure)) return;
    if (pressure !== Pressure.Soft) {
      this.stalls++;
      this.context.broker.counters.stalledProducers++;
    }
    receiver.callWhenReady(this, pressure);
    this.pauseInput();
  }

  callWhenReady(producer: WaitingProducer, pressure: Pressure): void {
    const { maxPendingBytes } = this.context.options;
    const isSoft = pressure === Pressure.Soft;
    this.#readyBelowBytes = isSoft
      ? SOFT_PRESSURE_BYTES / 2
      : maxPendingBytes * HIGH_PRESSURE_SHARE;
    (this.#waitingProducers ??= []).push(producer);
  }

  onReceiverReady(): void {
    this.#stall?.release();
  }

  #releaseProducers(): void {
    const producers = this.#waitingProducers;
    if (producers === undefined) return;
    this.#waitingProducers = undefined;
    for (const producer of producers) producer.onReceiverReady();
  }

  #endStall(): void {
    const stalledMs = this.#stall!.takeReportableMs();
    if (stalledMs > 0) {
      const text = `Producer was stalled for a total of ${stalledMs.toFixed(3)}ms`;
      this.context.logger.rateLimited("warn", `${this.label} - ${text}`);
    }
    this.resumeInput();
  }

  #countSlowConsumer(detail: string): void {
    if (this.#hasCountedSlow) return;
    this.#hasCountedSlow = true;
    this.context.broker.counters.slowConsumers++;
    this.account.slowConsumers++;
    this.context.logger.info(`${this.label} - Slow Consumer Detected: ${detail}`);
  }

  // --- Timers --------------------------------------------------------------------------------

  onTimer(nowMs: number): void {
    if (this.#writeDueMs <= nowMs) this.#onWriteDeadline(nowMs);
    if (this.#loginDueMs <= nowMs && this.isLive) {
      this.#loginDueMs = Infinity;
      this.onLoginTimeout();
    }
    if (this.#pingDueMs <= nowMs && this.isLive) this.#onPingDue(nowMs);
    this.#armTimer();
  }

  #armTimer(): void {
    if (this.#state === ConnectionState.Closed) return;
    const dueMs = Math.min(this.#writeDueMs, this.#loginDueMs, this.#pingDueMs);
    if (dueMs !== Infinity) this.context.wheel.arm(this.#timer, dueMs);
    else this.context.wheel.disarm(this.#timer);
  }

  #onPingDue(nowMs: number): void {
    const { pingIntervalMs, pingMax } = this.context.options;
    const step = this.keepAlive.step(nowMs, pingIntervalMs, pingMax);
    if (step === KeepAliveStep.Stale) {
      this.context.broker.counters.staleConnections++;
      this.context.logger.debug(`${this.label} - Stale Client Connection - Closing`);
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

  #onWriteDeadline(nowMs: number): void {
    this.#writeDueMs = Infinity;
    if (this.#state === ConnectionState.Closing) {
      this.#finish();
      return;
    }
    const { writeDeadlineMs, writeTimeout } = this.context.options;
    const wroteSome = this.#writeOwedBytes < this.pendingBytes;
    this.#countSlowConsumer(
      `WriteDeadline of ${writeDeadlineMs / 1000}s exceeded with ${this.pendingBytes} total bytes.`,
    );
    if (writeTimeout === "retry" && wroteSome) this.#startWriteDeadline(nowMs);
    else this.close(closeReasons.slowConsumerWriteDeadline);
  }

  /** Starts the time in which the peer has to log in. */
  protected awaitLogin(): void {
    this.#state = nextState(this.#state, ConnectionState.Authenticating);
    this.#loginDueMs = this.context.clock.nowMs() + this.context.options.authTimeoutMs;
    this.#pingDueMs = this.context.clock.nowMs() + this.context.options.pingIntervalMs;
    this.#armTimer();
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

  /** Binds the connection to another account; its subscriptions are gone already. */
  protected moveTo(account: Account): void {
    if (account === this.account) return;
    this.onFlush();
    this.account.connections--;
    this.account = account;
    account.connections++;
  }

  // --- Closing -------------------------------------------------------------------------------

  close(reason: CloseReason): void {
    if (this.#state >= ConnectionState.Closing) return;
    this.#closeReason = reason;
    this.#state = nextState(this.#state, ConnectionState.Closing);
    this.#loginDueMs = Infinity;
    this.#pingDueMs = Infinity;
    this.haltInput();
    this.#waiting = undefined;
    this.#stall?.cancel();
    this.onFlush();
    const { logger } = this.context;
    if (logger.debugEnabled) {
      logger.debug(`${this.label} - Client connection closed: ${reason.text}`);
    }
    this.#remember(reason);
    this.release(reason);
    this.account.connections--;
    this.#releaseProducers();
    if (reason.flushes && this.pendingBytes > 0) {
      // The write deadline, armed when the transport refuses bytes, bounds the wait.
      this.outbound.flushNow();
      if (this.pendingBytes > 0) return;
    }
    this.#finish();
  }

  /** Notes the connection for monitoring, before its subscriptions go. */
  #remember(reason: CloseReason): void {
    const { broker, clock } = this.context;
    broker.connections.delete(this.cid);
    const stopMs = clock.wallMs();
    broker.closedConnections.add({
      ...this.description,
      cid: this.cid,
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      startMs: this.startMs,
      stopMs,
      lastActivityMs: stopMs - (clock.nowMs() - this.keepAlive.lastHeardMs),
      reason,
      rttMs: this.keepAlive.rttMs,
      subscriptions: this.subscriptionCount,
      account: this.account.name,
      inMessages: this.inMessages,
      inBytes: this.inBytes,
      outMessages: this.outMessages,
      outBytes: this.outBytes,
    });
  }

  /** What the peer says of itself. */
  abstract get description(): { name: string; language: string; version: string };

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
