/**
 * Measurements of services: how long requests from other accounts wait for their answers, as the
 * `latency` of an export asks for. Results are JSON messages in the account of the service, with
 * the fields of nats-server's ServiceLatency. A request that is measured has a reply subject that
 * ends in the server's hash and `T`, by which servers of the reference recognise it.
 */
import type { LatencySettings } from "../config/blocks/service-latency.ts";
import { subjectBytes } from "../subject/subject.ts";
import { binaryTextOf } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import { goJson } from "../util/go-json.ts";
import { goTime } from "../util/go-time.ts";
import type { Nuid } from "../util/nuid.ts";
import type { Random } from "../util/random.ts";
import { type ClientInfo, clientInfo, rttNanoseconds } from "./client-facts.ts";
import { type TraceHeaders, sampleRequest } from "./latency-sampling.ts";
import type { Message } from "./message.ts";
import type { ResponseEnd, ResponseObserver, ServiceAccount } from "./pending-responses.ts";
import type { PublishQueue } from "./publish-queue.ts";
import type { Publisher } from "./publisher.ts";
import { serverHash } from "./server-hash.ts";

const RESULT_TYPE = "io.nats.server.metric.v1.service_latency";

/** Headers that all requests under way may keep for their results; further ones go without. */
const MAX_HEADER_CHARACTERS = 16 * 1024 * 1024;

const NANOSECONDS_PER_MS = 1_000_000;

/** How a request has come out. */
interface Outcome {
  readonly status: number;
  /** Undefined for success. */
  readonly description: string | undefined;
}

const ANSWERED: Outcome = { status: 200, description: undefined };
const NO_REPLY: Outcome = { status: 400, description: "Bad Request" };

/** Of requests without an answer; the other ends are nobody's fault. */
const FAILURES: Readonly<Partial<Record<ResponseEnd, Outcome>>> = {
  "no-interest": { status: 408, description: "Request Timeout" },
  undelivered: { status: 503, description: "Service Unavailable" },
  timeout: { status: 504, description: "Service Timeout" },
};

/** Where a request goes. */
export interface MeasuredService {
  readonly latency: LatencySettings;
  /** Where answers are published, and results. */
  readonly account: ServiceAccount;
  /** Whether results tell who has asked. */
  readonly isShared: boolean;
}

export interface ServiceLatencySettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly queue: PublishQueue;
  readonly ids: Nuid;
  readonly serverName: () => string;
}

/** Begins measurements; one for all services of a broker. */
export class ServiceLatency {
  readonly settings: ServiceLatencySettings;
  /** Characters of headers that requests under way keep. */
  keptCharacters: number;
  #serverName: string;
  #replySuffix: string;

  constructor(settings: ServiceLatencySettings) {
    this.settings = settings;
    this.keptCharacters = 0;
    this.#serverName = "";
    this.#replySuffix = "";
  }

  /** For a request on its way to the service; undefined if it is none of those to measure. */
  begin(service: MeasuredService, request: Message): LatencyMeasurement | undefined {
    if (request.hasReply) request.origin?.measureRtt();
    const headers = sampleRequest(service.latency, request, this.settings.random);
    if (headers === undefined) return undefined;
    return new LatencyMeasurement(this, service, request.origin, headers);
  }

  /** What reply subjects of measured requests end in. */
  get replySuffix(): string {
    const name = this.settings.serverName();
    if (name !== this.#serverName || this.#replySuffix === "") {
      this.#serverName = name;
      this.#replySuffix = `.${serverHash(name)}.T`;
    }
    return this.#replySuffix;
  }
}

/** One request that is measured, until it has come out in one way or another. */
export class LatencyMeasurement implements ResponseObserver {
  readonly replySuffix: string;
  readonly #owner: ServiceLatency;
  readonly #service: MeasuredService;
  readonly #requester: Publisher | undefined;
  readonly #headers: TraceHeaders;
  readonly #headerCharacters: number;
  readonly #startMs: number;
  readonly #startWallMs: number;
  #isOver: boolean;

  constructor(
    owner: ServiceLatency,
    service: MeasuredService,
    requester: Publisher | undefined,
    headers: TraceHeaders,
  ) {
    const characters = lengthOf(headers);
    const isKept = owner.keptCharacters + characters <= MAX_HEADER_CHARACTERS;
    const { clock } = owner.settings;
    this.replySuffix = owner.replySuffix;
    this.#owner = owner;
    this.#service = service;
    this.#requester = requester;
    this.#headers = isKept ? headers : [];
    this.#headerCharacters = isKept ? characters : 0;
    this.#startMs = clock.nowMs();
    this.#startWallMs = clock.wallMs();
    this.#isOver = false;
    owner.keptCharacters += this.#headerCharacters;
  }

  /** The request has no reply subject. */
  onNoReply(): void {
    if (this.#finish()) this.#report(NO_REPLY, undefined);
  }

  onAnswer(answer: Message): void {
    if (!this.#finish()) return;
    this.#report(ANSWERED, answer.origin);
    // For the next answer, if the responder's round trip is not known.
    answer.origin?.measureRtt();
  }

  onEnd(reason: ResponseEnd): void {
    if (!this.#finish()) return;
    const outcome = FAILURES[reason];
    if (outcome !== undefined) this.#report(outcome, undefined);
  }

  /** False if it was over already. */
  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#owner.keptCharacters -= this.#headerCharacters;
    return true;
  }

  /** Publishes the result; times are only those of requests that were answered. */
  #report(outcome: Outcome, responder: Publisher | undefined): void {
    const { clock, ids, queue, serverName } = this.#owner.settings;
    const { account, isShared, latency } = this.#service;
    const requester = this.#requester;
    const elapsedMs = clock.nowMs() - this.#startMs;
    const rttMs = requester?.rttMs ?? 0;
    const infos = {
      requestor: requester && infoOf(requester, isShared, serverName()),
      responder: responder && infoOf(responder, true, serverName()),
    };
    const times =
      outcome === ANSWERED ? this.#times(elapsedMs, rttMs, responder?.rttMs ?? 0) : NO_TIMES;
    const result = {
      type: RESULT_TYPE,
      id: ids.next(),
      timestamp: goTime(clock.wallMs()),
      status: outcome.status,
      description: outcome.description,
      ...infos,
      header: this.#headers.length === 0 ? undefined : Object.fromEntries(this.#headers),
      start: goTime(this.#startWallMs - rttMs),
      ...times,
    };
    const payload = Buffer.from(goJson(result));
    queue.add(account, subjectBytes(binaryTextOf(latency.subject)), payload);
  }

  /** `elapsedMs` is from the request to its answer; what came after that is the system's. */
  #times(elapsedMs: number, requesterRttMs: number, responderRttMs: number): LatencyTimes {
    const sinceMs = this.#owner.settings.clock.nowMs() - this.#startMs - elapsedMs;
    const systemMs = responderRttMs > 0 ? sinceMs : 0;
    return {
      service: nanoseconds(Math.max(0, elapsedMs - responderRttMs)),
      system: nanoseconds(systemMs),
      total: nanoseconds(requesterRttMs + elapsedMs + systemMs),
    };
  }
}

/** Nanoseconds, in the order of the result. */
interface LatencyTimes {
  readonly service: number;
  readonly system: number;
  readonly total: number;
}

const NO_TIMES: LatencyTimes = { service: 0, system: 0, total: 0 };

function nanoseconds(ms: number): number {
  return Math.round(ms * NANOSECONDS_PER_MS);
}

/** The account and the round trip are told of everybody. */
function infoOf(publisher: Publisher, isDetailed: boolean, serverName: string): ClientInfo {
  if (isDetailed) return clientInfo(publisher.facts, serverName);
  const rtt = rttNanoseconds(publisher.rttMs);
  return rtt === 0 ? { acc: publisher.accountName } : { acc: publisher.accountName, rtt };
}

function lengthOf(headers: TraceHeaders): number {
  let length = 0;
  for (const [name, values] of headers) {
    for (const value of values) length += name.length + value.length;
  }
  return length;
}
