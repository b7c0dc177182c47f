/**
 * What users may publish and subscribe to, case by case. Where the answers differ from those of
 * nats-server 2.12.2, which takes wildcards in a SUB for plain text, the name says so.
 */
import { describe, expect, test } from "bun:test";
import { Permissions, PermissionTable } from "../../../src/broker/permissions.ts";
import { MAX_SCANNED_RULES } from "../../../src/broker/rule-list.ts";
import type { PermissionSettings, SubjectRules } from "../../../src/config/blocks/permissions.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";

const NO_RULES: SubjectRules = { allow: undefined, deny: [] };

function settingsOf(settings: {
  publish?: Partial<SubjectRules>;
  subscribe?: Partial<SubjectRules>;
  responses?: PermissionSettings["responses"];
}): PermissionSettings {
  const { publish, subscribe, responses } = settings;
  return {
    publish: { ...NO_RULES, ...publish },
    subscribe: { ...NO_RULES, ...subscribe },
    responses,
  };
}

function publishing(publish: Partial<SubjectRules>): (subject: string) => boolean {
  const permissions = new Permissions(settingsOf({ publish }));
  return (subject) => {
    const bytes = Buffer.from(`PUB ${subject} x`);
    return permissions.mayPublish(bytes, 4, bytes.length - 2);
  };
}

/** Answers "no", "yes", or the literal subjects of a few that must not reach the subscription. */
function subscribing(subscribe: Partial<SubjectRules>) {
  const permissions = new Permissions(settingsOf({ subscribe }));
  return (subject: string, queue?: string): string => {
    const decision = permissions.subscribe(subjectBytes(subject), queue);
    if (!decision.isAllowed) return "no";
    if (decision.filter === undefined) return "yes";
    const subjects = ["a", "b", "a.b", "a.c", "b.b", "a.b.c", "a.b.d"].filter((literal) => {
      const bytes = subjectBytes(`> ${literal} >`);
      return decision.filter?.denies(bytes, 2, bytes.length - 2, queue);
    });
    return `not ${subjects.join(" ")}`;
  };
}

describe("publishing", () => {
  test("is free without rules, but for the server's own subjects", () => {
    const mayPublish = publishing({});
    for (const subject of ["a", "a.b.c", "$SYS.x", "_INBOX.a"]) {
      expect(mayPublish(subject)).toBe(true);
    }
    expect(mayPublish("_GR_.x")).toBe(false);
    expect(mayPublish("$NRG.x")).toBe(false);
  });

  test("needs a rule that allows it, where there are some", () => {
    const mayPublish = publishing({ allow: ["a", "b.*", "c.>"] });
    for (const subject of ["a", "b.x", "c.x", "c.x.y"]) expect(mayPublish(subject)).toBe(true);
    for (const subject of ["b", "a.x", "b.x.y", "c", "d", "A"]) {
      expect(mayPublish(subject)).toBe(false);
    }
  });

  test("is not possible at all if nothing is allowed", () => {
    expect(publishing({ allow: [] })("a")).toBe(false);
  });

  test("is refused where a rule denies it, whatever allows it", () => {
    const mayPublish = publishing({ allow: ["a.>"], deny: ["a.*.x", "a.y"] });
    expect(mayPublish("a.b")).toBe(true);
    expect(mayPublish("a.b.x")).toBe(false);
    expect(mayPublish("a.y")).toBe(false);
    expect(publishing({ deny: ["a"] })("b")).toBe(true);
  });

  test("does not look past a longer rule with the same first tokens (2.12.2 does not see *)", () => {
    expect(publishing({ allow: ["*", "b.b.*"] })("b")).toBe(true);
    expect(publishing({ deny: ["*", "a.a.>"] })("a")).toBe(false);
  });

  test("takes wildcards in the subject for plain text", () => {
    const mayPublish = publishing({ allow: ["a.*", "b.c"] });
    expect(mayPublish("a.*")).toBe(true);
    expect(mayPublish("a.>")).toBe(true);
    expect(mayPublish("b.*")).toBe(false);
  });

  test("with an empty token is allowed and denied by nothing", () => {
    for (const subject of ["", "a.", ".a", "a..b"]) {
      expect(publishing({ allow: [">", "a.*.b", "*"] })(subject)).toBe(false);
      expect(publishing({ deny: [">"] })(subject)).toBe(true);
    }
  });

  test("compares bytes, in whatever way the rule was written", () => {
    const mayPublish = publishing({ allow: ["größe.*"] });
    expect(mayPublish("größe.x")).toBe(true);
    expect(mayPublish("grösse.x")).toBe(false);
  });

  test("ignores rules that are no subjects or name a queue", () => {
    const mayPublish = publishing({ allow: ["a..b", "a q", ">.a", ""] });
    for (const subject of ["a", "a..b", ">.a", "a q"]) expect(mayPublish(subject)).toBe(false);
  });

  test("works the same with very many rules", () => {
    const allow = Array.from({ length: 20 * MAX_SCANNED_RULES }, (_, index) => `a.${index}.*`);
    const mayPublish = publishing({ allow, deny: allow.map((rule) => `${rule}.x.>`) });
    expect(mayPublish("a.77.b")).toBe(true);
    expect(mayPublish("a.77777.b")).toBe(false);
    expect(mayPublish("a.77.b.c")).toBe(false);
  });
});

describe("a plain subscription", () => {
  test("is free without rules", () => {
    const subscribe = subscribing({});
    expect(subscribe("a")).toBe("yes");
    expect(subscribe(">")).toBe("yes");
    expect(subscribe("$SYS.>")).toBe("yes");
  });

  test("must lie within one rule that allows it", () => {
    const subscribe = subscribing({ allow: ["a.*", "b.>", "c"] });
    for (const subject of ["a.b", "a.*", "b.c", "b.*", "b.>", "b.*.c", "c"]) {
      expect(subscribe(subject)).toBe("yes");
    }
    for (const subject of ["a", "b", "*", ">", "*.b", "a.b.c", "c.>", "*.>"]) {
      expect(subscribe(subject)).toBe("no");
    }
  });

  test("may not go beyond a rule by a wildcard that fits its text (2.12.2 lets it)", () => {
    expect(subscribing({ allow: ["a.*"] })("a.>")).toBe("no");
    expect(subscribing({ allow: ["*"] })(">")).toBe("no");
  });

  test("is not possible at all if nothing is allowed", () => {
    expect(subscribing({ allow: [] })("a")).toBe("no");
  });

  test("is refused if it lies within a rule that denies it", () => {
    const subscribe = subscribing({ allow: ["a.>"], deny: ["a.b.>", "a.c"] });
    expect(subscribe("a.d")).toBe("yes");
    for (const subject of ["a.c", "a.b.c", "a.b.*", "a.b.>"]) expect(subscribe(subject)).toBe("no");
  });

  test("is filtered if it overlaps with what is denied", () => {
    const subscribe = subscribing({ deny: ["a.b", "*.b.c"] });
    expect(subscribe(">")).toBe("not a.b a.b.c");
    expect(subscribe("a.*")).toBe("not a.b a.b.c");
    expect(subscribe("b.*")).toBe("yes");
    expect(subscribe("a.*.c")).toBe("not a.b a.b.c");
  });

  test("is filtered where neither lies within the other (2.12.2 lets a.b through)", () => {
    expect(subscribing({ deny: ["*.b"] })("a.*")).toBe("not a.b b.b");
  });

  test("beyond what is denied is filtered and not refused (2.12.2 refuses it)", () => {
    expect(subscribing({ deny: ["a.*"] })("a.>")).toBe("not a.b a.c");
  });

  test("of a literal subject needs no filter", () => {
    expect(subscribing({ deny: ["a.b"] })("a.c")).toBe("yes");
  });

  test("needs a rule without a queue", () => {
    const subscribe = subscribing({ allow: ["a q", "b"] });
    expect(subscribe("a")).toBe("no");
    expect(subscribe("b")).toBe("yes");
  });

  test("is not concerned by what is denied to queues", () => {
    const subscribe = subscribing({ deny: ["a q", "b.* >"] });
    expect(subscribe("a")).toBe("yes");
    expect(subscribe(">")).toBe("yes");
  });

  test("with an empty token is refused only where something has to allow it", () => {
    expect(subscribing({ deny: [">"] })("a..b")).not.toBe("no");
    expect(subscribing({ allow: [">"] })("a..b")).toBe("no");
  });
});

describe("a queue subscription", () => {
  test("may have any queue name where a plain rule allows the subject", () => {
    expect(subscribing({ allow: ["a.*"] })("a.b", "q")).toBe("yes");
    expect(subscribing({ allow: ["a.*"] })("b.b", "q")).toBe("no");
  });

  test("must have a name that a rule gives, where one with a queue covers the subject", () => {
    const subscribe = subscribing({ allow: [">", "a.* v1", "a.> v2.*"] });
    expect(subscribe("a.b", "v1")).toBe("yes");
    expect(subscribe("a.b", "v2.x")).toBe("yes");
    for (const queue of ["v2", "v2.x.y", "q"]) expect(subscribe("a.b", queue)).toBe("no");
    expect(subscribe("a.b")).toBe("yes");
    expect(subscribe("b", "q")).toBe("yes");
  });

  test("goes by plain rules where one with a queue does not cover all of it", () => {
    expect(subscribing({ allow: [">", "a.b v1"] })("a.*", "q")).toBe("yes");
    expect(subscribing({ allow: ["a.b v1"] })("a.*", "v1")).toBe("no");
  });

  test("may use a pattern as its name if that is what the rule says or less", () => {
    const subscribe = subscribing({ allow: ["a v.*", "b >"] });
    expect(subscribe("a", "v.*")).toBe("yes");
    expect(subscribe("a", "v.>")).toBe("no");
    expect(subscribe("b", "v.*")).toBe("yes");
  });

  test("is refused by what denies the subject to all", () => {
    expect(subscribing({ deny: ["a"] })("a", "q")).toBe("no");
  });

  test("is refused by that even if another rule denies other queues (2.12.2 allows it)", () => {
    expect(subscribing({ deny: ["a", "a s"] })("a", "q")).toBe("no");
  });

  test("is refused by what denies the subject to its queue, by name or pattern", () => {
    const subscribe = subscribing({ deny: ["a q", "b r.*"] });
    expect(subscribe("a", "q")).toBe("no");
    expect(subscribe("a", "r")).toBe("yes");
    expect(subscribe("b", "r.x")).toBe("no");
    expect(subscribe("b", "r")).toBe("yes");
  });

  test("is filtered by the rules for its queue and for all (2.12.2 sees only the latter)", () => {
    const subscribe = subscribing({ deny: ["a.b q", "b.b", "a.c r"] });
    expect(subscribe(">", "q")).toBe("not a.b b.b");
    expect(subscribe(">", "r")).toBe("not a.c b.b");
    expect(subscribe(">", "s")).toBe("not b.b");
    expect(subscribe("a.*", "s")).toBe("yes");
  });

  test("compares queue names as bytes", () => {
    const subscribe = subscribing({ allow: ["a grün"] });
    expect(subscribe("a", Buffer.from("grün").toString("latin1"))).toBe("yes");
    expect(subscribe("a", "grün")).toBe("no");
  });

  test("reads rules with any blanks between and around subject and queue", () => {
    expect(subscribing({ allow: ["  a \t q "] })("a", "q")).toBe("yes");
    expect(subscribing({ allow: ["a q r", "b..c q"] })("a", "q")).toBe("no");
  });
});

describe("the table of permissions", () => {
  const responses = { maxMessages: 1, expiresMs: 1_000 };

  test("gives equal settings the same object", () => {
    const table = new PermissionTable();
    const make = () => settingsOf({ publish: { allow: ["a"] }, responses: { ...responses } });
    const first = table.of(make());
    expect(first).toBeInstanceOf(Permissions);
    expect(table.of(make())).toBe(first);
    const { publish, subscribe } = make();
    expect(table.of({ responses: { ...responses }, subscribe, publish })).toBe(first);
    expect(table.count).toBe(1);
  });

  test("has nothing for users without permissions", () => {
    expect(new PermissionTable().of(undefined)).toBeUndefined();
  });

  test("tells apart all that differs", () => {
    const table = new PermissionTable();
    const different = [
      settingsOf({}),
      settingsOf({ publish: { allow: [] } }),
      settingsOf({ subscribe: { allow: [] } }),
      settingsOf({ publish: { allow: ["a"] } }),
      settingsOf({ publish: { deny: ["a"] } }),
      settingsOf({ subscribe: { allow: ["a"] } }),
      settingsOf({ subscribe: { deny: ["a"] } }),
      settingsOf({ subscribe: { deny: ["a", "b"] } }),
      settingsOf({ subscribe: { deny: ["a b"] } }),
      settingsOf({ responses }),
      settingsOf({ responses: { ...responses, maxMessages: Infinity } }),
      settingsOf({ responses: { ...responses, expiresMs: Infinity } }),
    ].map((settings) => table.of(settings));
    expect(new Set(different).size).toBe(different.length);
    expect(table.count).toBe(different.length);
  });

  test("keeps the settings for those who show them", () => {
    const settings = settingsOf({ publish: { allow: ["a"] }, responses });
    const permissions = new PermissionTable().of(settings);
    expect(permissions?.settings).toBe(settings);
    expect(permissions?.responses).toBe(responses);
  });

  test("forgets permissions that nobody has any more", async () => {
    const table = new PermissionTable();
    const come = (from: number, to: number) => {
      for (let i = from; i < to; i++) table.of(settingsOf({ publish: { allow: [`user.${i}`] } }));
    };
    const kept = table.of(settingsOf({}));
    for (let round = 0; round < 8; round++) {
      come(round * 1_000, (round + 1) * 1_000);
      // Weak references hold until the turn ends.
      await new Promise((resolve) => setImmediate(resolve));
      Bun.gc(true);
    }
    expect(table.count).toBeLessThan(4_000);
    expect(table.of(settingsOf({}))).toBe(kept);
  });
});
