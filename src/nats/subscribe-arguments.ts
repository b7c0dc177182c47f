/**
 * What the arguments of SUB and UNSUB say.
 * Called by `client.ts`, with ranges of the received line.
 */
import type { SubscriptionId } from "../broker/subscription.ts";
import { Ascii } from "../util/ascii.ts";
import { binaryText } from "../util/bytes.ts";
import type { Range } from "./line-parser.ts";

/** Number of dots: one less than the reference's count of tokens. */
export function countDots(bytes: Uint8Array, subject: Range): number {
  let dots = 0;
  for (let at = subject.start; at < subject.end; at++) if (bytes[at] === Ascii.Dot) dots++;
  return dots;
}

/** Numbers for plain decimals that keep their text (no leading zero, exact), else the text. */
export function parseSid(bytes: Uint8Array, range: Range): SubscriptionId {
  const length = range.end - range.start;
  const first = bytes[range.start]!;
  if (length > 15 || (first === Ascii.Zero && length > 1)) {
    return binaryText(bytes, range.start, range.end);
  }
  let value = 0;
  for (let at = range.start; at < range.end; at++) {
    const digit = bytes[at]! - Ascii.Zero;
    if (digit < 0 || digit > 9) return binaryText(bytes, range.start, range.end);
    value = value * 10 + digit;
  }
  return value;
}
