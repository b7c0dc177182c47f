/**
 * Configuration files and environment variables of this process, as the parser reads them. Given to
 * `resolveOptions` by the program; tests give texts of their own.
 */
import type { FileView } from "./blocks/named-files.ts";
import type { ConfigSource } from "./parser.ts";
import { errorText } from "../util/system-error.ts";

/** Whether a file has been read: the one with which the server starts. */
let hasRead = false;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export const fileSource: ConfigSource & FileView = {
  read(path) {
    const isFirst = !hasRead;
    hasRead = true;
    const mapped = isFirst ? textOf(path) : undefined;
    if (mapped !== undefined) return mapped;
    try {
      // Loaded here, since most servers do without node:fs.
      return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
    } catch (error) {
      throw new Error(`open ${path}: ${errorText(error)}`);
    }
  },
  isUsableDirectory(path) {
    const { accessSync, constants, statSync } = process.getBuiltinModule("node:fs");
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    try {
      accessSync(path, constants.W_OK);
      return found.isDirectory();
    } catch {
      return false;
    }
  },
  environment: (name) => process.env[name],
};

/**
 * The file's content without node:fs, which costs 4 MB; undefined if it cannot be had like this.
 * Only at start: whoever shortens a file while it is mapped ends the process.
 */
function textOf(path: string): string | undefined {
  try {
    // What has no size is no file on a disk: opening a pipe would take what is in it.
    const { size } = Bun.file(path);
    return size > 0 && Number.isFinite(size) ? utf8.decode(Bun.mmap(path)) : undefined;
  } catch {
    return undefined;
  }
}
