/**
 * What a driver reports about its measured phase. Printed by loadgen.ts as one line of JSON and
 * read back by run.ts.
 */
import type { Timing } from "../stopwatch.ts";

export interface Measurement extends Timing {
  /** Deliveries, or publishes where nobody listens, or requests, subscriptions, connections. */
  readonly messages: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Memory that the server holds for each. */
  readonly bytesPerMessage?: number;
}

/** How a driver finds the server it is to load. */
export interface ServerUnderTest {
  readonly port: number;
  readonly pid: number;
}

/** A driver that hears nothing for so long gives up. */
export const STALL_MS = 10_000;

const WARM_UP_MS = 500;
const WARM_UP_STEP = 0.05;

/**
 * Sends a part of the traffic again and again until the server has been busy long enough to be
 * warm: code compiled, buffers grown, windows open. `run` takes the number of messages.
 */
export function warmUp(messages: number, run: (messages: number) => void): void {
  const step = Math.ceil(messages * WARM_UP_STEP);
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < WARM_UP_MS) run(step);
}
