/** The log in a file, on real files: order, rotation, reopening, and disks that refuse. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FileSink, type FileSinkSettings } from "../../../../src/util/log/file-sink.ts";
import { LocalZone } from "../../../../src/util/local-time.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { eventually } from "../../../support/measured-server.ts";

const UTC = new LocalZone([{ offsetS: 0, fromS: -Infinity, untilS: Infinity }]);
const SOON_MS = 5000;
const FILE_SINK = join(import.meta.dir, "../../../../src/util/log/file-sink.ts");

let directory: string;
let path: string;
let sinks: FileSink[];
let complaints: string[];
let clock: FakeClock;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "midge-log-"));
  path = join(directory, "a.log");
  sinks = [];
  complaints = [];
  clock = new FakeClock();
});

afterEach(() => {
  for (const sink of sinks) sink.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(settings: Partial<FileSinkSettings> = {}): FileSink {
  const sink = new FileSink(
    { path, sizeLimitBytes: 0, maxFiles: 0, ...settings },
    { complaints: { write: (line) => complaints.push(line) }, clock, zone: UTC },
  );
  sink.attach((level, text) => `[${level}] ${text}\n`);
  sinks.push(sink);
  return sink;
}

function read(file = path): string {
  return readFileSync(file, "utf8");
}

function backups(): string[] {
  return readdirSync(directory)
    .filter((name) => name !== "a.log")
    .sort();
}

describe("a log file", () => {
  test("is appended to, and made for owner and group alone", () => {
    const old = process.umask(0);
    const sink = open();
    process.umask(old);
    sink.write("one\n");
    sink.close();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    const again = open();
    again.write("two\n");
    again.close();
    expect(read()).toBe("one\ntwo\n");
  });

  test("is written when the turn is over, without anybody asking", async () => {
    const sink = open();
    sink.write("one\n");
    sink.write("two\n");
    expect(read()).toBe("");
    clock.advance(0);
    await eventually("both lines", SOON_MS, () => read() === "one\ntwo\n");
  });

  test("holds all lines in order, whether written in the background or at once", async () => {
    const sink = open();
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${"é".repeat(i % 50)}\n`);
    for (const [i, line] of lines.entries()) {
      sink.write(line);
      if (i % 1000 === 0) clock.advance(0);
      if (i % 1500 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      if (i % 3000 === 0) sink.flush();
    }
    sink.flush();
    expect(read()).toBe(lines.join(""));
  });

  test("holds what was written right before the process ended", async () => {
    const script = `
      import { FileSink } from ${JSON.stringify(FILE_SINK)};
      const sink = new FileSink(
        { path: process.argv[1], sizeLimitBytes: 0, maxFiles: 0 },
        { complaints: { write() {} } },
      );
      for (let i = 0; i < 30000; i++) sink.write("line " + i + "\\n");
      await new Promise((resolve) => setImmediate(resolve));
      sink.write("last\\n");
      if (process.argv[2] === "throw") throw new Error("on purpose");
      process.exit(0);
    `;
    for (const how of ["exit", "throw"]) {
      const file = join(directory, how);
      const child = Bun.spawn([process.execPath, "-e", script, file, how], { stderr: "ignore" });
      await child.exited;
      const lines = read(file).split("\n");
      expect([lines.length, lines[0], lines[29_999], lines[30_000]]).toEqual([
        30_002,
        "line 0",
        "line 29999",
        "last",
      ]);
    }
  });

  test("that cannot be opened is an error with the reason", () => {
    path = join(directory, "missing", "a.log");
    expect(() => open()).toThrow(`error opening file: open ${path}: no such file or directory`);
    path = directory;
    expect(() => open()).toThrow(`error opening file: open ${path}: is a directory`);
  });

  test("takes nothing more once closed", () => {
    const sink = open();
    sink.close();
    sink.write("late\n");
    sink.flush();
    sink.reopen();
    expect(read()).toBe("");
  });

  test("may be a device, which neither rotates nor is renamed", () => {
    const target = join(directory, "null");
    symlinkSync("/dev/null", target);
    const sink = open({ path: target, sizeLimitBytes: 10 });
    for (let i = 0; i < 10; i++) sink.write("a line that is long\n");
    sink.flush();
    expect(readdirSync(directory)).toEqual(["null"]);
  });
});

/** A line of 200 bytes. */
function wide(text: string): string {
  return `${text.padEnd(199, ".")}\n`;
}

describe("rotation", () => {
  test("puts the file aside after the line that makes it too large", () => {
    const sink = open({ sizeLimitBytes: 600 });
    for (let i = 1; i <= 5; i++) sink.write(wide(`line ${i}`));
    sink.flush();
    const [backup] = backups();
    expect(backup).toBe("a.log.2026.01.02.03.04.05.000000000");
    expect(read(join(directory, backup!))).toBe(
      [1, 2, 3, 4].map((i) => wide(`line ${i}`)).join(""),
    );
    const note = `[info] Rotated log, backup saved as ${JSON.stringify(join(directory, backup!))}\n`;
    expect(read()).toBe(`${note}${wide("line 5")}`);
    expect(statSync(path).mode & 0o137).toBe(0);
  });

  test("happens in the background too, with every line in some file once", async () => {
    const sink = open({ sizeLimitBytes: 2000 });
    const lines = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`);
    for (const line of lines) sink.write(line);
    clock.advance(0);
    await eventually("the last line", SOON_MS, () => read().endsWith("line 2999\n"));
    const all = [...backups(), "a.log"].map((name) => read(join(directory, name)));
    const withoutNotes = all.join("").replace(/^\[info\].*\n/gm, "");
    expect(withoutNotes).toBe(lines.join(""));
    for (const text of all.slice(0, -1)) {
      expect(text.length).toBeGreaterThan(2000);
      expect(text.length).toBeLessThanOrEqual(2010);
    }
  });

  test("gives each backup a name of its own while the clock stands still", () => {
    const sink = open({ sizeLimitBytes: 5 });
    for (let i = 0; i < 4; i++) sink.write(`line ${i}\n`);
    sink.flush();
    expect(backups().map((name) => name.slice(-9))).toEqual([
      "000000000",
      "000000001",
      "000000002",
      "000000003",
    ]);
  });

  test("removes the oldest backups and says so", () => {
    const sink = open({ sizeLimitBytes: 100, maxFiles: 2 });
    const line = `${"x".repeat(100)}\n`;
    sink.write(line);
    sink.write(line);
    sink.flush();
    expect(backups()).toEqual(["a.log.2026.01.02.03.04.05.000000001"]);
    expect(read()).toContain('[info] Purged log file "a.log.2026.01.02.03.04.05.000000000"\n');
  });

  test("comes first when the file is too large at start", () => {
    writeFileSync(path, "old\n".repeat(100));
    const sink = open({ sizeLimitBytes: 300 });
    sink.write("new\n");
    sink.flush();
    expect(read(join(directory, backups()[0]!))).toEndWith("old\n[info] Rotating logfile...\n");
    expect(read()).toEndWith("\nnew\n");
  });

  test("goes by the real size when others truncate the file", () => {
    const sink = open({ sizeLimitBytes: 30 });
    for (let i = 0; i < 5; i++) {
      sink.write("0123456789\n0123456789\n");
      sink.flush();
      truncateSync(path);
    }
    expect(backups()).toEqual([]);
  });

  test("waits for twice the size when the new file cannot be made", () => {
    const sink = open({ sizeLimitBytes: 350 });
    renameSync(directory, `${directory}-moved`);
    for (const line of [wide("one"), wide("two"), "next\n"]) sink.write(line);
    sink.flush();
    renameSync(`${directory}-moved`, directory);
    const why = "no such file or directory";
    const note = `Unable to re-open logfile for rotation (${why}), will attempt next rotation at size 700`;
    expect(read()).toBe(`${wide("one")}${wide("two")}[error] ${note}\nnext\n`);
    expect(backups()).toEqual([]);
    sink.write(wide("again") + wide("and again"));
    sink.flush();
    expect(backups()).toHaveLength(1);
  });

  test("makes a new file when the old one has been moved away", () => {
    const sink = open({ sizeLimitBytes: 150 });
    unlinkSync(path);
    sink.write(wide("lost with its file"));
    sink.write("next\n");
    sink.flush();
    const note = "Rotated log, without a backup as the file had been moved away";
    expect(read()).toBe(`[info] ${note}\nnext\n`);
    expect(backups()).toEqual([]);
  });
});

describe("reopening", () => {
  test("goes on in a new file after the old one was renamed", () => {
    const sink = open();
    sink.write("before\n");
    sink.flush();
    renameSync(path, `${path}.1`);
    sink.write("still the old one\n");
    sink.reopen();
    sink.write("after\n");
    sink.flush();
    expect(read(`${path}.1`)).toBe("before\nstill the old one\n");
    expect(read()).toBe("after\n");
  });

  test("keeps rotation and the number of files", () => {
    const sink = open({ sizeLimitBytes: 10, maxFiles: 1 });
    sink.reopen();
    sink.write("0123456789\n");
    sink.flush();
    expect(read()).toContain("Rotated log");
    expect(backups()).toEqual([]);
  });

  test("while a write is running loses and repeats nothing", () => {
    const sink = open();
    const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`);
    for (const [i, line] of lines.entries()) {
      sink.write(line);
      if (i === 20_000) clock.advance(0);
    }
    renameSync(path, `${path}.1`);
    sink.reopen();
    sink.write("after\n");
    sink.flush();
    expect(read(`${path}.1`)).toBe(lines.join(""));
    expect(read()).toBe("after\n");
  });

  test("that fails throws the reason and goes on in the old file", () => {
    const sink = open();
    renameSync(path, `${path}.1`);
    mkdirSync(path);
    expect(() => sink.reopen()).toThrow(`error opening file: open ${path}: is a directory`);
    sink.write("after\n");
    sink.flush();
    expect(read(`${path}.1`)).toBe("after\n");
  });
});

/** A device that refuses every write, under the name of the log. */
const FULL_DEVICE = "/dev/full";
const onFullDevice = existsSync(FULL_DEVICE) ? describe : describe.if(false);

onFullDevice("a full disk", () => {
  function openOnFullDisk(): FileSink {
    symlinkSync(FULL_DEVICE, path);
    return open();
  }

  /** Space again: the same name leads to a file that can be written. */
  function makeSpace(sink: FileSink): void {
    unlinkSync(path);
    sink.reopen();
  }

  test("is complained about once, however often it is tried", () => {
    const sink = openOnFullDisk();
    for (let i = 0; i < 5; i++) {
      sink.write(`line ${i}\n`);
      clock.advance(1000);
    }
    sink.flush();
    const why = "no space left on device";
    const text = `Unable to write log file ${JSON.stringify(path)} (${why}), will keep trying`;
    expect(complaints).toEqual([`[error] ${text}\n`]);
  });

  test("delays lines, and loses none while they fit into memory", () => {
    const sink = openOnFullDisk();
    for (let i = 0; i < 1000; i++) sink.write(`line ${i}\n`);
    sink.flush();
    makeSpace(sink);
    sink.write("works\n");
    sink.flush();
    expect(read().split("\n")).toHaveLength(1002);
    expect(read()).toEndWith("line 999\nworks\n");
  });

  test("is tried again after a second", async () => {
    const sink = openOnFullDisk();
    sink.write("one\n");
    clock.advance(0);
    expect([complaints.length, clock.timerCount]).toEqual([1, 1]);
    clock.advance(999);
    expect(clock.timerCount).toBe(1);
    makeSpace(sink);
    await eventually("the line", SOON_MS, () => read() === "one\n");
    expect(clock.timerCount).toBe(0);
  });

  test("that lasts too long costs lines, which are counted where they were lost", () => {
    const sink = openOnFullDisk();
    const line = `${"x".repeat(1023)}\n`;
    sink.flush();
    for (let i = 0; i < 6000; i++) sink.write(line);
    sink.flush();
    makeSpace(sink);
    sink.flush();
    sink.write("works\n");
    sink.flush();
    const lines = read().split("\n");
    const lost = Number(/^\[warn\] (\d+) log lines were lost$/.exec(lines.at(-3)!)?.[1]);
    expect(lost).toBe(6000 - (lines.length - 3));
    expect(lost).toBeGreaterThan(1500);
    expect(lines.at(-2)).toBe("works");
  });
});

describe("a pipe under the name of the log", () => {
  test("without a reader is an error at start, not a wait", () => {
    const made = Bun.spawnSync(["mkfifo", path]);
    expect(made.exitCode).toBe(0);
    expect(() => open()).toThrow(`open ${path}: no such device or address`);
  });

  test("that is full is tried again, and no line is lost", async () => {
    Bun.spawnSync(["mkfifo", path]);
    const reader = Bun.spawn(["sh", "-c", `exec 3<${path}; read go; exec cat <&3`], {
      stdin: "pipe",
      stdout: "pipe",
    });
    let sink: FileSink | undefined;
    await eventually("the reader", SOON_MS, () => {
      try {
        sink = open();
        return true;
      } catch {
        return false;
      }
    });
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");
    sink!.write(lines);
    sink!.write("last\n");
    clock.advance(0);
    reader.stdin.write("go\n");
    reader.stdin.end();
    const text = reader.stdout.text();
    await eventually("all to be written", SOON_MS, () => {
      clock.advance(20);
      return clock.timerCount === 0;
    });
    sink!.close();
    expect(await text).toBe(`${lines}last\n`);
    expect(complaints).toEqual([]);
  });
});
