/**
 * Control lines in every spelling that the protocol allows.
 * The parser calls it for all but plainly spelled publishes. It holds nothing between calls, so one
 * serves all connections. Limits and arguments are checked here; what they mean is the sink's.
 */
import type { Message } from "../broker/message.ts";
import type { Publisher } from "../broker/publisher.ts";
import { hashSubject } from "../subject/subject.ts";
import { Ascii } from "../util/ascii.ts";
import { ByteBlock, COPY_SLACK_BYTES } from "../util/bytes.ts";
import { ProtocolError, protocolErrors, quote } from "./errors.ts";
import { Operation, operationAt, operations } from "./operations.ts";

/** The operation is not complete yet; nothing was done. */
export const INCOMPLETE = -1;

/** Longest accepted size: nine digits, as in the reference. */
export const MAX_SIZE_DIGITS = 9;

/** More arguments than any operation takes. */
const MAX_ARGUMENTS = 5;

/** Chunks up to this size are parsed from a copy. */
const SMALL_CHUNK_BYTES = 2048;

/** Bytes of the input shown in log lines about it. */
const OPERATION_SNIPPET_BYTES = 32;
const LINE_SNIPPET_BYTES = 128;

/**
 * What a client does with its peer's operations. Ranges point into the bytes given and hold during
 * the call. A range whose start equals its end is an absent argument.
 */
export interface OperationSink extends Publisher {
  /** Anything but CONNECT came first although CONNECT is expected. Throws unless it may go on. */
  onOperationBeforeConnect(): void;
  onConnect(bytes: Uint8Array, start: number, end: number): void;
  /** A publish's line is complete; its payload may not have arrived. Only in pedantic mode. */
  onPublishLine(message: Message): void;
  onPublish(message: Message): void;
  /** Always throws. Called as soon as the line is complete. */
  /** What is there of the message's headers ends at `headersEnd`; its payload may be missing. */
  onPayloadTooLarge(message: Message, headersEnd: number): never;
  onSubscribe(bytes: Uint8Array, subject: Range, queue: Range, sid: Range): void;
  /** `max` -1: unsubscribe now. */
  onUnsubscribe(bytes: Uint8Array, sid: Range, max: number): void;
  onPing(): void;
  onPong(): void;
  onTrace(operation: string, bytes: Uint8Array, start: number, end: number): void;
}

/** A pair of offsets. Reused: valid during the call only. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What the line parser needs of the parser it works for. */
export interface LineHost {
  readonly expectsConnect: boolean;
  readonly acceptsHeaders: boolean;
  readonly maxControlLineBytes: number;
  readonly isTracing: boolean;
  finishPublish(
    block: ByteBlock,
    start: number,
    payloadStart: number,
    size: number,
    end: number,
  ): number;
}

class Argument implements Range {
  start = 0;
  end = 0;
}

export class LineParser {
  readonly #message: Message;
  readonly #arguments: Argument[];
  readonly #absent: Argument;
  readonly #small: ByteBlock;

  /** `message` is the one that the parsers fill. */
  constructor(message: Message) {
    this.#message = message;
    this.#arguments = [];
    for (let i = 0; i < MAX_ARGUMENTS; i++) this.#arguments.push(new Argument());
    this.#absent = new Argument();
    this.#small = new ByteBlock(new Uint8Array(SMALL_CHUNK_BYTES + COPY_SLACK_BYTES));
  }

  /**
   * A block with the chunk's bytes at its beginning. Small chunks are copied into one that is
   * reused: making views of a chunk costs more than that.
   */
  blockFor(chunk: Uint8Array): ByteBlock {
    if (chunk.length > SMALL_CHUNK_BYTES) return new ByteBlock(chunk);
    this.#small.bytes.set(chunk);
    return this.#small;
  }

  /**
   * Runs the operation at `start`; returns the offset behind it, or `INCOMPLETE`.
   * Throws `ProtocolError` as soon as the bytes cannot become a valid operation.
   */
  run(host: LineHost, sink: OperationSink, block: ByteBlock, start: number, end: number): number {
    const bytes = block.bytes;
    if (host.expectsConnect && (bytes[start]! | 0x20) !== (Ascii.UpperC | 0x20)) {
      sink.onOperationBeforeConnect();
    }
    const operation = operationAt(bytes, start, end);
    if (operation === Operation.Incomplete) return INCOMPLETE;
    if (operation === Operation.Unknown) throw unknownOperation(bytes, start, end);

    const lineFeed = findLineFeed(block, start, end);
    const { name, ignoresRest } = operations[operation]!;
    const argumentsStart = skipBlanks(bytes, start + name.length, lineFeed);
    if (!ignoresRest) {
      // CONNECT holds secrets, which must not be in the log.
      const shownBytes = operation === Operation.Connect ? 0 : LINE_SNIPPET_BYTES;
      checkLength(bytes, argumentsStart, lineFeed, host.maxControlLineBytes, shownBytes);
    }
    if (lineFeed === end) return INCOMPLETE;

    const argumentsEnd = endOfArguments(bytes, argumentsStart, lineFeed);
    if (operation === Operation.Publish || operation === Operation.HeaderPublish) {
      const size = this.#publish(host, block, operation, argumentsStart, argumentsEnd);
      return host.finishPublish(block, start, lineFeed + 1, size, end);
    }
    if (host.isTracing) sink.onTrace(name, bytes, argumentsStart, argumentsEnd);
    this.#runSimple(operation, sink, bytes, argumentsStart, argumentsEnd);
    return lineFeed + 1;
  }

  /**
   * Given the beginning of an incomplete line, moves out what the grammar ignores (blanks before
   * the arguments, anything behind PING) and returns where the line ends now.
   */
  compact(bytes: Uint8Array, start: number, end: number): number {
    const operation = operationAt(bytes, start, end);
    if (operation < 0) return end;
    const { name, ignoresRest } = operations[operation]!;
    const nameEnd = start + name.length;
    if (ignoresRest) return Math.min(end, nameEnd);
    const argumentsStart = skipBlanks(bytes, nameEnd, end);
    const extra = argumentsStart - nameEnd - 1;
    if (extra <= 0) return end;
    bytes.copyWithin(nameEnd + 1, argumentsStart, end);
    return end - extra;
  }

  /**
   * A compacted line of `heldBytes` bytes goes on with `chunk[start, end)`: returns where in the
   * chunk the part begins that matters.
   */
  skipIgnored(
    held: Uint8Array,
    heldBytes: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): number {
    const operation = operationAt(held, 0, heldBytes);
    if (operation < 0) return start;
    const { name, ignoresRest } = operations[operation]!;
    if (ignoresRest) return chunk[end - 1] === Ascii.LineFeed ? end - 1 : end;
    const endsInBlank = skipBlanks(held, name.length, heldBytes) === heldBytes;
    return endsInBlank && heldBytes > name.length ? skipBlanks(chunk, start, end) : start;
  }

  #runSimple(
    operation: Operation,
    sink: OperationSink,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    switch (operation) {
      case Operation.Ping:
        return sink.onPing();
      case Operation.Pong:
        return sink.onPong();
      case Operation.Connect:
        return sink.onConnect(bytes, start, end);
      case Operation.Subscribe:
        return this.#subscribe(sink, bytes, start, end);
      case Operation.Unsubscribe:
        return this.#unsubscribe(sink, bytes, start, end);
      case Operation.Info:
        return checkInfo(bytes, start, end);
      case Operation.Error:
        throw new ProtocolError(
          protocolErrors.peerError,
          `Client Error ${textOf(bytes, start, end)}`,
        );
      default:
        return;
    }
  }

  /** Sets the message up to its payload; returns the size of headers and payload. */
  #publish(
    host: LineHost,
    block: ByteBlock,
    operation: Operation,
    argumentsStart: number,
    argumentsEnd: number,
  ): number {
    const bytes = block.bytes;
    const hasHeaders = operation === Operation.HeaderPublish;
    if (hasHeaders && !host.acceptsHeaders) {
      throw new ProtocolError(protocolErrors.badArguments, "message headers not supported");
    }
    const count = this.#split(bytes, argumentsStart, argumentsEnd, false);
    const required = hasHeaders ? 3 : 2;
    const label = hasHeaders ? "processHeaderPub" : "processPub";
    if (count !== required && count !== required + 1) {
      throw badLine(`${label} Parse Error`, bytes, argumentsStart, argumentsEnd);
    }
    const size = this.#sizeArgument(bytes, count - 1);
    const headerBytes = hasHeaders ? this.#sizeArgument(bytes, count - 2) : 0;
    if (size < 0 || headerBytes < 0) {
      throw badLine(`${label} Bad or Missing Size`, bytes, argumentsStart, argumentsEnd);
    }
    if (headerBytes > size) {
      const problem = `${label} Header Size larger then TotalSize`;
      throw badLine(problem, bytes, argumentsStart, argumentsEnd);
    }
    const subject = this.#arguments[0]!;
    const reply = count > required ? this.#arguments[1]! : this.#absent;
    const message = this.#message;
    message.subjectStart = subject.start;
    message.subjectEnd = subject.end;
    message.subjectHash = hashSubject(bytes, subject.start, subject.end);
    message.tailStart = reply.start;
    message.replyEnd = reply.end;
    message.headerBytes = headerBytes;
    message.hasPlainTail = false;
    this.#noteDigits(count, hasHeaders);
    return size;
  }

  /** Deliveries repeat the sizes as the publisher wrote them. */
  #noteDigits(count: number, hasHeaders: boolean): void {
    const message = this.#message;
    const size = this.#arguments[count - 1]!;
    const headerSize = hasHeaders ? this.#arguments[count - 2]! : this.#absent;
    message.sizeStart = size.start;
    message.sizeEnd = size.end;
    message.headerSizeStart = headerSize.start;
    message.headerSizeEnd = headerSize.end;
  }

  #sizeArgument(bytes: Uint8Array, index: number): number {
    const argument = this.#arguments[index]!;
    return parseSize(bytes, argument.start, argument.end);
  }

  #subscribe(sink: OperationSink, bytes: Uint8Array, start: number, end: number): void {
    const count = this.#split(bytes, start, end, true);
    if (count !== 2 && count !== 3) {
      throw badLine("processSub Parse Error", bytes, start, end);
    }
    const queue = count === 3 ? this.#arguments[1]! : this.#absent;
    sink.onSubscribe(bytes, this.#arguments[0]!, queue, this.#arguments[count - 1]!);
  }

  #unsubscribe(sink: OperationSink, bytes: Uint8Array, start: number, end: number): void {
    const count = this.#split(bytes, start, end, true);
    if (count !== 1 && count !== 2) {
      throw badLine("processUnsub Parse Error", bytes, start, end);
    }
    const max = count === 2 ? this.#sizeArgument(bytes, 1) : -1;
    sink.onUnsubscribe(bytes, this.#arguments[0]!, max);
  }

  /**
   * Finds the arguments of a line; returns their number, at most one more than any line may have.
   */
  #split(bytes: Uint8Array, start: number, end: number, atLineEnds: boolean): number {
    let count = 0;
    let at = start;
    while (at < end) {
      while (at < end && isSeparator(bytes[at]!, atLineEnds)) at++;
      if (at === end) break;
      if (count === MAX_ARGUMENTS) return count;
      const argument = this.#arguments[count++]!;
      argument.start = at;
      while (at < end && !isSeparator(bytes[at]!, atLineEnds)) at++;
      argument.end = at;
    }
    return count;
  }
}

/** The decimal number in the range; -1 unless it is one to nine digits. */
export function parseSize(bytes: Uint8Array, start: number, end: number): number {
  const digits = end - start;
  if (digits < 1 || digits > MAX_SIZE_DIGITS) return -1;
  let size = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - Ascii.Zero;
    if (digit < 0 || digit > 9) return -1;
    size = size * 10 + digit;
  }
  return size;
}

function isSeparator(byte: number, atLineEnds: boolean): boolean {
  if (byte === Ascii.Space || byte === Ascii.Tab) return true;
  return atLineEnds && (byte === Ascii.CarriageReturn || byte === Ascii.LineFeed);
}

/** Offset of the line's ␊, or `end` when it has not arrived. */
function findLineFeed(block: ByteBlock, start: number, end: number): number {
  const found = block.buffer.indexOf(Ascii.LineFeed, start);
  return found < 0 || found > end ? end : found;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === Ascii.Space || bytes[at] === Ascii.Tab)) at++;
  return at;
}

/** As the reference: a ␍ anywhere in the arguments costs them their last byte. */
function endOfArguments(bytes: Uint8Array, start: number, lineFeed: number): number {
  for (let at = lineFeed - 1; at >= start; at--) {
    if (bytes[at] === Ascii.CarriageReturn) return lineFeed - 1;
  }
  return lineFeed;
}

function checkLength(
  bytes: Uint8Array,
  start: number,
  lineFeed: number,
  max: number,
  shownBytes: number,
): void {
  const hasReturn = lineFeed > start && bytes[lineFeed - 1] === Ascii.CarriageReturn;
  const length = lineFeed - start - (hasReturn ? 1 : 0);
  if (length <= max) return;
  const snippet = quote(textOf(bytes, start, Math.min(lineFeed, start + shownBytes)));
  throw new ProtocolError(
    protocolErrors.maxControlLine,
    `Maximum control line of ${max} exceeded, size ${length}, argument ${snippet}`,
  );
}

function unknownOperation(bytes: Uint8Array, start: number, end: number): ProtocolError {
  const snippet = quote(textOf(bytes, start, Math.min(end, start + OPERATION_SNIPPET_BYTES)));
  return new ProtocolError(
    protocolErrors.unknownOperation,
    `Client parser ERROR, i=${start}: proto='${snippet}...'`,
  );
}

function badLine(problem: string, bytes: Uint8Array, start: number, end: number): ProtocolError {
  const line = quote(textOf(bytes, start, end));
  return new ProtocolError(protocolErrors.badArguments, `${problem}: ${line}`);
}

/** INFO from a client is ignored, but has to be a JSON object (or null). */
function checkInfo(bytes: Uint8Array, start: number, end: number): void {
  let info: unknown;
  try {
    info = JSON.parse(textOf(bytes, start, end));
  } catch (error) {
    throw new ProtocolError(protocolErrors.badArguments, `invalid INFO: ${String(error)}`);
  }
  const isObject = typeof info === "object" && !Array.isArray(info);
  if (!isObject || !hasKnownTypes(info as Record<string, unknown> | null)) {
    throw new ProtocolError(protocolErrors.badArguments, "INFO is not an object as servers send");
  }
}

/** Fields of INFO by type; the reference refuses others. */
const INFO_FIELDS: Readonly<Record<string, readonly string[]>> = {
  string: ["server_id", "server_name", "version", "go", "host", "nonce", "client_ip", "cluster"],
  number: ["proto", "port", "max_payload", "client_id"],
  boolean: ["headers", "auth_required", "tls_required", "tls_verify", "jetstream", "ldm"],
};

function hasKnownTypes(info: Record<string, unknown> | null): boolean {
  if (info === null) return true;
  return Object.entries(INFO_FIELDS).every(([type, names]) =>
    names.every(
      (name) => info[name] === undefined || info[name] === null || typeof info[name] === type,
    ),
  );
}

const decoder = new TextDecoder();

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}
