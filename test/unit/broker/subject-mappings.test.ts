/** Where messages go instead, by the mappings of their account, and how often to which place. */
import { describe, expect, test } from "bun:test";
import { SubjectMappings } from "../../../src/broker/subject-mappings.ts";
import type { Message } from "../../../src/broker/message.ts";
import type { MappingSettings } from "../../../src/config/blocks/mappings.ts";
import { Random } from "../../../src/util/random.ts";
import { wireText } from "../../support/account-broker.ts";
import { messageOf, textOf } from "../../support/messages.ts";

const random = new Random(5);

type Destinations = Readonly<Record<string, number>>;

/** `source: { destination: weight }`, in this order. */
function mappings(settings: Readonly<Record<string, Destinations | string>>): SubjectMappings {
  return new SubjectMappings(
    Object.entries(settings).map(([source, to]): MappingSettings => {
      const weights = typeof to === "string" ? { [to]: 100 } : to;
      const destinations = Object.entries(weights).map(([subject, weightPercent]) => {
        return { subject, weightPercent, cluster: undefined };
      });
      return { source, destinations };
    }),
  );
}

function subjectOf({ subjectBlock, subjectStart, subjectEnd }: Message): string {
  return textOf(subjectBlock.bytes, subjectStart, subjectEnd);
}

/** The message after its mapping, if it has one. */
function mapped(table: SubjectMappings, subject: string, draws = random): Message {
  const message = messageOf(subject, { reply: "reply", payload: "payload" });
  const { bytes } = message.block;
  table.planFor(bytes, message.subjectStart, message.subjectEnd)?.redirect(message, draws);
  return message;
}

function target(table: SubjectMappings, subject: string): string {
  return subjectOf(mapped(table, subject));
}

/** How many of so many messages go where. */
function shares(table: SubjectMappings, subject: string, count: number): Map<string, number> {
  const found = new Map<string, number>();
  const message = messageOf(subject);
  const { subjectBlock, subjectStart, subjectEnd } = message;
  const plan = table.planFor(message.block.bytes, subjectStart, subjectEnd)!;
  const draws = new Random(11);
  for (let i = 0; i < count; i++) {
    plan.redirect(message, draws);
    found.set(subjectOf(message), (found.get(subjectOf(message)) ?? 0) + 1);
    Object.assign(message, { subjectBlock, subjectStart, subjectEnd });
  }
  return found;
}

describe("a subject", () => {
  test("without a mapping stays, as the same bytes", () => {
    const table = mappings({ foo: "bar", "a.*": "b.$1" });
    for (const subject of ["fo", "foo.x", "a", "a.b.c", "Foo"]) {
      const message = messageOf(subject);
      const plan = table.planFor(message.block.bytes, message.subjectStart, message.subjectEnd);
      expect(plan).toBeUndefined();
    }
  });

  test("goes where the first mapping that fits it says, and no further", () => {
    const table = mappings({ "a.*": "first.$1", "a.b": "second", ">": "rest.>", foo: "never" });
    expect(target(table, "a.b")).toBe("first.b");
    expect(target(table, "foo")).toBe("rest.foo");
    expect(target(table, "first.b")).toBe("rest.first.b");
    expect(target(mappings({ "a.b": "exact", "a.*": "wild.$1" }), "a.b")).toBe("exact");
  });

  test("is looked for in its place between other bytes", () => {
    const table = mappings({ foo: "bar" });
    const bytes = Buffer.from("xfoox");
    expect(table.planFor(bytes, 1, 4)).toBeDefined();
    expect(table.planFor(bytes, 0, 4)).toBeUndefined();
    expect(table.planFor(bytes, 1, 5)).toBeUndefined();
  });

  test("is mapped byte by byte where it is no ASCII", () => {
    const table = mappings({ "größe.*": "大.$1.é" });
    expect(target(table, wireText("größe.ü"))).toBe(wireText("大.ü.é"));
    expect(target(table, wireText("größe.") + "\xff")).toBe(
      `${wireText("大")}.\xff.${wireText("é")}`,
    );
  });
});

describe("a redirected message", () => {
  test("has the hash of its new subject and can be read four bytes beyond it", () => {
    const table = mappings({ foo: "somewhere.else", bar: "x" });
    for (const [from, to] of [
      ["foo", "somewhere.else"],
      ["bar", "x"],
    ] as const) {
      const message = mapped(table, from);
      expect(message.subjectHash).toBe(messageOf(to).subjectHash);
      expect(() => message.subjectBlock.view.getInt32(message.subjectEnd, true)).not.toThrow();
    }
  });

  test("keeps all that is not its subject", () => {
    const message = mapped(mappings({ foo: "bar" }), "foo");
    const { bytes } = message.block;
    expect(textOf(bytes, message.tailStart, message.tailEnd)).toBe("reply 7\r\npayload\r\n");
    expect(textOf(bytes)).toStartWith("PUB foo ");
  });

  test("that is dropped has no subject, which reaches nobody", () => {
    const message = mapped(mappings({ foo: { foo: 0 } }), "foo");
    expect(subjectOf(message)).toBe("");
  });

  test("is decided anew each time where chance is part of it", () => {
    const table = mappings({ "foo.*": "x.{{random(3)}}.$1" });
    const found = shares(table, "foo.a", 300);
    expect([...found.keys()].toSorted()).toEqual(["x.0.a", "x.1.a", "x.2.a"]);
    for (const count of found.values()) expect(count).toBeGreaterThan(60);
  });
});

describe("weights", () => {
  const COUNT = 10_000;

  /** Each within two of a hundred. */
  function expectShares(table: SubjectMappings, subject: string, percent: Destinations): void {
    const found = shares(table, subject, COUNT);
    const wanted = Object.entries(percent).filter(([, share]) => share > 0);
    expect([...found.keys()].toSorted()).toEqual(wanted.map(([to]) => to).toSorted());
    for (const [to, share] of wanted) {
      expect(Math.abs((found.get(to)! * 100) / COUNT - share)).toBeLessThan(2);
    }
  }

  test("say which share of the messages goes where", () => {
    const percent = { a: 10, b: 60, c: 30 };
    expectShares(mappings({ foo: percent }), "foo", percent);
  });

  test("that leave something leave it where it is", () => {
    expectShares(mappings({ foo: { a: 20, b: 30 } }), "foo", { a: 20, b: 30, foo: 50 });
    expectShares(mappings({ "foo.*": { "a.$1": 25 } }), "foo.x", { "a.x": 25, "foo.x": 75 });
    expectShares(mappings({ foo: { a: 1 } }), "foo", { a: 1, foo: 99 });
  });

  test("that leave something drop it where the subject itself is listed", () => {
    expectShares(mappings({ foo: { a: 20, foo: 30 } }), "foo", { a: 20, foo: 30, "": 50 });
  });

  test("of nothing are never drawn", () => {
    expectShares(mappings({ foo: { a: 0, b: 100, c: 0 } }), "foo", { b: 100 });
    expectShares(mappings({ foo: { a: 0, b: 0 } }), "foo", { foo: 100 });
  });

  test("for another cluster do not count", () => {
    const table = new SubjectMappings([
      {
        source: "foo",
        destinations: [
          { subject: "east", weightPercent: 100, cluster: "east" },
          { subject: "here", weightPercent: 40, cluster: undefined },
        ],
      },
    ]);
    expectShares(table, "foo", { here: 40, foo: 60 });
  });
});
