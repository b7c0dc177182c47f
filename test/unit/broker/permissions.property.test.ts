/**
 * Permissions against an evaluator that knows no patterns, only sets: all literal subjects over
 * three tokens, one of which no rule names, up to a length that no rule reaches without `>`. There
 * a set lies within another exactly if the patterns do. A failure names the seed, rules and case.
 */
import { expect, test } from "bun:test";
import { Permissions } from "../../../src/broker/permissions.ts";
import { MAX_SCANNED_RULES } from "../../../src/broker/rule-list.ts";
import type { SubjectRules } from "../../../src/config/blocks/permissions.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Random } from "../../../src/util/random.ts";

const NAMED = ["a", "bb"];
/** Stands for all tokens that rules do not name. */
const OTHER = "x";
const MAX_RULE_TOKENS = 3;

const LITERALS = literalsUpTo(MAX_RULE_TOKENS + 1);
/** Subjects of a PUB that are odd: wildcards are text there, and empty tokens match nothing. */
const ODD_SUBJECTS = ["", ".", "a.", ".a", "a..bb", "*", ">", "a.*", "a.>", "*.bb", ">.a"];

function literalsUpTo(length: number): string[] {
  if (length === 0) return [];
  const shorter = literalsUpTo(length - 1);
  const heads = ["", ...shorter.map((subject) => `${subject}.`)];
  return [...new Set(heads.flatMap((head) => [...NAMED, OTHER].map((token) => head + token)))];
}

/** Whether a pattern matches a literal subject, token by token. */
function naiveMatches(literal: readonly string[], pattern: readonly string[]): boolean {
  if (literal.includes("")) return false;
  if (pattern[0] === ">" && pattern.length === 1) return literal.length > 0;
  if (literal.length === 0 || pattern.length === 0) return literal.length === pattern.length;
  if (pattern[0] !== "*" && pattern[0] !== literal[0]) return false;
  return naiveMatches(literal.slice(1), pattern.slice(1));
}

const sets = new Map<string, ReadonlySet<string>>();

/** The literal subjects that a pattern matches. */
function setOf(pattern: string): ReadonlySet<string> {
  let set = sets.get(pattern);
  if (set === undefined) {
    const tokens = pattern.split(".");
    set = new Set(LITERALS.filter((literal) => naiveMatches(literal.split("."), tokens)));
    sets.set(pattern, set);
  }
  return set;
}

function matchesAny(subject: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => naiveMatches(subject.split("."), pattern.split(".")));
}

/** A rule about subscriptions: a subject, and a queue or "" for none. */
function splitRule(rule: string): readonly [subject: string, queue: string] {
  const [subject = "", queue = ""] = rule.split(" ");
  return [subject, queue];
}

function isQueueNamed(queue: string, name: string): boolean {
  return queue === name || setOf(queue).isSubsetOf(setOf(name));
}

/** The literal subjects of a subscription that it may get; undefined if it must be refused. */
function naiveSubscribe(
  { allow, deny }: SubjectRules,
  subject: string,
  queue: string | undefined,
): ReadonlySet<string> | undefined {
  const wanted = setOf(subject);
  const covering = allow?.map(splitRule).filter(([allowed]) => wanted.isSubsetOf(setOf(allowed)));
  if (covering !== undefined) {
    const queues = covering.map(([, name]) => name).filter((name) => name !== "");
    const isBound = queue !== undefined && queues.length > 0;
    const isAllowed = isBound
      ? queues.some((name) => isQueueNamed(queue, name))
      : covering.some(([, name]) => name === "");
    if (!isAllowed) return undefined;
  }
  let left = wanted;
  for (const [denied, name] of deny.map(splitRule)) {
    if (name !== "" && (queue === undefined || !isQueueNamed(queue, name))) continue;
    if (wanted.isSubsetOf(setOf(denied))) return undefined;
    left = left.difference(setOf(denied));
  }
  return left;
}

class Samples {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(Math.imul(seed, 0x9e3779b1));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)]!;
  }

  /** A subject with wildcards here and there. */
  pattern(): string {
    const count = 1 + this.#random.below(MAX_RULE_TOKENS);
    const tokens = Array.from({ length: count }, () => this.pick([...NAMED, ...NAMED, "*"]));
    if (this.#random.below(4) === 0) tokens[count - 1] = ">";
    return tokens.join(".");
  }

  /** Now and then very many rules, which are matched in another way. */
  rules(hasQueues: boolean): SubjectRules {
    const rule = () => {
      return hasQueues && this.#random.below(3) === 0
        ? `${this.pattern()} ${this.pattern()}`
        : this.pattern();
    };
    const list = () => {
      const limit = this.#random.below(4) === 0 ? 2 * MAX_SCANNED_RULES : 4;
      return Array.from({ length: this.#random.below(limit) }, rule);
    };
    return { allow: this.#random.below(3) === 0 ? undefined : list(), deny: list() };
  }
}

/** Asks about a subject in the midst of other bytes. */
function ask(
  rule: (bytes: Uint8Array, start: number, end: number) => boolean,
  subject: string,
): boolean {
  const bytes = subjectBytes(`a.${subject}.bb`);
  return rule(bytes, 2, 2 + subject.length);
}

function checkPublishing(samples: Samples): void {
  const publish = samples.rules(false);
  const subscribe = { allow: undefined, deny: [] };
  const permissions = new Permissions({ publish, subscribe, responses: undefined });
  const { allow, deny } = publish;
  for (const subject of [...LITERALS, ...ODD_SUBJECTS]) {
    const isAllowed = allow === undefined || matchesAny(subject, allow);
    const mayPublish = ask((...range) => permissions.mayPublish(...range), subject);
    if (mayPublish !== (isAllowed && !matchesAny(subject, deny))) {
      throw new Error(`publish ${subject} by ${JSON.stringify(publish)}: ${mayPublish}`);
    }
  }
}

function checkSubscribing(samples: Samples): void {
  const subscribe = samples.rules(true);
  const publish = { allow: undefined, deny: [] };
  const permissions = new Permissions({ publish, subscribe, responses: undefined });
  for (let i = 0; i < 20; i++) {
    const subject = samples.pattern();
    const queue = i % 2 === 0 ? samples.pick([...LITERALS, samples.pattern()]) : undefined;
    const left = naiveSubscribe(subscribe, subject, queue);
    const decision = permissions.subscribe(subjectBytes(subject), queue);
    const where = `${subject} in ${queue} by ${JSON.stringify(subscribe)}`;
    if (decision.isAllowed !== (left !== undefined)) {
      throw new Error(`subscribe ${where}: ${decision.isAllowed}`);
    }
    if (!decision.isAllowed || left === undefined) continue;
    const wanted = setOf(subject);
    const { filter } = decision;
    if ((filter === undefined) !== (left.size === wanted.size)) {
      throw new Error(`filter for ${where}: ${filter !== undefined}`);
    }
    if (filter === undefined) continue;
    for (const literal of wanted) {
      const isDenied = ask((...range) => filter.denies(...range, queue), literal);
      if (isDenied === left.has(literal)) throw new Error(`${literal} to ${where}: ${isDenied}`);
    }
  }
}

function checkSeeds(check: (samples: Samples) => void, count: number): void {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    try {
      check(new Samples(seed));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
}

const firstSeed = Number(process.env["SEED"] ?? Math.floor(Date.now() % 1_000_000_007));

test(`publishing agrees with sets of literal subjects, seeds from ${firstSeed}`, () => {
  checkSeeds(checkPublishing, 1_500);
}, 60_000);

test(`subscribing agrees with sets of literal subjects, seeds from ${firstSeed}`, () => {
  checkSeeds(checkSubscribing, 3_000);
}, 60_000);

test("the literal subjects tell apart what has to be told apart", () => {
  expect(LITERALS).toHaveLength(3 + 9 + 27 + 81);
  expect(setOf("a.>").isSubsetOf(setOf("a.*"))).toBe(false);
  expect(setOf("a.*").isSubsetOf(setOf("a.>"))).toBe(true);
  expect(setOf("*").isSubsetOf(setOf("a"))).toBe(false);
});
