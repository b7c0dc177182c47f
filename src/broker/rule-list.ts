/**
 * One list of subjects that users with equal permissions may or may not use. [hot] Called by
 * `permissions.ts` for every publish that has no plan, and for each filtered receiver of it.
 * Allocates nothing.
 *
 * A short list is compared rule by rule: as fast as a trie, and a few hundred bytes instead of
 * 6 KiB, which counts where each of many devices has rules of its own. Longer lists are indexed.
 */
import { subjectIsSubset } from "../subject/subject.ts";
import { Sublist, type SublistEntry } from "../subject/sublist.ts";
import { Ascii } from "../util/ascii.ts";
import { assert } from "../util/assert.ts";

/** Lists of more rules are indexed. */
export const MAX_SCANNED_RULES = 16;

/** A rule of a list; queue names are text with one character per byte, as in subscriptions. */
export class Rule implements SublistEntry {
  /** A valid subject, possibly with wildcards. */
  readonly subject: Uint8Array;
  /** The queue groups that it is about, a name or a pattern; undefined for a plain rule. */
  readonly queue: string | undefined;
  /** Owned by the sublist. */
  node: number;
  /** Owned by the sublist. */
  position: number;

  constructor(subject: Uint8Array, queue: string | undefined) {
    this.subject = subject;
    this.queue = queue;
    this.node = -1;
    this.position = 0;
  }

  get isLocal(): boolean {
    return true;
  }

  get queueWeight(): number {
    return 1;
  }
}

export class RuleList {
  readonly rules: readonly Rule[];
  readonly #index: Sublist<Rule> | undefined;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.#index = rules.length > MAX_SCANNED_RULES ? indexOf(rules) : undefined;
  }

  /**
   * Whether a rule is about the subject `bytes[start, end)`: a plain one or, for members of a queue
   * group, one of that group. Wildcard tokens in the subject are plain text.
   */
  matches(bytes: Uint8Array, start: number, end: number, queue: string | undefined): boolean {
    if (this.#index !== undefined) return this.#isIndexed(this.#index, bytes, start, end, queue);
    const rules = this.rules;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i]!;
      if (!isAbout(rule, queue)) continue;
      if (isMatchedBy(rule.subject, bytes, start, end)) return true;
    }
    return false;
  }

  #isIndexed(
    index: Sublist<Rule>,
    bytes: Uint8Array,
    start: number,
    end: number,
    queue: string | undefined,
  ): boolean {
    const { plain, queues } = index.matchBytes(bytes, start, end);
    if (plain.length > 0) return true;
    for (let i = 0; i < queues.length; i++) if (isAbout(queues[i]![0]!, queue)) return true;
    return false;
  }
}

/** Whether the rule concerns plain subscriptions (undefined) or members of the queue group. */
export function isAbout(rule: Rule, queue: string | undefined): boolean {
  if (rule.queue === undefined) return true;
  return queue !== undefined && isSameQueue(queue, rule.queue);
}

/** Whether a queue group has the name, or a name that fits the pattern. */
export function isSameQueue(queue: string, name: string): boolean {
  return queue === name || subjectIsSubset(queue, name);
}

function indexOf(rules: readonly Rule[]): Sublist<Rule> {
  const index = new Sublist<Rule>();
  for (const rule of rules) assert(index.insert(rule.subject, rule), "rules are valid subjects");
  return index;
}

/** `subjectMatches` for a subject in the midst of other bytes. */
function isMatchedBy(pattern: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const patternEnd = pattern.length;
  let at = start;
  let patternAt = 0;
  for (;;) {
    const byte = pattern[patternAt];
    const isLast = patternAt + 1 === patternEnd;
    if (byte === Ascii.Greater && isLast) return hasNoEmptyToken(bytes, at, end);
    if (byte === Ascii.Star && (isLast || pattern[patternAt + 1] === Ascii.Dot)) {
      const tokenStart = at;
      while (at < end && bytes[at] !== Ascii.Dot) at++;
      if (at === tokenStart) return false;
      patternAt++;
    } else {
      for (; patternAt < patternEnd && pattern[patternAt] !== Ascii.Dot; patternAt++, at++) {
        if (at === end || bytes[at] !== pattern[patternAt]) return false;
      }
    }
    if (patternAt === patternEnd) return at === end;
    if (at === end || bytes[at] !== Ascii.Dot) return false;
    patternAt++;
    at++;
  }
}

function hasNoEmptyToken(bytes: Uint8Array, start: number, end: number): boolean {
  let previous: number = Ascii.Dot;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === Ascii.Dot && previous === Ascii.Dot) return false;
    previous = byte;
  }
  return previous !== Ascii.Dot;
}
