/**
 * Configuration files and environment variables of this process, as the parser reads them. Given to
 * `resolveOptions` by the program; tests give texts of their own.
 */
import type { FileView } from "./blocks/named-files.ts";
import type { ConfigSource } from "./parser.ts";
import { errorText } from "../util/system-error.ts";

export const fileSource: ConfigSource & FileView = {
  read(path) {
    try {
      // Loaded here, since a server without a file does without node:fs.
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
