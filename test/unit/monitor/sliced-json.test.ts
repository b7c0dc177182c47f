/** JSON written in slices: the same text as in one go, and others have their turns in between. */
import { describe, expect, test } from "bun:test";
import { EntryList, jsonPieces } from "../../../src/monitor/sliced-json.ts";
import { SlicedText } from "../../../src/monitor/sliced-text.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { goJson } from "../../../src/util/go-json.ts";
import { Random } from "../../../src/util/random.ts";

const ROUNDS = 300;

async function written(value: unknown, indent: number): Promise<string> {
  const json = new SlicedText(jsonPieces(value, indent), systemClock);
  const { text, isLast } = json.next();
  if (isLast) return text;
  const texts = [text];
  for await (const more of json.rest()) texts.push(more);
  return texts.join("");
}

/** Any value, with lists that are made step by step, down to `depth`. */
function anyValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 8 : 5);
  if (kind === 0) return random.below(1000);
  if (kind === 1) return 'text <b> & "quotes"\n';
  if (kind === 2) return random.below(2) === 0;
  if (kind === 3) return null;
  if (kind === 4) return undefined;
  const values = Array.from({ length: random.below(4) }, () => anyValue(random, depth - 1));
  if (kind === 5) return values;
  if (kind === 6) return Object.fromEntries(values.map((value, i) => [`k${i}<`, value]));
  const entries = values.filter((value) => typeof value === "object" && value !== null);
  return new EntryList(() => [undefined, ...entries, "last", undefined]);
}

describe("a value with lists in it", () => {
  test("is written as in one go", async () => {
    const seed = Date.now();
    const random = new Random(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const value = { server: { id: 1 }, data: anyValue(random, 4), end: anyValue(random, 1) };
      for (const indent of [0, 2]) {
        const where = `seed ${seed}, round ${round}`;
        expect(await written(value, indent), where).toBe(goJson(value, indent));
      }
    }
  });

  test("has an empty list where a list has no entries", async () => {
    const value = { list: new EntryList(() => []), steps: new EntryList(() => [undefined]) };
    expect(await written(value, 2)).toBe('{\n  "list": [],\n  "steps": []\n}');
  });

  test("may be short, and is written at once then", () => {
    const value = { list: new EntryList(() => ["a"]) };
    const json = new SlicedText(jsonPieces(value, 0), systemClock);
    expect(json.next()).toEqual({ text: '{"list":["a"]}', isLast: true });
  });
});

test("a long list lets others have their turns, also where it has nothing to list", async () => {
  const count = 300_000;
  const entries = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? { i } : undefined));
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const text = await written(new EntryList(() => entries), 0);
  clearInterval(others);
  expect(JSON.parse(text)).toHaveLength(count / 2);
  expect(turns).toBeGreaterThan(2);
});
