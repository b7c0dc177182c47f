/**
 * Long texts written in slices, so that an answer about a million subscriptions does not keep
 * anybody's message waiting: others have their turns between two slices. Short ones are done in one
 * go.
 */
import type { Clock } from "../util/clock.ts";

/** Work on one slice ends after this. */
const SLICE_MS = 1;

interface Slice {
  readonly text: string;
  readonly isLast: boolean;
}

/** A text of which the pieces are made one after the other; the order of calls is that of it. */
export class SlicedText {
  readonly #pieces: Iterator<string, undefined>;
  readonly #clock: Clock;

  constructor(pieces: Iterator<string, undefined>, clock: Clock) {
    this.#pieces = pieces;
    this.#clock = clock;
  }

  /** The next slice; takes a millisecond or two, unless a single piece takes longer. */
  next(): Slice {
    const endMs = this.#clock.nowMs() + SLICE_MS;
    let text = "";
    for (;;) {
      const { done, value } = this.#pieces.next();
      if (done === true) return { text, isLast: true };
      text += value;
      if (this.#clock.nowMs() >= endMs) return { text, isLast: false };
    }
  }

  /** The slices that are left. */
  async *rest(): AsyncGenerator<string, undefined> {
    for (let isLast = false; !isLast;) {
      await new Promise<void>((resolve) => this.#clock.afterEvents(resolve));
      const slice = this.next();
      isLast = slice.isLast;
      yield slice.text;
    }
  }
}

/** At once if that does not take long, else slice by slice, as fast as it is read. */
export function slicedResponse(slices: SlicedText, headers: Record<string, string>): Response {
  const { text: start, isLast } = slices.next();
  if (isLast) return new Response(start, { headers });
  return new Response(
    async function* () {
      yield start;
      yield* slices.rest();
    },
    { headers },
  );
}
