/**
 * Asks the server again and again for what can be seen. One request at a time; nothing while the
 * page is hidden or paused. A server that does not answer is asked less and less often, and one
 * whose answers take long is given time in between: looking on must not slow a broker down.
 */
import { UnreachableError } from "./answers.ts";

/** A part of the page that reads from the server. */
export interface Source {
  /** Reads and shows. Throws if the server could not be reached. */
  refresh(): Promise<void>;
}

export type LoopState =
  | { readonly kind: "live" | "paused" }
  | { readonly kind: "unreachable"; readonly secondsLeft: number };

const INTERVAL_MS = 2000;
/** How many times as long as an answer took it is left alone. */
const REST_FACTOR = 20;
const LONGEST_REST_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15_000;
const COUNTDOWN_MS = 1000;

export class PollLoop {
  /** What can be seen now, most important first. */
  readonly #visible: () => readonly Source[];
  readonly #onState: (state: LoopState) => void;
  readonly #dueMs: WeakMap<Source, number>;
  #timer: number;
  #isBusy: boolean;
  #isPaused: boolean;
  #retryMs: number;
  /** When to try again; undefined while the server answers. */
  #retryAtMs: number | undefined;

  constructor(visible: () => readonly Source[], onState: (state: LoopState) => void) {
    this.#visible = visible;
    this.#onState = onState;
    this.#dueMs = new WeakMap();
    this.#timer = 0;
    this.#isBusy = false;
    this.#isPaused = false;
    this.#retryMs = FIRST_RETRY_MS;
    this.#retryAtMs = undefined;
    document.addEventListener("visibilitychange", () => this.#wake());
  }

  start(): void {
    this.#wake();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) this.#onState({ kind: "paused" });
    this.#wake();
  }

  /** Refreshes it now, also while paused: somebody has asked for something else. */
  hurry(source: Source): void {
    this.#dueMs.delete(source);
    if (!this.#isBusy) void this.#pollAll([source]);
  }

  #wake(): void {
    window.clearTimeout(this.#timer);
    if (document.hidden || this.#isPaused || this.#isBusy) return;
    void this.#pollAll(this.#visible());
  }

  async #pollAll(sources: readonly Source[]): Promise<void> {
    window.clearTimeout(this.#timer);
    this.#isBusy = true;
    try {
      for (const source of sources) {
        // Another tab may have been opened meanwhile.
        if (this.#visible().includes(source)) await this.#poll(source);
      }
      for (let next = this.#hurried(); next !== undefined; next = this.#hurried()) {
        await this.#poll(next);
      }
      this.#retryMs = FIRST_RETRY_MS;
      this.#retryAtMs = undefined;
      this.#onState({ kind: this.#isPaused ? "paused" : "live" });
    } catch (error) {
      // One of our own bugs is shown where such things are looked for.
      if (!(error instanceof UnreachableError)) reportError(error);
      this.#retryAtMs = performance.now() + this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
      this.#onState({ kind: "unreachable", secondsLeft: 0 });
    }
    this.#isBusy = false;
    this.#schedule();
  }

  /** One that was hurried while the others were asked. */
  #hurried(): Source | undefined {
    return this.#visible().find((source) => !this.#dueMs.has(source));
  }

  async #poll(source: Source): Promise<void> {
    const startMs = performance.now();
    if (startMs < (this.#dueMs.get(source) ?? 0)) return;
    this.#dueMs.set(source, Infinity);
    try {
      await source.refresh();
    } catch (error) {
      this.#dueMs.delete(source);
      throw error;
    }
    // Without an entry it was hurried meanwhile: what was shown is not what is wanted now.
    if (!this.#dueMs.has(source)) return;
    const endMs = performance.now();
    const restMs = Math.min((endMs - startMs) * REST_FACTOR, LONGEST_REST_MS);
    this.#dueMs.set(source, restMs < INTERVAL_MS ? 0 : endMs + restMs);
  }

  #schedule(): void {
    if (document.hidden || this.#isPaused) return;
    if (this.#retryAtMs === undefined) {
      this.#timer = window.setTimeout(() => this.#wake(), INTERVAL_MS);
    } else this.#countDown(this.#retryAtMs);
  }

  #countDown(untilMs: number): void {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) {
      this.#wake();
      return;
    }
    this.#onState({ kind: "unreachable", secondsLeft: Math.ceil(leftMs / 1000) });
    const waitMs = Math.min(leftMs, COUNTDOWN_MS);
    this.#timer = window.setTimeout(() => this.#countDown(untilMs), waitMs);
  }
}
