/**
 * Which requests to a service are measured: so many of a hundred, and those whose headers say that
 * the request is being traced, in one of the forms that tracing systems have agreed on. The headers
 * that decided are part of the measurement.
 */
import type { LatencySettings } from "../config/blocks/service-latency.ts";
import type { Random } from "../util/random.ts";
import type { Message } from "./message.ts";
import { type MimeHeaders, readMimeHeaders } from "./mime-headers.ts";

/** Headers with their values as text, which are kept until the request has come out. */
export type TraceHeaders = readonly (readonly [name: string, values: readonly string[]])[];

/** Of requests that are measured whatever their headers say. */
const NO_HEADERS: TraceHeaders = [];

const ALL_PERCENT = 100;

const JAEGER = "Uber-Trace-Id";
const JAEGER_BAGGAGE = "Uberctx-";
const B3 = "B3";
const B3_SAMPLED = "X-B3-Sampled";
const B3_TRACE = "X-B3-Traceid";
const B3_HEADERS = [B3_SAMPLED, B3_TRACE, "X-B3-Parentspanid", "X-B3-Spanid"];
const W3C = "Traceparent";
const W3C_HEADERS = [W3C, "Tracestate"];

/** The headers to tell of if the request is to be measured; undefined if it is not. */
export function sampleRequest(
  { samplingPercent }: LatencySettings,
  message: Message,
  random: Random,
): TraceHeaders | undefined {
  if (samplingPercent !== "headers") {
    if (samplingPercent >= ALL_PERCENT) return NO_HEADERS;
    // As in the reference, which measures one percent more than it is told.
    if (random.below(ALL_PERCENT) <= samplingPercent) return NO_HEADERS;
  }
  const { block, payloadStart, headerBytes } = message;
  if (headerBytes === 0) return undefined;
  const headers = readMimeHeaders(block.bytes, payloadStart, payloadStart + headerBytes);
  return headers === undefined ? undefined : traceHeaders(headers);
}

/** The first form that is there decides. */
function traceHeaders(headers: MimeHeaders): TraceHeaders | undefined {
  const jaeger = headers.get(JAEGER)?.[0];
  if (jaeger !== undefined) {
    const isPart = (name: string) => name === JAEGER || name.startsWith(JAEGER_BAGGAGE);
    return isJaegerSampled(jaeger) ? chosen(headers, isPart) : undefined;
  }
  const b3Sampled = headers.get(B3_SAMPLED)?.[0];
  if (b3Sampled === "0") return undefined;
  if (b3Sampled === "1" || headers.has(B3_TRACE)) {
    return chosen(headers, (name) => B3_HEADERS.includes(name));
  }
  const b3 = headers.get(B3)?.[0];
  if (b3 !== undefined) {
    return isB3Sampled(b3) ? chosen(headers, (name) => name === B3) : undefined;
  }
  const parent = headers.get(W3C)?.[0];
  if (parent === undefined || !isW3cSampled(parent)) return undefined;
  return chosen(headers, (name) => W3C_HEADERS.includes(name));
}

/** By name, as Go's JSON orders them. */
function chosen(headers: MimeHeaders, isChosen: (name: string) => boolean): TraceHeaders {
  return [...headers]
    .filter(([name]) => isChosen(name))
    .map(([name, values]) => [copyOf(name), values.map(copyOf)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

/** The text of bytes that are one character each; apart from the block, which a part would keep. */
function copyOf(binary: string): string {
  return Buffer.from(binary, "latin1").toString();
}

/** `trace:span:parent:flags`, flags as one or two hexadecimal digits. */
function isJaegerSampled(value: string): boolean {
  const parts = value.split(":", 5);
  const flags = parts[3] ?? "";
  return parts.length === 4 && /^[\da-f]{1,2}$/i.test(flags) && isOdd(flags);
}

/** `trace-span-sampled-parent`, of which only the first may be there: `0` for no. */
function isB3Sampled(value: string): boolean {
  const parts = value.split("-", 3);
  return parts[2] !== "0" && !(parts.length === 1 && parts[0] === "0");
}

/** `version-trace-parent-flags`, flags as two digits that the reference takes for a signed byte. */
function isW3cSampled(value: string): boolean {
  const parts = value.split("-", 5);
  const flags = parts[3] ?? "";
  return parts.length === 4 && /^[0-7+][\da-f]$/i.test(flags) && isOdd(flags);
}

function isOdd(hexadecimal: string): boolean {
  return (Number.parseInt(hexadecimal, 16) & 1) === 1;
}
