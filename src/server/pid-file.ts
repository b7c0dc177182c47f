/**
 * The file with the process id, for scripts and `--signal`. As the reference's it holds the number
 * alone, is readable by its owner only and stays when the server ends.
 */

/** Throws the system's error. */
export function writePidFile(path: string): void {
  process.getBuiltinModule("node:fs").writeFileSync(path, String(process.pid), { mode: 0o600 });
}
