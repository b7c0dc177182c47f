/**
 * Rates from counters: what was added between two polls, by the server's own clock. A server that
 * was started again counts from zero, so its first poll has no rates.
 */
import type { Varz } from "./answers.ts";
import { millisecondsOf } from "./format.ts";

export interface Rates {
  readonly inMessages: number;
  readonly outMessages: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** A second, so to speak: two answers closer to each other make no rate worth showing. */
const SHORTEST_MS = 200;
const MS_PER_SECOND = 1000;

export class RateMeter {
  #last: Varz | undefined;

  constructor() {
    this.#last = undefined;
  }

  /** The rates since the poll before; undefined if there are none. */
  take(varz: Varz): Rates | undefined {
    const last = this.#last;
    const isSame = last?.start === varz.start && last.server_id === varz.server_id;
    if (last === undefined || !isSame) {
      this.#last = varz;
      return undefined;
    }
    const elapsedMs = millisecondsOf(varz.now) - millisecondsOf(last.now);
    if (elapsedMs < SHORTEST_MS) return undefined;
    this.#last = varz;
    const perSecond = (added: number) => Math.max(0, (added * MS_PER_SECOND) / elapsedMs);
    return {
      inMessages: perSecond(varz.in_msgs - last.in_msgs),
      outMessages: perSecond(varz.out_msgs - last.out_msgs),
      inBytes: perSecond(varz.in_bytes - last.in_bytes),
      outBytes: perSecond(varz.out_bytes - last.out_bytes),
    };
  }
}
