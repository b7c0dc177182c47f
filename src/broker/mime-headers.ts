/**
 * Header blocks read as mail headers, as the reference reads those of requests that may be
 * measured (Go's `textproto`): names in one spelling, lines that go on in the next one, and one
 * mistake spoils the block. `headers.ts` finds single headers as they stand.
 */
import { binaryText } from "../util/bytes.ts";

/** Values by canonical name (`X-B3-Traceid`), one character per byte. */
export type MimeHeaders = ReadonlyMap<string, readonly string[]>;

/** Letters, digits and these. Names with blanks are taken, but keep their spelling. */
const NAME = /^[\w!#$%&'*+.^`|~ -]+$/;
/** Control characters other than tabs. */
const INVALID_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

/** Of the block `bytes[start, end)`; undefined if a line is wrong or the end is missing. */
export function readMimeHeaders(
  bytes: Uint8Array,
  start: number,
  end: number,
): MimeHeaders | undefined {
  const headers = new Map<string, string[]>();
  const lines = unfoldedLines(binaryText(bytes, start, end));
  if (lines === undefined) return undefined;
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1);
    if (!NAME.test(name) || INVALID_VALUE.test(value)) return undefined;
    const key = canonicalName(name);
    const known = headers.get(key);
    const text = value.slice(leadingBlanks(value));
    if (known === undefined) headers.set(key, [text]);
    else known.push(text);
  }
  return headers;
}

/** Header lines, each with what follows it on lines that begin with a blank. */
function unfoldedLines(block: string): string[] | undefined {
  // The first line has the version; behind the last line end there is no line.
  const lines = block.split("\n").slice(1, -1);
  const unfolded: string[] = [];
  for (const ended of lines) {
    const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (line === "") return unfolded;
    if (isBlank(line, 0)) {
      if (unfolded.length === 0) return undefined;
      unfolded.push(`${unfolded.pop()} ${trimmed(line)}`);
    } else {
      if (!line.includes(":")) return undefined;
      unfolded.push(trimmed(line));
    }
  }
  return undefined;
}

/** Without blanks at both ends. No regular expression: on many blanks it would take for ever. */
function trimmed(line: string): string {
  const start = leadingBlanks(line);
  let end = line.length;
  while (end > start && isBlank(line, end - 1)) end--;
  return line.slice(start, end);
}

function leadingBlanks(line: string): number {
  let count = 0;
  while (count < line.length && isBlank(line, count)) count++;
  return count;
}

function isBlank(line: string, at: number): boolean {
  return line[at] === " " || line[at] === "\t";
}

/** `x-b3-traceid` as `X-B3-Traceid`. */
function canonicalName(name: string): string {
  if (name.includes(" ")) return name;
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}
