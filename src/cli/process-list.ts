/**
 * Processes of this machine by the name of their executable. Used by `send-signal.ts`. Linux tells
 * through /proc, other systems through `ps`, so that no other program has to be there.
 */
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * Ids in ascending order, zombies left out; undefined if the system does not tell. `procFolder` is
 * for tests.
 */
export function processesNamed(name: string, procFolder = "/proc"): readonly number[] | undefined {
  try {
    const pids = process.platform === "linux" ? inProc(name, procFolder) : inTable(name, runPs());
    return [...pids].sort((left, right) => left - right);
  } catch {
    return undefined;
  }
}

function inProc(name: string, procFolder: string): number[] {
  return readdirSync(procFolder)
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => nameInProc(join(procFolder, entry)) === name)
    .map(Number);
}

/** The executable's name; "" for a zombie and for a process that has ended meanwhile. */
function nameInProc(folder: string): string {
  try {
    // pid (command) state ..., where the command may hold anything.
    const stat = readFileSync(join(folder, "stat"), "utf8");
    const end = stat.lastIndexOf(")");
    if (/^ [ZX]/.test(stat.slice(end + 1))) return "";
    return linkedName(join(folder, "exe")) ?? stat.slice(stat.indexOf("(") + 1, end);
  } catch {
    return "";
  }
}

/** The file that runs, also if it was replaced since; undefined where other users may not look. */
function linkedName(exe: string): string | undefined {
  try {
    return basename(readlinkSync(exe)).replace(/ \(deleted\)$/, "");
  } catch {
    return undefined;
  }
}

function runPs(): string {
  const { success, stdout } = Bun.spawnSync(["ps", "-A", "-o", "pid=,stat=,comm="]);
  if (!success) throw new Error("ps failed");
  return stdout.toString();
}

/** Reads the table of `ps`: id, state and executable, which may be a whole path. */
export function inTable(name: string, table: string): number[] {
  return table.split("\n").flatMap((line) => {
    const [, pid, state, command] = /^ *(\d+) +(\S+) +(.*?) *$/.exec(line) ?? [];
    if (pid === undefined || state!.startsWith("Z")) return [];
    return basename(command!) === name ? [Number(pid)] : [];
  });
}
