/**
 * The text of one line of a conversation file, and the bytes it stands for.
 * Used by the conversation reader, the replay and the recorder. Bytes are strings of one character
 * each (Latin-1) throughout, so that they can be compared, cut and printed; file text is UTF-8.
 *
 *   \r \n \t \0 \\ \{ \} \| \xHH   one byte
 *   {text*1000}                    the text, repeated
 *   {a|b|c}                        any one of these (expected lines only)
 *   ${name:form}                   what the server makes up, see `placeholders.ts`
 *   a single \ at the end          leaves out the CRLF that every line ends with otherwise
 */
import { InfoPattern, isInfoTemplate } from "./info-pattern.ts";
import { type Pieces, type Scope, find, placeholderOf, sentFor } from "./placeholders.ts";

/** How received bytes compare: the length that fits, or why nothing does yet. */
export type Match = number | "incomplete" | "different";

/** Something that is expected at the start of the received bytes. */
export interface Pattern {
  /** What fits gives the line's names their values. */
  match(received: string): Match;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  r: "\r",
  n: "\n",
  t: "\t",
  0: "\0",
  "\\": "\\",
  "{": "{",
  "}": "}",
  "|": "|",
};

const MAX_ALTERNATIVES = 64;
const REPEAT = /\{((?:\\.|[^\\{}])+)\*(\d+)\}/y;
const ALTERNATIVES = /\{((?:\\.|[^\\{}|])*(?:\|(?:\\.|[^\\{}|])*)+)\}/y;
const ALTERNATIVE = /(?:\\.|[^\\|])+|(?<=\||^)(?=\||$)/g;

/** The bytes to send for a line of a file. Throws if the line has alternatives. */
export function bytesOf(text: string, scope: Scope = emptyScope()): string {
  const [pieces, ...others] = readingsOf(text);
  if (pieces === undefined || others.length > 0)
    throw new Error(`cannot send alternatives: ${text}`);
  return pieces
    .map((piece) => (typeof piece === "string" ? piece : sentFor(piece, scope)))
    .join("");
}

/** What a line of a file expects; `values` are those of names, which get one when they match. */
export function patternOf(text: string, values = new Map<string, string>()): Pattern {
  return isInfoTemplate(text) ? new InfoPattern(text) : new LinePattern(readingsOf(text), values);
}

function emptyScope(): Scope {
  return { values: new Map(), nonce: "" };
}

class LinePattern implements Pattern {
  readonly #readings: readonly Pieces[];
  readonly #values: Map<string, string>;

  constructor(readings: readonly Pieces[], values: Map<string, string>) {
    this.#readings = readings;
    this.#values = values;
  }

  match(received: string): Match {
    let isIncomplete = false;
    for (const reading of this.#readings) {
      const finding = find(reading, received, this.#values);
      if (typeof finding === "object") {
        for (const [name, value] of finding.values) this.#values.set(name, value);
        return finding.end;
      }
      isIncomplete ||= finding === "incomplete";
    }
    return isIncomplete ? "incomplete" : "different";
  }
}

const PLACEHOLDER = /\\.|\$\{([^{}*|]*)\}/gs;

/** All that the line may stand for, alternatives taken one way or the other. */
function readingsOf(text: string): Pieces[] {
  const isOpen = /(?<!\\)(?:\\\\)*\\$/.test(text);
  const written = Buffer.from(isOpen ? text.slice(0, -1) : text, "utf8").toString("latin1");
  const line = isOpen ? written : `${written}\\r\\n`;
  let readings: Pieces[] = [[]];
  let at = 0;
  for (const found of line.matchAll(PLACEHOLDER)) {
    if (found[1] === undefined) continue;
    const placeholder = placeholderOf(found[1]);
    readings = continued(readings, line.slice(at, found.index));
    readings = readings.map((pieces) => [...pieces, placeholder]);
    at = found.index + found[0].length;
  }
  return continued(readings, line.slice(at));
}

function continued(readings: readonly Pieces[], written: string): Pieces[] {
  const endings = expand(written);
  return readings.flatMap((pieces) => endings.map((ending) => [...pieces, ending]));
}

function expand(written: string): string[] {
  let readings = [""];
  let at = 0;
  const append = (endings: readonly string[], end: number): void => {
    readings = readings.flatMap((start) => endings.map((ending) => start + ending));
    if (readings.length > MAX_ALTERNATIVES) throw new Error(`too many alternatives: ${written}`);
    at = end;
  };
  while (at < written.length) {
    const character = written[at]!;
    if (character === "\\") {
      const [byte, end] = readEscape(written, at);
      append([byte], end);
      continue;
    }
    const repeat = character === "{" ? matchAt(REPEAT, written, at) : null;
    const alternatives = character === "{" ? matchAt(ALTERNATIVES, written, at) : null;
    if (repeat !== null) {
      const times = Number(repeat[2]);
      append(
        expand(repeat[1]!).map((once) => once.repeat(times)),
        at + repeat[0].length,
      );
    } else if (alternatives !== null) {
      const branches = alternatives[1]!.match(ALTERNATIVE) ?? [];
      append(branches.flatMap(expand), at + alternatives[0].length);
    } else {
      append([character], at + 1);
    }
  }
  return readings;
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}

function readEscape(written: string, at: number): [byte: string, end: number] {
  const letter = written[at + 1] ?? "";
  const short = SHORT_ESCAPES[letter];
  if (short !== undefined) return [short, at + 2];
  const digits = written.slice(at + 2, at + 4);
  if (letter !== "x" || !/^[0-9a-f]{2}$/i.test(digits)) {
    throw new Error(`unknown escape \\${letter} in ${written}`);
  }
  return [String.fromCharCode(Number.parseInt(digits, 16)), at + 4];
}

const LONG_RUN = /(.)\1{63,}/gs;
/** Bytes of characters beyond ASCII as UTF-8 has them, or any single byte that is not printed. */
const UNPRINTED = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[^\x20-\x7e]|[\\|]/g;
const NAMES: Readonly<Record<string, string>> = {
  "\r": "\\r",
  "\n": "\\n",
  "\t": "\\t",
  "\0": "\\0",
  "\\": "\\\\",
  "|": "\\|",
};

/** The line of a file that stands for `bytes`; long runs of one byte become repeats. */
export function textOf(bytes: string): string {
  const isLine = bytes.endsWith("\r\n");
  const text = shortened(isLine ? bytes.slice(0, -2) : bytes).replace(/ $/, "\\x20");
  return text + (isLine ? "" : "\\");
}

/** As `textOf`, for `times` copies of `bytes` in a row. */
export function repeatedTextOf(bytes: string, times: number): string {
  return `{${escaped(bytes).replace(/[{}]/g, "\\$&")}*${times}}\\`;
}

function shortened(bytes: string): string {
  let text = "";
  let at = 0;
  for (const run of bytes.matchAll(LONG_RUN)) {
    text += escaped(bytes.slice(at, run.index));
    text += `{${escaped(run[1]!)}*${run[0].length}}`;
    at = run.index + run[0].length;
  }
  return text + escaped(bytes.slice(at));
}

function escaped(bytes: string): string {
  return bytes.replace(UNPRINTED, (unprinted) => {
    const encoded = Buffer.from(unprinted, "latin1");
    const character = encoded.toString("utf8");
    if (unprinted.length > 1 && Buffer.from(character, "utf8").equals(encoded)) return character;
    return [...encoded].map((byte) => escapeOf(String.fromCharCode(byte))).join("");
  });
}

function escapeOf(byte: string): string {
  return NAMES[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
