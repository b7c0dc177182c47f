/**
 * The trace of one message: what happens to it on its way, event by event, as whoever wants to know
 * is told afterwards. Names, order and texts are the reference's, as is what is left out: the
 * account of a receiver, for one, where it is the publisher's.
 *
 * Deliveries of a traced message take a way of their own (`dispatch-traced.ts`); service and stream
 * imports say where a trace ends.
 */
import type { Clock } from "../util/clock.ts";
import { goTime } from "../util/go-time.ts";
import type { ServerInfo } from "./server-info.ts";

/** The header that says where the trace of a message is published. */
export const TRACE_DESTINATION = "Nats-Trace-Dest";
/** Its value in messages that are not to be traced, whatever other headers say. */
export const TRACE_DISABLED = "trace disabled";

/** Why a message is not delivered to somebody whose subscription matches. */
export const traceProblems = {
  noEcho: "Not delivered because of no echo",
  denied: "Not delivered because subscription denies this subject",
  subscriptionClosed: "Not delivered because subscription is closed",
  clientClosed: "Not delivered because client is closed",
  tooManyDeliveries: "Not delivered because auto-unsubscribe exceeded",
  slow: "Not delivered because fast producer not stalled and consumer is slow",
} as const;

export type TraceProblem = (typeof traceProblems)[keyof typeof traceProblems];

/** A client, as traces name it. */
export interface TracedClientName {
  readonly cid: number;
  readonly name: string;
  readonly account: string;
}

export interface TraceRequest {
  readonly publisher: TracedClientName;
  /** What it published to, mappings apart. */
  readonly subject: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Headers and payload together. */
  readonly sizeBytes: number;
  /** Where the trace is published, one character per byte. */
  readonly destination: string;
  /** Whether the message itself reaches nobody. */
  readonly isOnly: boolean;
  /** What the report may be compressed with; "" if it may not. */
  readonly acceptEncoding: string;
  readonly clock: Clock;
}

/** A receiver and how its subscription came to match. */
export interface TraceReceiver extends TracedClientName {
  /** The subject subscribed to. */
  readonly subscribed: string;
  readonly queue: string | undefined;
}

/** A subscription that a traced message matches. */
export interface TracedMatch {
  readonly trace: MessageTrace;
  /** The subject subscribed to. */
  readonly subscribed: string;
  /** Whether the client may not get the message although it may have the subscription. */
  readonly isDenied: boolean;
}

/** Kind of a connection: a client. */
const CLIENT_KIND = 0;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Subjects, names and headers as traces have them: what is not UTF-8 is replaced. */
export function traceText(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

export class MessageTrace {
  readonly destination: string;
  readonly isOnly: boolean;
  readonly acceptEncoding: string;
  readonly #request: TraceRequest;
  /** Wall-clock time less the clock's, so that events are ordered by more than milliseconds. */
  readonly #wallOffsetMs: number;
  /** Why the message goes nowhere; "" if it does. */
  #error: string;
  readonly #startedMs: number;
  readonly #events: object[];

  constructor(request: TraceRequest) {
    const { clock } = request;
    this.destination = request.destination;
    this.isOnly = request.isOnly;
    this.acceptEncoding = request.acceptEncoding;
    this.#request = request;
    this.#startedMs = clock.nowMs();
    this.#wallOffsetMs = clock.wallMs() - this.#startedMs;
    this.#error = "";
    this.#events = [];
  }

  /** The message has not been let in. */
  refuse(error: string): void {
    this.#error = error;
  }

  /** A mapping of the publisher's account has given it another subject. */
  addMapping(to: string): void {
    this.#events.push({ ...this.#head("sm"), to });
  }

  /** A stream takes it to another account. */
  addStreamExport(account: string, to: string): void {
    this.#events.push({ ...this.#head("se"), acc: account, to });
  }

  /** A request, or its answer, goes to another account. */
  addServiceImport(account: string, from: string, to: string): void {
    this.#events.push({ ...this.#head("si"), acc: account, from, to });
  }

  /** A client gets it, or would but for the problem. */
  addReceiver(receiver: TraceReceiver, problem: TraceProblem | undefined): void {
    const { cid, name, account, subscribed, queue } = receiver;
    this.#events.push({
      ...this.#head("eg"),
      kind: CLIENT_KIND,
      cid,
      name: name || undefined,
      acc: account === this.#request.publisher.account ? undefined : account,
      sub: subscribed || undefined,
      queue: queue || undefined,
      error: problem,
    });
  }

  /** The whole of it, for JSON. */
  report(server: ServerInfo): object {
    const { headers, sizeBytes } = this.#request;
    const sorted = [...headers].sort(([left], [right]) => (left < right ? -1 : 1));
    const header = Object.fromEntries(sorted);
    const events = [this.#arrival(), ...this.#events];
    return { server, request: { header, msgsize: sizeBytes }, events };
  }

  #arrival(): object {
    const { publisher, subject } = this.#request;
    return {
      type: "in",
      ts: goTime(this.#startedMs + this.#wallOffsetMs),
      kind: CLIENT_KIND,
      cid: publisher.cid,
      name: publisher.name || undefined,
      acc: publisher.account,
      subj: subject,
      error: this.#error || undefined,
    };
  }

  #head(type: string): { readonly type: string; readonly ts: string } {
    return { type, ts: goTime(this.#request.clock.nowMs() + this.#wallOffsetMs) };
  }
}
