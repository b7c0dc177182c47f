/**
 * Options that name files, such as certificates: their kinds say which of them cannot be read, so
 * that the loader reports it with all else that is wrong. Reading a block opens no file.
 */
import type { ConfigNode } from "../config-node.ts";
import { type OptionKind, fileOnly } from "../option-kinds.ts";
import type { ProblemList } from "../problems.ts";
import { shownKey } from "./public-key.ts";
import { messageOf } from "../../util/system-error.ts";

/** The files of the host, as far as a configuration is checked against them. */
export interface FileView {
  /**
   * The content of a file; throws an `Error` whose message is like
   * "open <path>: no such file or directory".
   */
  read(path: string): string;
  /** Whether `path` is a directory that can be written to; undefined if there is nothing. */
  isUsableDirectory(path: string): boolean | undefined;
}

/** The kind of an option whose value names files. */
export interface FileNamingKind<Value> extends OptionKind<Value> {
  /** Reports what is wrong with the files that `value`, read from `node`, names. */
  checkFiles(value: Value, node: ConfigNode, files: FileView, problems: ProblemList): void;
}

/** As `fileOnly`, for values that name files; an option that is not given names none. */
export function fileNaming<Value>(
  valueName: string,
  read: OptionKind<Value>["read"],
  checkFiles: FileNamingKind<Value>["checkFiles"],
): FileNamingKind<Value | undefined> {
  return {
    ...fileOnly<Value | undefined>(valueName, read),
    checkFiles(value, node, files, problems) {
      if (value !== undefined) checkFiles(value, node, files, problems);
    },
  };
}

/** Why the file at `path` could not be read; `error` is what `FileView.read` threw. */
export function fileProblem(path: string, error: unknown): string {
  // A key that stands in the place of its path must not get into messages.
  const isContent = /[\r\n]|-----BEGIN/.test(path) || shownKey(path) !== JSON.stringify(path);
  if (isContent) return "the path of a file is wanted, not what is in it";
  return messageOf(error);
}
