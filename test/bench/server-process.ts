/**
 * One server under test: started on a free port, watched through /proc, stopped.
 * Used by run.ts; the load generator only reads CPU times. Any server that takes `-p`, `-a` and
 * `-c` the way nats-server does will do.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awaitText } from "./client.ts";
import { configurationText } from "./configurations.ts";
import type { Configuration } from "./configurations.ts";
import { closeSocket, dial } from "./sockets.ts";

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 0.2;
/** Ticks per second of the times in /proc/<pid>/stat (USER_HZ), 100 on every Linux Bun runs on. */
const TICKS_PER_SECOND = 100;

export class ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** From before the spawn to the first INFO line. */
  readonly startMs: number;
  readonly #process: Bun.Subprocess;
  readonly #killOnExit: () => void;

  private constructor(process: Bun.Subprocess, port: number, startMs: number, kill: () => void) {
    this.port = port;
    this.pid = process.pid;
    this.startMs = startMs;
    this.#process = process;
    this.#killOnExit = kill;
  }

  /**
   * Starts a server and returns once it has sent INFO. The port is polled in a blocking loop, since
   * the time to the first INFO is itself a figure. Throws with the server's last words otherwise.
   */
  static start(binary: string, configuration?: Configuration): ServerProcess {
    const port = freePort();
    const logPath = join(tmpdir(), `bench-server-${process.pid}.log`);
    const log = openSync(logPath, "w");
    const configurationPath = join(tmpdir(), `bench-server-${process.pid}.conf`);
    const flags = ["-p", String(port), "-a", "127.0.0.1"];
    if (configuration !== undefined) {
      writeFileSync(configurationPath, configurationText(configuration));
      flags.push("-c", configurationPath);
    }
    const startedAtMs = performance.now();
    const child = Bun.spawn([binary, ...flags], {
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    closeSync(log);
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    try {
      waitForInfo(child.pid, port, startedAtMs);
    } catch (error) {
      kill();
      throw new Error(`${binary} did not start: ${error}\n${readFileSync(logPath, "utf8").trim()}`);
    } finally {
      rmSync(logPath);
      rmSync(configurationPath, { force: true });
    }
    return new ServerProcess(child, port, performance.now() - startedAtMs, kill);
  }

  /** Memory of the server that is in RAM now (VmRSS). */
  residentBytes(): number {
    return residentBytes(this.pid);
  }

  /** The most that has been in RAM so far (VmHWM). */
  peakResidentBytes(): number {
    return statusBytes(this.pid, "VmHWM");
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    const deadline = setTimeout(() => this.#process.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#process.exited;
    clearTimeout(deadline);
    process.off("exit", this.#killOnExit);
  }
}

/** Memory of a process that is in RAM now. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** CPU time a process has used so far, user and system, all its threads. Resolution 10 ms. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU time used on this machine by all processes, and taken from it by its host (steal). */
export function machineCpuSeconds(): number {
  const [, user, nice, system, , , , , steal] = readFileSync("/proc/stat", "latin1")
    .split("\n", 1)[0]!
    .split(/\s+/)
    .map(Number);
  return (user! + nice! + system! + steal!) / TICKS_PER_SECOND;
}

/** The fields of /proc/<pid>/stat from the state on; the name before it may hold spaces. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function statusBytes(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status);
  if (match === null) throw new Error(`no ${field} for process ${pid}`);
  return Number(match[1]) * 1024;
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

function waitForInfo(pid: number, port: number, startedAtMs: number): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (performance.now() - startedAtMs < START_TIMEOUT_MS) {
    const socket = dial(port);
    if (socket >= 0) {
      awaitText(socket, "INFO ");
      closeSocket(socket);
      return;
    }
    if (statFields(pid)[0] === "Z") throw new Error("it exited");
    Atomics.wait(sleeper, 0, 0, POLL_INTERVAL_MS);
  }
  throw new Error(`nothing listened on port ${port} within ${START_TIMEOUT_MS} ms`);
}
