/**
 * Messages to bytes, straight into a receiver's outbound buffer. [hot]
 *
 * ```
 * MSG subject sid [reply] size␍␊payload␍␊
 * HMSG subject sid [reply] header-size size␍␊headers payload␍␊
 * ```
 * All behind the sid stands in the publisher's own bytes in the same form (`Message.hasPlainTail`),
 * so the usual delivery is two copies: the prepared prefix `MSG subject sid ` and the message's
 * tail.
 */
import type { Message } from "../broker/message.ts";
import type { Prepared } from "../broker/prepared.ts";
import type { SubscriptionId } from "../broker/subscription.ts";
import type { Outbound } from "../connection/outbound.ts";
import { Ascii } from "../util/ascii.ts";
import { COPY_SLACK_BYTES, copyBytes, writeDecimal } from "../util/bytes.ts";
import type { ByteBlock } from "../util/bytes.ts";

/** Tails from this size on are sent from where they were received instead of being copied. */
const LARGE_TAIL_BYTES = 32_768;

/** Tails from this size on may be split between two blocks, so that blocks are sent full. */
const SPLIT_TAIL_BYTES = 8192;

/** Room for `HMSG`, blanks, two numbers and line ends around the variable parts of a line. */
const FIXED_PARTS_BYTES = 64;

/** Makes `MSG subject sid `. */
export function prepareMessage(subject: Uint8Array, sid: SubscriptionId): Prepared {
  const text = String(sid);
  const lengthBytes = 4 + subject.length + 1 + text.length + 1;
  const words = new Int32Array((lengthBytes + 3) >> 2);
  const bytes = new Uint8Array(words.buffer);
  let at = writeText("MSG ", bytes, 0);
  bytes.set(subject, at);
  at += subject.length;
  bytes[at++] = Ascii.Space;
  at = writeText(text, bytes, at);
  bytes[at] = Ascii.Space;
  return { words, lengthBytes };
}

/**
 * Writes a message with a plain tail behind its prepared prefix. The receiver takes headers if the
 * message has any.
 */
export function writePrepared(outbound: Outbound, message: Message, prepared: Prepared): void {
  const { words, lengthBytes } = prepared;
  const { tailStart, tailEnd } = message;
  const tailBytes = tailEnd - tailStart;
  const isSplit = tailBytes >= SPLIT_TAIL_BYTES;
  let at = outbound.reserve(1 + lengthBytes + COPY_SLACK_BYTES + (isSplit ? 0 : tailBytes));
  const block = outbound.block;
  const view = block.view;
  if (message.headerBytes > 0) block.bytes[at++] = Ascii.UpperH;
  // Whole words: what the last one writes too much is overwritten by the tail.
  const end = at + lengthBytes;
  for (let i = 0; at < end; i++) {
    view.setInt32(at, words[i]!, true);
    at += 4;
  }
  if (isSplit) {
    outbound.commit(end);
    writeRest(outbound, message, tailStart);
    return;
  }
  copyBytes(message.block, tailStart, tailEnd, block, end);
  outbound.commit(end + tailBytes);
}

/**
 * Writes any message to any receiver, composing the line: for subjects without a plan, unusual
 * spellings and receivers without headers (they get the payload alone). Returns the bytes that
 * count as delivered.
 */
export function writeComposed(
  outbound: Outbound,
  message: Message,
  sid: SubscriptionId,
  takesHeaders: boolean,
): number {
  const hasHeaders = message.headerBytes > 0 && takesHeaders;
  const strippedBytes = hasHeaders ? 0 : message.headerBytes;
  const subjectBytes = message.subjectEnd - message.subjectStart;
  const replyBytes = message.replyEnd - message.tailStart;
  const sidBytes = typeof sid === "number" ? 16 : sid.length;
  let at = outbound.reserve(FIXED_PARTS_BYTES + subjectBytes + replyBytes + sidBytes);
  const target = outbound.block;
  const bytes = target.bytes;
  if (hasHeaders) bytes[at++] = Ascii.UpperH;
  at = writeText("MSG ", bytes, at);
  at = writeSubject(message, target, at);
  at = typeof sid === "number" ? writeDecimal(bytes, at, sid) : writeText(sid, bytes, at);
  bytes[at++] = Ascii.Space;
  if (message.hasPlainTail && strippedBytes === 0) {
    outbound.commit(at);
    writeRest(outbound, message, message.tailStart);
    return message.sizeBytes;
  }
  if (replyBytes > 0) at = writeToken(message, message.tailStart, message.replyEnd, target, at);
  outbound.commit(writeSizes(message, hasHeaders, strippedBytes, target, at));
  writeRest(outbound, message, message.payloadStart + strippedBytes);
  return message.sizeBytes - strippedBytes;
}

/** Writes `[header-size ]size␍␊`: the publisher's own digits unless headers are left out. */
function writeSizes(
  message: Message,
  hasHeaders: boolean,
  strippedBytes: number,
  target: ByteBlock,
  start: number,
): number {
  const { bytes } = target;
  let at = start;
  if (hasHeaders) {
    at = writeToken(message, message.headerSizeStart, message.headerSizeEnd, target, at);
  }
  if (strippedBytes > 0) {
    at = writeDecimal(bytes, at, message.sizeBytes - strippedBytes);
  } else {
    copyBytes(message.block, message.sizeStart, message.sizeEnd, target, at);
    at += message.sizeEnd - message.sizeStart;
  }
  bytes[at++] = Ascii.CarriageReturn;
  bytes[at++] = Ascii.LineFeed;
  return at;
}

/** Writes the subject and a space. */
function writeSubject(message: Message, target: ByteBlock, at: number): number {
  const { subjectStart, subjectEnd } = message;
  copyBytes(message.subjectBlock, subjectStart, subjectEnd, target, at);
  const next = at + subjectEnd - subjectStart;
  target.bytes[next] = Ascii.Space;
  return next + 1;
}

/** Writes a token of the message's line and a space. */
function writeToken(
  message: Message,
  start: number,
  end: number,
  target: ByteBlock,
  at: number,
): number {
  copyBytes(message.block, start, end, target, at);
  const next = at + end - start;
  target.bytes[next] = Ascii.Space;
  return next + 1;
}

/** Writes the message from `start` to its end. */
function writeRest(outbound: Outbound, message: Message, start: number): void {
  const length = message.tailEnd - start;
  if (length >= LARGE_TAIL_BYTES) {
    outbound.appendLarge(message.block.bytes, start, message.tailEnd);
    return;
  }
  if (length >= SPLIT_TAIL_BYTES) {
    outbound.append(message.block.bytes, start, message.tailEnd);
    return;
  }
  const at = outbound.reserve(length);
  copyBytes(message.block, start, message.tailEnd, outbound.block, at);
  outbound.commit(at + length);
}

/** Writes a short control line or any other text; one byte per character. */
export function writeLine(outbound: Outbound, text: string): void {
  const at = outbound.reserve(text.length);
  outbound.commit(writeText(text, outbound.block.bytes, at));
}

/** As `writeLine` for any text, in UTF-8. */
export function writeUtf8(outbound: Outbound, text: string): void {
  const at = outbound.reserve(Buffer.byteLength(text));
  outbound.commit(at + outbound.block.buffer.write(text, at));
}

function writeText(text: string, target: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
