/**
 * The entries at one trie node, where there are two or more of them. Called by `sublist.ts`; a node
 * with a single entry, by far the most common, holds that entry itself. Lists are shared with
 * results and copied before the first change after that.
 */
import { addMember, EMPTY_RESULT } from "./sublist-result.ts";
import type { ResultBuilder, SublistEntry, SublistResult } from "./sublist-result.ts";

/** Entries in no particular order; each knows its index, so that removal takes constant time. */
class EntryList<Entry extends SublistEntry> {
  #entries: Entry[];
  /** Whether a result holds `#entries`, which then must not change any more. */
  #isShared: boolean;

  constructor() {
    this.#entries = [];
    this.#isShared = false;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  share(): readonly Entry[] {
    this.#isShared = true;
    return this.#entries;
  }

  add(entry: Entry): void {
    const entries = this.#ownEntries();
    entry.position = entries.length;
    entries.push(entry);
  }

  /** Removes the entry by moving the last one into its place; false if it is not here. */
  remove(entry: Entry): boolean {
    const position = entry.position;
    if (this.#entries[position] !== entry) return false;
    const entries = this.#ownEntries();
    const last = entries.pop();
    if (last !== undefined && last !== entry) {
      last.position = position;
      entries[position] = last;
    }
    return true;
  }

  #ownEntries(): Entry[] {
    if (this.#isShared) {
      this.#entries = this.#entries.slice();
      this.#isShared = false;
    }
    return this.#entries;
  }
}

export class NodeContent<Entry extends SublistEntry> {
  readonly #plain: EntryList<Entry>;
  #groups: Map<string, EntryList<Entry>> | undefined;
  #count: number;

  constructor() {
    this.#plain = new EntryList();
    this.#groups = undefined;
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Number of plain entries, or of members of the queue group. */
  countOf(queue: string | undefined): number {
    return this.#list(queue)?.entries.length ?? 0;
  }

  add(entry: Entry): void {
    let list = this.#list(entry.queue);
    if (list === undefined) {
      list = new EntryList();
      this.#groups ??= new Map();
      this.#groups.set(entry.queue ?? "", list);
    }
    list.add(entry);
    this.#count++;
  }

  /** False if the entry is not here. */
  remove(entry: Entry): boolean {
    const list = this.#list(entry.queue);
    if (list === undefined || !list.remove(entry)) return false;
    this.#count--;
    if (entry.queue !== undefined && list.entries.length === 0) this.#groups?.delete(entry.queue);
    return true;
  }

  /** Some entry; undefined only in an empty node. With a count of 1, the one that is left. */
  any(): Entry | undefined {
    const first = this.#plain.entries[0];
    if (first !== undefined || this.#groups === undefined) return first;
    for (const list of this.#groups.values()) return list.entries[0];
    return undefined;
  }

  /** A result of this node alone; its lists are the node's own wherever weights allow it. */
  result(): SublistResult<Entry> {
    const plain = this.#plain.entries.length > 0 ? this.#plain.share() : EMPTY_RESULT.plain;
    if (this.#groups === undefined || this.#groups.size === 0) {
      return { plain, queues: EMPTY_RESULT.queues };
    }
    const queues: (readonly Entry[])[] = [];
    for (const list of this.#groups.values()) {
      const members = hasWeights(list.entries) ? weighted(list.entries) : list.share();
      if (members.length > 0) queues.push(members);
    }
    return { plain, queues };
  }

  /** Adds the entries to a result of several nodes. */
  addTo(builder: ResultBuilder<Entry>): void {
    builder.addPlain(this.#plain.entries);
    if (this.#groups === undefined) return;
    for (const [queue, list] of this.#groups) builder.addGroup(queue, list.entries);
  }

  /** Appends every entry to `target`. */
  collect(target: Entry[]): void {
    for (const entry of this.#plain.entries) target.push(entry);
    if (this.#groups === undefined) return;
    for (const list of this.#groups.values()) for (const entry of list.entries) target.push(entry);
  }

  /** A copy of what is here now, one after the other. */
  *entries(): Generator<Entry, undefined> {
    const entries: Entry[] = [];
    this.collect(entries);
    yield* entries;
  }

  #list(queue: string | undefined): EntryList<Entry> | undefined {
    return queue === undefined ? this.#plain : this.#groups?.get(queue);
  }
}

function hasWeights(entries: readonly SublistEntry[]): boolean {
  for (const entry of entries) if (!entry.isLocal && entry.queueWeight !== 1) return true;
  return false;
}

function weighted<Entry extends SublistEntry>(entries: readonly Entry[]): Entry[] {
  const members: Entry[] = [];
  for (const entry of entries) addMember(members, entry);
  return members;
}
