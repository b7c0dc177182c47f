/**
 * Receivers that get the same bytes, as the broker sees them: who may be in a group, and what a
 * group does with a message. `connection/fan-out-receiver.ts` and `nats/fan-out-group.ts` implement
 * these; `fan-out.ts` puts members together.
 */
import type { Producer } from "./back-pressure.ts";
import type { Message } from "./message.ts";
import type { Prepared } from "./prepared.ts";

/** A receiver whose deliveries a group may make, since none of them needs a look at it. */
export interface FanOutMember {
  /** Whether it takes headers; if not, messages that have some do not go through groups. */
  readonly takesHeaders: boolean;
  /** False once it closes. */
  readonly isLive: boolean;
  /** The group of these members, of which this is the first. */
  groupWith(members: readonly FanOutMember[]): FanOutGroup;
  /** The source holds bytes for this member, from `from` on, which go before any others. */
  attach(source: ByteSource, from: number): void;
  /**
   * Where in what the source holds the bytes for this member begin, -1 if it is not attached. The
   * next ones begin at 0.
   */
  nextFrom(source: ByteSource): number;
  /** Sends `bytes[start, end)`, which are only borrowed, and slows the producer down if need be. */
  relay(bytes: Uint8Array, start: number, end: number, producer: Producer | undefined): void;
  /** As `relay`, but the bytes may wait for others that are to be sent with them. */
  keep(bytes: Uint8Array, start: number, end: number): void;
  countDeliveries(messages: number, bytes: number): void;
  /** The turn is over. */
  endTurn(): void;
  /** Whether it has so much to catch up on that each delivery needs a look at it. */
  readonly isFarBehind: boolean;
}

/** Whoever holds bytes for a member. */
export interface ByteSource {
  /** Gives the member, which has something else to send, the bytes from `from` on. */
  handOver(member: FanOutMember, from: number): void;
}

export interface FanOutGroup {
  /** Takes the message for all members; false if each has to be served by itself now. */
  write(delivery: GroupDelivery, message: Message): boolean;
}

/** What is delivered: one subscription of each member, all with the same id. */
export interface GroupDelivery {
  readonly prepared: Prepared;
  /** Deliveries to each member that nobody has counted yet. The group keeps these. */
  uncountedMessages: number;
  uncountedBytes: number;
  /** Adds to the counts of the subscriptions. */
  countDeliveries(messages: number): void;
}
