/**
 * Publish plans: all that depends only on who publishes where. [hot]
 * A plan holds, for one subject of one account, whether it may be published and which subscriptions
 * and queue groups receive it, with the bytes each delivery begins with. `PlanTable.find` is called
 * for every publish; a hit costs a probe and a comparison. Plans are snapshots: they are replaced when
 * a subscription that concerns them comes or goes, never changed.
 *
 * A subject gets its plan when it is published the second time, so subjects used once (reply inboxes)
 * and long scans over many subjects neither pay for plans nor push out those of busy subjects.
 */
import { hashSubject, subjectMatches } from "../subject/subject.ts";
import type { Sublist } from "../subject/sublist.ts";
import { sameBytes } from "../util/bytes.ts";
import type { Message } from "./message.ts";
import type { Prepared, Subscription } from "./subscription.ts";

/** Slots of a table: at first, and at most. A table grows fourfold when a quarter is in use. */
const FIRST_SLOTS = 64;
const MAX_SLOTS = 32_768;

/**
 * Slots that wildcard subscriptions may scan before the table is emptied instead, so that a peer that
 * makes thousands of them in one turn cannot stall the loop; emptying costs less than 5 ms of scans.
 */
const MAX_SCANNED_SLOTS = 4_000_000;

type Queues = readonly (readonly Subscription[])[];

const NO_SUBJECT = new Uint8Array(0);
const NO_SUBSCRIPTIONS: readonly Subscription[] = [];
const NO_QUEUES: Queues = [];
const NONE_PREPARED: readonly Prepared[] = [];
const NO_QUEUES_PREPARED: readonly (readonly Prepared[])[] = [];

export class PublishPlan {
  readonly subject: Uint8Array;
  readonly hash: number;
  /** Whether clients may publish here: the reserved subjects and, later, permissions. */
  isAllowed: boolean;
  plain: readonly Subscription[];
  queues: Queues;
  /** As `plain` and `queues`, entry by entry; empty in a plan that is used once. */
  preparedPlain: readonly Prepared[];
  preparedQueues: readonly (readonly Prepared[])[];

  constructor(subject: Uint8Array, hash: number) {
    this.subject = subject;
    this.hash = hash;
    this.isAllowed = true;
    this.plain = NO_SUBSCRIPTIONS;
    this.queues = NO_QUEUES;
    this.preparedPlain = NONE_PREPARED;
    this.preparedQueues = NO_QUEUES_PREPARED;
  }
}

/** Fills the free slots, so that every slot holds a plan; no subject has its length. */
const NO_PLAN = new PublishPlan(NO_SUBJECT, 0);

/** Decides for a subject whether it may be published; asked once per plan. */
export type PublishRule = (bytes: Uint8Array, start: number, end: number) => boolean;

/** The plans of one account for publishers with the same permissions. */
export class PlanTable {
  readonly #sublist: Sublist<Subscription>;
  readonly #rule: PublishRule;
  /** Direct-mapped by hash. */
  #slots: PublishPlan[];
  /** Per slot the hash of the last subject that missed there. */
  #seen: Int32Array;
  #mask: number;
  #count: number;
  #scannedSlots: number;
  /** Stands for a subject without a plan; overwritten by the next one. */
  readonly #once: PublishPlan;
  /** Number of publishes that found no plan; hits are publishes minus this. */
  misses: number;

  constructor(sublist: Sublist<Subscription>, rule: PublishRule) {
    this.#sublist = sublist;
    this.#rule = rule;
    this.#slots = new Array<PublishPlan>(FIRST_SLOTS).fill(NO_PLAN);
    this.#seen = new Int32Array(FIRST_SLOTS);
    this.#mask = FIRST_SLOTS - 1;
    this.#count = 0;
    this.#scannedSlots = 0;
    this.#once = new PublishPlan(NO_SUBJECT, 0);
    this.misses = 0;
  }

  /** Number of plans held. */
  get count(): number {
    return this.#count;
  }

  /** The plan for the message's subject, valid until the next call; copy its fields to locals. */
  find(message: Message): PublishPlan {
    const hash = message.subjectHash;
    const plan = this.#slots[(hash ^ (hash >>> 13)) & this.#mask]!;
    const subject = plan.subject;
    if (
      plan.hash === hash &&
      subject.length === message.subjectEnd - message.subjectStart &&
      sameBytes(subject, message.block.bytes, message.subjectStart)
    ) {
      return plan;
    }
    return this.#findWithoutPlan(message);
  }

  /** Drops the plans that a new or removed subscription to `subject` would change. */
  invalidate(subject: Uint8Array, hasWildcard: boolean): void {
    if (this.#count === 0) return;
    if (hasWildcard) {
      this.#invalidateMatching(subject);
      return;
    }
    const hash = hashSubject(subject, 0, subject.length);
    const slot = this.#slotOf(hash);
    const plan = this.#slots[slot]!;
    if (plan.hash !== hash || plan.subject.length !== subject.length) return;
    if (sameBytes(plan.subject, subject, 0)) this.#drop(slot);
  }

  /** Drops every plan (permissions, mappings or imports changed). */
  clear(): void {
    this.#slots = new Array<PublishPlan>(FIRST_SLOTS).fill(NO_PLAN);
    this.#seen = new Int32Array(FIRST_SLOTS);
    this.#mask = FIRST_SLOTS - 1;
    this.#count = 0;
  }

  #slotOf(hash: number): number {
    return (hash ^ (hash >>> 13)) & this.#mask;
  }

  #drop(slot: number): void {
    this.#slots[slot] = NO_PLAN;
    this.#count--;
  }

  #invalidateMatching(pattern: Uint8Array): void {
    const slots = this.#slots;
    this.#scannedSlots += slots.length;
    if (this.#scannedSlots > MAX_SCANNED_SLOTS) {
      this.#scannedSlots = 0;
      this.clear();
      return;
    }
    for (let slot = 0; slot < slots.length; slot++) {
      const plan = slots[slot]!;
      if (plan !== NO_PLAN && subjectMatches(plan.subject, pattern)) this.#drop(slot);
    }
  }

  #findWithoutPlan(message: Message): PublishPlan {
    this.misses++;
    const hash = message.subjectHash;
    const slot = this.#slotOf(hash);
    if (this.#seen[slot] === hash) return this.#build(message, slot);
    this.#seen[slot] = hash;
    const once = this.#once;
    this.#fill(once, message);
    return once;
  }

  #fill(plan: PublishPlan, message: Message): void {
    const bytes = message.block.bytes;
    const { subjectStart, subjectEnd } = message;
    const result = this.#sublist.matchBytes(bytes, subjectStart, subjectEnd);
    plan.isAllowed = this.#rule(bytes, subjectStart, subjectEnd);
    plan.plain = result.plain;
    plan.queues = result.queues;
  }

  #build(message: Message, slot: number): PublishPlan {
    const subject = message.block.bytes.slice(message.subjectStart, message.subjectEnd);
    const plan = new PublishPlan(subject, message.subjectHash);
    this.#fill(plan, message);
    plan.preparedPlain = prepareAll(plan.plain, subject);
    const preparedQueues: (readonly Prepared[])[] = [];
    for (const members of plan.queues) preparedQueues.push(prepareAll(members, subject));
    plan.preparedQueues = preparedQueues;
    if (this.#slots[slot] === NO_PLAN) this.#count++;
    this.#slots[slot] = plan;
    if (this.#count > this.#slots.length >> 2 && this.#slots.length < MAX_SLOTS) this.#grow();
    return plan;
  }

  #grow(): void {
    const old = this.#slots;
    const length = Math.min(old.length * 4, MAX_SLOTS);
    this.#slots = new Array<PublishPlan>(length).fill(NO_PLAN);
    this.#seen = new Int32Array(length);
    this.#mask = length - 1;
    this.#count = 0;
    for (const plan of old) {
      if (plan === NO_PLAN) continue;
      const slot = this.#slotOf(plan.hash);
      if (this.#slots[slot] === NO_PLAN) this.#count++;
      this.#slots[slot] = plan;
    }
  }
}

function prepareAll(subscriptions: readonly Subscription[], subject: Uint8Array): Prepared[] {
  const prepared: Prepared[] = [];
  for (let i = 0; i < subscriptions.length; i++) {
    const subscription = subscriptions[i]!;
    prepared.push(subscription.subscriber.prepare(subscription, subject));
  }
  return prepared;
}
