/**
 * A TypeScript file taken apart far enough to check rules of style: code without comments and
 * texts, imports, and where functions begin and end. Used by `tidy.test.ts`. It relies on the
 * formatter's spacing, not on a grammar; the cases at the end of that test show what it can tell.
 */

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Whether the other file runs before this one: not for types only, nor when it is asked for. */
  readonly isEager: boolean;
}

/** A function's body from its opening to its closing brace, and the lines with its head. */
export interface FunctionSpan {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly lineCount: number;
}

export class SourceText {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Same length and lines as `text`; comments, texts and regular expressions are blanks. */
  readonly code: string;
  readonly comments: readonly { readonly text: string; readonly at: number }[];
  /** Where template strings and regular expressions begin. */
  readonly templates: readonly number[];
  readonly regExps: readonly number[];
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSpan[];

  /** `path` relative to the repository. */
  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.lines = text.split("\n");
    const scan = new Scanner(text);
    this.code = scan.code();
    this.comments = scan.comments;
    this.templates = scan.templates;
    this.regExps = scan.regExps;
    this.imports = this.#findImports();
    this.functions = this.#findFunctions();
  }

  lineAt(offset: number): number {
    return this.text.slice(0, offset).split("\n").length;
  }

  /** Whether `offset` is inside the body of a function. */
  isInFunction(offset: number): boolean {
    return this.functions.some((span) => offset > span.start && offset < span.end);
  }

  /** Offsets of all matches of `pattern` (which is global) in the code. */
  find(pattern: RegExp): number[] {
    return [...this.code.matchAll(pattern)].map((match) => match.index);
  }

  /** Static, dynamic and re-exporting imports; the specifiers are read from the unblanked text. */
  #findImports(): Import[] {
    const starts = [
      ...this.code.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s+/gm),
      ...this.code.matchAll(/^import\s+(?=")/gm),
      ...this.code.matchAll(/\bimport\s*\(\s*/g),
    ];
    return starts.flatMap((match) => {
      const at = match.index + match[0].length;
      const specifier = /^"([^"]*)"/.exec(this.text.slice(at))?.[1];
      if (specifier === undefined) return [];
      const isEager = !/^(?:import|export) type\b|\($/.test(match[0].trim());
      return [{ specifier, line: this.lineAt(at), isEager }];
    });
  }

  #findFunctions(): FunctionSpan[] {
    const spans: FunctionSpan[] = [];
    for (let at = this.code.indexOf("{"); at >= 0; at = this.code.indexOf("{", at + 1)) {
      const head = headOf(this.code, at);
      if (head === undefined) continue;
      const end = closing(this.code, at);
      const line = this.lineAt(head);
      spans.push({ start: at, end, line, lineCount: this.lineAt(end) - line + 1 });
    }
    return spans;
  }
}

const CONTROL_WORDS = new Set(["if", "for", "while", "switch", "catch", "with", "await"]);

/** Where the head of the function begins whose body opens at `brace`; undefined if none does. */
function headOf(code: string, brace: number): number | undefined {
  const before = code.slice(0, brace).trimEnd();
  if (before.endsWith("=>")) return before.length - 2;
  if (/[:|&,(<=[]$/.test(before)) return undefined;
  let close = before.length - 1;
  // A return type may itself hold parentheses: try a few to the left.
  for (let tries = 0; tries < 4 && close >= 0; tries++) {
    close = before.lastIndexOf(")", close);
    if (close < 0) return undefined;
    const between = before.slice(close + 1);
    if (/[;]|\b(?:class|case|interface|enum)\b/.test(between)) return undefined;
    if (between === "" || (between.startsWith(":") && isBalanced(between))) {
      const open = opening(before, close);
      const word = /([\w$]*)\s*(?:<[^()]*>)?$/.exec(before.slice(0, open))?.[1] ?? "";
      return CONTROL_WORDS.has(word) || isCaseLabel(before, open) ? undefined : open;
    }
    close--;
  }
  return undefined;
}

function isCaseLabel(code: string, open: number): boolean {
  const line = code.slice(code.lastIndexOf("\n", open) + 1, open);
  return /^\s*case\b/.test(line);
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const char of text.replaceAll("=>", "")) {
    if ("([{<".includes(char)) depth++;
    if (")]}>".includes(char)) depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function closing(code: string, brace: number): number {
  let depth = 0;
  for (let at = brace; at < code.length; at++) {
    if (code[at] === "{") depth++;
    if (code[at] === "}" && --depth === 0) return at;
  }
  return code.length;
}

function opening(code: string, close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    if (code[at] === ")") depth++;
    if (code[at] === "(" && --depth === 0) return at;
  }
  return 0;
}

/** One pass over the characters that blanks everything that is not code. */
class Scanner {
  readonly comments: { text: string; at: number }[] = [];
  readonly templates: number[] = [];
  readonly regExps: number[] = [];
  readonly #text: string;
  readonly #code: string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#code = [...Array(text.length).keys()].map((at) => text[at]!);
    this.#readCode(false);
  }

  code(): string {
    return this.#code.join("");
  }

  /** Reads code up to the end, or to the brace that closes a `${`. */
  #readCode(inTemplate: boolean): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const at = this.#at;
      const char = this.#text[at]!;
      const pair = char + (this.#text[at + 1] ?? "");
      if (pair === "//") this.#comment(this.#endOf("\n", at));
      else if (pair === "/*") this.#comment(this.#endOf("*/", at) + 2);
      else if (char === '"' || char === "'") this.#skipQuoted(char);
      else if (char === "`") this.#skipTemplate();
      else if (char === "/" && this.#isRegExpPlace()) this.#skipRegExp();
      else if (inTemplate && char === "}" && depth === 0) return;
      else {
        if (char === "{") depth++;
        if (char === "}") depth--;
        this.#at++;
      }
    }
  }

  #endOf(mark: string, from: number): number {
    const end = this.#text.indexOf(mark, from + 2);
    return end < 0 ? this.#text.length : end;
  }

  #comment(end: number): void {
    this.comments.push({ text: this.#text.slice(this.#at, end), at: this.#at });
    this.#blank(this.#at, end);
    this.#at = end;
  }

  #skipQuoted(quote: string): void {
    const start = this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote) {
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#blank(start + 1, this.#at++);
  }

  #skipTemplate(): void {
    this.templates.push(this.#at++);
    let start = this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== "`") {
      if (this.#text.startsWith("${", this.#at)) {
        this.#at += 2;
        this.#blank(start, this.#at);
        this.#readCode(true);
        start = this.#at;
      }
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#blank(start, this.#at++);
  }

  #isRegExpPlace(): boolean {
    const before = this.#code
      .slice(Math.max(0, this.#at - 40), this.#at)
      .join("")
      .trimEnd();
    return (
      before === "" || /(?:[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|of|in))$/.test(before)
    );
  }

  #skipRegExp(): void {
    const start = this.#at++;
    this.regExps.push(start);
    let inClass = false;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === "/" && !inClass) break;
      if (char === "[") inClass = true;
      if (char === "]") inClass = false;
      this.#at += char === "\\" ? 2 : 1;
    }
    this.#blank(start, ++this.#at);
  }

  #blank(start: number, end: number): void {
    for (let at = start; at < end; at++) if (this.#text[at] !== "\n") this.#code[at] = " ";
  }
}
