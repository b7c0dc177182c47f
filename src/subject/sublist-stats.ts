/**
 * Figures about sublists, as `/subsz` and the server's statistics show them. Made by `sublist.ts`,
 * summed over accounts by the monitoring endpoints.
 */
import type { SublistEntry, SublistResult } from "./sublist-result.ts";

export interface SublistCounts {
  readonly numSubscriptions: number;
  readonly numInserts: number;
  readonly numRemoves: number;
  /** Calls of `match` and `matchBytes`. */
  readonly numMatches: number;
  /** Those of them that were answered from the result cache. */
  readonly cacheHits: number;
}

/** The fan-out of a result is its plain entries and its queue groups, each group counted once. */
export interface SublistStats extends SublistCounts {
  /** Results in the cache. */
  readonly numCache: number;
  /** `cacheHits / numMatches`, 0 before the first match. */
  readonly cacheHitRate: number;
  /** The largest fan-out, their sum and their average, over the results in the cache. */
  readonly maxFanout: number;
  readonly totalFanout: number;
  readonly avgFanout: number;
}

export function statsOf(
  counts: SublistCounts,
  results: readonly SublistResult<SublistEntry>[],
): SublistStats {
  let maxFanout = 0;
  let totalFanout = 0;
  for (const { plain, queues } of results) {
    const fanout = plain.length + queues.length;
    maxFanout = Math.max(maxFanout, fanout);
    totalFanout += fanout;
  }
  return withRates(counts, results.length, maxFanout, totalFanout);
}

/** The figures of several sublists as if they were one. */
export function sumStats(all: readonly SublistStats[]): SublistStats {
  const sum = (pick: (stats: SublistStats) => number) =>
    all.reduce((total, stats) => total + pick(stats), 0);
  const counts = {
    numSubscriptions: sum((stats) => stats.numSubscriptions),
    numInserts: sum((stats) => stats.numInserts),
    numRemoves: sum((stats) => stats.numRemoves),
    numMatches: sum((stats) => stats.numMatches),
    cacheHits: sum((stats) => stats.cacheHits),
  };
  const maxFanout = all.reduce((most, stats) => Math.max(most, stats.maxFanout), 0);
  return withRates(
    counts,
    sum((stats) => stats.numCache),
    maxFanout,
    sum((stats) => stats.totalFanout),
  );
}

function withRates(
  counts: SublistCounts,
  numCache: number,
  maxFanout: number,
  totalFanout: number,
): SublistStats {
  return {
    ...counts,
    numCache,
    cacheHitRate: counts.numMatches === 0 ? 0 : counts.cacheHits / counts.numMatches,
    maxFanout,
    totalFanout,
    avgFanout: numCache === 0 ? 0 : totalFanout / numCache,
  };
}
