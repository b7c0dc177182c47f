/**
 * Requests to the services of an account that came from other accounts and wait for their answers.
 * Each request is given a reply subject of the service's account, `_R_.<account>.<request>` with
 * six characters each, and what an observer adds; what is published there goes to the reply subject
 * that the requester gave, in the requester's account. One wildcard subscription stands for all.
 *
 * An entry ends with the answer (the last one of a stream is empty), when nobody listens to its
 * reply subject any more, and when the service has been silent for too long.
 */
import type { Sublist } from "../subject/sublist.ts";
import { subjectBytes, subjectText } from "../subject/subject.ts";
import { sameBytes } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import type { Random } from "../util/random.ts";
import type { AwaitedReplies } from "./awaited-replies.ts";
import type { Message } from "./message.ts";
import type { PlanTable } from "./publish-plan.ts";
import type { ServiceExport } from "./service-export.ts";
import type { SubjectMappings } from "./subject-mappings.ts";
import type { Subscription } from "./subscription.ts";

const PREFIX = "_R_.";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = DIGITS.length;
const TOKEN_LENGTH = 6;
/** Half a token: two random numbers make a whole one. */
const HALF_RANGE = BASE ** (TOKEN_LENGTH / 2);

/**
 * Looking at all that wait for those that are late costs more the more there are: an entry may end
 * that much too late, so that there are never more than ten looks a second.
 */
const MIN_SLEEP_MS = 100;

/** Requests that may wait at one account; further ones find no service. */
const MAX_PENDING = 1_048_576;

/** An account, as far as services need it. */
export interface ServiceAccount {
  readonly name: string;
  readonly sublist: Sublist<Subscription>;
  readonly serverPlans: PlanTable;
  readonly mappings: SubjectMappings | undefined;
  /** Answers that its requests wait for. */
  readonly awaitedReplies: AwaitedReplies<PendingResponse>;
  /** Requests to its services; made with the first. */
  responses: PendingResponses | undefined;
  subscribe(subject: Uint8Array, subscription: Subscription): boolean;
}

/** A request, as it is added. */
export interface ServiceRequest {
  readonly service: ServiceExport;
  readonly requester: ServiceAccount;
  readonly isShared: boolean;
  readonly reply: Uint8Array;
  readonly observer: ResponseObserver | undefined;
}

/** Why an entry has ended; "refused" if it never was one, since too many wait. */
export type ResponseEnd =
  "answered" | "undelivered" | "no-interest" | "timeout" | "refused" | "account-gone";

/** One request that waits. */
export class PendingResponse {
  readonly id: number;
  readonly service: ServiceExport;
  readonly requester: ServiceAccount;
  readonly isShared: boolean;
  /** The subject that the service answers to. */
  readonly subject: Uint8Array;
  /** The requester's reply subject. */
  readonly reply: Uint8Array;
  readonly replyText: string;
  lastActivityMs: number;
  /** Measures the request; undefined for most. */
  readonly observer: ResponseObserver | undefined;

  constructor(id: number, subject: Uint8Array, request: ServiceRequest, nowMs: number) {
    const { reply } = request;
    this.id = id;
    this.subject = subject;
    this.service = request.service;
    this.requester = request.requester;
    this.isShared = request.isShared;
    this.reply = reply.slice();
    this.replyText = subjectText(reply);
    this.lastActivityMs = nowMs;
    this.observer = request.observer;
  }
}

/** Follows a request, as `service-latency.ts` does to measure it. */
export interface ResponseObserver {
  /** What the subject to answer to ends in. */
  readonly replySuffix: string;
  /** An answer is on its way; called before it is delivered. */
  onAnswer(answer: Message): void;
  /** Called once. */
  onEnd(reason: ResponseEnd): void;
}

export class PendingResponses {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #maxPending: number;
  readonly #prefix: string;
  readonly #pending: Map<number, PendingResponse>;
  #cancelTimer: (() => void) | undefined;
  #timerDueMs: number;

  constructor(clock: Clock, random: Random, maxPending = MAX_PENDING) {
    this.#clock = clock;
    this.#random = random;
    this.#maxPending = maxPending;
    this.#prefix = `${PREFIX}${token(this.#randomId())}.`;
    this.#pending = new Map();
    this.#cancelTimer = undefined;
    this.#timerDueMs = Infinity;
  }

  /** What the account subscribes to for all of them. */
  get wildcard(): string {
    return `${this.#prefix}>`;
  }

  get count(): number {
    return this.#pending.size;
  }

  /** Adds a request; undefined if too many wait already. */
  open(request: ServiceRequest): PendingResponse | undefined {
    const { observer } = request;
    if (this.#pending.size >= this.#maxPending) {
      observer?.onEnd("refused");
      return undefined;
    }
    const id = this.#freeId();
    const subject = subjectBytes(this.#prefix + token(id) + (observer?.replySuffix ?? ""));
    const nowMs = this.#clock.nowMs();
    const pending = new PendingResponse(id, subject, request, nowMs);
    this.#pending.set(id, pending);
    pending.requester.awaitedReplies.add(pending, this);
    this.#wakeAt(nowMs + request.service.thresholdMs);
    return pending;
  }

  /** The request that `bytes[start, end)` is the reply subject of. */
  find(bytes: Uint8Array, start: number, end: number): PendingResponse | undefined {
    const tokenStart = start + this.#prefix.length;
    const tokenEnd = tokenStart + TOKEN_LENGTH;
    const id = end < tokenEnd ? -1 : idOf(bytes, tokenStart);
    const pending = id < 0 ? undefined : this.#pending.get(id);
    if (pending === undefined || pending.subject.length !== end - start) return undefined;
    return end === tokenEnd || sameBytes(pending.subject, bytes, start) ? pending : undefined;
  }

  /** The answer of a stream has come: the next one may take as long again. */
  touch(pending: PendingResponse): void {
    pending.lastActivityMs = this.#clock.nowMs();
  }

  end(pending: PendingResponse, reason: ResponseEnd): void {
    if (!this.#pending.delete(pending.id)) return;
    pending.requester.awaitedReplies.remove(pending);
    pending.observer?.onEnd(reason);
  }

  /** Ends all, as when the account goes. */
  endAll(): void {
    for (const pending of [...this.#pending.values()]) this.end(pending, "account-gone");
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerDueMs = Infinity;
  }

  /** A reply subject that nobody waits at. */
  unusedSubject(): Uint8Array {
    return subjectBytes(this.#prefix + token(this.#freeId()));
  }

  #freeId(): number {
    let id = this.#randomId();
    while (this.#pending.has(id)) id = this.#randomId();
    return id;
  }

  #randomId(): number {
    return this.#random.below(HALF_RANGE) * HALF_RANGE + this.#random.below(HALF_RANGE);
  }

  #wakeAt(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return;
    this.#cancelTimer?.();
    this.#timerDueMs = dueMs;
    const delayMs = Math.max(0, dueMs - this.#clock.nowMs());
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#expire());
  }

  /** Ends those that have waited too long, and sleeps until the next one has. */
  #expire(): void {
    this.#cancelTimer = undefined;
    this.#timerDueMs = Infinity;
    const nowMs = this.#clock.nowMs();
    let nextMs = Infinity;
    for (const pending of this.#pending.values()) {
      const dueMs = pending.lastActivityMs + pending.service.thresholdMs;
      if (dueMs <= nowMs) this.end(pending, "timeout");
      else nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs !== Infinity) this.#wakeAt(Math.max(nextMs, nowMs + MIN_SLEEP_MS));
  }
}

function token(id: number): string {
  let text = "";
  let rest = id;
  for (let i = 0; i < TOKEN_LENGTH; i++) {
    text += DIGITS[rest % BASE];
    rest = Math.floor(rest / BASE);
  }
  return text;
}

/** The number that six characters stand for; -1 if they are no token. */
function idOf(bytes: Uint8Array, start: number): number {
  let id = 0;
  for (let i = TOKEN_LENGTH - 1; i >= 0; i--) {
    const digit = digitOf(bytes[start + i]!);
    if (digit < 0) return -1;
    id = id * BASE + digit;
  }
  return id;
}

function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 65 && byte <= 90) return byte - 55;
  if (byte >= 97 && byte <= 122) return byte - 61;
  return -1;
}
