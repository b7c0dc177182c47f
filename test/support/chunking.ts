/**
 * The ways in which the same bytes are cut into writes: whole, byte by byte, at seeded random
 * places. Used by every test that feeds a parser or a server, since no result may depend on the
 * cuts.
 */
import { Random } from "../../src/util/random.ts";

/** Cuts bytes (one character each) into pieces to be written one at a time. */
export interface Chunking {
  /** For failure messages; names the seed if there is one. */
  readonly name: string;
  cut(bytes: string): string[];
}

/** Longer texts are cut byte by byte only at their two ends, where the lines are. */
const EDGE_BYTES = 256;
const MAX_RANDOM_CUTS = 12;

export const whole: Chunking = {
  name: "sent whole",
  cut: (bytes) => [bytes],
};

export const byteByByte: Chunking = {
  name: "sent byte by byte",
  cut(bytes) {
    if (bytes.length <= 2 * EDGE_BYTES) return [...bytes];
    const middle = bytes.slice(EDGE_BYTES, -EDGE_BYTES);
    return [...bytes.slice(0, EDGE_BYTES), middle, ...bytes.slice(-EDGE_BYTES)];
  },
};

/** Cuts at up to a dozen places, the same ones for the same seed and sequence of calls. */
export function atRandom(seed: number): Chunking {
  const random = new Random(seed);
  return {
    name: `sent in random pieces (CONVERSATION_SEED=${seed})`,
    cut(bytes) {
      const count = random.below(MAX_RANDOM_CUTS + 1);
      const cuts = Array.from({ length: count }, () => random.below(bytes.length + 1));
      const edges = [0, ...cuts.sort((left, right) => left - right), bytes.length];
      const pieces = edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
      return pieces.filter((piece) => piece !== "");
    },
  };
}
