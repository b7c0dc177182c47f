/**
 * The grammar of nats-server's configuration language: parses one text, which is a file or the
 * value of an environment variable, into entries. Called by `parser.ts`, which provides what is
 * outside of the text. The first thing that is wrong throws `ConfigSyntaxError`.
 *
 * ```
 * file    = { entry | "{" file "}" }                braces as in JSON; their keys are the file's
 * entry   = key [ "=" | ":" ] value end | "include" path end
 * value   = map | array | single value              see lexer.ts
 * map     = "{" { entry } "}"
 * array   = "[" { value ( "," | line break ) } "]"
 * end     = line break | "," | ";"                  not needed before a closing brace
 * ```
 */
import { type ConfigNode, ConfigSyntaxError, type MapEntry, type Position } from "./config-node.ts";
import type { ConfigLexer, KeyErrors, ValueToken } from "./lexer.ts";
import { scalarNode } from "./scalars.ts";
import { END } from "./text-cursor.ts";

/** What the parser of one text needs from outside of it. `depth` counts open maps and arrays. */
export interface Surroundings {
  includedFile(path: string, position: Position, depth: number): Entries;
  /** The value of an environment variable; undefined if there is none of that name. */
  environment(name: string, position: Position, depth: number): ConfigNode | undefined;
  /** The three throw if the value exceeds a limit. */
  checkDepth(depth: number, position: Position): void;
  countValue(position: Position): void;
  countReferenced(node: ConfigNode, position: Position, depth: number): void;
}

export type Entries = Map<string, Entry>;

export interface Entry extends MapEntry {
  isUsed: boolean;
}

const TOP_KEY_ERRORS: KeyErrors = {
  singleQuoted: "Unexpected EOF.",
  doubleQuoted: "Unexpected EOF.",
};
const MAP_KEY_ERRORS: KeyErrors = {
  bare: "Unexpected EOF processing map key.",
  singleQuoted: "Unexpected EOF processing quoted map key.",
  doubleQuoted: "Unexpected EOF processing double quoted map key.",
};

/** A reference to such a name is a bcrypt hash instead, which need not be quoted. */
const BCRYPT_PREFIX = "2a$";

export class TextParser {
  readonly #lexer: ConfigLexer;
  readonly #outside: Surroundings;
  /** The maps that are being read, the innermost last: where variables are looked up. */
  readonly #scopes: Entries[] = [];
  #depth: number;

  constructor(lexer: ConfigLexer, outside: Surroundings, depth: number) {
    this.#lexer = lexer;
    this.#outside = outside;
    this.#depth = depth;
  }

  /** Called once. nats-server lets the end of the text stand for braces that are missing. */
  parse(): Entries {
    const lexer = this.#lexer;
    const entries: Entries = new Map();
    this.#scopes.push(entries);
    let openBraces = 0;
    for (;;) {
      lexer.skipSpacesAndComments();
      if (lexer.isAtEnd) return entries;
      const next = lexer.peek();
      if (next === "{") {
        lexer.advance();
        openBraces++;
      } else if (next === "}" && openBraces > 0) {
        lexer.advance();
        openBraces--;
        if (openBraces > 0) this.#endBraces();
      } else {
        if (next === "/" || next === END) lexer.fail("Unexpected EOF.");
        this.#parseTopEntry(entries);
        if (openBraces > 0) this.#endEntryInBraces();
        else this.#endTopEntry();
      }
    }
  }

  #parseTopEntry(entries: Entries): void {
    const lexer = this.#lexer;
    if (lexer.isAtKeySeparator) lexer.fail(`Unexpected key separator '${lexer.shown()}'`);
    const key = lexer.readKey(TOP_KEY_ERRORS);
    if (key.kind === "include") {
      this.#include(entries, key.position);
      return;
    }
    lexer.skipSpaces();
    if (lexer.isAtKeySeparator) {
      lexer.advance();
    } else if (lexer.peek() === END) {
      // One closing brace too many at the end is forgiven.
      if (key.text !== "}") lexer.fail("config is invalid");
      return;
    }
    lexer.skipBlanks();
    this.#define(entries, key.text, this.#parseValue(key.position));
  }

  #endTopEntry(): void {
    const lexer = this.#lexer;
    lexer.skipBlanks();
    if (lexer.skipComment()) return;
    if (!"\n\r;,}\0".includes(lexer.peek())) {
      lexer.fail(
        "Expected a top-level value to end with a new line, comment or EOF, " +
          `but got '${lexer.shown()}' instead.`,
      );
    }
    lexer.advance();
  }

  #endEntryInBraces(): void {
    const lexer = this.#lexer;
    lexer.skipBlanksAndComments();
    if (lexer.peek() === "}") return;
    if (!"\n\r;,".includes(lexer.peek())) {
      lexer.fail(
        "Expected a block-level value to end with a new line, comment or EOF, " +
          `but got '${lexer.shown()}' instead.`,
      );
    }
    lexer.advance();
  }

  /** What may follow braces inside of braces. */
  #endBraces(): void {
    const lexer = this.#lexer;
    lexer.skipBlanksAndLineBreaks();
    if (lexer.peek() === "}" || lexer.skipComment()) return;
    if (!",;".includes(lexer.peek())) {
      lexer.fail(`Expected a block-level to end with a '}', but got '${lexer.shown()}' instead.`);
    }
    lexer.advance();
  }

  /** `keyPosition` is undefined for an item of an array, which is at its own place. */
  #parseValue(keyPosition?: Position): ConfigNode {
    const lexer = this.#lexer;
    this.#outside.countValue(lexer.position());
    if (lexer.peek() === "{") return this.#parseMap(keyPosition);
    if (lexer.peek() === "[") return this.#parseArray(keyPosition);
    const token = lexer.readValue(keyPosition === undefined);
    const position = keyPosition ?? token.position;
    return token.kind === "reference"
      ? this.#resolve(token, position)
      : scalarNode(token, position);
  }

  #parseMap(keyPosition: Position | undefined): ConfigNode {
    const lexer = this.#lexer;
    const entries: Entries = new Map();
    this.#open();
    this.#scopes.push(entries);
    for (;;) {
      lexer.skipSpacesAndComments();
      const next = lexer.peek();
      if (next === "}") break;
      if (lexer.isAtKeySeparator) lexer.fail(`Unexpected key separator '${next}'.`);
      if (next === "]") lexer.fail("Unexpected array end ']' processing map.");
      if (next === END) lexer.fail("Unexpected EOF processing map.");
      this.#parseMapEntry(entries);
      this.#endMapEntry();
    }
    this.#scopes.pop();
    this.#close();
    return { kind: "map", position: keyPosition ?? lexer.position(), entries };
  }

  #parseMapEntry(entries: Entries): void {
    const lexer = this.#lexer;
    const key = lexer.readKey(MAP_KEY_ERRORS);
    if (key.kind === "include") {
      this.#include(entries, key.position);
      return;
    }
    lexer.skipSpaces();
    if (lexer.isAtKeySeparator) lexer.advance();
    lexer.skipSpaces();
    if (lexer.peek() === ",") lexer.fail('Unexpected map value terminator ",".');
    // nats-server would store the map under this key instead of its own.
    if (lexer.peek() === "}") lexer.fail("Expected value but found end of map");
    this.#define(entries, key.text, this.#parseValue(key.position));
  }

  #endMapEntry(): void {
    const lexer = this.#lexer;
    lexer.skipBlanksAndComments();
    if (lexer.peek() === "}") return;
    if (!"\n\r;,".includes(lexer.peek())) {
      lexer.fail(
        'Expected a map value terminator "," or a map terminator "}", ' +
          `but got '${lexer.shown()}' instead.`,
      );
    }
    lexer.advance();
  }

  #parseArray(keyPosition: Position | undefined): ConfigNode {
    const lexer = this.#lexer;
    const items: ConfigNode[] = [];
    this.#open();
    for (;;) {
      lexer.skipSpacesAndComments();
      const next = lexer.peek();
      if (next === "]") break;
      if (next === "," || next === "/") lexer.fail("Unexpected array value terminator ','.");
      items.push(this.#parseValue());
      this.#endItem();
    }
    this.#close();
    return { kind: "array", position: keyPosition ?? lexer.position(), items };
  }

  #endItem(): void {
    const lexer = this.#lexer;
    lexer.skipBlanksAndComments();
    if (lexer.peek() === "]") return;
    if (!"\n\r,".includes(lexer.peek())) {
      lexer.fail(
        'Expected an array value terminator "," or an array terminator "]", ' +
          `but got '${lexer.shown()}' instead.`,
      );
    }
    lexer.advance();
  }

  #open(): void {
    this.#outside.checkDepth(++this.#depth, this.#lexer.position());
    this.#lexer.advance();
  }

  #close(): void {
    this.#depth--;
    this.#lexer.advance();
  }

  /** The entries of the included file become entries here. */
  #include(entries: Entries, position: Position): void {
    const path = this.#lexer.readIncludePath();
    for (const entry of this.#outside.includedFile(path, position, this.#depth).values()) {
      put(entries, entry);
    }
  }

  #define(entries: Entries, key: string, node: ConfigNode): void {
    put(entries, { key, position: node.position, node, isUsed: false });
  }

  /** The value that a variable stands for, at the place of the reference. */
  #resolve(reference: ValueToken, position: Position): ConfigNode {
    const { text: name } = reference;
    if (name.startsWith(BCRYPT_PREFIX)) return { kind: "string", position, value: `$${name}` };
    const at = reference.position;
    const node = this.#lookUp(name) ?? this.#outside.environment(name, at, this.#depth);
    if (node === undefined) {
      const reason = `variable reference for '${name}' on line ${at.line} can not be found`;
      throw new ConfigSyntaxError(reason, at);
    }
    this.#outside.countReferenced(node, at, this.#depth);
    return { ...node, position };
  }

  #lookUp(name: string): ConfigNode | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const entry = this.#scopes[i]!.get(name);
      if (entry !== undefined) {
        entry.isUsed = true;
        return entry.node;
      }
    }
    return undefined;
  }
}

/** The last definition of a key counts, also for its place among the others. */
function put(entries: Entries, entry: Entry): void {
  entries.delete(entry.key);
  entries.set(entry.key, entry);
}
