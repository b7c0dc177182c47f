/**
 * The requests that one client may answer although it may not publish to their reply subjects
 * (`allow_responses`). Noted when a message with a reply is delivered to the client, asked when it
 * publishes what `Permissions.mayPublish` refuses. Each request allows so many answers for so long.
 */
import type { ResponseSettings } from "../config/blocks/permissions.ts";
import { binaryText } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import { isPublishableByClients } from "./reserved-subjects.ts";

/** Reply subjects that are remembered, and the bytes that they take, at most; see `#makeRoom`. */
export const MAX_OPEN_REPLIES = 65_536;
export const MAX_OPEN_BYTES = 8 * 1024 * 1024;

/** The share that stays when there are too many: dropping them one by one would be slow. */
const KEPT_SHARE = 15 / 16;

/** What has expired is dropped after so many requests, or at the first one after so long. */
const PRUNE_AFTER_REQUESTS = 4096;
const PRUNE_EVERY_MS = 1_000;

interface OpenReply {
  answersLeft: number;
  requestedMs: number;
}

export class ResponsePermissions {
  readonly #settings: ResponseSettings;
  readonly #clock: Clock;
  /** By reply subject, one character per byte; the longest without a request come first. */
  readonly #open: Map<string, OpenReply>;
  /** Sum of the lengths of the subjects. */
  #openBytes: number;
  #requestsSincePrune: number;
  #prunedMs: number;

  constructor(settings: ResponseSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#open = new Map();
    this.#openBytes = 0;
    this.#requestsSincePrune = 0;
    this.#prunedMs = clock.nowMs();
  }

  /** Reply subjects remembered, some of them perhaps expired. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * A message with this reply was delivered to the client. Several with the same one add up. Copies
   * the bytes.
   */
  note(bytes: Uint8Array, start: number, end: number): void {
    if (!isPublishableByClients(bytes, start, end)) return;
    const subject = binaryText(bytes, start, end);
    const nowMs = this.#clock.nowMs();
    const known = this.#open.get(subject);
    const unused = known === undefined || this.#isExpired(known, nowMs) ? 0 : known.answersLeft;
    this.#forget(subject);
    const answersLeft = unused + this.#settings.maxMessages;
    this.#open.set(subject, { answersLeft, requestedMs: nowMs });
    this.#openBytes += subject.length;
    this.#requestsSincePrune++;
    if (
      this.#requestsSincePrune > PRUNE_AFTER_REQUESTS ||
      nowMs - this.#prunedMs > PRUNE_EVERY_MS
    ) {
      this.#prune(nowMs);
    }
    if (this.#open.size > MAX_OPEN_REPLIES || this.#openBytes > MAX_OPEN_BYTES) this.#makeRoom();
  }

  /** Whether the client may publish to it now; counts the use. */
  use(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#open.size === 0) return false;
    const subject = binaryText(bytes, start, end);
    const reply = this.#open.get(subject);
    if (reply === undefined) return false;
    const isAllowed = !this.#isExpired(reply, this.#clock.nowMs());
    reply.answersLeft--;
    if (!isAllowed || reply.answersLeft <= 0) this.#forget(subject);
    return isAllowed;
  }

  #isExpired({ requestedMs }: OpenReply, nowMs: number): boolean {
    return nowMs - requestedMs > this.#settings.expiresMs;
  }

  #prune(nowMs: number): void {
    this.#requestsSincePrune = 0;
    this.#prunedMs = nowMs;
    for (const [subject, reply] of this.#open) {
      if (!this.#isExpired(reply, nowMs)) return;
      this.#forget(subject);
    }
  }

  /** Drops the oldest. */
  #makeRoom(): void {
    for (const subject of this.#open.keys()) {
      const hasRoom =
        this.#open.size <= MAX_OPEN_REPLIES * KEPT_SHARE &&
        this.#openBytes <= MAX_OPEN_BYTES * KEPT_SHARE;
      if (hasRoom) return;
      this.#forget(subject);
    }
  }

  #forget(subject: string): void {
    if (this.#open.delete(subject)) this.#openBytes -= subject.length;
  }
}
