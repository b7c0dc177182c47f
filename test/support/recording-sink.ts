/**
 * Lists what a parser calls, as text, and checks on the way that the message's fields agree with
 * each other. Used by the parser's table tests and its fuzzer.
 */
import type { ClientFacts } from "../../src/broker/client-facts.ts";
import type { Message } from "../../src/broker/message.ts";
import { Message as EmptyMessage } from "../../src/broker/message.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { BlockPool } from "../../src/connection/block-pool.ts";
import { ProtocolError, protocolErrors } from "../../src/nats/errors.ts";
import { LineParser } from "../../src/nats/line-parser.ts";
import type { OperationSink, Range } from "../../src/nats/line-parser.ts";
import { Parser } from "../../src/nats/parser.ts";
import { hashSubject } from "../../src/subject/subject.ts";
import { textOf } from "./messages.ts";

export interface ParserSettings {
  readonly maxControlLineBytes: number;
  readonly maxPayloadBytes: number;
  readonly expectsConnect: boolean;
  readonly acceptsHeaders: boolean;
  readonly isPedantic: boolean;
}

export const USUAL_SETTINGS: ParserSettings = {
  maxControlLineBytes: 4096,
  maxPayloadBytes: 1024 * 1024,
  expectsConnect: false,
  acceptsHeaders: true,
  isPedantic: false,
};

/** Of nobody in particular. */
export const NO_FACTS: ClientFacts = {
  startMs: 0,
  host: "",
  cid: 0,
  account: "",
  user: "",
  name: "",
  language: "",
  version: "",
  rttMs: 0,
  jwt: "",
  issuerKey: "",
  nameTag: "",
  tags: [],
  clientType: "",
  mqttClient: "",
};

export class RecordingSink implements OperationSink {
  readonly calls: string[] = [];
  readonly traced: string[] = [];
  readonly facts = NO_FACTS;
  readonly accountName = "";
  readonly rttMs = 0;
  /** Runs behind every recorded call, for tests that halt or change settings in the middle. */
  afterCall: (call: string) => void = () => {};

  onOperationBeforeConnect(): void {
    throw new ProtocolError(protocolErrors.authorizationViolation, "before CONNECT");
  }

  onConnect(bytes: Uint8Array, start: number, end: number): void {
    this.#record(`connect ${textOf(bytes, start, end)}`);
  }

  onPublishLine(message: Message): void {
    const { subjectStart, subjectEnd } = message;
    this.#record(`line ${textOf(message.block.bytes, subjectStart, subjectEnd)}`);
  }

  onPublish(message: Message): void {
    const { bytes } = message.block;
    const text = (start: number, end: number) => textOf(bytes, start, end);
    const { payloadStart, headerBytes, sizeBytes, tailStart, replyEnd } = message;
    const subject = text(message.subjectStart, message.subjectEnd);
    const reply = text(tailStart, replyEnd);
    const headers = text(payloadStart, payloadStart + headerBytes);
    const payload = text(payloadStart + headerBytes, payloadStart + sizeBytes);
    checkMessage(message, text);
    const sizes = sizesOf(message, text);
    const parts = [`publish ${subject}`];
    if (reply !== "") parts.push(`reply ${reply}`);
    if (headers !== "") parts.push(`headers ${JSON.stringify(headers)}`);
    if (/(?:^| )0\d/.test(sizes)) parts.push(`sizes ${sizes}`);
    parts.push(JSON.stringify(payload));
    this.#record(parts.join(" "));
  }

  onPayloadTooLarge({ sizeBytes }: Message): never {
    throw new ProtocolError(protocolErrors.maxPayload, `${sizeBytes} bytes`);
  }

  onSubscribe(bytes: Uint8Array, subject: Range, queue: Range, sid: Range): void {
    const text = ({ start, end }: Range) => textOf(bytes, start, end);
    const group = queue.end > queue.start ? ` queue ${text(queue)}` : "";
    this.#record(`subscribe ${text(subject)}${group} sid ${text(sid)}`);
  }

  onUnsubscribe(bytes: Uint8Array, sid: Range, max: number): void {
    this.#record(`unsubscribe ${textOf(bytes, sid.start, sid.end)} max ${max}`);
  }

  onPing(): void {
    this.#record("ping");
  }

  onPong(): void {
    this.#record("pong");
  }

  onTrace(operation: string, bytes: Uint8Array, start: number, end: number): void {
    this.traced.push(`${operation} ${textOf(bytes, start, end)}`);
  }

  measureRtt(): void {
    throw new Error("nobody measures here");
  }

  waitFor(): void {
    throw new Error("nobody delivers here");
  }

  #record(call: string): void {
    this.calls.push(call);
    this.afterCall(call);
  }
}

/** A parser with its sink and a pool of its own. */
export class ParserBench {
  readonly pool: BlockPool;
  readonly sink: RecordingSink;
  readonly parser: Parser;

  constructor(settings: Partial<ParserSettings> = {}) {
    this.pool = new BlockPool(new FakeClock());
    this.sink = new RecordingSink();
    const message = new EmptyMessage();
    this.parser = new Parser(this.sink, message, this.pool, new LineParser(message));
    Object.assign(this.parser, { ...USUAL_SETTINGS, ...settings });
  }

  /** Parses the text, one byte per character; returns the offset behind what was taken. */
  parse(text: string): number {
    return this.parser.parse(new Uint8Array(Buffer.from(text, "latin1")), 0);
  }

  /** Parses the pieces and returns all calls; a `ProtocolError` ends the list with its row. */
  record(pieces: readonly string[]): readonly string[] {
    try {
      for (const piece of pieces) {
        const taken = this.parse(piece);
        if (taken !== piece.length) throw new Error(`took ${taken} of ${piece.length} unhalted`);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const { text, closes } = error.row;
      this.sink.calls.push(`error ${text ?? "without a word"}, ${closes?.text ?? "stays open"}`);
      this.parser.discard();
    }
    return this.sink.calls;
  }
}

/** A plain tail is what the peer sent behind the subject; hash and offsets fit the bytes. */
function checkMessage(message: Message, text: (start: number, end: number) => string): void {
  const { subjectStart, subjectEnd, payloadStart, sizeBytes, tailEnd } = message;
  const expected = hashSubject(message.block.bytes, subjectStart, subjectEnd);
  if (message.subjectHash !== expected) throw new Error("the subject's hash is another one");
  const end = payloadStart + sizeBytes;
  if (tailEnd !== end + 2) throw new Error("the tail does not end behind the payload's CRLF");
  if (message.headerBytes > sizeBytes) throw new Error("more headers than message");
  if (message.origin === undefined) throw new Error("nobody published the message");
  const sizes = sizesOf(message, text);
  const expectedSizes = message.headerBytes > 0 ? [message.headerBytes, sizeBytes] : [sizeBytes];
  if (!Bun.deepEquals(sizes.split(" ").map(Number), expectedSizes)) {
    throw new Error(`the line does not give the sizes: ${sizes}`);
  }
}

/** The sizes as written: `5`, or `12 017` with headers. */
function sizesOf(message: Message, text: (start: number, end: number) => string): string {
  if (!message.hasPlainTail) {
    const size = text(message.sizeStart, message.sizeEnd);
    if (message.headerBytes === 0) return size;
    return `${text(message.headerSizeStart, message.headerSizeEnd)} ${size}`;
  }
  const { tailStart, replyEnd, payloadStart } = message;
  const line = text(replyEnd > tailStart ? replyEnd + 1 : tailStart, payloadStart);
  if (!/^(?:\d+ )?\d+\r\n$/.test(line)) throw new Error(`no plain tail: ${line}`);
  return line.trimEnd();
}
