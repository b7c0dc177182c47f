/** Configurations held in memory for the tests, and readable views of what becomes of them. */
import {
  type ConfigNode,
  ConfigSyntaxError,
  type MapNode,
  type Position,
} from "../../../src/config/config-node.ts";
import { type ConfigSource, parseConfig } from "../../../src/config/parser.ts";

/** The file that is parsed first. */
export const ROOT = "etc/main.conf";

export interface Texts {
  /** By path; the root file is given apart. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export function parse(text: string, { files = {}, environment = {} }: Texts = {}): MapNode {
  const contents = new Map(Object.entries({ ...files, [ROOT]: text }));
  const source: ConfigSource = {
    read(path) {
      const content = contents.get(path);
      if (content === undefined) throw new Error(`open ${path}: no such file or directory`);
      return content;
    },
    environment: (name) => environment[name],
  };
  return parseConfig(ROOT, source);
}

/** Plain values: integers as bigint, maps as objects. */
export function plain(node: ConfigNode): unknown {
  if (node.kind === "array") return node.items.map(plain);
  if (node.kind !== "map") return node.value;
  return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, plain(entry.node)]));
}

export function valuesOf(text: string, texts?: Texts): unknown {
  return plain(parse(text, texts));
}

/** The value at the end of a path of keys and indexes. */
export function nodeAt(root: ConfigNode, ...path: (string | number)[]): ConfigNode {
  let node = root;
  for (const step of path) {
    const next =
      typeof step === "number"
        ? node.kind === "array" && node.items[step]
        : node.kind === "map" && node.entries.get(step)?.node;
    if (!next) throw new Error(`nothing at ${path.join(".")}`);
    node = next;
  }
  return node;
}

/** "line:column", with the name of the file in front unless it is the root file. */
export function place(position: Position | undefined): string {
  if (position === undefined) return "nowhere";
  const file = position.file === ROOT ? "" : `${position.file}:`;
  return `${file}${position.line}:${position.column}`;
}

/** What is wrong with the text: "line:column: reason". */
export function problemOf(text: string, texts?: Texts): string {
  return problemIn(() => parse(text, texts));
}

export function problemIn(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigSyntaxError) return `${place(error.position)}: ${error.message}`;
    throw error;
  }
  return "nothing";
}
