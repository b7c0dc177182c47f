/**
 * Subjects that must not reach a subscription, although it matches them: a wildcard subscription
 * that overlaps with what its client may not subscribe to. Asked when a plan is made.
 */
import type { SublistResult } from "../subject/sublist-result.ts";

export interface DeliveryFilter {
  /** Whether the subject `bytes[start, end)` must not reach members of that queue group. */
  denies(bytes: Uint8Array, start: number, end: number, queue: string | undefined): boolean;
}

/** What it asks of a subscription. */
interface Filtered {
  readonly filter: DeliveryFilter | undefined;
  readonly queue: string | undefined;
}

/** What is left of the receivers of a subject. */
export function withoutDenied<Entry extends Filtered>(
  receivers: SublistResult<Entry>,
  bytes: Uint8Array,
  start: number,
  end: number,
): SublistResult<Entry> {
  const isFree = ({ filter, queue }: Entry) =>
    filter === undefined || !filter.denies(bytes, start, end, queue);
  const queues = receivers.queues.map((members) => members.filter(isFree));
  return {
    plain: receivers.plain.filter(isFree),
    queues: queues.filter((members) => members.length > 0),
  };
}
