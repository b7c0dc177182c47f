/** The busiest subjects: exact for few, and never too low for those that are in. */
import { describe, expect, test } from "bun:test";
import type { CountedSubject } from "../../../src/broker/subject-sketch.ts";
import { MAX_SUBJECT_BYTES, TopSubjects } from "../../../src/broker/top-subjects.ts";
import { Random } from "../../../src/util/random.ts";
import { messageOf, textOf } from "../../support/messages.ts";

const SEED = 7;

/** Places for subjects as long as few are to be shown. */
const PLACES = 512;

function nameOf({ account, subject, isCut }: Omit<CountedSubject, "count">): string {
  return `${account} ${textOf(subject)}${isCut ? "…" : ""}`;
}

function told(subjects: readonly CountedSubject[]): Map<string, number> {
  return new Map(subjects.map((one) => [nameOf(one), one.count]));
}

class Counting {
  readonly top = new TopSubjects(10, new Random(SEED));

  publish(account: string, subject: string, payload = ""): void {
    this.top.add(account, messageOf(subject, { payload }));
  }

  get messages(): Map<string, number> {
    return told(this.top.byMessages);
  }

  get bytes(): Map<string, number> {
    return told(this.top.byBytes);
  }
}

describe("few subjects", () => {
  test("are counted exactly, apart by account", () => {
    const counting = new Counting();
    counting.publish("A", "x", "abc");
    counting.publish("B", "x", "abcde");
    counting.publish("A", "x.y");
    counting.publish("A", "x", "abc");
    expect(counting.messages).toEqual(
      new Map([
        ["A x", 2],
        ["B x", 1],
        ["A x.y", 1],
      ]),
    );
    expect(counting.bytes).toEqual(
      new Map([
        ["A x", 6],
        ["B x", 5],
      ]),
    );
  });

  test("are as many as there are places", () => {
    const counting = new Counting();
    const random = new Random(SEED);
    const expected = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const subject = `s.${random.below(PLACES)}`;
      expected.set(`A ${subject}`, (expected.get(`A ${subject}`) ?? 0) + 1);
      counting.publish("A", subject);
    }
    expect(counting.messages).toEqual(expected);
  });
});

describe("more subjects than places", () => {
  const RARE = 20_000;
  const counting = new Counting();
  const published = new Map<string, number>();
  const publish = (subject: string) => {
    published.set(`A ${subject}`, (published.get(`A ${subject}`) ?? 0) + 1);
    counting.publish("A", subject, "x");
  };
  for (let i = 0; i < RARE; i++) {
    publish(`rare.${i}`);
    if (i % 10 === 0) publish(`busy.${i % 3}`);
  }

  test("take no more than the places", () => {
    expect(counting.messages.size).toBe(PLACES);
    expect(counting.bytes.size).toBe(PLACES);
  });

  test("do not push out those that are busy", () => {
    const busiest = counting.top.byMessages.toSorted((one, other) => other.count - one.count);
    expect(busiest.slice(0, 3).map(nameOf).toSorted()).toEqual([
      "A busy.0",
      "A busy.1",
      "A busy.2",
    ]);
  });

  test("have counts that are never too low, and too high by a place's share at most", () => {
    const total = [...published.values()].reduce((sum, count) => sum + count, 0);
    for (const [name, count] of counting.messages) {
      const exact = published.get(name)!;
      expect(count).toBeGreaterThanOrEqual(exact);
      expect(count).toBeLessThanOrEqual(exact + total / PLACES);
    }
  });
});

describe("long subjects", () => {
  const LONGEST = "a".repeat(MAX_SUBJECT_BYTES);

  test("of the greatest length are told whole, and longer ones cut", () => {
    const counting = new Counting();
    counting.publish("A", LONGEST);
    counting.publish("A", `${LONGEST}b`);
    counting.publish("A", `${LONGEST}cc`);
    const cut = `A ${"a".repeat(MAX_SUBJECT_BYTES - 3)}…`;
    expect(counting.messages).toEqual(
      new Map([
        [`A ${LONGEST}`, 1],
        [cut, 2],
      ]),
    );
  });

  test.each([
    ["ü", 1],
    ["€", 2],
    ["😀", 3],
  ])("are not cut inside %s", (character, bytesBefore) => {
    const counting = new Counting();
    const before = "a".repeat(MAX_SUBJECT_BYTES - 3 - bytesBefore);
    const bytes = Buffer.from(`${before}${character}${"b".repeat(20)}`).toString("latin1");
    counting.publish("A", bytes);
    expect([...counting.messages.keys()]).toEqual([`A ${before}…`]);
  });

  test("of bytes that are no text are cut all the same", () => {
    const counting = new Counting();
    counting.publish("A", "\x80".repeat(300));
    const [name = ""] = counting.messages.keys();
    expect(name).toHaveLength("A ".length + MAX_SUBJECT_BYTES - 3 + "…".length);
  });
});
