/**
 * The operations that a client may send, as one table, and their recognition at the start of a
 * line. Names match in any case. What belongs to links between servers (RMSG, LS+, A+, HMSG …) is
 * unknown here, so it ends like any other unknown operation.
 */
import { Ascii } from "../util/ascii.ts";

export const enum Operation {
  /** The bytes so far are the beginning of an operation's name. */
  Incomplete = -1,
  Unknown = -2,
  Connect = 0,
  Ping = 1,
  Pong = 2,
  Publish = 3,
  HeaderPublish = 4,
  Subscribe = 5,
  Unsubscribe = 6,
  Info = 7,
  Okay = 8,
  Error = 9,
}

interface OperationRow {
  readonly name: string;
  readonly lower: Uint8Array;
  readonly upper: Uint8Array;
  /** Whether a blank must follow the name; CONNECT and INFO take their argument directly too. */
  readonly needsBlank: boolean;
  /** Whether all that follows up to the line's end is ignored. */
  readonly ignoresRest: boolean;
}

function row(name: string, needsBlank: boolean, ignoresRest = false): OperationRow {
  const encoder = new TextEncoder();
  return {
    name,
    lower: encoder.encode(name.toLowerCase()),
    upper: encoder.encode(name.toUpperCase()),
    needsBlank,
    ignoresRest,
  };
}

/** In the order of `Operation`. */
export const operations: readonly OperationRow[] = [
  row("CONNECT", false),
  row("PING", false, true),
  row("PONG", false, true),
  row("PUB", true),
  row("HPUB", true),
  row("SUB", true),
  row("UNSUB", true),
  row("INFO", false),
  row("+OK", false, true),
  row("-ERR", true),
];

/** The operation whose name, with the blank it needs, stands at `start`. */
export function operationAt(bytes: Uint8Array, start: number, end: number): Operation {
  let isIncomplete = false;
  for (let i = 0; i < operations.length; i++) {
    const { lower, upper, needsBlank } = operations[i]!;
    const available = Math.min(lower.length, end - start);
    let matched = 0;
    while (matched < available) {
      const byte = bytes[start + matched];
      if (byte !== lower[matched] && byte !== upper[matched]) break;
      matched++;
    }
    if (matched < available) continue;
    if (available < lower.length) {
      isIncomplete = true;
      continue;
    }
    if (!needsBlank) return i;
    if (start + available === end) return Operation.Incomplete;
    const next = bytes[start + available];
    return next === Ascii.Space || next === Ascii.Tab ? i : Operation.Unknown;
  }
  return isIncomplete ? Operation.Incomplete : Operation.Unknown;
}
