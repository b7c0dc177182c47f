/**
 * Reads the value of one key out of a text, as the loader of a whole configuration does, with the
 * files that the value names.
 */
import { attempt } from "../../../../src/config/blocks/block.ts";
import type { FileNamingKind } from "../../../../src/config/blocks/named-files.ts";
import type { OptionKind } from "../../../../src/config/option-kinds.ts";
import { ProblemList } from "../../../../src/config/problems.ts";
import { ROOT, parse } from "../config-texts.ts";

/** By path: the content of a file, or whether a directory can be written to. */
export type Files = Readonly<Record<string, string | boolean>>;

export interface ReadKind<Value> {
  readonly value: Value | undefined;
  /** "line:column: reason", in their order. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** The value of the first key in `text`; its files are checked if `files` are given. */
export function readKind<Value>(
  kind: OptionKind<Value> | FileNamingKind<Value>,
  text: string,
  files?: Files,
): ReadKind<Value> {
  const problems = new ProblemList();
  const [entry] = parse(text).entries.values();
  if (entry === undefined) throw new Error("the text has no key");
  const { key, position, node } = entry;
  const value = attempt(position, problems, () => kind.read(node, { key, problems }));
  if (files !== undefined && value !== undefined && "checkFiles" in kind) {
    const view = { read: readerOf(files), isUsableDirectory: directoriesOf(files) };
    kind.checkFiles(value, node, view, problems);
  }
  const { errors, warnings } = problems;
  return { value, errors: errors.map(withoutFile), warnings: warnings.map(withoutFile) };
}

/** Reads one of `files`. */
export function readerOf(files: Files): (path: string) => string {
  return (path) => {
    const content = files[path];
    if (typeof content === "string") return content;
    const reason = content === undefined ? "no such file or directory" : "is a directory";
    throw new Error(`open ${path}: ${reason}`);
  };
}

function directoriesOf(files: Files): (path: string) => boolean | undefined {
  return (path) => {
    const content = files[path];
    return typeof content === "string" ? false : content;
  };
}

function withoutFile(line: string): string {
  return line.startsWith(`${ROOT}:`) ? line.slice(ROOT.length + 1) : line;
}
