/**
 * Header blocks of messages: finding and setting one header, as the reference does it. A block is
 * `NATS/1.0␍␊`, lines `Key: value␍␊`, and an empty line; clients' blocks are not checked. Names are
 * compared byte by byte, with their case.
 */
import { Ascii } from "../util/ascii.ts";
import { binaryText } from "../util/bytes.ts";

const encoder = new TextEncoder();
const FIRST_LINE = "NATS/1.0\r\n";
const END = "\r\n";

/** A header line's place: from its name to behind its line end; the value is in between. */
interface HeaderLine {
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The value of the first header with that name in `bytes[start, end)`; undefined without one. */
export function headerValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
): string | undefined {
  const line = findHeader(bytes, start, end, encoder.encode(name));
  return line === undefined ? undefined : binaryText(bytes, line.valueStart, line.valueEnd);
}

/**
 * The block `bytes[start, end)` with all headers of that name replaced by this one, as the last; a
 * new block if the range is empty.
 */
export function withHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
  value: string,
): Uint8Array {
  const added = encoder.encode(`${name}: ${value}${END}${END}`);
  if (end <= start) return joined([encoder.encode(FIRST_LINE), added]);
  const key = encoder.encode(name);
  const kept: Uint8Array[] = [];
  let from = start;
  for (let line = findHeader(bytes, from, end, key); line !== undefined;) {
    kept.push(bytes.subarray(from, line.start));
    from = line.end;
    // The line end before a name is that of the line before it.
    line = findHeader(bytes, from - END.length, end, key);
  }
  const last = Math.max(from, end - END.length);
  kept.push(bytes.subarray(from, last), added);
  return joined(kept);
}

/** A name stands behind a line end and in front of a colon. */
function findHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: Uint8Array,
): HeaderLine | undefined {
  const last = end - name.length - 1;
  for (let at = start + END.length; at <= last; at++) {
    if (bytes[at - 1] !== Ascii.LineFeed || bytes[at - 2] !== Ascii.CarriageReturn) continue;
    if (!isAt(name, bytes, at) || bytes[at + name.length] !== Ascii.Colon) continue;
    let valueStart = at + name.length + 1;
    while (valueStart < end && bytes[valueStart] === Ascii.Space) valueStart++;
    const valueEnd = lineEnd(bytes, valueStart, end);
    const next = Math.min(valueEnd + END.length, end);
    return { start: at, end: next, valueStart, valueEnd };
  }
  return undefined;
}

function isAt(name: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 1 < end; at++) {
    if (bytes[at] === Ascii.CarriageReturn && bytes[at + 1] === Ascii.LineFeed) return at;
  }
  return end;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
