/**
 * The words of nats-server's configuration language: keys, single values, comments and the blanks
 * between them. Called by `parser.ts`, which knows what may follow what. Every character is read
 * once; what cannot be a word throws `ConfigSyntaxError` with nats-server's message.
 *
 * ```
 * key       = 'text' | "text" | characters up to space, "=" or ":"
 * value     = 'text' | "text with \t \n \r \" \\ \xHH" | block | number | datetime | bare
 * block     = "(" text ")"            the closing parenthesis alone on its line
 * number    = ["-"] digits [ size | "." digits ]
 * size      = one of k m g t p e, then "", b, i or ib, in any case
 * datetime  = YYYY-MM-DDTHH:MM:SSZ
 * bare      = true | false | yes | no | on | off | $variable | text
 * comment   = ("#" | "//") text       to the end of the line
 * ```
 */
import { ConfigSyntaxError, type Position } from "./config-node.ts";
import { END, TextCursor } from "./text-cursor.ts";

/** A key as written without its quotes; "include" stands for that word in place of a key. */
export interface KeyToken {
  readonly kind: "key" | "include";
  readonly text: string;
  readonly position: Position;
}

/** A value that is no array or map; "reference" is the name of a variable. */
export interface ValueToken {
  readonly kind: "string" | "integer" | "float" | "boolean" | "datetime" | "reference";
  /** Without quotes, escapes and `$`; numbers as written. */
  readonly text: string;
  readonly position: Position;
}

/** What is said about keys that the end of the text cuts short. */
export interface KeyErrors {
  /** Absent where the end of the text may end a key. */
  readonly bare?: string;
  readonly singleQuoted: string;
  readonly doubleQuoted: string;
}

/** Go's `unicode.IsSpace`; JavaScript's `\s` has the byte order mark and lacks U+0085. */
const SPACE = "\\t\\n\\v\\f\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]*`, "y");
const BLANKS = /[ \t]*/y;
const BLANKS_AND_LINE_BREAKS = /[ \t\r\n]*/y;
const UP_TO_LINE_BREAK = /[^\r\n\0]*/y;
const BARE_KEY = new RegExp(`[^${SPACE}=:\\0]*`, "y");
const SINGLE_QUOTED = /[^'\0]*/y;
const DOUBLE_QUOTED = /[^"\0]*/y;
const DOUBLE_QUOTED_UP_TO_ESCAPE = /[^"\\\0]*/y;
const BARE_UP_TO_ESCAPE = /[^\r\n\0;,\]}' \t\\]*/y;
const BARE_INCLUDE = /[^\r\n\0;}' \t]*/y;
const UP_TO_PARENTHESIS = /[^)\0]*/y;
const ANY_CHARACTER = /[^]?/uy;
const DIGITS = /[0-9]*/y;
const SIZE = /[kmgtpe][bi]*/iy;
const HEXADECIMAL_BYTE = /^[0-9a-f]{2}$/i;
const ADDRESS_REST = /[0-9.:-]*/y;
/** What follows `YYYY-`; zeros stand for digits. */
const DATETIME_REST = "00-00T00:00:00Z";

const BOOLEANS = new Set(["true", "false", "yes", "no", "on", "off"]);
const LONGEST_BOOLEAN = "false".length;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["t", "\t"],
  ["n", "\n"],
  ["r", "\r"],
  ['"', '"'],
  ["\\", "\\"],
]);

const INCLUDE_REFUSALS: ReadonlyMap<string, string> = new Map([
  ["[", "start of an array"],
  ["{", "start of a map"],
  ["(", "start of a block"],
  ["-", "start of a number"],
  ["\\", "escape sequence"],
  ["\n", "new line"],
  ["\r", "new line"],
]);

export class ConfigLexer extends TextCursor {
  skipSpaces(): void {
    this.skip(SPACES);
  }

  skipBlanks(): void {
    this.skip(BLANKS);
  }

  skipBlanksAndLineBreaks(): void {
    this.skip(BLANKS_AND_LINE_BREAKS);
  }

  skipBlanksAndComments(): void {
    do this.skip(BLANKS);
    while (this.skipComment());
  }

  skipSpacesAndComments(): void {
    do this.skip(SPACES);
    while (this.skipComment());
  }

  /** Whether there was a comment. */
  skipComment(): boolean {
    if (this.peek() !== "#" && (this.peek() !== "/" || this.peek(1) !== "/")) return false;
    this.skip(UP_TO_LINE_BREAK);
    return true;
  }

  get isAtLineBreak(): boolean {
    return isLineBreak(this.peek());
  }

  get isAtKeySeparator(): boolean {
    return this.peek() === "=" || this.peek() === ":";
  }

  readKey(errors: KeyErrors): KeyToken {
    const quote = this.peek();
    if (quote === "'") return this.#readQuotedKey(SINGLE_QUOTED, errors.singleQuoted);
    if (quote === '"') return this.#readQuotedKey(DOUBLE_QUOTED, errors.doubleQuoted);
    const position = this.position();
    const text = this.take(BARE_KEY);
    const isAtEnd = this.peek() === END;
    if (isAtEnd && errors.bare !== undefined) this.fail(errors.bare);
    const isInclude = !isAtEnd && !this.isAtKeySeparator && isIncludeWord(text);
    return { kind: isInclude ? "include" : "key", text, position };
  }

  #readQuotedKey(inside: RegExp, error: string): KeyToken {
    this.advance();
    const position = this.position();
    const text = this.take(inside);
    if (this.peek() === END) this.fail(error);
    this.advance();
    return { kind: "key", text, position };
  }

  /** The path behind the word "include". */
  readIncludePath(): string {
    this.skip(BLANKS);
    const first = this.peek();
    if (first === "'") return this.#readQuotedPath(SINGLE_QUOTED, "quoted include");
    if (first === '"') return this.#readQuotedPath(DOUBLE_QUOTED, "double quoted include");
    const refusal = isDigit(first) ? INCLUDE_REFUSALS.get("-") : INCLUDE_REFUSALS.get(first);
    if (refusal !== undefined) this.fail(`Expected include value but found ${refusal}`);
    const path = this.take(BARE_INCLUDE);
    if (this.peek() === "'") this.advance();
    return path;
  }

  #readQuotedPath(inside: RegExp, name: string): string {
    this.advance();
    const path = this.take(inside);
    if (this.peek() === END) this.fail(`Unexpected EOF in ${name}`);
    this.advance();
    return path;
  }

  /** Possibly an empty bare text; `isItem` says that a closing bracket may follow. */
  readValue(isItem: boolean): ValueToken {
    const first = this.peek();
    if (first === "'") return this.#readSingleQuoted();
    if (first === '"') return this.#readDoubleQuoted();
    if (first === "(") return this.#readBlock();
    if (first === "-") return this.#readNegative(isItem);
    if (isDigit(first)) return this.#readPositive(isItem);
    if (first === ".") this.fail("Floats must start with a digit");
    if (isLineBreak(first)) this.fail("Expected value but found new line");
    return this.#readBare(this.offset, this.position(), this.position(1));
  }

  #readSingleQuoted(): ValueToken {
    this.advance();
    const position = this.position();
    const text = this.take(SINGLE_QUOTED);
    if (this.peek() === END) this.fail("Unexpected EOF.");
    this.advance();
    return { kind: "string", text, position };
  }

  #readDoubleQuoted(): ValueToken {
    this.advance();
    const position = this.position();
    const start = this.offset;
    this.skip(DOUBLE_QUOTED_UP_TO_ESCAPE);
    const text = this.#withEscapes(start, DOUBLE_QUOTED_UP_TO_ESCAPE);
    if (this.peek() === END) this.fail("Unexpected EOF.");
    this.advance();
    return { kind: "string", text, position };
  }

  /** Windows line ends may follow the closing parenthesis, unlike in nats-server. */
  #readBlock(): ValueToken {
    this.advance();
    const position = this.position();
    const start = this.offset;
    for (;;) {
      this.skip(UP_TO_PARENTHESIS);
      if (this.peek() === END) this.fail("Unexpected EOF processing block.");
      const next = this.peek(1);
      if (this.peek(-1) === "\n" && (isLineBreak(next) || next === END)) break;
      this.advance();
    }
    const text = this.textFrom(start);
    this.advance();
    return { kind: "string", text, position };
  }

  #readNegative(isItem: boolean): ValueToken {
    const start = this.offset;
    const position = this.position();
    this.advance();
    if (this.peek() === ".") this.fail("Floats must start with a digit, not '.'.");
    if (!isDigit(this.peek())) this.fail(`Expected a digit but got '${this.shown()}'.`);
    this.skip(DIGITS);
    if (this.peek() === ".") return this.#readFraction(start, position);
    if (isSizeLetter(this.peek())) return this.#readSize(start, position, isItem);
    return { kind: "integer", text: this.textFrom(start), position };
  }

  /** Also dates, addresses and bare texts that begin with a digit. */
  #readPositive(isItem: boolean): ValueToken {
    const start = this.offset;
    const position = this.position();
    this.skip(DIGITS);
    const next = this.peek();
    if (next === "-") return this.#readDatetime(start, position);
    if (next === ".") return this.#readFraction(start, position);
    if (isSizeLetter(next)) return this.#readSize(start, position, isItem);
    if (endsNumber(next, isItem)) {
      return { kind: "integer", text: this.textFrom(start), position };
    }
    // This one is part of the text whatever it is, even if it would end or escape one elsewhere.
    this.skip(ANY_CHARACTER);
    return this.#readBare(start, position);
  }

  #readSize(start: number, position: Position, isItem: boolean): ValueToken {
    this.skip(SIZE);
    if (endsNumber(this.peek(), isItem) || isDigit(this.peek())) {
      return { kind: "integer", text: this.textFrom(start), position };
    }
    return this.#readBare(start, position);
  }

  #readFraction(start: number, position: Position): ValueToken {
    this.advance();
    if (!isDigit(this.peek())) {
      this.fail(`Floats must have a digit after the '.', but got '${this.shown()}' instead.`);
    }
    this.skip(DIGITS);
    if (this.peek() !== ".") return { kind: "float", text: this.textFrom(start), position };
    this.skip(ADDRESS_REST);
    return { kind: "string", text: this.textFrom(start), position };
  }

  #readDatetime(start: number, position: Position): ValueToken {
    if (this.offset - start !== "YYYY".length) {
      this.fail("All ISO8601 dates must be in full Zulu form.");
    }
    this.advance();
    for (const expected of DATETIME_REST) {
      const found = this.peek();
      if (expected === "0" && !isDigit(found)) {
        this.fail(`Expected digit in ISO8601 datetime, but found '${this.shown()}' instead.`);
      }
      if (expected !== "0" && found !== expected) {
        const shown = this.shown();
        this.fail(`Expected '${expected}' in ISO8601 datetime, but found '${shown}' instead.`);
      }
      this.advance();
    }
    return { kind: "datetime", text: this.textFrom(start), position };
  }

  /**
   * Text without quotes from `start` on, some of which may have been read already. It may name a
   * variable, at `reference`, unless that is undefined.
   */
  #readBare(start: number, position: Position, reference?: Position): ValueToken {
    this.skip(BARE_UP_TO_ESCAPE);
    const hasEscapes = this.peek() === "\\";
    const text = this.#withEscapes(start, BARE_UP_TO_ESCAPE);
    if (this.peek() === "'") {
      this.advance();
      return { kind: "string", text, position };
    }
    if (hasEscapes) return { kind: "string", text, position };
    if (isBoolean(text)) return { kind: "boolean", text, position };
    if (reference !== undefined && text.startsWith("$")) {
      return { kind: "reference", text: text.slice(1), position: reference };
    }
    return { kind: "string", text, position };
  }

  /** The text from `start`, read up to an escape or its end; reads on to the end. */
  #withEscapes(start: number, upToEscape: RegExp): string {
    const read = this.textFrom(start);
    if (this.peek() !== "\\") return read;
    // One character per byte, since several `\x` may make up one character.
    const pieces = [Buffer.from(read).toString("latin1")];
    while (this.peek() === "\\") {
      this.advance();
      pieces.push(this.#readEscape());
      const run = this.take(upToEscape);
      if (run !== "") pieces.push(Buffer.from(run).toString("latin1"));
    }
    return Buffer.from(pieces.join(""), "latin1").toString();
  }

  /** What follows the backslash; returns the byte that it stands for. */
  #readEscape(): string {
    const letter = this.peek();
    if (letter === "x") return this.#readHexadecimalEscape();
    const character = ESCAPES.get(letter);
    if (character === undefined) {
      this.fail(
        `Invalid escape character '${this.shown()}'. Only the following escape characters ` +
          'are allowed: \\xXX, \\t, \\n, \\r, \\", \\\\.',
      );
    }
    this.advance();
    return character;
  }

  #readHexadecimalEscape(): string {
    this.advance();
    const digits = this.peek() + this.peek(1);
    if (!HEXADECIMAL_BYTE.test(digits)) this.#failHexadecimal();
    this.advance();
    this.advance();
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #failHexadecimal(): never {
    const expected = "Expected two hexadecimal digits after '\\x', but";
    const position = this.position();
    const start = this.offset;
    for (let digits = 0; digits < 2; digits++) {
      if (this.isAtLineBreak) this.fail(`${expected} hit end of line`);
      this.skip(ANY_CHARACTER);
    }
    throw new ConfigSyntaxError(`${expected} got '${this.textFrom(start)}'`, position);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function isLineBreak(character: string): boolean {
  return character === "\n" || character === "\r";
}

function isSizeLetter(character: string): boolean {
  return character !== END && "kmgtpeKMGTPE".includes(character);
}

/** nats-server lacks the closing bracket here, and so cannot read `[1,2]`. */
function endsNumber(character: string, isItem: boolean): boolean {
  return "\n\r};, \t\0".includes(character) || (isItem && character === "]");
}

function isBoolean(text: string): boolean {
  return text.length <= LONGEST_BOOLEAN && BOOLEANS.has(text.toLowerCase());
}

function isIncludeWord(text: string): boolean {
  return text.length === "include".length && text.toLowerCase() === "include";
}
