/**
 * What a user may publish and subscribe to. Publish plans ask once per subject, clients for each
 * SUB. Users with equal settings share one object, hence their publish plans.
 *
 * A subscription must lie within one rule of the allow list as a whole, and not within a deny rule;
 * a wildcard subscription that only overlaps with deny rules is filtered when messages are
 * delivered. Rules: NATS documentation, "authorization" and "queue permissions".
 */
import type {
  PermissionSettings,
  ResponseSettings,
  SubjectRules,
} from "../config/blocks/permissions.ts";
import { isValidSubject, subjectIsSubset, subjectsCollide } from "../subject/subject.ts";
import { binaryText } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import type { DeliveryFilter } from "./delivery-filter.ts";
import type { PublishRule } from "./publish-plan.ts";
import { isPublishableByClients } from "./reserved-subjects.ts";
import { ResponsePermissions } from "./response-permissions.ts";
import { Rule, RuleList, isAbout, isSameQueue } from "./rule-list.ts";

/** What becomes of a subscription; the filter says which subjects must not reach it. */
export type SubscribeDecision =
  | { readonly isAllowed: false }
  | { readonly isAllowed: true; readonly filter: DeliveryFilter | undefined };

const REFUSED: SubscribeDecision = { isAllowed: false };
const UNFILTERED: SubscribeDecision = { isAllowed: true, filter: undefined };

/** Different permissions that are known before unused ones are looked for. */
const FIRST_SWEEP = 1024;

const encoder = new TextEncoder();

export class Permissions implements PublishRule, DeliveryFilter {
  /** For monitoring; never changes. */
  readonly settings: PermissionSettings;
  /** How requests may be answered where `mayPublish` says no; see `response-permissions.ts`. */
  readonly responses: ResponseSettings | undefined;
  readonly #publish: RulePair;
  readonly #subscribe: RulePair;
  readonly #filtered: SubscribeDecision;

  /** Equal settings should give the same object: use `PermissionTable`. */
  constructor(settings: PermissionSettings) {
    this.settings = settings;
    this.responses = settings.responses;
    this.#publish = pairOf(settings.publish);
    this.#subscribe = pairOf(settings.subscribe);
    this.#filtered = { isAllowed: true, filter: this };
  }

  /** Whether clients may publish to the subject `bytes[start, end)`, responses apart. */
  mayPublish(bytes: Uint8Array, start: number, end: number): boolean {
    if (!isPublishableByClients(bytes, start, end)) return false;
    const { allow, deny } = this.#publish;
    if (allow !== undefined && !allow.matches(bytes, start, end, undefined)) return false;
    return !deny.matches(bytes, start, end, undefined);
  }

  /** Whether clients may subscribe, as members of the queue group if there is one. */
  subscribe(subject: Uint8Array, queue: string | undefined): SubscribeDecision {
    const { allow, deny } = this.#subscribe;
    if (allow !== undefined && !isAllowedBy(allow, subject, queue)) return REFUSED;
    let decision = UNFILTERED;
    for (const rule of deny.rules) {
      if (!isAbout(rule, queue) || !subjectsCollide(subject, rule.subject)) continue;
      if (subjectIsSubset(subject, rule.subject)) return REFUSED;
      decision = this.#filtered;
    }
    return decision;
  }

  /** What keeps count of the requests that one client may answer; undefined if it may not. */
  newResponses(clock: Clock): ResponsePermissions | undefined {
    return this.responses === undefined
      ? undefined
      : new ResponsePermissions(this.responses, clock);
  }

  /** Whether a subject must not reach subscriptions that match it, of that queue group if any. */
  denies(bytes: Uint8Array, start: number, end: number, queue: string | undefined): boolean {
    return this.#subscribe.deny.matches(bytes, start, end, queue);
  }
}

/** Gives users with equal settings the same permissions. One per server. */
export class PermissionTable {
  /** By their settings as text. Weak: users may come and go, with rules of their own each. */
  readonly #known: Map<string, WeakRef<Permissions>>;
  #sweepAt: number;

  constructor() {
    this.#known = new Map();
    this.#sweepAt = FIRST_SWEEP;
  }

  /** Number of different permissions, with some that nobody has any more. */
  get count(): number {
    return this.#known.size;
  }

  /** Undefined: everything but the reserved subjects is allowed. */
  of(settings: PermissionSettings | undefined): Permissions | undefined {
    if (settings === undefined) return undefined;
    const key = keyOf(settings);
    const known = this.#known.get(key)?.deref();
    if (known !== undefined) return known;
    if (this.#known.size >= this.#sweepAt) this.#sweep();
    const permissions = new Permissions(settings);
    this.#known.set(key, new WeakRef(permissions));
    return permissions;
  }

  /** Drops what nobody has any more; again when as many have come as are left. */
  #sweep(): void {
    for (const [key, permissions] of this.#known) {
      if (permissions.deref() === undefined) this.#known.delete(key);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#known.size);
  }
}

interface RulePair {
  /** Undefined: everything. */
  readonly allow: RuleList | undefined;
  readonly deny: RuleList;
}

function pairOf({ allow, deny }: SubjectRules): RulePair {
  return {
    allow: allow === undefined ? undefined : new RuleList(allow.flatMap(ruleOf)),
    deny: new RuleList(deny.flatMap(ruleOf)),
  };
}

/** None for a text that is no rule; whoever reads rules complains of it. */
function ruleOf(text: string): readonly Rule[] {
  if (isValidSubject(text)) return [new Rule(encoder.encode(text), undefined)];
  const [subject = "", queue, ...others] = text.trim().split(/\s+/);
  if (queue === undefined || others.length > 0 || !isValidSubject(subject)) return [];
  const name = encoder.encode(queue);
  return [new Rule(encoder.encode(subject), binaryText(name, 0, name.length))];
}

/**
 * Where rules with a queue cover the subject, one of them must name the group; plain rules allow
 * what no other covers. Without a queue only plain rules count.
 */
function isAllowedBy(allow: RuleList, subject: Uint8Array, queue: string | undefined): boolean {
  let hasPlain = false;
  let hasQueues = false;
  for (const rule of allow.rules) {
    if (!subjectIsSubset(subject, rule.subject)) continue;
    if (rule.queue === undefined) {
      hasPlain = true;
    } else if (queue !== undefined) {
      if (isSameQueue(queue, rule.queue)) return true;
      hasQueues = true;
    }
  }
  return hasPlain && !hasQueues;
}

/** Everything that decides, in one order. */
function keyOf({ publish, subscribe, responses }: PermissionSettings): string {
  const answers =
    responses === undefined ? null : [responses.maxMessages, responses.expiresMs].map(String);
  return JSON.stringify([
    publish.allow ?? null,
    publish.deny,
    subscribe.allow ?? null,
    subscribe.deny,
    answers,
  ]);
}
