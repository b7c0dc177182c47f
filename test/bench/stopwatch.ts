/**
 * Times one measured phase of a driver: wall clock, the generator's own CPU and the server's CPU.
 * Started and stopped by the drivers right around the traffic, so that connecting and warming up
 * stay out of the figures.
 */
import { cpuSeconds } from "./server-process.ts";

export interface Timing {
  readonly seconds: number;
  readonly generatorCpuSeconds: number;
  readonly serverCpuSeconds: number;
}

export class Stopwatch {
  readonly #serverPid: number;
  readonly #startedAtMs: number;
  readonly #generatorCpuAtStart: NodeJS.CpuUsage;
  readonly #serverCpuSecondsAtStart: number;

  constructor(serverPid: number) {
    this.#serverPid = serverPid;
    this.#serverCpuSecondsAtStart = cpuSeconds(serverPid);
    this.#generatorCpuAtStart = process.cpuUsage();
    this.#startedAtMs = performance.now();
  }

  stop(): Timing {
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    const generator = process.cpuUsage(this.#generatorCpuAtStart);
    return {
      seconds,
      generatorCpuSeconds: (generator.user + generator.system) / 1e6,
      serverCpuSeconds: cpuSeconds(this.#serverPid) - this.#serverCpuSecondsAtStart,
    };
  }
}
