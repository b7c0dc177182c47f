/**
 * NATS clients that get the same bytes: a message is encoded once, and the block in which messages
 * gather is sent to each member. [hot] `dispatch` calls `write`; the flush queue and full blocks
 * lead to `writeOut`. For a hundred receivers this saves all but one of a hundred copies of each
 * message, and their blocks (benchmark rows `1 to 100`, `4 to 4`).
 *
 * Between the first message of a turn and the next `writeOut` the members are attached: whatever
 * else one of them has to send first takes over what is here for it, so that bytes stay in order.
 * Where that happens more often than it pays, the members are served one by one for a while.
 */
import type { Producer } from "../broker/back-pressure.ts";
import type {
  ByteSource,
  FanOutGroup,
  FanOutMember,
  GroupDelivery,
} from "../broker/fan-out-member.ts";
import type { Message } from "../broker/message.ts";
import type { ConnectionContext } from "../connection/context.ts";
import { Outbound } from "../connection/outbound.ts";
import type { OutboundOwner } from "../connection/outbound.ts";
import { writePrepared } from "./encoder.ts";

/** Messages that have to come for each time a member takes over what is here. */
const MESSAGES_PER_HAND_OVER = 4;
const SMALLEST_BALANCE = -64;

/** Messages for which a group stands aside when it does not pay, or while a member is slow. */
const REST_MESSAGES = 1024;

export class NatsFanOutGroup implements FanOutGroup, ByteSource, OutboundOwner {
  readonly #context: ConnectionContext;
  readonly #members: readonly FanOutMember[];
  readonly #takesHeaders: boolean;
  readonly #outbound: Outbound;
  /** What has been written since the counters were last brought up to date. */
  readonly #uncounted: GroupDelivery[];
  #producer: Producer | undefined;
  #isAttached: boolean;
  #isSending: boolean;
  /** Falls when members take over, rises with messages. */
  #balance: number;
  /** Messages for which the group still stands aside. */
  #rest: number;

  constructor(context: ConnectionContext, members: readonly FanOutMember[]) {
    this.#context = context;
    this.#members = members;
    this.#takesHeaders = allTakeHeaders(members);
    this.#outbound = new Outbound(this, context.pool, context.flushQueue);
    this.#uncounted = [];
    this.#producer = undefined;
    this.#isAttached = false;
    this.#isSending = false;
    this.#balance = 0;
    this.#rest = 0;
  }

  write(delivery: GroupDelivery, message: Message): boolean {
    if (this.#rest > 0) {
      this.#rest--;
      return false;
    }
    if (this.#isSending || !message.hasPlainTail || this.#context.logger.traceEnabled) return false;
    if (message.headerBytes > 0 && !this.#takesHeaders) return false;
    if (!this.#isAttached) {
      if (this.#isAnyFarBehind()) {
        this.#standAside();
        return false;
      }
      this.#attach();
    }
    if (this.#balance < 0) this.#balance++;
    this.#producer = message.origin;
    if (delivery.uncountedMessages++ === 0) this.#uncounted.push(delivery);
    delivery.uncountedBytes += message.sizeBytes;
    writePrepared(this.#outbound, message, delivery.prepared);
    return true;
  }

  #attach(): void {
    const members = this.#members;
    const from = this.#outbound.pendingBytes;
    for (let i = 0; i < members.length; i++) members[i]!.attach(this, from);
    this.#isAttached = true;
  }

  #isAnyFarBehind(): boolean {
    const members = this.#members;
    for (let i = 0; i < members.length; i++) if (members[i]!.isFarBehind) return true;
    return false;
  }

  handOver(member: FanOutMember, from: number): void {
    this.#count();
    // What is being sent reaches this member as well, unless it has closed.
    if (this.#isSending) return;
    this.#isAttached = false;
    const { block, pendingBytes } = this.#outbound;
    if (pendingBytes === from) return;
    this.#balance -= MESSAGES_PER_HAND_OVER;
    if (this.#balance < SMALLEST_BALANCE) this.#standAside();
    member.keep(block.bytes, from, pendingBytes);
  }

  writeOut(bytes: Uint8Array, offset: number, length: number): number {
    const members = this.#members;
    const end = offset + length;
    this.#isSending = true;
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      const from = member.nextFrom(this);
      if (from >= 0) member.relay(bytes, offset + from, end, this.#producer);
      if (member.isFarBehind) this.#standAside();
    }
    this.#isSending = false;
    return length;
  }

  #standAside(): void {
    this.#rest = REST_MESSAGES;
    this.#balance = 0;
  }

  /** Brings counters up to date. */
  #count(): void {
    const uncounted = this.#uncounted;
    const members = this.#members;
    let messages = 0;
    let bytes = 0;
    for (let i = 0; i < uncounted.length; i++) {
      const delivery = uncounted[i]!;
      delivery.countDeliveries(delivery.uncountedMessages);
      messages += delivery.uncountedMessages;
      bytes += delivery.uncountedBytes;
      delivery.uncountedMessages = 0;
      delivery.uncountedBytes = 0;
    }
    uncounted.length = 0;
    if (messages === 0) return;
    for (let i = 0; i < members.length; i++) members[i]!.countDeliveries(messages, bytes);
  }

  onFlush(): void {
    this.#producer = undefined;
    this.#count();
    const members = this.#members;
    for (let i = 0; i < members.length; i++) members[i]!.endTurn();
  }

  // Members refuse bytes; the group itself never does.
  onBlocked(): void {}

  onUnblocked(): void {}

  onWriteFailed(): void {}
}

function allTakeHeaders(members: readonly FanOutMember[]): boolean {
  for (let i = 0; i < members.length; i++) if (!members[i]!.takesHeaders) return false;
  return true;
}
