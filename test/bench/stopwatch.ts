/**
 * Times one measured phase of a driver: wall clock, and the CPU of the generator, of the server and
 * of everybody else. Started and stopped by the drivers right around the traffic, so that
 * connecting and warming up stay out of the figures.
 */
import { cpuSeconds, machineCpuSeconds } from "./server-process.ts";

export interface Timing {
  readonly seconds: number;
  readonly generatorCpuSeconds: number;
  readonly serverCpuSeconds: number;
  /** What disturbed the measurement: other processes, and other guests of the same host. */
  readonly otherCpuSeconds: number;
}

export class Stopwatch {
  readonly #serverPid: number;
  readonly #startedAtMs: number;
  readonly #generatorCpuAtStart: NodeJS.CpuUsage;
  readonly #serverCpuSecondsAtStart: number;
  readonly #machineCpuSecondsAtStart: number;

  constructor(serverPid: number) {
    this.#serverPid = serverPid;
    this.#machineCpuSecondsAtStart = machineCpuSeconds();
    this.#serverCpuSecondsAtStart = cpuSeconds(serverPid);
    this.#generatorCpuAtStart = process.cpuUsage();
    this.#startedAtMs = performance.now();
  }

  stop(): Timing {
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    const generator = process.cpuUsage(this.#generatorCpuAtStart);
    const generatorCpuSeconds = (generator.user + generator.system) / 1e6;
    const serverCpuSeconds = cpuSeconds(this.#serverPid) - this.#serverCpuSecondsAtStart;
    const machineSeconds = machineCpuSeconds() - this.#machineCpuSecondsAtStart;
    const otherCpuSeconds = Math.max(0, machineSeconds - generatorCpuSeconds - serverCpuSeconds);
    return { seconds, generatorCpuSeconds, serverCpuSeconds, otherCpuSeconds };
  }
}
