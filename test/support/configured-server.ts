/**
 * The midge program with a configuration file that the test rewrites, and everything it leaves
 * behind in a temporary folder of its own. Used by the tests of reload, log and life cycle. The log
 * is read wherever it goes, so a test can wait for a line. Dispose of it with `await using`.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./measured-server.ts";
import { command } from "./program.ts";
import { RawPeer } from "./raw-peer.ts";
import { TEST_HOST } from "./running-server.ts";

const SOON_MS = 10_000;

/** What a client sends first, and what is asked of it: nothing by default. */
export type ConnectFields = Readonly<Record<string, string | number | boolean>>;

interface Ports {
  readonly nats: readonly string[];
  readonly monitoring: readonly string[];
}

export class ConfiguredServer implements AsyncDisposable {
  /** Removed at the end. */
  readonly folder: string;
  readonly configPath: string;
  /** All of standard error so far. */
  stderr: string;
  /** The file that the server logs to now; undefined while it is standard error. */
  logFile: string | undefined;
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #kill: () => void;
  readonly #reading: Promise<void>;
  #ports: Ports;

  private constructor(config: string, args: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), "midge-"));
    this.configPath = this.path("midge.conf");
    this.write(config);
    this.stderr = "";
    this.logFile = undefined;
    const own = ["--ports_file_dir", this.folder, "-c", this.configPath];
    this.#child = Bun.spawn(command([...own, ...args]), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    this.#kill = () => this.#child.kill("SIGKILL");
    process.once("exit", this.#kill);
    this.#reading = this.#read();
    this.#ports = { nats: [], monitoring: [] };
  }

  /**
   * Starts it on free ports, which no reload can change, with `config` in its file; `{folder}`
   * there stands for the server's own folder. The log is complete up to the ready line unless it
   * goes elsewhere than to standard error.
   */
  static start(config: string, ...args: string[]): Promise<ConfiguredServer> {
    const ports = ["-a", TEST_HOST, "-p", "-1", "-m", "-1"];
    return ConfiguredServer.startWith(config, ...ports, ...args);
  }

  /** The same with no other flags than `args`; the file has to say that monitoring is on. */
  static async startWith(config: string, ...args: string[]): Promise<ConfiguredServer> {
    const server = new ConfiguredServer(config, args);
    try {
      await eventually("a ports file", SOON_MS, () => server.#findPorts());
      const logsElsewhere = /log_file|syslog/.test(config + args.join());
      if (!logsElsewhere) await server.logged(/Server is ready.*\n/);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw new Error(`${String(error)}\n${server.stderr}`);
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get port(): number {
    return Number(new URL(this.#ports.nats[0]!).port);
  }

  get monitorPort(): number {
    return Number(new URL(this.#ports.monitoring[0]!).port);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Of a file in the server's folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Names in the server's folder that begin with `start`, sorted. */
  files(start: string): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith(start))
      .sort();
  }

  /** Replaces what the configuration file says. */
  write(config: string): void {
    writeFileSync(this.configPath, config.replaceAll("{folder}", this.folder));
  }

  /** All of the log so far, as far as it is where it goes now. */
  get log(): string {
    if (this.logFile === undefined) return this.stderr;
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  /** Resolves when `pattern` is in the log after its first `from` characters. */
  async logged(pattern: RegExp, from = 0): Promise<void> {
    await eventually(`${pattern} in the log`, SOON_MS, () => pattern.test(this.log.slice(from)));
  }

  /** The lines after the first `from` characters, without process id and time. */
  linesSince(from: number): string[] {
    const lines = this.log.slice(from).split("\n").slice(0, -1);
    return lines.map((line) => line.replace(/^\[\d+\] (?:[\d/]+ [\d:.]+ )?/, ""));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /**
   * Has the server read its configuration again, after replacing it by `config` if there is one,
   * and returns what it says to that, signals left out.
   */
  async reload(config?: string): Promise<string[]> {
    if (config !== undefined) this.write(config);
    return this.linesDuring(async () => {
      const from = this.log.length;
      this.signal("SIGHUP");
      await this.logged(/Reloaded server configuration|Failed to reload/, from);
    });
  }

  /** The lines that `act` causes, signals left out: up to the answer to one that comes after it. */
  async linesDuring(act: () => Promise<unknown>): Promise<string[]> {
    const from = this.log.length;
    await act();
    const marked = this.log.length;
    this.signal("SIGUSR1");
    await this.logged(/File log re-open.*\n/, marked);
    const isOwn = (line: string) => / Trapped "| File log re-open/.test(line);
    return this.linesSince(from).filter((line) => !isOwn(line));
  }

  /** A client that has connected, with `fields` in its CONNECT, and been answered. */
  async client(fields: ConnectFields = {}): Promise<RawPeer> {
    const peer = await RawPeer.open(TEST_HOST, this.port);
    await peer.send(`CONNECT ${JSON.stringify({ verbose: false, ...fields })}\r\n`);
    await peer.synchronise();
    return peer;
  }

  /** What the server sends to a new connection first. */
  async greeting(): Promise<Record<string, unknown>> {
    const peer = await RawPeer.open(TEST_HOST, this.port);
    await peer.until("greeting", () => peer.received.includes("\r\n"));
    peer.end();
    return infoOf(peer.received);
  }

  async varz(): Promise<Record<string, unknown>> {
    const response = await this.fetch("/varz");
    return (await response.json()) as Record<string, unknown>;
  }

  /** Asks monitoring for `path`. */
  fetch(path: string): Promise<Response> {
    return fetch(`${this.#ports.monitoring[0]!}${path}`);
  }

  /** The exit code, once the process has ended and its standard error is complete. */
  async exited(): Promise<number> {
    await this.#reading;
    return this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    process.off("exit", this.#kill);
    await this.exited();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #findPorts(): boolean {
    if (!this.isRunning) throw new Error("the server has ended");
    const name = readdirSync(this.folder).find((one) => one.endsWith(".ports"));
    const text = name === undefined ? "" : readFileSync(this.path(name), "utf8");
    // It is not there at once as a whole.
    if (!text.endsWith("}")) return false;
    this.#ports = JSON.parse(text) as Ports;
    return true;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.stderr += decoder.decode(chunk, { stream: true });
    }
  }
}

/** The fields of the last INFO line in `received`. */
export function infoOf(received: string): Record<string, unknown> {
  const line = received.slice(received.lastIndexOf("INFO {") + 5);
  return JSON.parse(line.slice(0, line.indexOf("\r\n"))) as Record<string, unknown>;
}
