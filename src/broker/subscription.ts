/**
 * A subscription, and the interface of whoever receives its messages. Subscriptions are small
 * (there may be millions); the subject's bytes live in the sublist's trie.
 */
import type { SublistEntry } from "../subject/sublist.ts";
import type { DeliveryFilter } from "./delivery-filter.ts";
import type { FanOutMember } from "./fan-out-member.ts";
import type { Message } from "./message.ts";
import type { TracedMatch } from "./message-trace.ts";
import type { Prepared } from "./prepared.ts";

/** Receives the messages of its subscriptions: NATS and MQTT clients, imports, internal clients. */
export interface Subscriber {
  /**
   * Takes one message. `prepared` is what `prepare` returned for this subscription and subject, or
   * undefined where the publish was not planned. False if the message was not taken (echo off,
   * closed, slow): a queue group then tries its next member. May close connections.
   */
  deliver(subscription: Subscription, message: Message, prepared: Prepared | undefined): boolean;
  /**
   * As `deliver` for a message that is traced: tells the trace what becomes of it. Receivers that
   * traces do not mention, since they are the server's own, have `deliver` alone.
   */
  deliverTraced?(subscription: Subscription, message: Message, match: TracedMatch): boolean;
  /** Makes once, for a planned subject, the bytes that each delivery begins with. */
  prepare(subscription: Subscription, subject: Uint8Array): Prepared;
  /**
   * Stands for the receiver where a message goes to several that get the same bytes; undefined if
   * each of its deliveries has to go through `deliver`. May change only while the receiver has no
   * subscriptions.
   */
  readonly fanOutMember: FanOutMember | undefined;
  /** Whether its subscriptions also get what the account imports. */
  readonly takesImports: boolean;
}

/**
 * The subscription's id: a number where the peer's text is a plain decimal, else its bytes as text.
 */
export type SubscriptionId = number | string;

export class Subscription implements SublistEntry {
  readonly subscriber: Subscriber;
  readonly sid: SubscriptionId;
  readonly queue: string | undefined;
  /** What must not reach it although it matches; undefined for most. */
  filter: DeliveryFilter | undefined;
  /** Owned by the sublist. */
  node: number;
  /** Owned by the sublist. */
  position: number;
  /** Messages handed to the subscriber so far. */
  deliveredCount: number;
  /** Removed after this many deliveries; 0 for never. */
  maxDeliveries: number;

  constructor(subscriber: Subscriber, sid: SubscriptionId, queue: string | undefined) {
    this.subscriber = subscriber;
    this.sid = sid;
    this.queue = queue;
    this.filter = undefined;
    this.node = -1;
    this.position = 0;
    this.deliveredCount = 0;
    this.maxDeliveries = 0;
  }

  get isLocal(): boolean {
    return true;
  }

  get queueWeight(): number {
    return 1;
  }
}
