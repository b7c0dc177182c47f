/**
 * Backups of a log file: `<file>.YYYY.MM.DD.HH.MM.SS.nnnnnnnnn`, with the local time at which the
 * file was put aside. Used by the file sink when it rotates; files of other names are not touched.
 */
import type { OwnStatement } from "./sink.ts";
import { errorText } from "../system-error.ts";
import { isoSecond } from "./time-stamp.ts";

/** The fraction may have any number of digits or be missing, as nats-server reads it. */
const STAMP = /^(\d{4})\.(\d\d)\.(\d\d)\.(\d\d)\.(\d\d)\.(\d\d)(?:\.\d+)?$/;

/** The stamp of a time since 1970, `offsetS` seconds east of UTC. */
export function backupStamp(unixS: number, offsetS: number, nanoseconds: number): string {
  const iso = isoSecond(unixS, offsetS);
  return `${iso.replace(/[-T:]/g, ".")}.${String(nanoseconds).padStart(9, "0")}`;
}

/** Of the `names` in a directory those that are backups of `fileName`, oldest first. */
export function backupsOf(fileName: string, names: readonly string[]): string[] {
  const prefix = `${fileName}.`;
  return names
    .filter((name) => name.startsWith(prefix) && isStamp(name.slice(prefix.length)))
    .sort();
}

/**
 * Removes the oldest backups of the file at `path` until there are `maxFiles` with the file itself;
 * 0 keeps all. Returns what there is to say about it. Stops at the first that cannot be removed.
 */
export function purgeBackups(path: string, maxFiles: number): OwnStatement[] {
  if (maxFiles <= 0) return [];
  const { readdirSync, unlinkSync } = process.getBuiltinModule("node:fs");
  const { basename, dirname, join } = process.getBuiltinModule("node:path");
  const directory = dirname(path);
  let names: string[];
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    const problem = `Unable to read directory ${JSON.stringify(directory)} for log purge`;
    return [{ level: "error", text: `${problem} (${errorText(error)}), ${NEXT_TIME}` }];
  }
  const said: OwnStatement[] = [];
  const backups = backupsOf(basename(path), names);
  for (const name of backups.slice(0, Math.max(0, backups.length - (maxFiles - 1)))) {
    const quoted = JSON.stringify(name);
    try {
      unlinkSync(join(directory, name));
    } catch (error) {
      const problem = `Unable to remove backup log file ${quoted} (${errorText(error)})`;
      said.push({ level: "error", text: `${problem}, ${NEXT_TIME}` });
      break;
    }
    said.push({ level: "info", text: `Purged log file ${quoted}` });
  }
  return said;
}

const NEXT_TIME = "will attempt next rotation";

function isStamp(text: string): boolean {
  const match = STAMP.exec(text);
  if (match === null) return false;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const date = new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
  const iso = Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19);
  return iso.replace(/[-T:]/g, ".") === text.slice(0, 19);
}
