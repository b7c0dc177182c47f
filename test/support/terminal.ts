/**
 * The midge program on a terminal of its own, typed at and read like a person would. Used by the
 * tests of prompts.
 */
import { command } from "./program.ts";

/** The bit of termios' c_lflag that makes a terminal show what is typed; Linux, macOS and BSD. */
const ECHO = 0o10;
const TIMEOUT_MS = 10_000;

export class TerminalProgram implements AsyncDisposable {
  /** All that the terminal has shown so far, without colours. */
  screen: string;
  readonly #terminal: Bun.Terminal;
  readonly #child: Bun.Subprocess;
  #changed: PromiseWithResolvers<void>;

  constructor(...args: string[]) {
    this.screen = "";
    this.#changed = Promise.withResolvers();
    const decoder = new TextDecoder();
    this.#terminal = new Bun.Terminal({
      data: (_, chunk) => {
        this.screen += Bun.stripANSI(decoder.decode(chunk, { stream: true }));
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      },
    });
    this.#child = Bun.spawn(command(args), {
      terminal: this.#terminal,
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
  }

  /** Whether the terminal shows what is typed. */
  get echoes(): boolean {
    return (this.#terminal.localFlags & ECHO) !== 0;
  }

  /** Resolves when the whole screen is like `pattern`; also after the program has ended. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.screen)) await this.#changed.promise;
  }

  type(keys: string): void {
    this.#terminal.write(keys);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code, once the program has ended. */
  async exited(): Promise<number> {
    return this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#terminal.close();
  }
}
