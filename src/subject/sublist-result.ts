/**
 * What a sublist stores and what it answers. Used by `sublist.ts` and its parts, and by whoever
 * subscribes. A result is a snapshot: once handed out, neither it nor its lists change any more.
 */

/**
 * What a sublist needs to know of a subscription, and two fields in which it remembers its place.
 */
export interface SublistEntry {
  /** Name of the queue group; undefined for a plain subscription. */
  readonly queue: string | undefined;
  /** False where the entry stands for interest beyond this server. */
  readonly isLocal: boolean;
  /** How often a queue member that is not local appears in its group (its members over there). */
  readonly queueWeight: number;
  /** Owned by the sublist: the trie node that holds the entry, -1 while in none. */
  node: number;
  /** Owned by the sublist: index in its list, where that node holds several entries. */
  position: number;
}

/** The entries that a subject reaches: all of `plain`, and one member of each list in `queues`. */
export interface SublistResult<Entry> {
  readonly plain: readonly Entry[];
  readonly queues: readonly (readonly Entry[])[];
}

const NONE: readonly never[] = [];

/** The answer to a subject that reaches nobody; always this object. */
export const EMPTY_RESULT: SublistResult<never> = { plain: NONE, queues: NONE };

/** The result that consists of one entry. */
export function resultOfOne<Entry extends SublistEntry>(entry: Entry): SublistResult<Entry> {
  if (entry.queue === undefined) return { plain: [entry], queues: NONE };
  const members: Entry[] = [];
  addMember(members, entry);
  return members.length === 0 ? EMPTY_RESULT : { plain: NONE, queues: [members] };
}

/** Appends a queue member to its group's list, by its weight if it is not local. */
export function addMember<Entry extends SublistEntry>(members: Entry[], entry: Entry): void {
  const times = entry.isLocal ? 1 : entry.queueWeight;
  for (let i = 0; i < times; i++) members.push(entry);
}

/** Number of entries in the result, queue members counted one by one. */
export function countEntries(result: SublistResult<SublistEntry>): number {
  let count = result.plain.length;
  for (const members of result.queues) count += members.length;
  return count;
}

/** The part of the result that is on this server; the same object if that is all of it. */
export function localPart<Entry extends SublistEntry>(
  result: SublistResult<Entry>,
): SublistResult<Entry> {
  const isLocal = (entry: Entry) => entry.isLocal;
  if (result.plain.every(isLocal) && result.queues.every((members) => members.every(isLocal))) {
    return result;
  }
  const queues = result.queues.map((members) => members.filter(isLocal));
  return {
    plain: result.plain.filter(isLocal),
    queues: queues.filter((members) => members.length > 0),
  };
}

/** Collects the entries of several nodes; groups of one name become one group. */
export class ResultBuilder<Entry extends SublistEntry> {
  readonly #plain: Entry[];
  readonly #queues: Entry[][];
  #groups: Map<string, Entry[]> | undefined;

  constructor() {
    this.#plain = [];
    this.#queues = [];
    this.#groups = undefined;
  }

  add(entry: Entry): void {
    if (entry.queue === undefined) this.#plain.push(entry);
    else addMember(this.#group(entry.queue), entry);
  }

  addPlain(entries: readonly Entry[]): void {
    const plain = this.#plain;
    for (let i = 0; i < entries.length; i++) plain.push(entries[i]!);
  }

  addGroup(queue: string, entries: readonly Entry[]): void {
    const members = this.#group(queue);
    for (let i = 0; i < entries.length; i++) addMember(members, entries[i]!);
  }

  build(): SublistResult<Entry> {
    const plain = this.#plain;
    if (this.#groups === undefined)
      return plain.length > 0 ? { plain, queues: NONE } : EMPTY_RESULT;
    const queues = this.#queues.filter((members) => members.length > 0);
    return plain.length + queues.length > 0 ? { plain, queues } : EMPTY_RESULT;
  }

  #group(queue: string): Entry[] {
    this.#groups ??= new Map();
    let members = this.#groups.get(queue);
    if (members === undefined) {
      members = [];
      this.#groups.set(queue, members);
      this.#queues.push(members);
    }
    return members;
  }
}
