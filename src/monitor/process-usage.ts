/**
 * What the process uses of the machine, for `/varz` and the server's statistics. CPU is averaged
 * over the time since it was last asked for, a second at least.
 */
import type { ServerUsage } from "../broker/server-info.ts";
import type { Clock } from "../util/clock.ts";

const CPU_WINDOW_MS = 1000;

export class ProcessUsage implements ServerUsage {
  readonly #clock: Clock;
  #cpuPercent: number;
  #sampledMs: number;
  #usedUs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#cpuPercent = 0;
    this.#sampledMs = clock.nowMs();
    this.#usedUs = 0;
  }

  get memoryBytes(): number {
    return process.memoryUsage.rss();
  }

  /** One decimal. */
  get cpuPercent(): number {
    const nowMs = this.#clock.nowMs();
    const elapsedMs = nowMs - this.#sampledMs;
    if (elapsedMs < CPU_WINDOW_MS) return this.#cpuPercent;
    const { user, system } = process.cpuUsage();
    const usedUs = user + system;
    this.#cpuPercent = Math.round((usedUs - this.#usedUs) / elapsedMs) / 10;
    this.#usedUs = usedUs;
    this.#sampledMs = nowMs;
    return this.#cpuPercent;
  }

  get cores(): number {
    // Loading it at start would cost 0.7 ms.
    return process.getBuiltinModule("node:os").availableParallelism();
  }
}
