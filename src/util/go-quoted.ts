/**
 * Text between double quotes as Go's `strconv.Quote` writes it, so that errors about what peers
 * send read as the reference's. Used by monitoring and the client protocol.
 */

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Letters, marks, numbers, punctuation, symbols and the blank are written as they are. */
const NOT_PLAIN = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** `isByte` says of a code whether its lowest eight bits are a byte that is no character. */
export function goQuoted(text: string, isByte: (code: number) => boolean = never): string {
  const escaped = text.replace(NOT_PLAIN, (character) => {
    const short = SHORT_ESCAPES[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0)!;
    if (isByte(code)) return `\\x${(code & 0xff).toString(16)}`;
    const hex = code.toString(16);
    if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
    return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

const never = () => false;
