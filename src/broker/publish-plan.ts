/**
 * Publish plans: all that depends only on who publishes where. [hot] A plan holds, for one subject
 * of one account, whether it may be published and which subscriptions and queue groups receive it,
 * with the bytes each delivery begins with. `PlanTable.find` is called for every publish; a hit
 * costs a probe and a comparison. Plans are snapshots: they are replaced when a subscription that
 * concerns them comes or goes, never changed.
 *
 * A subject gets its plan when it is published the second time, so subjects used once (reply
 * inboxes) and long scans over many subjects neither pay for plans nor push out those of busy
 * subjects.
 */
import { hashSubject, subjectMatches } from "../subject/subject.ts";
import type { Sublist } from "../subject/sublist.ts";
import { EMPTY_RESULT as NO_RECEIVERS, type SublistResult } from "../subject/sublist-result.ts";
import { sameBytes } from "../util/bytes.ts";
import { type FanOut, NO_FAN_OUTS, prepareAll, prepareDeliveries } from "./fan-out.ts";
import type { Message } from "./message.ts";
import type { Prepared } from "./prepared.ts";
import type { PlannedMapping, SubjectMappings } from "./subject-mappings.ts";
import { withoutDenied } from "./delivery-filter.ts";
import type { Subscription } from "./subscription.ts";

/** Slots of a table: at first, and at most. A table grows fourfold when a quarter is in use. */
const FIRST_SLOTS = 64;
const MAX_SLOTS = 32_768;

/** In a full-grown table, every how many misses a plan may push out another. */
const EVICT_EVERY = 16;

/**
 * Memory that the plans of a table may take, by estimate: what receivers prepare counts most.
 * Without it, many receivers of very many subjects would take gigabytes. A table that has no room
 * left is emptied now and then, so that it follows what is busy.
 */
const MAX_TABLE_BYTES = 16 * 1024 * 1024;
const PREPARED_BYTES = 192;
const PLAN_BYTES = 384;
/** Refusals per plan held after which the table is emptied. */
const EMPTY_AFTER = 16;

/** Every how many misses a subject gets a plan at once, lest two keep each other out. */
const ADMIT_EVERY = 61;

/** Entries of the memory of misses at first: a power of four below `MAX_SLOTS`. */
const FIRST_SEEN = 512;

/** Odd, with well-mixed bits: spreads similar hashes over the slots (Fibonacci hashing). */
const SPREAD = 0x9e3779b1 | 0;
/** Leaves the upper 15 bits: as many as `MAX_SLOTS` needs. */
const SPREAD_SHIFT = 17;

/**
 * Slots that wildcard subscriptions may scan before the table is emptied instead, so that a peer
 * that makes thousands of them in one turn cannot stall the loop; emptying costs less than 5 ms of
 * scans.
 */
const MAX_SCANNED_SLOTS = 262_144;

type Queues = readonly (readonly Subscription[])[];

const NO_SUBJECT = new Uint8Array(0);
const NO_SUBSCRIPTIONS: readonly Subscription[] = [];
const NO_QUEUES: Queues = [];
const NONE_PREPARED: readonly Prepared[] = [];
const NO_QUEUES_PREPARED: readonly (readonly Prepared[])[] = [];

export class PublishPlan {
  readonly subject: Uint8Array;
  readonly length: number;
  readonly hash: number;
  /** The subject four bytes a word, zeros behind its end, and the mask of the last word. */
  readonly words: Int32Array;
  readonly lastWordMask: number;
  /** Whether it may be published here; false also where a mapping has to be followed first. */
  isAllowed: boolean;
  /** Where messages go instead. */
  mapping: PlannedMapping | undefined;
  /** Deliveries that a publish leads to. */
  receiverCount: number;
  /** Plain subscriptions that get the same bytes; none in a plan that is used once. */
  fanOuts: readonly FanOut[];
  /** The other plain subscriptions. */
  plain: readonly Subscription[];
  queues: Queues;
  /** As `plain` and `queues`, entry by entry; empty in a plan that is used once. */
  preparedPlain: readonly Prepared[];
  preparedQueues: readonly (readonly Prepared[])[];

  constructor(subject: Uint8Array, hash: number) {
    this.length = subject.length;
    this.hash = hash;
    this.words = new Int32Array(Math.max(1, (subject.length + 3) >> 2));
    this.subject = new Uint8Array(this.words.buffer, 0, subject.length);
    this.subject.set(subject);
    this.lastWordMask = (-1 >>> (((4 - (subject.length & 3)) & 3) * 8)) | 0;
    this.isAllowed = true;
    this.mapping = undefined;
    this.receiverCount = 0;
    this.fanOuts = NO_FAN_OUTS;
    this.plain = NO_SUBSCRIPTIONS;
    this.queues = NO_QUEUES;
    this.preparedPlain = NONE_PREPARED;
    this.preparedQueues = NO_QUEUES_PREPARED;
  }

  /** Sets what was found out of a subject that is used once. */
  allow(isAllowed: boolean, receivers: SublistResult<Subscription>): void {
    this.isAllowed = isAllowed;
    this.receiverCount = receivers.plain.length + receivers.queues.length;
    this.plain = receivers.plain;
    this.queues = receivers.queues;
  }

  /** Estimate of the memory held once deliveries are prepared. */
  get sizeBytes(): number {
    let receivers = this.plain.length;
    for (let i = 0; i < this.fanOuts.length; i++) {
      receivers += this.fanOuts[i]!.subscriptions.length;
    }
    for (let i = 0; i < this.queues.length; i++) receivers += this.queues[i]!.length;
    return sizeOfPlan(this.length, receivers);
  }
}

function sizeOfPlan(subjectBytes: number, receivers: number): number {
  return PLAN_BYTES + subjectBytes + receivers * (PREPARED_BYTES + subjectBytes);
}

/** Fills the free slots, so that every slot holds a plan; no subject has its length. */
const NO_PLAN = new PublishPlan(NO_SUBJECT, 0);

/** Decides for a subject whether it may be published; asked once per plan. */
export interface PublishRule {
  mayPublish(bytes: Uint8Array, start: number, end: number): boolean;
}

/** What plans are made from. The account implements it. */
export interface PlanSource {
  readonly sublist: Sublist<Subscription>;
  /** Subscriptions that some subjects must not reach. */
  readonly filteredSubscriptions: number;
  /** Where messages to a subject go instead. */
  readonly mappings: SubjectMappings | undefined;
  /** Counts publishes of clients that found no plan; how many did follows from the messages. */
  planMisses: number;
}

/** The plans of one account for publishers with the same permissions. */
export class PlanTable {
  readonly #source: PlanSource;
  readonly #rule: PublishRule;
  /** Whether the account's mappings apply; to their destinations they do not. */
  readonly #isMapped: boolean;
  /** Mapped by hash; a plan is in its slot or in the neighbour of it (the other of the pair). */
  #slots: PublishPlan[];
  /**
   * Hashes of subjects that missed of late, mapped by hash. Grows on its own while misses abound.
   */
  #seen: Int32Array;
  #missesUntilGrowth: number;
  #mask: number;
  #count: number;
  /** Sum of the plans' `sizeBytes`. */
  #sizeBytes: number;
  /** Plans refused for lack of memory since the table was last emptied. */
  #refusals: number;
  /** Plans pushed out by others since the table last grew. */
  #evictions: number;
  #scannedSlots: number;
  /** Stands for a subject without a plan; overwritten by the next one. */
  readonly #once: PublishPlan;
  /** Number of publishes that found no plan; hits are publishes minus this. */
  misses: number;

  constructor(source: PlanSource, rule: PublishRule, isMapped: boolean) {
    this.#source = source;
    this.#rule = rule;
    this.#isMapped = isMapped;
    this.#slots = new Array<PublishPlan>(FIRST_SLOTS).fill(NO_PLAN);
    this.#seen = new Int32Array(FIRST_SEEN);
    this.#missesUntilGrowth = FIRST_SEEN;
    this.#mask = FIRST_SLOTS - 1;
    this.#count = 0;
    this.#sizeBytes = 0;
    this.#refusals = 0;
    this.#evictions = 0;
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
    const slots = this.#slots;
    const slot = (Math.imul(hash, SPREAD) >>> SPREAD_SHIFT) & this.#mask;
    let plan = slots[slot]!;
    if (plan.hash !== hash) plan = slots[slot ^ 1]!;
    let at = message.subjectStart;
    const length = message.subjectEnd - at;
    if (plan.hash !== hash || plan.length !== length) return this.#findWithoutPlan(message);
    // Four bytes a step: a size and two line ends follow every subject, so reading on is safe.
    const words = plan.words;
    const view = message.subjectBlock.view;
    const last = words.length - 1;
    for (let i = 0; i < last; i++) {
      if (view.getInt32(at, true) !== words[i]) return this.#findWithoutPlan(message);
      at += 4;
    }
    if ((view.getInt32(at, true) & plan.lastWordMask) !== words[last]) {
      return this.#findWithoutPlan(message);
    }
    return plan;
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
    this.#dropIfFor(slot, hash, subject);
    this.#dropIfFor(slot ^ 1, hash, subject);
  }

  /** Drops every plan (permissions, mappings or imports changed). */
  clear(): void {
    this.#resize(FIRST_SLOTS);
  }

  #resize(slots: number): void {
    this.#slots = new Array<PublishPlan>(slots).fill(NO_PLAN);
    this.#mask = slots - 1;
    this.#count = 0;
    this.#sizeBytes = 0;
    this.#refusals = 0;
    this.#evictions = 0;
  }

  #slotOf(hash: number): number {
    return (Math.imul(hash, SPREAD) >>> SPREAD_SHIFT) & this.#mask;
  }

  #dropIfFor(slot: number, hash: number, subject: Uint8Array): void {
    const plan = this.#slots[slot]!;
    if (plan.hash !== hash || plan.length !== subject.length) return;
    if (sameBytes(plan.subject, subject, 0)) this.#drop(slot);
  }

  #drop(slot: number): void {
    this.#sizeBytes -= this.#slots[slot]!.sizeBytes;
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
    // Other tables serve messages that have been counted already, or come from no client.
    if (this.#isMapped) this.#source.planMisses++;
    const hash = message.subjectHash;
    const seen = this.#seen;
    const index = (Math.imul(hash, SPREAD) >>> SPREAD_SHIFT) & (seen.length - 1);
    const isKnown = seen[index] === hash || this.misses % ADMIT_EVERY === 0;
    const once = this.#once;
    this.#match(once, message);
    if (isKnown && this.#hasRoomFor(message, once)) return this.#build(message, once);
    seen[index] = hash;
    if (--this.#missesUntilGrowth === 0) this.#growSeen();
    return once;
  }

  #growSeen(): void {
    if (this.#seen.length === MAX_SLOTS) return;
    this.#seen = new Int32Array(this.#seen.length * 4);
    this.#missesUntilGrowth = this.#seen.length;
  }

  /** Finds the receivers. */
  #match(plan: PublishPlan, message: Message): void {
    const { bytes } = message.subjectBlock;
    const { subjectStart, subjectEnd } = message;
    const { sublist, filteredSubscriptions, mappings } = this.#source;
    plan.mapping =
      this.#isMapped && mappings !== undefined
        ? mappings.planFor(bytes, subjectStart, subjectEnd)
        : undefined;
    if (plan.mapping !== undefined) {
      plan.allow(false, NO_RECEIVERS);
      return;
    }
    const found = sublist.matchBytes(bytes, subjectStart, subjectEnd);
    const result =
      filteredSubscriptions > 0 ? withoutDenied(found, bytes, subjectStart, subjectEnd) : found;
    plan.allow(this.#rule.mayPublish(bytes, subjectStart, subjectEnd), result);
  }

  /** Makes a plan of what was matched, with everything prepared. */
  #build(message: Message, matched: PublishPlan): PublishPlan {
    const { bytes } = message.subjectBlock;
    const subject = bytes.slice(message.subjectStart, message.subjectEnd);
    const plan = new PublishPlan(subject, message.subjectHash);
    plan.mapping = matched.mapping;
    plan.isAllowed = matched.isAllowed;
    plan.receiverCount = matched.receiverCount;
    const deliveries = prepareDeliveries(matched.plain, subject);
    plan.fanOuts = deliveries.fanOuts;
    plan.plain = deliveries.plain;
    plan.preparedPlain = deliveries.prepared;
    plan.queues = matched.queues;
    const preparedQueues: (readonly Prepared[])[] = [];
    for (const members of plan.queues) preparedQueues.push(prepareAll(members, subject));
    plan.preparedQueues = preparedQueues;
    this.#place(plan);
    const slots = this.#slots.length;
    if (slots < MAX_SLOTS && (this.#count > slots >> 2 || this.#evictions > slots >> 6)) {
      this.#grow();
    }
    return plan;
  }

  /**
   * Whether one more plan fits. In a full-grown table a plan gives way only now and then, lest two
   * busy subjects take turns.
   */
  #hasRoomFor(message: Message, matched: PublishPlan): boolean {
    let receivers = matched.plain.length;
    for (const members of matched.queues) receivers += members.length;
    const sizeBytes = sizeOfPlan(message.subjectEnd - message.subjectStart, receivers);
    if (sizeBytes > MAX_TABLE_BYTES) return false;
    if (this.#sizeBytes + sizeBytes > MAX_TABLE_BYTES) {
      if (++this.#refusals < this.#count * EMPTY_AFTER) return false;
      this.clear();
    }
    const slots = this.#slots;
    const slot = this.#slotOf(message.subjectHash);
    if (slots[slot] === NO_PLAN || slots[slot ^ 1] === NO_PLAN) return true;
    return slots.length < MAX_SLOTS || this.misses % EVICT_EVERY === 0;
  }

  /** Puts the plan into its slot or, where that is taken, into the neighbour. */
  #place(plan: PublishPlan): void {
    const slots = this.#slots;
    let slot = this.#slotOf(plan.hash);
    if (slots[slot] !== NO_PLAN) slot ^= 1;
    if (slots[slot] !== NO_PLAN) {
      this.#drop(slot);
      this.#evictions++;
    }
    this.#count++;
    this.#sizeBytes += plan.sizeBytes;
    slots[slot] = plan;
  }

  #grow(): void {
    const old = this.#slots;
    this.#resize(Math.min(old.length * 4, MAX_SLOTS));
    for (const plan of old) if (plan !== NO_PLAN) this.#place(plan);
  }
}
