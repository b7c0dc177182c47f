/**
 * What subjects are: tokens separated by dots, matched by `*` (one token) and `>` (one or more,
 * last). Pure functions, called by parsers, permissions, mappings and the plan table. All work on
 * bytes and on strings alike, since only ASCII bytes have a meaning here. Byte for byte,
 * case-sensitive, any length. Rules: NATS protocol, "subject names" and "wildcards"; a wildcard is
 * a token of its own, never a part of one (`a*` is literal text).
 */
import { Ascii } from "../util/ascii.ts";
import { binaryText } from "../util/bytes.ts";

/** A subject or pattern, as bytes or as text (see `subjectText`). */
export type Subject = Uint8Array | string;

/**
 * The rolling hash by which plans are found; the parser computes the same inline while it scans.
 * Peers can choose subjects that collide: tables keyed by it must bound the work per lookup.
 */
export function hashSubject(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
  return hash;
}

/**
 * The bytes of a subject held as text; throws a `RangeError` for text that `subjectText` cannot
 * make.
 */
export function subjectBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError("subject text holds one byte per character");
    bytes[i] = code;
  }
  return bytes;
}

/**
 * The subject as text with one character per byte (latin1), which `subjectBytes` turns back
 * exactly.
 */
export function subjectText(bytes: Uint8Array): string {
  return binaryText(bytes, 0, bytes.length);
}

/** No empty token, no blank or line end, `>` only as the last token. */
export function isValidSubject(subject: Subject): boolean {
  const length = subject.length;
  let tokenStart = 0;
  for (let i = 0; i < length; i++) {
    const byte = byteAt(subject, i);
    if (isBlank(byte)) return false;
    if (byte !== Ascii.Dot) continue;
    if (i === tokenStart) return false;
    if (isTokenEqual(subject, tokenStart, i, Ascii.Greater)) return false;
    tokenStart = i + 1;
  }
  return tokenStart < length;
}

/** Valid and without wildcards. */
export function isValidPublishSubject(subject: Subject): boolean {
  return isValidSubject(subject) && !subjectHasWildcard(subject);
}

/**
 * The check of pedantic clients: no empty token and no wildcard token. Blanks are not looked at.
 * Works in place on `subject[start, end)`, for the parser.
 */
export function isValidLiteralSubject(
  subject: Subject,
  start: number = 0,
  end: number = subject.length,
): boolean {
  let tokenStart = start;
  for (let i = start; i <= end; i++) {
    if (i < end && byteAt(subject, i) !== Ascii.Dot) continue;
    if (i === tokenStart || isWildcardToken(subject, tokenStart, i)) return false;
    tokenStart = i + 1;
  }
  return true;
}

/** Whether any token is `*` or `>`. Does not look at validity. */
export function subjectHasWildcard(subject: Subject): boolean {
  const length = subject.length;
  for (let i = 0; i < length; i++) {
    const byte = byteAt(subject, i);
    if (byte !== Ascii.Star && byte !== Ascii.Greater) continue;
    const startsToken = i === 0 || byteAt(subject, i - 1) === Ascii.Dot;
    const endsToken = i + 1 === length || byteAt(subject, i + 1) === Ascii.Dot;
    if (startsToken && endsToken) return true;
  }
  return false;
}

/** Whether no token is `*` or `>`. Does not look at validity. */
export function subjectIsLiteral(subject: Subject): boolean {
  return !subjectHasWildcard(subject);
}

/**
 * False for NUL bytes and for anything that is not UTF-8 or is the replacement character U+FFFD.
 */
export function subjectHasCleanText(subject: Uint8Array): boolean {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(subject);
  return !text.includes("\0") && !text.includes("\uFFFD");
}

/**
 * Whether a message published to `literal` reaches a subscription to `pattern`. Wildcard tokens in
 * `literal` are plain text, which `*` and `>` match as any other. Empty tokens match nothing.
 */
export function subjectMatches(literal: Subject, pattern: Subject): boolean {
  return covers(literal, pattern, false);
}

/**
 * Whether `pattern` matches every subject that `subject` matches: `foo.*` is a subset of `foo.>`
 * and of `*.*`, not of `foo.bar`. For a literal `subject` the same as `subjectMatches`.
 */
export function subjectIsSubset(subject: Subject, pattern: Subject): boolean {
  return covers(subject, pattern, true);
}

function covers(subject: Subject, pattern: Subject, hasWildcards: boolean): boolean {
  const subjectLength = subject.length;
  const patternLength = pattern.length;
  let start = 0;
  let patternStart = 0;
  while (start < subjectLength && patternStart < patternLength) {
    const end = tokenEnd(subject, start);
    const patternEnd = tokenEnd(pattern, patternStart);
    if (end === start || patternEnd === patternStart) return false;
    const isLast = patternEnd === patternLength;
    if (isLast && isTokenEqual(pattern, patternStart, patternEnd, Ascii.Greater)) {
      return hasNoEmptyToken(subject, end);
    }
    const isRest = hasWildcards && isTokenEqual(subject, start, end, Ascii.Greater);
    if (isTokenEqual(pattern, patternStart, patternEnd, Ascii.Star)) {
      if (isRest) return false;
    } else if (
      isRest ||
      (hasWildcards && isTokenEqual(subject, start, end, Ascii.Star)) ||
      !hasSameToken(subject, start, end, pattern, patternStart, patternEnd)
    ) {
      return false;
    }
    start = end + 1;
    patternStart = patternEnd + 1;
  }
  // Both have to end here, and a dot at the end would open an empty token.
  return start === subjectLength + 1 && patternStart === patternLength + 1;
}

/**
 * Whether some literal subject is matched by both. Either may have wildcards; both must be valid.
 */
export function subjectsCollide(left: Subject, right: Subject): boolean {
  const leftLength = left.length;
  const rightLength = right.length;
  let start = 0;
  let rightStart = 0;
  while (start < leftLength && rightStart < rightLength) {
    const end = tokenEnd(left, start);
    const rightEnd = tokenEnd(right, rightStart);
    if (end === start || rightEnd === rightStart) return false;
    if (isTokenEqual(left, start, end, Ascii.Greater)) return true;
    if (isTokenEqual(right, rightStart, rightEnd, Ascii.Greater)) return true;
    const isEither =
      isTokenEqual(left, start, end, Ascii.Star) ||
      isTokenEqual(right, rightStart, rightEnd, Ascii.Star);
    if (!isEither && !hasSameToken(left, start, end, right, rightStart, rightEnd)) return false;
    start = end + 1;
    rightStart = rightEnd + 1;
  }
  return start === leftLength + 1 && rightStart === rightLength + 1;
}

/** Number of tokens, empty ones included; 0 for the empty subject. */
export function countTokens(subject: Subject): number {
  if (subject.length === 0) return 0;
  let count = 1;
  for (let i = 0; i < subject.length; i++) if (byteAt(subject, i) === Ascii.Dot) count++;
  return count;
}

/** The token with this number, the first being 1 as in mappings (`$1`); "" where there is none. */
export function tokenAt(subject: string, number: number): string {
  let start = 0;
  for (let current = 1; start <= subject.length; current++) {
    const end = tokenEnd(subject, start);
    if (current === number) return subject.slice(start, end);
    start = end + 1;
  }
  return "";
}

/** The tokens in order; one empty token for the empty subject. */
export function splitSubject(subject: string): string[] {
  return subject.split(".");
}

function byteAt(subject: Subject, index: number): number {
  return typeof subject === "string" ? subject.charCodeAt(index) : subject[index]!;
}

function isBlank(byte: number): boolean {
  return (
    byte === Ascii.Space ||
    byte === Ascii.Tab ||
    byte === Ascii.LineFeed ||
    byte === Ascii.CarriageReturn ||
    byte === Ascii.FormFeed
  );
}

/** The offset of the dot behind the token that begins at `start`, or the subject's length. */
function tokenEnd(subject: Subject, start: number): number {
  const length = subject.length;
  let end = start;
  while (end < length && byteAt(subject, end) !== Ascii.Dot) end++;
  return end;
}

function isTokenEqual(subject: Subject, start: number, end: number, byte: number): boolean {
  return end - start === 1 && byteAt(subject, start) === byte;
}

function isWildcardToken(subject: Subject, start: number, end: number): boolean {
  return (
    isTokenEqual(subject, start, end, Ascii.Star) ||
    isTokenEqual(subject, start, end, Ascii.Greater)
  );
}

function hasSameToken(
  left: Subject,
  start: number,
  end: number,
  right: Subject,
  rightStart: number,
  rightEnd: number,
): boolean {
  if (end - start !== rightEnd - rightStart) return false;
  const shift = rightStart - start;
  for (let i = start; i < end; i++) {
    if (byteAt(left, i) !== byteAt(right, i + shift)) return false;
  }
  return true;
}

/** Whether what follows the token that ends at `end` has no empty token. */
function hasNoEmptyToken(subject: Subject, end: number): boolean {
  const length = subject.length;
  for (let i = end; i < length; i++) {
    if (byteAt(subject, i) !== Ascii.Dot) continue;
    if (i + 1 === length || byteAt(subject, i + 1) === Ascii.Dot) return false;
  }
  return true;
}
