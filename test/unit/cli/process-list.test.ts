/** Processes by the name of their executable, from a /proc as it looks and from what ps prints. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { inTable, processesNamed } from "../../../src/cli/process-list.ts";

describe.if(process.platform === "linux")("in /proc", () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), "proc-"));
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  function add(pid: number, { command = "midge", state = "S", exe = "" }): void {
    const folder = join(proc, String(pid));
    mkdirSync(folder);
    writeFileSync(join(folder, "stat"), `${pid} (${command}) ${state} 1 2 3\n`);
    if (exe !== "") symlinkSync(exe, join(folder, "exe"));
  }

  test("are found by their executable, also after it was replaced, in order", () => {
    add(200, { exe: "/usr/bin/midge" });
    add(30, { command: "other", exe: "/opt/midge (deleted)" });
    add(4, { exe: "/usr/bin/midget" });
    expect(processesNamed("midge", proc)).toEqual([30, 200]);
  });

  test("of other users are found by the name that the system gives them", () => {
    add(5, {});
    add(6, { command: "a) S (b" });
    expect(processesNamed("midge", proc)).toEqual([5]);
    expect(processesNamed("a) S (b", proc)).toEqual([6]);
  });

  test("do not count once they are zombies or gone", () => {
    add(5, { state: "Z" });
    mkdirSync(join(proc, "6"));
    mkdirSync(join(proc, "self"));
    expect(processesNamed("midge", proc)).toEqual([]);
  });

  test("are unknown without a /proc", () => {
    expect(processesNamed("midge", join(proc, "none"))).toBeUndefined();
  });
});

test("this process is in the system's list", () => {
  expect(processesNamed(basename(realpathSync(process.execPath)))).toContain(process.pid);
});

test("a table of ps names executables with or without their path", () => {
  const table = [
    "    1 Ss   /sbin/launchd",
    "   20 S    /usr/local/bin/midge",
    "  300 S+   midge",
    "   41 Z    midge",
    "   42 S    /usr/local/bin/midge helper",
    "",
  ];
  expect(inTable("midge", table.join("\n"))).toEqual([20, 300]);
});
