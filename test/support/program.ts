/**
 * The midge program as its own process: the executable that MIDGE_EXECUTABLE names, else the
 * sources run by Bun. Used by the tests of the command line, which care about output and exit
 * codes.
 */
import { join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const TIMEOUT_MS = 10_000;

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** The program and its arguments, as they are given to the system. */
export function command(args: readonly string[]): string[] {
  const executable = process.env["MIDGE_EXECUTABLE"];
  return executable === undefined ? [process.execPath, MAIN, ...args] : [executable, ...args];
}

/** Runs the program until it ends by itself. */
export function runToEnd(...args: string[]): Promise<Outcome> {
  return runWith({}, ...args);
}

/** The same with something on standard input, and with other environment variables. */
export async function runWith(
  { input = "", environment = {} }: { input?: string; environment?: Record<string, string> },
  ...args: string[]
): Promise<Outcome> {
  const child = Bun.spawn(command(args), {
    stdin: new Blob([input]),
    env: { ...process.env, ...environment },
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

/** A running program, watched through its log. Kill it with `await using`. */
export class Program implements AsyncDisposable {
  /** All of the log so far. */
  log: string;
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #reading: Promise<void>;
  #changed: PromiseWithResolvers<void>;
  #hasEnded: boolean;

  private constructor(args: readonly string[]) {
    this.log = "";
    this.#changed = Promise.withResolvers();
    this.#hasEnded = false;
    this.#child = Bun.spawn(command(args), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    this.#reading = this.#read();
  }

  /** Starts a server with `args` and waits until it is ready. */
  static async start(...args: string[]): Promise<Program> {
    const program = new Program(args);
    await program.logged(/Server is ready/);
    return program;
  }

  /** The port that clients connect to, from the log. */
  get port(): number {
    return Number(/Listening for client connections on \S*:(\d+)\n/.exec(this.log)?.[1]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when `pattern` is in the log; rejects with the log if it ends before. */
  async logged(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.log)) {
      if (this.#hasEnded) throw new Error(`the log ended without ${pattern}:\n${this.log}`);
      await this.#changed.promise;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code, once the program has ended and its log is complete. */
  async exited(): Promise<number> {
    await this.#reading;
    return this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.log += decoder.decode(chunk, { stream: true });
      this.#notify();
    }
    this.#hasEnded = true;
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
