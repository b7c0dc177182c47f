/**
 * Configuration files and environment variables of this process, as the parser reads them. Given to
 * `resolveOptions` by the program; tests give texts of their own.
 */
import type { ConfigSource } from "./parser.ts";

const NO_FILE_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
};

export const fileSource: ConfigSource = {
  read(path) {
    try {
      // Loaded here, since a server without a file does without node:fs.
      return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      throw new Error(`open ${path}: ${NO_FILE_TEXTS[code] ?? code}`);
    }
  },
  environment: (name) => process.env[name],
};
