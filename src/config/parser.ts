/**
 * Reads a configuration in nats-server's language: a file, the files that it includes and the
 * environment variables that it refers to, into one tree. Called by the loader of options. The
 * first thing that is wrong throws `ConfigSyntaxError`; nothing else is thrown. Takes time in
 * proportion to the length of the texts, whatever is in them.
 */
import { type ConfigNode, ConfigSyntaxError, type MapNode, type Position } from "./config-node.ts";
import { ConfigLexer } from "./lexer.ts";
import { type Entries, type Surroundings, TextParser } from "./text-parser.ts";
import { Extents } from "./value-extents.ts";
import { messageOf } from "../util/system-error.ts";

/** Where the texts come from. */
export interface ConfigSource {
  /**
   * The content of a file, read as UTF-8 with its byte order mark. Throws an `Error` if that fails;
   * its message becomes part of ours and should be "open <path>: no such file or directory".
   */
  read(path: string): string;
  environment(name: string): string | undefined;
}

/** Maps and arrays inside each other, also through variables. */
export const MAX_NESTING_DEPTH = 256;
/** Values in the tree, those that variables stand for once more for each reference. */
export const MAX_VALUES = 4 << 20;
/** In the texts and keys that variables stand for, once for each reference. */
export const MAX_REFERENCED_CHARACTERS = 64 << 20;
/** Environment variables that refer to each other in a chain. */
export const MAX_VARIABLE_CHAIN = 32;
/** Files that include each other in a chain, without the first. */
export const MAX_INCLUDE_CHAIN = 32;
/** Files included in all, once for each include. */
export const MAX_INCLUDED_FILES = 10_000;

/** The key under which the value of an environment variable is parsed. */
const ENVIRONMENT_KEY = "pk";

/** The tree of the file `path` and all that belongs to it. */
export function parseConfig(path: string, source: ConfigSource): MapNode {
  const entries = new Reading(source).rootFile(path);
  return { kind: "map", position: { file: path, line: 1, column: 0 }, entries };
}

/** One configuration being read: what its texts share, and the limits on all of them together. */
class Reading implements Surroundings {
  readonly #source: ConfigSource;
  readonly #extents = new Extents();
  readonly #environment = new Map<string, ConfigNode | undefined>();
  /** Those being read, each of which includes or refers to the next. */
  readonly #openFiles: string[] = [];
  readonly #openVariables = new Set<string>();
  #includedFiles = 0;
  #values = 0;
  #referencedCharacters = 0;

  constructor(source: ConfigSource) {
    this.#source = source;
  }

  rootFile(path: string): Entries {
    const text = this.#read(path, (reason) => new ConfigSyntaxError(reason));
    return this.#parseFile(path, text, 0);
  }

  /** Relative paths start from the including file, absolute ones (unlike nats-server's) do not. */
  includedFile(path: string, position: Position, depth: number): Entries {
    const failure = (reason: string) =>
      new ConfigSyntaxError(`error parsing include file '${path}', ${reason}`, position);
    // Loaded here: 2 MB that a configuration without includes does without.
    const { dirname, isAbsolute, join, normalize } = process.getBuiltinModule("node:path");
    const file = isAbsolute(path) ? normalize(path) : join(dirname(position.file), path);
    const open = this.#openFiles.map((name) => normalize(name));
    if (open.includes(file)) {
      throw failure(`which includes itself: ${[...open, file].join(" -> ")}`);
    }
    if (this.#openFiles.length > MAX_INCLUDE_CHAIN) {
      throw failure(`more than ${MAX_INCLUDE_CHAIN} files include each other`);
    }
    if (++this.#includedFiles > MAX_INCLUDED_FILES) {
      throw failure(`more than ${MAX_INCLUDED_FILES} files are included`);
    }
    return this.#parseFile(file, this.#read(file, failure), depth);
  }

  environment(name: string, position: Position, depth: number): ConfigNode | undefined {
    if (this.#environment.has(name)) return this.#environment.get(name);
    const node = this.#parseVariable(name, position, depth);
    this.#environment.set(name, node);
    return node;
  }

  checkDepth(depth: number, position: Position): void {
    if (depth <= MAX_NESTING_DEPTH) return;
    const reason = `maps and arrays are nested more than ${MAX_NESTING_DEPTH} deep`;
    throw new ConfigSyntaxError(reason, position);
  }

  countValue(position: Position): void {
    this.#countValues(1, position);
  }

  countReferenced(node: ConfigNode, position: Position, depth: number): void {
    const extent = this.#extents.of(node);
    this.checkDepth(depth + extent.height, position);
    this.#countValues(extent.values, position);
    this.#referencedCharacters += extent.characters;
    if (this.#referencedCharacters <= MAX_REFERENCED_CHARACTERS) return;
    const reason = `variables stand for more than ${MAX_REFERENCED_CHARACTERS} characters`;
    throw new ConfigSyntaxError(reason, position);
  }

  #countValues(count: number, position: Position): void {
    this.#values += count;
    if (this.#values <= MAX_VALUES) return;
    throw new ConfigSyntaxError(`more than ${MAX_VALUES} values`, position);
  }

  #read(file: string, failure: (reason: string) => ConfigSyntaxError): string {
    try {
      return this.#source.read(file);
    } catch (error) {
      throw failure(messageOf(error));
    }
  }

  #parseFile(file: string, text: string, depth: number): Entries {
    this.#openFiles.push(file);
    const entries = new TextParser(new ConfigLexer(text, file), this, depth).parse();
    this.#openFiles.pop();
    return entries;
  }

  /** All that is in the variable counts as being where it is first referred to. */
  #parseVariable(name: string, position: Position, depth: number): ConfigNode | undefined {
    const failure = (reason: string) => {
      const variable = `variable reference for '${name}' on line ${position.line}`;
      return new ConfigSyntaxError(`${variable} could not be parsed: ${reason}`, position);
    };
    if (this.#openVariables.has(name)) throw failure(`variable reference cycle for '${name}'`);
    if (this.#openVariables.size >= MAX_VARIABLE_CHAIN) {
      throw failure(`more than ${MAX_VARIABLE_CHAIN} variables refer to each other`);
    }
    const text = this.#source.environment(name);
    if (text === undefined) return undefined;
    const lexer = new ConfigLexer(`${ENVIRONMENT_KEY}=${text}`, position.file, position);
    this.#openVariables.add(name);
    try {
      return new TextParser(lexer, this, depth).parse().get(ENVIRONMENT_KEY)?.node;
    } catch (error) {
      throw error instanceof ConfigSyntaxError ? failure(error.message) : error;
    } finally {
      this.#openVariables.delete(name);
    }
  }
}
