/**
 * The sublist against a naive matcher: thousands of random operations over few tokens, so that
 * subjects, nodes and results collide all the time. A failure names the seed and the step.
 */
import { expect, test } from "bun:test";
import {
  subjectBytes,
  subjectIsSubset,
  subjectMatches,
  subjectsCollide,
  subjectText,
} from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import type { SublistResult } from "../../../src/subject/sublist.ts";
import { Random } from "../../../src/util/random.ts";
import { namesIn, TestEntry } from "./sublist-fixtures.ts";

/** Whether a pattern matches a literal subject, token by token. */
function naiveMatches(literal: string[], pattern: string[]): boolean {
  if (pattern[0] === ">" && pattern.length === 1) return literal.length > 0;
  if (literal.length === 0 || pattern.length === 0) return literal.length === pattern.length;
  if (pattern[0] !== "*" && pattern[0] !== literal[0]) return false;
  return naiveMatches(literal.slice(1), pattern.slice(1));
}

class NaiveSublist {
  readonly subjects = new Map<TestEntry, string>();

  /** The entries whose subject passes, in the form of `namesIn`. */
  namesWhere(passes: (subject: string) => boolean): string[] {
    const plain: TestEntry[] = [];
    const queues = new Map<string, TestEntry[]>();
    for (const [entry, subject] of this.subjects) {
      if (!passes(subject)) continue;
      if (entry.queue === undefined) plain.push(entry);
      else queues.set(entry.queue, [...(queues.get(entry.queue) ?? []), entry]);
    }
    return namesIn({ plain, queues: [...queues.values()] });
  }
}

const LITERALS = ["a", "b", "c", "dd", "e1", "e2", "e3", "e4", "e5"];

function randomSubject(random: Random, wildcardsOf10: number): string {
  const tokens: string[] = [];
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) {
    if (random.below(10) >= wildcardsOf10) tokens.push(LITERALS[random.below(LITERALS.length)]!);
    else if (i + 1 === count && random.below(3) === 0) tokens.push(">");
    else tokens.push("*");
  }
  return tokens.join(".");
}

function checkRandomOperations(seed: number, steps: number, hasResultCache: boolean): void {
  const random = new Random(seed);
  const sublist = new Sublist<TestEntry>({ hasResultCache, seed });
  const naive = new NaiveSublist();
  const snapshots: { result: SublistResult<TestEntry>; names: string[] }[] = [];
  const limit = 5 + random.below(300);
  let made = 0;

  const insert = () => {
    const subject = randomSubject(random, 3);
    const queue = random.below(3) === 0 ? ["p", "q", "r"][random.below(3)] : undefined;
    const entry = new TestEntry(`${made++}`, queue);
    expect(sublist.insert(subjectBytes(subject), entry)).toBe(true);
    naive.subjects.set(entry, subject);
  };
  const remove = (count: number) => {
    const entries = [...naive.subjects.keys()];
    const chosen = new Set<TestEntry>();
    for (let i = 0; i < count; i++) chosen.add(entries[random.below(entries.length)]!);
    for (const entry of chosen) naive.subjects.delete(entry);
    const [only] = chosen;
    if (count === 1 && only !== undefined) expect(sublist.remove(only)).toBe(true);
    else expect(sublist.removeBatch(chosen)).toBe(true);
    for (const entry of chosen) expect(entry.node).toBe(-1);
  };
  const match = () => {
    const subject = randomSubject(random, random.below(5) === 0 ? 3 : 0);
    const tokens = subject.split(".");
    const names = naive.namesWhere((pattern) => naiveMatches(tokens, pattern.split(".")));
    const result = sublist.match(subject);
    expect(namesIn(result)).toEqual(names);
    expect(sublist.hasInterest(subject)).toBe(names.length > 0);
    if (random.below(10) === 0) snapshots.push({ result, names });
  };
  const reverse = () => {
    const pattern = randomSubject(random, 4);
    const names = naive.namesWhere((subject) => subjectsCollide(subject, pattern));
    expect(namesIn(sublist.reverseMatch(pattern))).toEqual(names);
  };

  for (let step = 0; step < steps; step++) {
    try {
      const choice = random.below(100);
      const isFull = naive.subjects.size >= limit;
      if (choice < 25 && !isFull) insert();
      else if (choice < 45 && naive.subjects.size > 0) remove(1);
      else if (choice < 46 && naive.subjects.size > 0) remove(1 + random.below(limit));
      else if (choice < 90) match();
      else reverse();
      expect(sublist.count).toBe(naive.subjects.size);
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}`, { cause: error });
    }
  }
  for (const { result, names } of snapshots) expect(namesIn(result)).toEqual(names);
  expect(new Set(sublist.all())).toEqual(new Set(naive.subjects.keys()));
  for (const [entry, subject] of naive.subjects) {
    expect(subjectText(sublist.subjectOf(entry))).toBe(subject);
  }
  expect(sublist.removeBatch([...naive.subjects.keys()])).toBe(true);
  expect(sublist.all()).toEqual([]);
}

const firstSeed = Number(process.env["SEED"] ?? Math.floor(Date.now() % 1_000_000_007));

test(`agrees with a naive matcher over random operations, seeds from ${firstSeed}`, () => {
  for (let i = 0; i < 20; i++) checkRandomOperations(firstSeed + i, 1500, i % 4 !== 3);
}, 60_000);

/** A literal subject that both patterns match if any does: their literal tokens, "x" elsewhere. */
function commonLiteral(left: string[], right: string[]): string[] {
  const length = Math.max(left.length, right.length);
  return Array.from({ length }, (_, i) => {
    const tokens = [left[i], right[i]].filter((token) => token !== undefined);
    return tokens.find((token) => token !== "*" && token !== ">") ?? "x";
  });
}

test(`subjects collide exactly if they share a literal subject, seed ${firstSeed}`, () => {
  const random = new Random(firstSeed);
  for (let i = 0; i < 20_000; i++) {
    const left = randomSubject(random, 4);
    const right = randomSubject(random, 4);
    const literal = commonLiteral(left.split("."), right.split("."));
    const isShared =
      naiveMatches(literal, left.split(".")) && naiveMatches(literal, right.split("."));
    if (subjectsCollide(left, right) !== isShared) {
      throw new Error(`seed ${firstSeed}: ${left} and ${right}, literal ${literal.join(".")}`);
    }
  }
});

/** A literal subject within `subject` that as few other patterns as possible match. */
function typicalLiteral(subject: string[]): string[] {
  return subject.flatMap((token) => (token === ">" ? ["x", "y"] : [token === "*" ? "x" : token]));
}

test(`a subject is a subset if the pattern matches all that it matches, seed ${firstSeed}`, () => {
  const random = new Random(firstSeed);
  for (let i = 0; i < 20_000; i++) {
    const subject = randomSubject(random, 4);
    const pattern = randomSubject(random, 5);
    const literals = [typicalLiteral(subject.split("."))];
    if (subject.endsWith(">")) literals.push(typicalLiteral(subject.slice(0, -1).split(".")));
    literals[1]?.splice(-1, 1, "x");
    const isMatched = literals.every((literal) => naiveMatches(literal, pattern.split(".")));
    if (subjectIsSubset(subject, pattern) !== isMatched) {
      throw new Error(`seed ${firstSeed}: ${subject} within ${pattern}`);
    }
  }
});

test(`matching agrees with the naive matcher on subjects alone, seed ${firstSeed}`, () => {
  const random = new Random(firstSeed);
  for (let i = 0; i < 50_000; i++) {
    const literal = randomSubject(random, 1);
    const pattern = randomSubject(random, 5);
    if (subjectMatches(literal, pattern) !== naiveMatches(literal.split("."), pattern.split("."))) {
      throw new Error(`seed ${firstSeed}: ${literal} to ${pattern}`);
    }
  }
});
