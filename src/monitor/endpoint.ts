/**
 * What a monitoring endpoint is: a pure function of the running server that gives a JSON value.
 * The table of endpoints is in `monitor.ts`.
 */
import type { Broker } from "../broker/broker.ts";
import type { Options } from "../config/options.ts";
import type { ServerIdentity } from "../broker/server-identity.ts";
import type { Clock } from "../util/clock.ts";

/** What endpoints may look at. */
export interface MonitorSubject {
  readonly broker: Broker;
  /** Those in force. */
  options(): Options;
  /** The configuration in force: digest of its file, "" without one, and when it was loaded. */
  config(): { readonly digest: string; readonly loadMs: number };
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  /** The port that clients connect to; the bound one if it was to be any free port. */
  clientPort(): number;
  /** Whether clients can connect now. */
  isReady(): boolean;
}

/** What endpoints know beside the subject: the monitor's own facts. */
export interface MonitorFacts {
  readonly startMs: number;
  /** Requests so far by path. */
  readonly requestCounts: Readonly<Record<string, number>>;
  /** Percent of one core used of late, one decimal. */
  readonly cpuPercent: number;
  readonly cores: number;
}

export interface EndpointAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Written over several lines, as the reference does for all but `/healthz`. */
  readonly isIndented: boolean;
}

export interface Endpoint {
  readonly path: string;
  answer(subject: MonitorSubject, facts: MonitorFacts): EndpointAnswer;
}
