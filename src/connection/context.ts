/**
 * What all connections of one event loop share: the broker, the settings in force and the machinery
 * of turns. Made by the server, handed to every connection.
 */
import type { Authenticator } from "../auth/authenticator.ts";
import type { FailedLogins } from "../auth/failed-logins.ts";
import type { Broker } from "../broker/broker.ts";
import { Message } from "../broker/message.ts";
import type { Options } from "../config/options.ts";
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";
import { TimerWheel } from "../util/timer-wheel.ts";
import { BlockPool } from "./block-pool.ts";
import { FlushQueue } from "./flush-queue.ts";

export class ConnectionContext {
  readonly broker: Broker;
  /** Replaced as a whole by a reload. */
  options: Options;
  authenticator: Authenticator;
  /** Slows down who tries one secret after the other; undefined unless that is asked for. */
  failedLogins: FailedLogins | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pool: BlockPool;
  readonly flushQueue: FlushQueue;
  /** Filled by the parsers, one message at a time. */
  readonly message: Message;

  constructor(
    broker: Broker,
    options: Options,
    authenticator: Authenticator,
    logger: Logger,
    clock: Clock,
  ) {
    this.broker = broker;
    this.options = options;
    this.authenticator = authenticator;
    this.failedLogins = undefined;
    this.logger = logger.for("client");
    this.clock = clock;
    this.pool = new BlockPool(clock);
    this.flushQueue = new FlushQueue(clock);
    this.wheel = new TimerWheel(clock, () => this.flushQueue.endTurn());
    broker.publishQueue.endTurn = () => this.flushQueue.endTurn();
    this.message = new Message();
  }

  stop(): void {
    this.pool.stop();
    this.wheel.stop();
  }
}
