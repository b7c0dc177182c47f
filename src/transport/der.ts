/**
 * Reading DER (X.690), as far as certificates need it: elements with short tags and definite
 * lengths. Whatever does not look like that throws a `DerError`.
 */
export class DerError extends Error {
  override readonly name = "DerError";
}

export interface DerElement {
  /** The identifier octet: class, form and number. */
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Tags that certificates have. */
export const enum DerTag {
  ObjectIdentifier = 0x06,
  OctetString = 0x04,
  Sequence = 0x30,
  Set = 0x31,
}

const LONG_LENGTH = 0x80;
const MAX_LENGTH_BYTES = 4;

/** All elements that stand in `bytes` one after the other. */
export function derElements(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = byteAt(bytes, at);
    let start = at + 2;
    let length = byteAt(bytes, at + 1);
    if (length >= LONG_LENGTH) {
      const count = length - LONG_LENGTH;
      if (count === 0 || count > MAX_LENGTH_BYTES) throw new DerError("a length is too long");
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + byteAt(bytes, start + i);
      start += count;
    }
    const end = start + length;
    if (end > bytes.length) throw new DerError("an element is cut off");
    elements.push({ tag, content: bytes.subarray(start, end) });
    at = end;
  }
  return elements;
}

/** The elements inside of one that has to have this tag. */
export function derChildren(element: DerElement | undefined, tag: number): DerElement[] {
  if (element?.tag !== tag) throw new DerError("another element was expected");
  return derElements(element.content);
}

/** The length of some content, as it stands in front of it. */
export function derLength(length: number): number[] {
  if (length < LONG_LENGTH) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [LONG_LENGTH + bytes.length, ...bytes];
}

/** `2.5.4.3` of the content of an object identifier. */
export function objectIdentifier(content: Uint8Array): string {
  const first = byteAt(content, 0);
  const top = Math.min(Math.floor(first / 40), 2);
  const numbers = [top, first - top * 40];
  let value = 0;
  for (const byte of content.subarray(1)) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  return numbers.join(".");
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError("an element is cut off");
  return byte;
}
