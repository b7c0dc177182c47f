/**
 * The file with the process id, for scripts and `--signal`. As the reference's it holds the number
 * alone, is readable by its owner only and stays when the server ends.
 */
import { errorText } from "../util/system-error.ts";

/** Throws an `Error` with a one-line reason. */
export function writePidFile(path: string): void {
  try {
    process.getBuiltinModule("node:fs").writeFileSync(path, String(process.pid), { mode: 0o600 });
  } catch (error) {
    throw new Error(`open ${path}: ${errorText(error)}`);
  }
}
