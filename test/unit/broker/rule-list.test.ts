/**
 * Lists of rules: short ones, which are compared rule by rule, and long ones, which are indexed,
 * answer alike. Random rules are in `permissions.property.test.ts`.
 */
import { describe, expect, test } from "bun:test";
import { MAX_SCANNED_RULES, Rule, RuleList } from "../../../src/broker/rule-list.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";

function ruleOf(text: string): Rule {
  const [subject = "", queue] = text.split(" ");
  return new Rule(subjectBytes(subject), queue);
}

/** `rules` and as many others of no consequence. */
function listOf(rules: readonly string[], others: number): RuleList {
  const fillers = Array.from({ length: others }, (_, index) => `filler.${index}`);
  return new RuleList([...fillers, ...rules].map(ruleOf));
}

const sizes: readonly (readonly [name: string, others: number])[] = [
  ["short", 0],
  ["long", MAX_SCANNED_RULES],
];

describe.each(sizes)("a %s list", (_, others) => {
  const matches = (rules: readonly string[], subject: string, queue?: string) => {
    const bytes = subjectBytes(`a.${subject}.b`);
    return listOf(rules, others).matches(bytes, 2, 2 + subject.length, queue);
  };

  test("matches as subscriptions do", () => {
    const rules = ["a", "b.*", "c.*.d", "e.>", "*f", "g.h*"];
    for (const subject of ["a", "b.x", "c.x.d", "e.x", "e.x.y", "*f", "g.h*"]) {
      expect(matches(rules, subject)).toBe(true);
    }
    for (const subject of ["", "A", "aa", "b", "b.x.y", "c.x", "c.d", "e", "xf", "g.hx", "a.b"]) {
      expect(matches(rules, subject)).toBe(false);
    }
  });

  test("matches no subject with an empty token", () => {
    for (const subject of ["", ".", "a.", ".a", "a..a", "a.a."]) {
      expect(matches([">", "*", "*.*", "a.*", "*.a", "a.>", "a.*.a"], subject)).toBe(false);
    }
  });

  test("does not look behind the end of the subject", () => {
    expect(matches(["a.b"], "a")).toBe(false);
    expect(matches(["a.*"], "a")).toBe(false);
    expect(matches(["a.>"], "a")).toBe(false);
    expect(matches(["a.b"], "a.b")).toBe(true);
  });

  test("matches by rules with a queue for members of that queue only", () => {
    const rules = ["a q", "a r.*", "b", "b s"];
    for (const queue of ["q", "r.x"]) expect(matches(rules, "a", queue)).toBe(true);
    for (const queue of [undefined, "s", "r", "Q"]) expect(matches(rules, "a", queue)).toBe(false);
    for (const queue of [undefined, "s", "x"]) expect(matches(rules, "b", queue)).toBe(true);
  });

  test("matches nothing without rules", () => {
    expect(matches([], "a")).toBe(false);
  });
});
