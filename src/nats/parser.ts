/**
 * The client protocol: bytes in, one sink call per operation out. [hot]
 * Nothing is copied while a chunk holds whole operations: messages are views into it. An operation
 * that straddles chunks is gathered in a borrowed block, at most one control line or one message
 * long, and runs from there; the rest of the new chunk is then parsed in place.
 *
 * ```
 * CONNECT {json}               PUB subject [reply] size␍␊payload
 * SUB subject [queue] sid      HPUB subject [reply] header-size size␍␊header payload
 * UNSUB sid [max]              PING   PONG   INFO {json}   +OK   -ERR text
 * ```
 * Lines end with ␊, a ␍ before it is dropped; blanks are spaces and tabs. Publishes spelled the
 * usual way (upper case, single spaces, ␍␊) take a path of their own; `line-parser.ts` reads all
 * others.
 */
import type { Message } from "../broker/message.ts";
import type { Block, BlockPool } from "../connection/block-pool.ts";
import { Ascii } from "../util/ascii.ts";
import { ByteBlock } from "../util/bytes.ts";
import { ProtocolError, protocolErrors } from "./errors.ts";
import { INCOMPLETE, MAX_SIZE_DIGITS, parseSize } from "./line-parser.ts";
import type { LineParser, OperationSink } from "./line-parser.ts";

/** `PUB ` and `HPUB` as little-endian words. */
const PUB_WORD = 0x20425550;
const HPUB_WORD = 0x42555048;

/** A line is longer than its arguments by at most an operation's name, a blank, CRLF and some. */
const LINE_OVERHEAD_BYTES = 16;

/** Longest line that is recognised when it is repeated, in bytes. */
const MAX_REPEATED_BYTES = 64;

/** The quick path does not apply; the line parser decides. */
const NOT_PLAIN = -2;

const NO_WORDS = new Int32Array(0);

export class Parser {
  readonly #sink: OperationSink;
  readonly #message: Message;
  readonly #pool: BlockPool;
  readonly #lines: LineParser;
  /** Longest argument part of a control line, in bytes. */
  maxControlLineBytes: number;
  /** Largest payload with headers, in bytes. */
  maxPayloadBytes: number;
  /** Whether anything but CONNECT has to be cleared with the sink first. */
  expectsConnect: boolean;
  /** Whether the client may send HPUB. */
  acceptsHeaders: boolean;
  /** Whether the sink wants to see each publish's line before its payload. */
  isPedantic: boolean;
  /** Whether the sink wants to see each control line. */
  isTracing: boolean;
  #isHalted: boolean;
  /** Beginning of an operation that straddles chunks; undefined when there is none. */
  #held: Block | undefined;
  #heldBytes: number;
  /** Length of the operation being gathered; 0 while its line is not complete. */
  #neededBytes: number;
  /**
   * The line of the last publishes, four bytes a word, with the mask of its last one; 0 bytes while
   * no line without a reply came twice in a row. What follows describes it, or the last line.
   */
  #repeated: Int32Array;
  #repeatedBytes: number;
  #repeatedMask: number;
  #lastHash: number;
  #lastHeaderBytes: number;
  /** Where the subject begins in the line, and its length. */
  #lastSubjectOffset: number;
  #lastSubjectBytes: number;
  #lastSize: number;

  /**
   * `message` and `lines` may be shared by all parsers of a loop: they hold nothing between calls.
   */
  constructor(sink: OperationSink, message: Message, pool: BlockPool, lines: LineParser) {
    this.#sink = sink;
    this.#message = message;
    this.#pool = pool;
    this.#lines = lines;
    this.maxControlLineBytes = 0;
    this.maxPayloadBytes = 0;
    this.expectsConnect = false;
    this.acceptsHeaders = false;
    this.isPedantic = true;
    this.isTracing = false;
    this.#isHalted = false;
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#neededBytes = 0;
    this.#repeated = NO_WORDS;
    this.#repeatedBytes = 0;
    this.#repeatedMask = 0;
    this.#lastHash = 0;
    this.#lastHeaderBytes = 0;
    this.#lastSubjectOffset = 0;
    this.#lastSubjectBytes = 0;
    this.#lastSize = 0;
  }

  /** Makes `parse` return after the current operation. Called from within a sink call. */
  halt(): void {
    this.#isHalted = true;
  }

  /** Gives back what is held of an incomplete operation; the parser is not used afterwards. */
  discard(): void {
    this.#isHalted = true;
    // A message in it may be on its way to further receivers: the block must not be lent again.
    if (this.#held !== undefined) this.#pool.forget(this.#held);
    this.#held = undefined;
    this.#heldBytes = 0;
  }

  /**
   * Parses from `start` to the end of the chunk, keeping an incomplete operation for the next call.
   * Returns the offset behind the last byte taken: less than the chunk's length only when halted.
   * Throws `ProtocolError`.
   */
  parse(chunk: Uint8Array, start: number): number {
    this.#isHalted = false;
    let position = start;
    while (this.#heldBytes > 0 && position < chunk.length && !this.#isHalted) {
      position = this.#continueHeld(chunk, position);
    }
    if (this.#isHalted || position === chunk.length) return position;
    this.#neededBytes = 0;
    position = this.#run(this.#lines.blockFor(chunk), position, chunk.length);
    if (this.#isHalted || position === chunk.length) return position;
    this.#hold(chunk, position, chunk.length);
    return chunk.length;
  }

  /** Runs whole operations; returns the offset of the first incomplete one. */
  #run(block: ByteBlock, start: number, end: number): number {
    const message = this.#message;
    const view = block.view;
    message.block = block;
    message.origin = this.#sink;
    let position = start;
    while (position < end) {
      let next = NOT_PLAIN;
      if (end - position > 8 && !this.expectsConnect) {
        if (this.#repeatedBytes > 0) next = this.#publishAgain(block, position, end);
        if (next === NOT_PLAIN) {
          const word = view.getInt32(position, true);
          if (word === PUB_WORD) next = this.#publish(block, position, end);
          else if (word === HPUB_WORD) next = this.#headerPublish(block, position, end);
        }
      }
      if (next === NOT_PLAIN) next = this.#lines.run(this, this.#sink, block, position, end);
      if (next === INCOMPLETE) return position;
      position = next;
      if (this.#isHalted) return position;
    }
    return position;
  }

  /** `PUB subject [reply] size` with single spaces and CRLF. */
  #publish(block: ByteBlock, start: number, end: number): number {
    const bytes = block.bytes;
    const subjectStart = start + 4;
    let hash = 0;
    let at = subjectStart;
    let byte = 0;
    while (at < end && (byte = bytes[at]!) > Ascii.Space) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      at++;
    }
    if (at >= end || byte !== Ascii.Space || at === subjectStart) return NOT_PLAIN;
    const subjectEnd = at;
    const tailStart = ++at;
    let sizeStart = at;
    let replyEnd = at;
    let size = 0;
    while (at < end && (byte = bytes[at]! - Ascii.Zero) >= 0 && byte <= 9) {
      size = size * 10 + byte;
      at++;
    }
    if (at < end && bytes[at] !== Ascii.CarriageReturn) {
      while (at < end && bytes[at]! > Ascii.Space) at++;
      if (at >= end || bytes[at] !== Ascii.Space || at === tailStart) return NOT_PLAIN;
      replyEnd = at;
      sizeStart = ++at;
      size = 0;
      while (at < end && (byte = bytes[at]! - Ascii.Zero) >= 0 && byte <= 9) {
        size = size * 10 + byte;
        at++;
      }
    }
    if (at + 1 >= end || bytes[at] !== Ascii.CarriageReturn) return NOT_PLAIN;
    const digits = at - sizeStart;
    if (bytes[at + 1] !== Ascii.LineFeed || digits < 1 || digits > MAX_SIZE_DIGITS)
      return NOT_PLAIN;
    if (at - subjectStart > this.maxControlLineBytes) return NOT_PLAIN;

    const message = this.#message;
    message.subjectStart = subjectStart;
    message.subjectEnd = subjectEnd;
    message.subjectHash = hash;
    message.tailStart = tailStart;
    message.replyEnd = replyEnd;
    message.headerBytes = 0;
    message.hasPlainTail = true;
    if (replyEnd === tailStart) this.#noteLine(block, start, at + 2, size);
    return this.finishPublish(block, start, at + 2, size, end);
  }

  /**
   * A publish with the same line as those before: one comparison instead of a scan. `NOT_PLAIN` if
   * it has another.
   */
  #publishAgain(block: ByteBlock, start: number, end: number): number {
    const words = this.#repeated;
    const length = this.#repeatedBytes;
    const view = block.view;
    const last = (length - 1) >> 2;
    let at = start;
    if (start + MAX_REPEATED_BYTES > end) return this.#endSeries();
    for (let i = 0; i < last; i++, at += 4) {
      if (view.getInt32(at, true) !== words[i]) return this.#endSeries();
    }
    if ((view.getInt32(at, true) & this.#repeatedMask) !== words[last]) return this.#endSeries();
    if (this.#lastHeaderBytes > 0 && !this.acceptsHeaders) return this.#endSeries();
    // The limit may have changed; the name, a blank and the line's end do not count.
    const subjectStart = start + this.#lastSubjectOffset;
    if (start + length - 2 - subjectStart > this.maxControlLineBytes) return this.#endSeries();
    const message = this.#message;
    const subjectEnd = subjectStart + this.#lastSubjectBytes;
    message.subjectStart = subjectStart;
    message.subjectEnd = subjectEnd;
    message.subjectHash = this.#lastHash;
    message.tailStart = subjectEnd + 1;
    message.replyEnd = subjectEnd + 1;
    message.headerBytes = this.#lastHeaderBytes;
    message.hasPlainTail = true;
    return this.finishPublish(block, start, start + length, this.#lastSize, end);
  }

  /** The next line is another one. */
  #endSeries(): number {
    this.#repeatedBytes = 0;
    return NOT_PLAIN;
  }

  /** Remembers the line of a publish without a reply, and keeps it if it came twice in a row. */
  #noteLine(block: ByteBlock, start: number, end: number, size: number): void {
    const message = this.#message;
    const { subjectHash, headerBytes } = message;
    if (subjectHash === this.#lastHash && size === this.#lastSize) {
      this.#keepLine(block, start, end);
    }
    this.#lastHash = subjectHash;
    this.#lastSize = size;
    this.#lastHeaderBytes = headerBytes;
    this.#lastSubjectOffset = message.subjectStart - start;
    this.#lastSubjectBytes = message.subjectEnd - message.subjectStart;
  }

  #keepLine(block: ByteBlock, start: number, end: number): void {
    const length = end - start;
    if (length > MAX_REPEATED_BYTES || start + MAX_REPEATED_BYTES > block.bytes.length) return;
    if (this.#repeated === NO_WORDS) this.#repeated = new Int32Array(MAX_REPEATED_BYTES >> 2);
    const words = this.#repeated;
    const count = (length + 3) >> 2;
    const mask = (-1 >>> (((4 - (length & 3)) & 3) * 8)) | 0;
    for (let i = 0; i < count; i++) words[i] = block.view.getInt32(start + i * 4, true);
    words[count - 1] = words[count - 1]! & mask;
    this.#repeatedMask = mask;
    this.#repeatedBytes = length;
  }

  /** `HPUB subject [reply] header-size size` with single spaces and CRLF. */
  #headerPublish(block: ByteBlock, start: number, end: number): number {
    const bytes = block.bytes;
    const subjectStart = start + 5;
    if (bytes[start + 4] !== Ascii.Space || !this.acceptsHeaders) return NOT_PLAIN;
    let hash = 0;
    let at = subjectStart;
    while (at < end && bytes[at]! > Ascii.Space) {
      hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
      at++;
    }
    if (at >= end || bytes[at] !== Ascii.Space || at === subjectStart) return NOT_PLAIN;
    const subjectEnd = at;
    const tailStart = at + 1;
    // Three tokens at most: their ends are the blanks before the next, the last one's is the CR.
    const firstEnd = tokenEnd(bytes, tailStart, end);
    if (firstEnd >= end || bytes[firstEnd] !== Ascii.Space) return NOT_PLAIN;
    if (firstEnd === tailStart) return NOT_PLAIN;
    const secondEnd = tokenEnd(bytes, firstEnd + 1, end);
    if (secondEnd >= end) return NOT_PLAIN;
    const hasReply = bytes[secondEnd] === Ascii.Space;
    const lineEnd = hasReply ? tokenEnd(bytes, secondEnd + 1, end) : secondEnd;
    if (lineEnd + 1 >= end || bytes[lineEnd] !== Ascii.CarriageReturn) return NOT_PLAIN;
    if (bytes[lineEnd + 1] !== Ascii.LineFeed) return NOT_PLAIN;
    if (lineEnd - subjectStart > this.maxControlLineBytes) return NOT_PLAIN;
    const headerBytes = hasReply
      ? parseSize(bytes, firstEnd + 1, secondEnd)
      : parseSize(bytes, tailStart, firstEnd);
    const size = parseSize(bytes, (hasReply ? secondEnd : firstEnd) + 1, lineEnd);
    if (headerBytes < 1 || size < headerBytes) return NOT_PLAIN;

    const message = this.#message;
    message.subjectStart = subjectStart;
    message.subjectEnd = subjectEnd;
    message.subjectHash = hash;
    message.tailStart = tailStart;
    message.replyEnd = hasReply ? firstEnd : tailStart;
    message.headerBytes = headerBytes;
    message.hasPlainTail = true;
    if (!hasReply) this.#noteLine(block, start, lineEnd + 2, size);
    return this.finishPublish(block, start, lineEnd + 2, size, end);
  }

  /**
   * Ends a publish whose line is parsed: checks the size and passes the message on once its payload
   * is there. The message's subject, tail start, reply and header size are set. Used by the line
   * parser.
   */
  finishPublish(
    block: ByteBlock,
    start: number,
    payloadStart: number,
    size: number,
    end: number,
  ): number {
    // A known length means that the line was seen before, when the payload was not complete; a
    // limit that is lowered meanwhile does not concern it.
    if (this.#neededBytes === 0) {
      if (size > this.maxPayloadBytes) this.#refusePayload(block, payloadStart, size, end);
      if (this.isPedantic) this.#sink.onPublishLine(this.#message);
    }
    const bytes = block.bytes;
    const payloadEnd = payloadStart + size;
    if (payloadEnd + 2 > end) {
      if (payloadEnd < end) checkPayloadEnd(bytes, payloadEnd);
      this.#neededBytes = payloadEnd + 2 - start;
      return INCOMPLETE;
    }
    checkPayloadEnd(bytes, payloadEnd);
    if (bytes[payloadEnd + 1] !== Ascii.LineFeed) throw unendedPayload();
    const message = this.#message;
    message.subjectBlock = block;
    message.payloadStart = payloadStart;
    message.sizeBytes = size;
    message.tailEnd = payloadEnd + 2;
    this.#sink.onPublish(message);
    return payloadEnd + 2;
  }

  /** Only the beginning of the message may be there. */
  #refusePayload(block: ByteBlock, payloadStart: number, size: number, end: number): never {
    const message = this.#message;
    message.subjectBlock = block;
    message.payloadStart = payloadStart;
    message.sizeBytes = size;
    this.#sink.onPayloadTooLarge(message, Math.min(end, payloadStart + message.headerBytes));
  }

  /** Adds bytes of the chunk to the held operation and runs it once it is complete. */
  #continueHeld(chunk: Uint8Array, start: number): number {
    const needed = this.#neededBytes;
    const end = needed > 0 ? this.#holdMessage(chunk, start) : this.#holdLine(chunk, start);
    if (this.#heldBytes < needed) return end;

    const held = this.#held!;
    const ran = this.#run(held, 0, this.#heldBytes);
    if (this.#held === undefined) return end;
    if (ran < this.#heldBytes) {
      this.#keepOnlyWhatMatters(held);
      return end;
    }
    this.#pool.release(held);
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#neededBytes = 0;
    return end;
  }

  /** Takes what the message still needs. */
  #holdMessage(chunk: Uint8Array, start: number): number {
    const missing = this.#neededBytes - this.#heldBytes;
    const end = Math.min(chunk.length, start + missing);
    this.#appendHeld(chunk, start, end);
    // Of the two bytes behind the payload, the first shows already whether it ends here.
    if (end - start === missing - 1) checkPayloadEnd(this.#held!.bytes, this.#heldBytes - 1);
    return end;
  }

  /** Takes the rest of the line, or of a long one as much as shows that it is too long. */
  #holdLine(chunk: Uint8Array, start: number): number {
    const lineFeed = chunk.indexOf(Ascii.LineFeed, start);
    const end = lineFeed < 0 ? chunk.length : lineFeed + 1;
    const held = this.#held!;
    const from = this.#lines.skipIgnored(held.bytes, this.#heldBytes, chunk, start, end);
    const room = this.maxControlLineBytes + LINE_OVERHEAD_BYTES - this.#heldBytes;
    const taken = Math.min(end, from + Math.max(0, room));
    this.#appendHeld(chunk, from, taken);
    return taken;
  }

  /** Starts holding `chunk[start, end)`, the beginning of an operation. */
  #hold(chunk: Uint8Array, start: number, end: number): void {
    const isLine = this.#neededBytes === 0;
    const keptEnd = isLine ? this.#lines.compact(chunk, start, end) : end;
    this.#appendHeld(chunk, start, keptEnd);
  }

  /** Of a line that is not complete, drops what the grammar ignores, so that it cannot grow. */
  #keepOnlyWhatMatters(held: Block): void {
    if (this.#neededBytes > 0) return;
    this.#heldBytes = this.#lines.compact(held.bytes, 0, this.#heldBytes);
  }

  /** Grows with what has arrived, at most doubling: an announced size alone reserves nothing. */
  #appendHeld(chunk: Uint8Array, start: number, end: number): void {
    const used = this.#heldBytes;
    const total = used + end - start;
    let held = this.#held;
    if (held === undefined || total > held.capacity) {
      const wanted = Math.min(Math.max(total, used * 2), Math.max(total, this.#neededBytes));
      const larger = this.#pool.borrow(wanted);
      if (held !== undefined) {
        held.buffer.copy(larger.buffer, 0, 0, used);
        this.#pool.release(held);
      }
      held = larger;
      this.#held = held;
    }
    Buffer.prototype.copy.call(chunk, held.buffer, used, start, end);
    this.#heldBytes = total;
  }
}

/** Offset of the first blank or control character from `start` on. */
function tokenEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at]! > Ascii.Space) at++;
  return at;
}

function checkPayloadEnd(bytes: Uint8Array, payloadEnd: number): void {
  if (bytes[payloadEnd] !== Ascii.CarriageReturn) throw unendedPayload();
}

function unendedPayload(): ProtocolError {
  return new ProtocolError(protocolErrors.unknownOperation, "payload without CRLF behind it");
}
