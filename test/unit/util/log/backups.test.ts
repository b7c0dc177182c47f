/** Which files are backups of a log, and which of them go. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { backupStamp, backupsOf, purgeBackups } from "../../../../src/util/log/backups.ts";

const MIDNIGHT_S = Date.UTC(2026, 7, 1) / 1000;

describe("the name of a backup", () => {
  test("ends in local time with nine digits of a second", () => {
    expect(backupStamp(MIDNIGHT_S + 3725, 0, 42)).toBe("2026.08.01.01.02.05.000000042");
    expect(backupStamp(MIDNIGHT_S, -3600, 987_654_321)).toBe("2026.07.31.23.00.00.987654321");
  });

  test("is known by a stamp that is a time", () => {
    const ours = ["a.log.2026.08.01.01.02.05.000000042", "a.log.2024.02.29.23.59.59"];
    const others = [
      "a.log",
      "a.log.1",
      "a.log.2026.08.01",
      "a.log.2026.08.01.01.02.05.",
      "a.log.2026.08.01.01.02.05.5x",
      "a.log.2026.13.01.01.02.05.000000042",
      "a.log.2026.02.29.01.02.05.000000042",
      "a.log.2026.08.01.24.00.00.000000042",
      "a.log.2026.08.01.01.60.00.000000042",
      "a.log2026.08.01.01.02.05.000000042",
      "b.log.2026.08.01.01.02.05.000000042",
      "xa.log.2026.08.01.01.02.05.000000042",
    ];
    expect(backupsOf("a.log", [...others, ...ours])).toEqual(ours.toReversed());
  });
});

describe("removing old backups", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "midge-log-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const stamp = (day: number) => `a.log.${backupStamp(MIDNIGHT_S + day * 86_400, 0, 5)}`;

  function fill(): string {
    for (const day of [3, 1, 2]) writeFileSync(join(directory, stamp(day)), "x");
    writeFileSync(join(directory, "a.log"), "x");
    writeFileSync(join(directory, "a.log.keep"), "x");
    return join(directory, "a.log");
  }

  test("leaves as many files as are wanted, the log itself included", () => {
    const said = purgeBackups(fill(), 2);
    expect(said.map(({ text }) => text)).toEqual([
      `Purged log file "${stamp(1)}"`,
      `Purged log file "${stamp(2)}"`,
    ]);
    expect(readdirSync(directory).sort()).toEqual(["a.log", stamp(3), "a.log.keep"].sort());
  });

  test("leaves no backup when one file is wanted, and all when none is given", () => {
    const path = fill();
    expect(purgeBackups(path, 0)).toEqual([]);
    expect(purgeBackups(path, 4)).toEqual([]);
    expect(purgeBackups(path, 1)).toHaveLength(3);
  });

  test("passes over a directory with the name of a backup", () => {
    mkdirSync(join(directory, stamp(1)));
    expect(purgeBackups(join(directory, "a.log"), 1)).toEqual([]);
  });

  test("says so when the directory cannot be read", () => {
    const said = purgeBackups(join(directory, "gone", "a.log"), 1);
    const where = JSON.stringify(join(directory, "gone"));
    const why = "no such file or directory";
    const text = `Unable to read directory ${where} for log purge (${why}), will attempt next rotation`;
    expect(said).toEqual([{ level: "error", text }]);
  });
});
