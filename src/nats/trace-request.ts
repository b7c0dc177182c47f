/**
 * Reads from a message's headers whether it is to be traced. A publisher asks for it with
 * `Nats-Trace-Dest`, the subject to publish the trace to; then `Nats-Trace-Only` says that the
 * message itself is not to be delivered. Or a tracing system does, with `traceparent`, where the
 * account has a destination for that (W3C Trace Context). Header by header as in the reference,
 * which also takes blocks that are cut off or have odd lines.
 *
 * ```
 * NATS/1.0␍␊
 * Nats-Trace-Dest: subject␍␊
 * traceparent: 00-<32 digits>-<16 digits>-01␍␊
 * ```
 */
import { TRACE_DESTINATION, TRACE_DISABLED, traceText } from "../broker/message-trace.ts";
import { binaryText } from "../util/bytes.ts";

const FIRST_LINE = "NATS/1.0\r\n";
const LINE_END = "\r\n";

const TRACE_ONLY = "Nats-Trace-Only";
const ORIGIN_ACCOUNT = "Nats-Trace-Origin-Account";
const ACCEPT_ENCODING = "Accept-Encoding";
const TRACE_PARENT = "traceparent";

const YES: ReadonlySet<string> = new Set(["1", "true", "on"]);

/** Flags as two digits, the last bit of which says that the trace is recorded. */
const SAMPLED_FLAGS = /^[0-7+][13579bdf]$/i;

export interface TraceHeaders {
  /** All headers, for the trace. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Where to publish the trace, one character per byte; undefined if the account says it. */
  readonly destination: string | undefined;
  readonly isOnly: boolean;
  /** What servers of earlier versions send each other; "" without it. */
  readonly originAccount: string;
  /** What the trace may be compressed with; "" if it may not. */
  readonly acceptEncoding: string;
}

/** The headers in `bytes[start, end)`; undefined if they do not ask for a trace. */
export function readTraceHeaders(
  bytes: Uint8Array,
  start: number,
  end: number,
): TraceHeaders | undefined {
  const block = binaryText(bytes, start, end);
  const lines = block.startsWith(FIRST_LINE) ? headerLines(block) : [];
  const destination = lines.find(({ name }) => name === TRACE_DESTINATION)?.value;
  if (destination === TRACE_DISABLED) return undefined;
  if (destination === undefined && !lines.some(isSampledParent)) return undefined;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const name = textOf(line.name);
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [textOf(line.value)]);
    else values.push(textOf(line.value));
  }
  const first = (name: string) => headers.get(name)?.[0] ?? "";
  return {
    headers,
    destination,
    isOnly: destination !== undefined && YES.has(first(TRACE_ONLY).toLowerCase()),
    originAccount: first(ORIGIN_ACCOUNT),
    acceptEncoding: first(ACCEPT_ENCODING),
  };
}

/** One character per byte. */
interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** Those that have a name and a value; a line without a colon is part of the next one's name. */
function headerLines(block: string): HeaderLine[] {
  const lines: HeaderLine[] = [];
  let at = FIRST_LINE.length;
  for (;;) {
    const colon = block.indexOf(":", at);
    if (colon < 0) return lines;
    let valueStart = colon + 1;
    while (isBlank(block, valueStart)) valueStart++;
    const lineEnd = block.indexOf(LINE_END, valueStart);
    if (lineEnd < 0) return lines;
    let valueEnd = lineEnd;
    while (valueEnd > valueStart && isBlank(block, valueEnd - 1)) valueEnd--;
    if (colon > at && valueEnd > valueStart) {
      lines.push({ name: block.slice(at, colon), value: block.slice(valueStart, valueEnd) });
    }
    at = lineEnd + LINE_END.length;
  }
}

function isBlank(block: string, at: number): boolean {
  return block[at] === " " || block[at] === "\t";
}

/** Whether the line is that of a tracing system that records the trace. */
function isSampledParent({ name, value }: HeaderLine): boolean {
  if (name.length !== TRACE_PARENT.length || name.toLowerCase() !== TRACE_PARENT) return false;
  const parts = value.split("-");
  return parts.length === 4 && SAMPLED_FLAGS.test(parts[3] ?? "");
}

function textOf(binary: string): string {
  return traceText(Buffer.from(binary, "latin1"));
}
