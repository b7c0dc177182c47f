/**
 * Pages of long lists, as `/connz` and `/subsz` give them: so many entries from an offset on.
 * Limits that make no sense stand for the usual one, as in the reference.
 */

/** Entries of a page unless another number is asked for. */
const USUAL_LIMIT = 1024;

/** What is not above 0 stands for the usual limit. */
export function pageLimit(asked: number): number {
  return asked > 0 ? asked : USUAL_LIMIT;
}

export function pageOf<Entry>(
  entries: readonly Entry[],
  offset: number,
  limit: number,
): readonly Entry[] {
  return entries.slice(offset, offset + limit);
}
