/**
 * Text from bytes that should be UTF-8: what is not is kept, byte by byte, so that it can be shown.
 * Used for logs and error texts, which quote what peers send.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Stand for the bytes 0x80 to 0xff; no valid text has these halves of a pair alone. */
const FIRST_UNDECODED = 0xdc80;
const LAST_UNDECODED = 0xdcff;
const UNDECODED_BASE = 0xdc00;
const LONGEST_CHARACTER_BYTES = 4;

/** Whether the code unit stands for a byte that could not be decoded; its low byte is that byte. */
export function isUndecoded(code: number): boolean {
  return code >= FIRST_UNDECODED && code <= LAST_UNDECODED;
}

export function readableText(bytes: Uint8Array): string {
  return decoded(bytes) ?? piecewise(bytes);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function piecewise(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const character = characterAt(bytes, at);
    text += character?.text ?? String.fromCharCode(UNDECODED_BASE + bytes[at]!);
    at += character?.length ?? 1;
  }
  return text;
}

/** The character whose bytes begin there; undefined if none does. */
function characterAt(bytes: Uint8Array, at: number): { text: string; length: number } | undefined {
  for (let length = 1; length <= LONGEST_CHARACTER_BYTES; length++) {
    const text = decoded(bytes.subarray(at, at + length));
    if (text !== undefined) return { text, length };
  }
  return undefined;
}
