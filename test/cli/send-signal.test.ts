/** `--signal` and `-sl`: what reaches another process, and what is said when nothing can. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Program, runToEnd } from "../support/program.ts";

const LOCAL = ["-a", "127.0.0.1", "-p", "-1"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "signal-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A process that every signal ends. */
function startSleeper(): Bun.Subprocess {
  return Bun.spawn(["sleep", "30"], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
}

/** The id of a process that has ended and been waited for. */
async function endedPid(): Promise<number> {
  const child = Bun.spawn(["true"]);
  await child.exited;
  return child.pid;
}

describe.if(process.platform !== "win32")("a signal", () => {
  test.each([
    ["stop", "SIGKILL"],
    ["quit", "SIGINT"],
    ["term", "SIGTERM"],
    ["reopen", "SIGUSR1"],
    ["ldm", "SIGUSR2"],
    ["reload", "SIGHUP"],
  ] as const)("%s is sent as %s", async (word, signal) => {
    const sleeper = startSleeper();
    const { stdout, stderr, exitCode } = await runToEnd("--signal", `${word}=${sleeper.pid}`);
    expect(stdout + stderr).toBe("");
    expect(exitCode).toBe(0);
    await sleeper.exited;
    expect(sleeper.signalCode).toBe(signal);
  });

  test("reaches the server whose id is in a file, with or without a line end", async () => {
    await using program = await Program.start(...LOCAL);
    const path = file("midge.pid", `${program.pid}\n`);
    expect((await runToEnd("-sl", `reload=${path}`)).exitCode).toBe(0);
    await program.logged(/Trapped "hangup" signal/);
    expect((await runToEnd(`-sl=quit=${file("bare.pid", String(program.pid))}`)).exitCode).toBe(0);
    expect(await program.exited()).toBe(0);
  });

  test("is sent whatever flags of a server stand beside it", async () => {
    const sleeper = startSleeper();
    const { exitCode } = await runToEnd("-p", "-1", "--signal", `quit=${sleeper.pid}`, "-D");
    expect(exitCode).toBe(0);
    await sleeper.exited;
    expect(sleeper.signalCode).toBe("SIGINT");
  });
});

describe.if(process.platform !== "win32")("one message ends it with 1 for", () => {
  test.each([
    ["stop=abc", "invalid pid: abc"],
    ["stop=abc*", "invalid pid: abc"],
    ["stop=0", "invalid pid: 0"],
    ["stop=-1", "invalid pid: -1"],
    ["stop=1=2=3", "invalid signal parameters: [2 3]"],
    ["nonsense=1", 'unknown signal "nonsense"'],
    ["=1", 'unknown signal ""'],
    ["toString=1", 'unknown signal "toString"'],
  ])("%s", async (request, message) => {
    const { stdout, stderr, exitCode } = await runToEnd("--signal", request);
    expect(stderr).toBe(`midge: ${message}\n`);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  });

  test("a file with something else in it", async () => {
    const path = file("words", "no number\n");
    expect((await runToEnd("--signal", `stop=${path}`)).stderr).toBe(
      "midge: invalid pid: no number\n",
    );
    const empty = file("empty", "\n");
    expect((await runToEnd("--signal", `stop=${empty}`)).stderr).toBe(
      `midge: invalid pid: ${empty} is empty\n`,
    );
  });

  test("a process that has ended", async () => {
    const pid = await endedPid();
    const { stderr, exitCode } = await runToEnd("--signal", `reload=${pid}`);
    expect(stderr).toBe(`midge: \nsignal "reload" ${pid}: no such process\n`);
    expect(exitCode).toBe(1);
  });
});
