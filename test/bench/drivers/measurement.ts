/**
 * What a driver reports about its measured phase. Printed by loadgen.ts as one line of JSON and read
 * back by run.ts.
 */
import type { Timing } from "../stopwatch.ts";

export interface Measurement extends Timing {
  /** Deliveries, or publishes where nobody listens, or requests, subscriptions, connections. */
  readonly messages: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
}

/** How a driver finds the server it is to load. */
export interface ServerUnderTest {
  readonly port: number;
  readonly pid: number;
}

/** Part of the traffic that is sent before the clock starts, so that the server's code is warm. */
export const WARM_UP_FRACTION = 0.25;

/** A driver that hears nothing for so long gives up. */
export const STALL_MS = 10_000;
