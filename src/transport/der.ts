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
  /** All of it: tag, length and content. */
  readonly encoded: Uint8Array;
}

/** Tags that certificates and answers about them have. */
export const enum DerTag {
  Boolean = 0x01,
  Integer = 0x02,
  BitString = 0x03,
  OctetString = 0x04,
  Null = 0x05,
  ObjectIdentifier = 0x06,
  Enumerated = 0x0a,
  UtcTime = 0x17,
  GeneralizedTime = 0x18,
  Sequence = 0x30,
  Set = 0x31,
}

const LONG_LENGTH = 0x80;
const MAX_LENGTH_BYTES = 4;
const MAX_TIME_BYTES = 15;

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
    elements.push({ tag, content: bytes.subarray(start, end), encoded: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/** The elements inside of one that has to have this tag. */
export function derChildren(element: DerElement | undefined, tag: number): DerElement[] {
  return derElements(derContent(element, tag));
}

/** The only element in `bytes`. */
export function onlyDerElement(bytes: Uint8Array): DerElement {
  const [element, ...others] = derElements(bytes);
  if (element === undefined || others.length > 0) throw new DerError("one element was expected");
  return element;
}

/** What an element with this tag contains. */
export function derContent(element: DerElement | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw new DerError("another element was expected");
  return element.content;
}

/** Those of a bit string of whole bytes. */
export function derBits(element: DerElement | undefined): Uint8Array {
  const content = derContent(element, DerTag.BitString);
  if (content[0] !== 0) throw new DerError("a bit string is not of whole bytes");
  return content.subarray(1);
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

const TIME = /^(\d\d(?:\d\d)?)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds of either form of time, which DER has in whole seconds of UTC. */
export function derTimeMs(element: DerElement | undefined): number {
  const isShort = element?.tag === DerTag.UtcTime;
  const content = derContent(element, isShort ? DerTag.UtcTime : DerTag.GeneralizedTime);
  const parts = content.length > MAX_TIME_BYTES ? null : TIME.exec(String.fromCharCode(...content));
  if (parts === null) throw new DerError("a time is malformed");
  const [, year = "", month, day, hour, minute, second] = parts;
  if ((year.length === 2) !== isShort) throw new DerError("a time is malformed");
  // RFC 5280, 4.1.2.5.1: years of two digits begin with 1950.
  const whole = isShort ? `${Number(year) >= 50 ? "19" : "20"}${year}` : year;
  const text = `${whole}-${month}-${day}T${hour}:${minute}:${second}`;
  const ms = Date.parse(`${text}Z`);
  // The 30th of February is another day, and no time.
  const isReal = Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
  if (!isReal) throw new DerError("a time is malformed");
  return ms;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError("an element is cut off");
  return byte;
}
