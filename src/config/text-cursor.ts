/**
 * A place in a text that moves forward only, and knows its line and column. Base of the lexer.
 * Runs of characters are taken by sticky regular expressions, so that each is passed over once.
 */
import { ConfigSyntaxError, type Position } from "./config-node.ts";

/** What stands at the end of the text; a NUL inside it counts as its end in most places. */
export const END = "\0";

export class TextCursor {
  readonly file: string;
  readonly #text: string;
  /** Where everything in this text is said to be, if the text is in no file. */
  readonly #place: Position | undefined;
  #offset = 0;
  #line = 1;
  #column = 0;

  constructor(text: string, file: string, place?: Position) {
    this.#text = text;
    this.file = file;
    this.#place = place;
  }

  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#text.length;
  }

  /** The character `ahead` of the cursor (half of one beyond U+FFFF); `END` behind the last. */
  peek(ahead = 0): string {
    return this.#text[this.#offset + ahead] ?? END;
  }

  /** Moves over what `pattern` matches here, which is sticky and does match. */
  skip(pattern: RegExp): void {
    pattern.lastIndex = this.#offset;
    pattern.test(this.#text);
    this.#moveTo(pattern.lastIndex);
  }

  /** The same; returns what it moved over. */
  take(pattern: RegExp): string {
    const start = this.#offset;
    this.skip(pattern);
    return this.textFrom(start);
  }

  /** Moves over one ASCII character, if there is one; others are for `skip`. */
  advance(): void {
    if (this.isAtEnd) return;
    if (this.peek() === "\n") {
      this.#line++;
      this.#column = 0;
    }
    this.#offset++;
    this.#column++;
  }

  textFrom(start: number): string {
    return this.#text.slice(start, this.#offset);
  }

  /** The place of the character `ahead` of the cursor, which is in the same line. */
  position(ahead = 0): Position {
    if (this.#place !== undefined) return this.#place;
    return { file: this.file, line: this.#line, column: this.#column + ahead };
  }

  /** Refuses the text because of the next character. A line feed is in the line that it begins. */
  fail(reason: string): never {
    const position = this.position();
    if (this.peek() !== "\n" || this.#place !== undefined) {
      throw new ConfigSyntaxError(reason, position);
    }
    throw new ConfigSyntaxError(reason, { ...position, line: position.line + 1, column: 0 });
  }

  /** The next character as messages show it. */
  shown(): string {
    const codePoint = this.#text.codePointAt(this.#offset);
    if (codePoint === undefined) return END;
    const character = String.fromCodePoint(codePoint);
    return character === "\n" ? "\\n" : character;
  }

  #moveTo(offset: number): void {
    if (offset === this.#offset) return;
    const moved = this.#text.slice(this.#offset, offset);
    this.#offset = offset;
    const lastLineFeed = moved.lastIndexOf("\n");
    if (lastLineFeed < 0) {
      this.#column += Buffer.byteLength(moved);
      return;
    }
    this.#column = Buffer.byteLength(moved.slice(lastLineFeed));
    for (let at = lastLineFeed; at >= 0; at = at === 0 ? -1 : moved.lastIndexOf("\n", at - 1)) {
      this.#line++;
    }
  }
}
