/**
 * Messages that the server makes: requests to services of other accounts, events, answers. Their
 * bytes are laid out as in a publisher's line, so that deliveries find a plain tail.
 *
 * ```
 * subject reply header-size size␍␊headers payload␍␊
 * ```
 */
import { hashSubject } from "../subject/subject.ts";
import { Ascii } from "../util/ascii.ts";
import { ByteBlock, COPY_SLACK_BYTES, writeDecimal } from "../util/bytes.ts";
import { Message } from "./message.ts";
import type { Publisher } from "./publisher.ts";

/** The parts of a message; empty where there is none. */
export interface MessageParts {
  readonly subject: Uint8Array;
  readonly reply: Uint8Array;
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
}

export const NO_BYTES = new Uint8Array(0);

/** Blanks, two numbers and line ends. */
const FIXED_BYTES = 32;
/** A block up to this size is kept for the next message. */
const KEPT_BYTES = 65_536;

/** Makes one message after the other; each is valid until the next one is made. */
export class MessageBuilder {
  readonly message = new Message();
  #block = new ByteBlock(new Uint8Array(512));

  build(parts: MessageParts, origin: Publisher | undefined): Message {
    const { subject, reply, headers, payload } = parts;
    const size = headers.length + payload.length;
    const needed = subject.length + reply.length + size + FIXED_BYTES + COPY_SLACK_BYTES;
    const block = this.#blockFor(needed);
    const { bytes } = block;
    const message = this.message;
    message.block = block;
    message.subjectBlock = block;
    message.origin = origin;
    message.serviceChain = undefined;
    message.trace = undefined;
    message.hasPlainTail = true;
    let at = put(block, 0, subject);
    message.subjectStart = 0;
    message.subjectEnd = at;
    message.subjectHash = hashSubject(subject, 0, subject.length);
    bytes[at++] = Ascii.Space;
    message.tailStart = at;
    message.replyEnd = at;
    if (reply.length > 0) {
      at = put(block, at, reply);
      message.replyEnd = at;
      bytes[at++] = Ascii.Space;
    }
    message.headerBytes = headers.length;
    if (headers.length > 0) {
      at = writeDecimal(bytes, at, headers.length);
      bytes[at++] = Ascii.Space;
    }
    at = putLineEnd(bytes, writeDecimal(bytes, at, size));
    message.payloadStart = at;
    message.sizeBytes = size;
    message.tailEnd = putLineEnd(bytes, put(block, put(block, at, headers), payload));
    return message;
  }

  /** Gives another message a subject, until the next message is built here. */
  readdress(message: Message, subject: Uint8Array): void {
    const block = this.#blockFor(subject.length + COPY_SLACK_BYTES);
    message.subjectBlock = block;
    message.subjectStart = 0;
    message.subjectEnd = put(block, 0, subject);
    message.subjectHash = hashSubject(subject, 0, subject.length);
  }

  #blockFor(bytes: number): ByteBlock {
    if (bytes <= this.#block.bytes.length) return this.#block;
    const block = new ByteBlock(new Uint8Array(bytes));
    if (bytes <= KEPT_BYTES) this.#block = block;
    return block;
  }
}

/** Parts up to this size are copied byte by byte, without a call into native code. */
const LOOP_BYTES = 48;

/** Returns the offset behind the part. */
function put(block: ByteBlock, at: number, part: Uint8Array): number {
  const { length } = part;
  if (length > LOOP_BYTES) {
    Buffer.prototype.copy.call(part, block.buffer, at, 0, length);
  } else {
    const { bytes } = block;
    for (let i = 0; i < length; i++) bytes[at + i] = part[i]!;
  }
  return at + length;
}

function putLineEnd(bytes: Uint8Array, at: number): number {
  bytes[at] = Ascii.CarriageReturn;
  bytes[at + 1] = Ascii.LineFeed;
  return at + 2;
}
