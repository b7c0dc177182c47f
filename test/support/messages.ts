/**
 * Messages and receivers for tests of delivery: a message made from text instead of by a parser,
 * and a subscriber that remembers what it was given.
 */
import { Message } from "../../src/broker/message.ts";
import type { Prepared } from "../../src/broker/prepared.ts";
import type { Subscriber, Subscription } from "../../src/broker/subscription.ts";
import type { PlanSource } from "../../src/broker/publish-plan.ts";
import type { Sublist } from "../../src/subject/sublist.ts";
import { hashSubject } from "../../src/subject/subject.ts";
import { ByteBlock } from "../../src/util/bytes.ts";

export interface MessageParts {
  readonly reply?: string;
  readonly headers?: string;
  readonly payload?: string;
  readonly hasPlainTail?: boolean;
}

/** The message that `PUB`/`HPUB` with these parts makes; one byte per character. */
export function messageOf(subject: string, parts: MessageParts = {}): Message {
  const { reply = "", headers = "", payload = "", hasPlainTail = true } = parts;
  const name = headers === "" ? "PUB" : "HPUB";
  const before = `${name} ${subject} `;
  const replyText = reply === "" ? "" : `${reply} `;
  const headerSize = headers === "" ? "" : `${headers.length} `;
  const size = headers.length + payload.length;
  const line = `${before}${replyText}${headerSize}${size}\r\n`;
  const bytes = new Uint8Array(Buffer.from(`${line}${headers}${payload}\r\n`, "latin1"));
  const message = new Message();
  message.block = new ByteBlock(bytes);
  message.subjectBlock = message.block;
  message.subjectStart = name.length + 1;
  message.subjectEnd = message.subjectStart + subject.length;
  message.subjectHash = hashSubject(bytes, message.subjectStart, message.subjectEnd);
  message.tailStart = before.length;
  message.replyEnd = before.length + reply.length;
  message.payloadStart = line.length;
  message.tailEnd = bytes.length;
  message.sizeBytes = size;
  message.headerBytes = headers.length;
  message.hasPlainTail = hasPlainTail;
  return message;
}

/** A source of plans that has nothing but subscriptions. */
export function planSource(sublist: Sublist<Subscription>): PlanSource {
  return { sublist, filteredSubscriptions: 0, mappings: undefined, planMisses: 0 };
}

/** The bytes of a range, one character each. */
export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.subarray(start, end)).toString("latin1");
}

/** What a `Prepared` holds, one character per byte. */
export function preparedText({ words, lengthBytes }: Prepared): string {
  return textOf(new Uint8Array(words.buffer, words.byteOffset), 0, lengthBytes);
}

/** Takes messages, or refuses them, and lists what it was given. */
export class ListingSubscriber implements Subscriber {
  readonly name: string;
  /** Whether `deliver` takes messages. */
  takes: boolean;
  /** For each delivery the subject and, if there was one, the text of what was prepared. */
  readonly given: string[];
  preparations: number;
  readonly fanOutMember = undefined;
  readonly takesImports = true;

  constructor(name = "", takes = true) {
    this.name = name;
    this.takes = takes;
    this.given = [];
    this.preparations = 0;
  }

  deliver(_subscription: Subscription, message: Message, prepared: Prepared | undefined): boolean {
    const subject = textOf(message.block.bytes, message.subjectStart, message.subjectEnd);
    this.given.push(prepared === undefined ? subject : `${subject} ${preparedText(prepared)}`);
    return this.takes;
  }

  prepare(subscription: Subscription, subject: Uint8Array): Prepared {
    this.preparations++;
    const text = `${this.name}/${subscription.sid}/${textOf(subject)}`;
    const words = new Int32Array((text.length + 3) >> 2);
    new Uint8Array(words.buffer).set(Buffer.from(text, "latin1"));
    return { words, lengthBytes: text.length };
  }
}
