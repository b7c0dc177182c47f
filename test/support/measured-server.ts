/**
 * A server in a process of its own, with monitoring on, whose memory, CPU time and descriptors
 * tests read while they strain it: the executable that MIDGE_EXECUTABLE names, else the sources run
 * by Bun. Dispose of it with `await using`, which kills it.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TEST_HOST } from "./running-server.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

/** Ticks per second of the times in /proc/<pid>/stat (USER_HZ), 100 on every Linux Bun runs on. */
const TICKS_PER_SECOND = 100;

/** What is kept of the log: hostile peers cause a line each. */
const KEPT_LOG_CHARACTERS = 64 * 1024;

const POLL_INTERVAL_MS = 10;

export interface MeasuredServerSettings {
  /** Command line arguments beyond address, port and monitoring port. */
  readonly args?: readonly string[];
  /** Address to listen on; 127.0.0.1 unless given. */
  readonly host?: string;
  /** Any free port unless given. */
  readonly port?: number;
  /** Hard and soft limit of open files; the system's unless given. */
  readonly maxDescriptors?: number;
}

/** The counters of `/varz` that tests look at. */
export interface Varz {
  readonly server_id: string;
  readonly connections: number;
  readonly total_connections: number;
  readonly subscriptions: number;
  readonly in_msgs: number;
  readonly out_msgs: number;
  readonly slow_consumers: number;
  readonly slow_consumer_stats: { readonly clients: number };
}

export class MeasuredServer implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #kill: () => void;
  readonly #reading: Promise<void>;
  readonly #ready: PromiseWithResolvers<void>;
  #log: string;
  port: number;
  monitorPort: number;

  private constructor(settings: MeasuredServerSettings) {
    const { args = [], host = TEST_HOST, port = -1, maxDescriptors } = settings;
    const program = process.env["MIDGE_EXECUTABLE"];
    const command = [
      ...(program === undefined ? [process.execPath, MAIN] : [program]),
      ...["-a", host, "-p", String(port), "-m", "-1", ...args],
    ];
    const shell = ["bash", "-c", `ulimit -n ${maxDescriptors}; exec "$@"`, "bash"];
    this.#child = Bun.spawn(maxDescriptors === undefined ? command : [...shell, ...command], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    this.#kill = () => this.#child.kill("SIGKILL");
    process.once("exit", this.#kill);
    this.#ready = Promise.withResolvers();
    this.#log = "";
    this.port = 0;
    this.monitorPort = 0;
    this.#reading = this.#read();
  }

  /** Resolves when the server is ready; rejects with its log when it ends instead. */
  static async start(settings: MeasuredServerSettings = {}): Promise<MeasuredServer> {
    const server = new MeasuredServer(settings);
    await server.#ready.promise;
    return server;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The end of the log. */
  get log(): string {
    return this.#log;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Memory of the process in RAM. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
  }

  /** CPU time used so far, in milliseconds. */
  get cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  }

  /** Open descriptors of the process. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async varz(): Promise<Varz> {
    const response = await fetch(this.monitorUrl("/varz"));
    return (await response.json()) as Varz;
  }

  monitorUrl(path: string): string {
    return `http://${TEST_HOST}:${this.monitorPort}${path}`;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code, once the process has ended and its log is complete. */
  async exited(): Promise<number> {
    await this.#reading;
    return this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    process.off("exit", this.#kill);
    await this.exited();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let isReady = false;
    for await (const chunk of this.#child.stderr) {
      this.#log = (this.#log + decoder.decode(chunk, { stream: true })).slice(-KEPT_LOG_CHARACTERS);
      if (isReady || !this.#log.includes("Server is ready")) continue;
      isReady = true;
      this.port = Number(/Listening for client connections on \S*:(\d+)\n/.exec(this.#log)?.[1]);
      this.monitorPort = Number(/Starting http monitor on \S*:(\d+)\n/.exec(this.#log)?.[1]);
      this.#ready.resolve();
    }
    this.#ready.reject(new Error(`the server ended before it was ready:\n${this.#log}`));
  }
}

/** Looks again and again until `check` holds; rejects, naming `what`, after `timeoutMs`. */
export async function eventually(
  what: string,
  timeoutMs: number,
  check: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not after ${timeoutMs} ms`);
    await new Promise<void>((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
