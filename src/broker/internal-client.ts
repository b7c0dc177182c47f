/**
 * A client that is the server itself, in one account: it subscribes with functions as receivers and
 * publishes what the server has to say. Events and services of the system account are built on it.
 * Subjects are text as `subjectText` gives it. What receivers get leaves at the end of the turn;
 * who publishes outside of one has to end it.
 */
import { subjectBytes, subjectText } from "../subject/subject.ts";
import { assert } from "../util/assert.ts";
import type { Logger } from "../util/logger.ts";
import type { Account } from "./account.ts";
import type { Broker } from "./broker.ts";
import { dispatch } from "./dispatch.ts";
import { NO_BYTES } from "./message-builder.ts";
import type { Message } from "./message.ts";
import { NOTHING_PREPARED } from "./prepared.ts";
import type { Publisher } from "./publisher.ts";
import { type Subscriber, Subscription } from "./subscription.ts";

/** A message as handlers get it: a copy that is theirs to keep. */
export interface InternalMessage {
  readonly subject: string;
  /** "" where nobody waits for an answer. */
  readonly reply: string;
  /** The header block as it came; empty without one. */
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
  /** The client that published it; undefined for the server itself. */
  readonly origin: Publisher | undefined;
}

export type MessageHandler = (message: InternalMessage) => void;

export interface OutgoingMessage {
  readonly subject: string;
  readonly reply?: string;
  /** A whole header block. */
  readonly headers?: Uint8Array;
  readonly payload: Uint8Array | string;
}

/** What internal clients need of the broker. */
export type InternalClientHost = Pick<Broker, "services" | "takeCid">;

const encoder = new TextEncoder();

export class InternalClient implements Subscriber {
  readonly cid: number;
  readonly account: Account;
  readonly fanOutMember = undefined;
  readonly takesImports = true;
  readonly #host: InternalClientHost;
  readonly #logger: Logger;
  readonly #handlers: Map<Subscription, MessageHandler>;
  #lastSid: number;
  /** What is being published now: the client does not receive it itself. */
  #outgoing: Message | undefined;

  constructor(host: InternalClientHost, account: Account, logger: Logger) {
    this.cid = host.takeCid();
    this.account = account;
    this.#host = host;
    this.#logger = logger;
    this.#handlers = new Map();
    this.#lastSid = 0;
    this.#outgoing = undefined;
  }

  get subscriptionCount(): number {
    return this.#handlers.size;
  }

  /**
   * Calls `handler` for each message until `unsubscribe`, in the turn of whoever publishes. What it
   * throws is logged and harms nobody.
   */
  subscribe(subject: string, handler: MessageHandler, queue?: string): Subscription {
    const subscription = new Subscription(this, ++this.#lastSid, queue);
    const isTaken = this.account.subscribe(subjectBytes(subject), subscription);
    assert(isTaken, `"${subject}" can be subscribed to`);
    this.#handlers.set(subscription, handler);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    if (this.#handlers.delete(subscription)) this.account.unsubscribe(subscription);
  }

  /** Gives up all subscriptions. */
  close(): void {
    const subscriptions = [...this.#handlers.keys()];
    this.#handlers.clear();
    this.account.unsubscribeAll(subscriptions);
  }

  /** False if nobody received it. The account's mappings do not apply. */
  publish({ subject, reply = "", headers = NO_BYTES, payload }: OutgoingMessage): boolean {
    const { builders, random } = this.#host.services;
    const builder = builders.take();
    const parts = {
      subject: subjectBytes(subject),
      reply: subjectBytes(reply),
      headers,
      payload: typeof payload === "string" ? encoder.encode(payload) : payload,
    };
    const message = builder.build(parts, undefined);
    const outgoingBefore = this.#outgoing;
    this.#outgoing = message;
    try {
      const plan = this.account.serverPlans.find(message);
      return plan.receiverCount > 0 && dispatch(plan, message, random);
    } finally {
      this.#outgoing = outgoingBefore;
      builders.give(builder);
    }
  }

  deliver(subscription: Subscription, message: Message): boolean {
    const handler = this.#handlers.get(subscription);
    if (handler === undefined || message === this.#outgoing) return false;
    subscription.deliveredCount++;
    const copy = copyOf(message);
    try {
      handler(copy);
    } catch (error) {
      this.#logBug(error, copy.subject);
    }
    return true;
  }

  prepare(): typeof NOTHING_PREPARED {
    return NOTHING_PREPARED;
  }

  #logBug(error: unknown, subject: string): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const text = `Internal error while handling a message to "${subject}": ${detail}`;
    this.#logger.error(text, { event: "internal_error", cid: this.cid });
  }
}

function copyOf(message: Message): InternalMessage {
  const { subjectBlock, subjectStart, subjectEnd, origin } = message;
  const { block, tailStart, replyEnd, payloadStart, headerBytes, sizeBytes } = message;
  const { bytes } = block;
  const bodyStart = payloadStart + headerBytes;
  return {
    subject: subjectText(subjectBlock.bytes.subarray(subjectStart, subjectEnd)),
    reply: subjectText(bytes.subarray(tailStart, replyEnd)),
    headers: new Uint8Array(bytes.subarray(payloadStart, bodyStart)),
    payload: new Uint8Array(bytes.subarray(bodyStart, payloadStart + sizeBytes)),
    origin,
  };
}
