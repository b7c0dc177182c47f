/**
 * Protocol trace lines in the reference's layout: `<<- [SUB foo 1]`, `->> MSG_PAYLOAD: ["hello"]`.
 * Only called while tracing is on, so everything here may allocate.
 */
import type { Message } from "../broker/message.ts";
import type { Subscription } from "../broker/subscription.ts";
import { quote } from "./errors.ts";

const decoder = new TextDecoder();

export type TraceDirection = "<<-" | "->>";

/** What of a payload a trace shows. */
export interface TraceSettings {
  /** 0 for all of it. */
  readonly maxTracedMsgLen: number;
  /** The headers in place of all, and nothing of a message without. */
  readonly traceHeaders: boolean;
}

/** `argument` is empty for an operation without any. */
export function traceOperation(
  direction: TraceDirection,
  operation: string,
  argument: string,
): string {
  return `${direction} [${operation}${argument === "" ? "" : ` ${argument}`}]`;
}

/** The two lines of a received publish; the second is undefined for an empty payload. */
export function tracePublish(
  message: Message,
  settings: TraceSettings,
): [string, string | undefined] {
  const bytes = message.block.bytes;
  const text = (start: number, end: number) => decoder.decode(bytes.subarray(start, end));
  const parts = [subjectOf(message)];
  if (message.hasReply) parts.push(text(message.tailStart, message.replyEnd));
  if (message.headerBytes > 0) parts.push(String(message.headerBytes));
  parts.push(String(message.sizeBytes));
  const operation = message.headerBytes > 0 ? "HPUB" : "PUB";
  return [
    traceOperation("<<-", operation, parts.join(" ")),
    tracePayload("<<-", message, message.payloadStart, settings),
  ];
}

export function traceDelivery(
  message: Message,
  subscription: Subscription,
  takesHeaders: boolean,
  settings: TraceSettings,
): [string, string | undefined] {
  const bytes = message.block.bytes;
  const text = (start: number, end: number) => decoder.decode(bytes.subarray(start, end));
  const hasHeaders = takesHeaders && message.headerBytes > 0;
  const skipped = hasHeaders ? 0 : message.headerBytes;
  const parts = [subjectOf(message), String(subscription.sid)];
  if (message.hasReply) parts.push(text(message.tailStart, message.replyEnd));
  if (hasHeaders) parts.push(String(message.headerBytes));
  parts.push(String(message.sizeBytes - skipped));
  return [
    traceOperation("->>", hasHeaders ? "HMSG" : "MSG", parts.join(" ")),
    tracePayload("->>", message, message.payloadStart + skipped, settings),
  ];
}

function subjectOf({ subjectBlock, subjectStart, subjectEnd }: Message): string {
  return decoder.decode(subjectBlock.bytes.subarray(subjectStart, subjectEnd));
}

function tracePayload(
  direction: TraceDirection,
  message: Message,
  start: number,
  { maxTracedMsgLen: maxBytes, traceHeaders }: TraceSettings,
): string | undefined {
  // The headers end with an empty line, which is not shown.
  const shownBytes = traceHeaders ? message.headerBytes - 4 : message.sizeBytes;
  const end = Math.max(start, message.payloadStart + shownBytes);
  if (start === end) return undefined;
  const isCut = maxBytes > 0 && end - start > maxBytes;
  const shown = message.block.bytes.subarray(start, isCut ? start + maxBytes : end);
  const quoted = quote(decoder.decode(shown));
  return `${direction} MSG_PAYLOAD: [${isCut ? `${quoted.slice(0, -1)}..."` : quoted}]`;
}

/**
 * A name may be written with escapes, which hide what it is; a value need be no text, and where one
 * begins that does not end all of the rest belongs to it.
 */
const SECRET_NAME = /(?:pass|auth_token)[^"]*|sig|proxy_sig|nkey|jwt|[^"\\]*(?:\\.[^"\\]*)+/u;
const FIELD_VALUE = /"(?:[^"\\]|\\.)*(?:"|$)|[[{"][^]*|[^,}]*/u;
const SECRET_FIELD = new RegExp(
  `"(${SECRET_NAME.source})"\\s*:\\s*(?:${FIELD_VALUE.source})`,
  "giu",
);

/** CONNECT's JSON with the values of secret fields replaced. */
export function redactConnect(text: string): string {
  return text.replace(SECRET_FIELD, '"$1":"[REDACTED]"');
}
