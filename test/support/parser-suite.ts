/**
 * Tables of parser cases: each input runs whole, byte by byte and cut at random places, and has to
 * lead to the same calls. The seed is in the name of the suite.
 */
import { describe, expect, test } from "bun:test";
import { atRandom, byteByByte, whole } from "./chunking.ts";
import { ParserBench, type ParserSettings } from "./recording-sink.ts";

export interface ParserCase {
  readonly name: string;
  readonly input: string;
  readonly calls: readonly string[];
  readonly settings?: Partial<ParserSettings>;
}

const FIRST_SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const RANDOM_CUTS = 20;

export function suite(name: string, cases: readonly ParserCase[]): void {
  describe(`${name} (seed ${FIRST_SEED})`, () => {
    for (const one of cases) test(one.name, () => check(one));
  });
}

/** The calls must be the same however the input is cut. */
function check({ input, calls, settings }: ParserCase): void {
  const seeds = Array.from({ length: RANDOM_CUTS }, (_, i) => FIRST_SEED + i);
  for (const chunking of [whole, byteByByte, ...seeds.map(atRandom)]) {
    const bench = new ParserBench(settings);
    const recorded = bench.record(chunking.cut(input));
    expect({ chunking: chunking.name, calls: recorded }).toEqual({
      chunking: chunking.name,
      calls: [...calls],
    });
  }
}
