/**
 * Writing DER (X.690), as far as requests to others need it: one element around bytes or other
 * elements. The counterpart of `der.ts`.
 */

const LONG_LENGTH = 0x80;

/** The element with this tag whose content is all of the parts. */
export function derEncoded(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Uint8Array {
  if (length < LONG_LENGTH) return Uint8Array.of(length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(LONG_LENGTH + digits.length, ...digits);
}
