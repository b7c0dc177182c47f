/**
 * Messages that the server makes: requests to services of other accounts, events, answers. Their
 * bytes are laid out as in a publisher's line, so that deliveries find a plain tail.
 *
 * ```
 * subject reply header-size size␍␊headers payload␍␊
 * ```
 */
import { hashSubject } from "../subject/subject.ts";
import { ByteBlock, COPY_SLACK_BYTES } from "../util/bytes.ts";
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

const encoder = new TextEncoder();

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
    let at = put(bytes, 0, subject);
    message.subjectStart = 0;
    message.subjectEnd = at;
    message.subjectHash = hashSubject(subject, 0, subject.length);
    at = put(bytes, at, BLANK);
    message.tailStart = at;
    message.replyEnd = at;
    if (reply.length > 0) {
      at = put(bytes, at, reply);
      message.replyEnd = at;
      at = put(bytes, at, BLANK);
    }
    const sizes = headers.length > 0 ? `${headers.length} ${size}\r\n` : `${size}\r\n`;
    at = put(bytes, at, encoder.encode(sizes));
    message.headerBytes = headers.length;
    message.payloadStart = at;
    message.sizeBytes = size;
    at = put(bytes, put(bytes, at, headers), payload);
    message.tailEnd = put(bytes, at, LINE_END);
    return message;
  }

  #blockFor(bytes: number): ByteBlock {
    if (bytes <= this.#block.bytes.length) return this.#block;
    const block = new ByteBlock(new Uint8Array(bytes));
    if (bytes <= KEPT_BYTES) this.#block = block;
    return block;
  }
}

const BLANK = encoder.encode(" ");
const LINE_END = encoder.encode("\r\n");

/** Returns the offset behind the part. */
function put(bytes: Uint8Array, at: number, part: Uint8Array): number {
  bytes.set(part, at);
  return at + part.length;
}
