/**
 * The subscriptions of one account, found by subject. [hot] Called by `account.ts` to add and
 * remove, and by publish plans, permissions and imports to match. Results are snapshots that are
 * replaced, never changed. A match allocates nothing when its result is in the cache. Of a million
 * subscriptions each costs a hundred bytes, besides the entry.
 */
import { assert } from "../util/assert.ts";
import { Random } from "../util/random.ts";
import { InterestNotifications } from "./interest-notifications.ts";
import type { InterestListener, RegisterOutcome } from "./interest-notifications.ts";
import { NodeContent } from "./node-content.ts";
import { NodeSlots } from "./node-slots.ts";
import { ResultCache } from "./result-cache.ts";
import { subjectHasWildcard, subjectBytes, subjectText } from "./subject.ts";
import { SubjectTokens } from "./subject-tokens.ts";
import { ROOT, SubjectTrie } from "./subject-trie.ts";
import { EMPTY_RESULT, ResultBuilder, resultOfOne } from "./sublist-result.ts";
import type { SublistEntry, SublistResult } from "./sublist-result.ts";
import { statsOf } from "./sublist-stats.ts";
import type { SublistCounts, SublistStats } from "./sublist-stats.ts";
import { TrieWalk } from "./trie-walk.ts";

export type { SublistEntry, SublistResult };

/** An emptied sublist gives back its memory if it had room for more nodes than this. */
const MAX_IDLE_NODES = 65_536;

export interface SublistOptions {
  /** False for `no_sublist_cache`: every match builds its result. */
  readonly hasResultCache?: boolean;
  /** Fixes the hash seeds, for tests. */
  readonly seed?: number;
}

export class Sublist<Entry extends SublistEntry> {
  readonly #random: Random;
  readonly #tokens: SubjectTokens;
  readonly #walk: TrieWalk;
  readonly #hasCache: boolean;
  /** Made for the first result that is kept. */
  #cache: ResultCache<Entry> | undefined;
  readonly #notifications: InterestNotifications;
  #trie: SubjectTrie;
  /** What each node holds: nothing, its only entry, or two and more. */
  #contents: NodeSlots<Entry | NodeContent<Entry>>;
  #count: number;
  #inserts: number;
  #removes: number;
  #matches: number;
  #cacheHits: number;

  constructor({ hasResultCache = true, seed }: SublistOptions = {}) {
    this.#random = new Random(seed);
    this.#tokens = new SubjectTokens(this.#random);
    this.#walk = new TrieWalk();
    this.#hasCache = hasResultCache;
    this.#cache = undefined;
    this.#notifications = new InterestNotifications();
    this.#trie = new SubjectTrie(this.#random);
    this.#contents = new NodeSlots();
    this.#count = 0;
    this.#inserts = 0;
    this.#removes = 0;
    this.#matches = 0;
    this.#cacheHits = 0;
  }

  /** Number of entries. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds the entry, which must be in no sublist. False, and nothing changes, for a subject with an
   * empty token or with a token behind `>`; other rules of valid subjects are the caller's matter.
   */
  insert(subject: Uint8Array, entry: Entry): boolean {
    assert(entry.node === -1, "an entry is in one sublist at a time");
    const tokens = this.#tokens;
    if (!tokens.split(subject, 0, subject.length) || tokens.hasTokenAfterRest) return false;
    const node = this.#trie.insert(subject, tokens);
    this.#put(node, entry);
    entry.node = node;
    this.#count++;
    this.#inserts++;
    if (!this.#notifications.isEmpty && !tokens.hasWildcard) {
      const isFirst = this.#countAt(node, entry.queue) === 1;
      if (isFirst) this.#notifications.notify(subjectText(subject), entry.queue, true);
    }
    return true;
  }

  /** Removes the entry; false if it is not in this sublist. */
  remove(entry: Entry): boolean {
    const node = entry.node;
    if (!this.#take(node, entry)) return false;
    entry.node = -1;
    this.#count--;
    this.#removes++;
    const isWatched = !this.#notifications.isEmpty && this.#countAt(node, entry.queue) === 0;
    const subject = isWatched ? this.#trie.subjectOf(node) : undefined;
    this.#prune(node);
    if (subject !== undefined && !subjectHasWildcard(subject)) {
      this.#notifications.notify(subjectText(subject), entry.queue, false);
    }
    return true;
  }

  /** Removes all that are here; false if some were not. */
  removeBatch(entries: Iterable<Entry>): boolean {
    let areAllKnown = true;
    for (const entry of entries) if (!this.remove(entry)) areAllKnown = false;
    return areAllKnown;
  }

  /** To be called after a change of `entry.queueWeight`. */
  queueWeightChanged(entry: Entry): void {
    this.#cache?.forget(entry.node);
  }

  /** As `matchBytes`, for a subject held as text. */
  match(subject: string): SublistResult<Entry> {
    const bytes = subjectBytes(subject);
    return this.matchBytes(bytes, 0, bytes.length);
  }

  /**
   * Whom a message to `bytes[start, end)` reaches. Wildcard tokens in it are plain text. A subject
   * with an empty token reaches nobody.
   */
  matchBytes(bytes: Uint8Array, start: number, end: number): SublistResult<Entry> {
    this.#matches++;
    const count = this.#findNodes(bytes, start, end);
    if (count === 0) return EMPTY_RESULT;
    const nodes = this.#walk.found;
    const cached = this.#cache?.find(nodes, count);
    if (cached !== undefined) {
      this.#cacheHits++;
      return cached;
    }
    const result = this.#build(nodes, count);
    if (this.#hasCache) {
      this.#cache ??= new ResultCache(this.#random);
      this.#cache.store(nodes, count, result);
    }
    return result;
  }

  /** Whether `match` would find anybody. */
  hasInterest(subject: string): boolean {
    const bytes = subjectBytes(subject);
    return this.#findNodes(bytes, 0, bytes.length) > 0;
  }

  /** How many plain entries and queue members `match` would find. */
  numInterest(subject: string): { plain: number; queues: number } {
    const bytes = subjectBytes(subject);
    const count = this.#findNodes(bytes, 0, bytes.length);
    const interest = { plain: 0, queues: 0 };
    for (const entry of this.#entriesAt(count)) {
      if (entry.queue === undefined) interest.plain++;
      else interest.queues++;
    }
    return interest;
  }

  /**
   * The entries that some subject matched by `pattern` reaches: for `foo.*`, those of `foo.bar`,
   * `foo.*`, `*.bar`, `foo.>`. Nobody for an invalid pattern.
   */
  reverseMatch(pattern: string): SublistResult<Entry> {
    const bytes = subjectBytes(pattern);
    const tokens = this.#tokens;
    if (!tokens.split(bytes, 0, bytes.length) || tokens.hasTokenAfterRest) return EMPTY_RESULT;
    const found = this.#walk.collide(this.#trie, bytes, tokens);
    const count = this.#keepFilled(found);
    return count === 0 ? EMPTY_RESULT : this.#build(this.#walk.found, count);
  }

  /** Every entry, in no particular order. */
  all(): Entry[] {
    const entries: Entry[] = [];
    for (const content of this.#contents) {
      if (content instanceof NodeContent) content.collect(entries);
      else entries.push(content);
    }
    return entries;
  }

  /** Every entry of this server. */
  allLocal(): Entry[] {
    const entries: Entry[] = [];
    for (const entry of this.all()) if (entry.isLocal) entries.push(entry);
    return entries;
  }

  /**
   * Every entry, one after the other. The sublist may change between two of them: what comes or
   * goes meanwhile may be missing, or come although it has gone.
   */
  *entries(): Generator<Entry, undefined> {
    for (const content of this.#contents) {
      if (content instanceof NodeContent) yield* content.entries();
      else yield content;
    }
  }

  /** The subject under which the entry was inserted, as new bytes. */
  subjectOf(entry: Entry): Uint8Array {
    assert(entry.node > ROOT, "only an entry in the sublist has a subject");
    return this.#trie.subjectOf(entry.node);
  }

  /** Totals since the start. */
  counts(): SublistCounts {
    return {
      numSubscriptions: this.#count,
      numInserts: this.#inserts,
      numRemoves: this.#removes,
      numMatches: this.#matches,
      cacheHits: this.#cacheHits,
    };
  }

  /** As `counts`, with what the result cache holds now: all of it is looked at. */
  stats(): SublistStats {
    return statsOf(this.counts(), this.#cache?.results() ?? []);
  }

  /** Results in the cache, and the sum of their fan-outs. */
  get cached(): { readonly results: number; readonly receivers: number } {
    return { results: this.#cache?.count ?? 0, receivers: this.#cache?.receivers ?? 0 };
  }

  /**
   * Calls `listener` now with the present state, then whenever the first plain subscription to
   * exactly this literal subject comes or the last one goes.
   */
  registerNotification(subject: string, listener: InterestListener): RegisterOutcome {
    return this.#register(subject, undefined, listener);
  }

  /** As `registerNotification`, for the members of one queue group. */
  registerQueueNotification(
    subject: string,
    queue: string,
    listener: InterestListener,
  ): RegisterOutcome {
    return this.#register(subject, queue, listener);
  }

  /** Ends `registerNotification`; false if there is none like it. */
  clearNotification(subject: string, listener: InterestListener): boolean {
    return this.#notifications.remove(subject, undefined, listener);
  }

  /** Ends `registerQueueNotification`; false if there is none like it. */
  clearQueueNotification(subject: string, queue: string, listener: InterestListener): boolean {
    return this.#notifications.remove(subject, queue, listener);
  }

  #register(
    subject: string,
    queue: string | undefined,
    listener: InterestListener,
  ): RegisterOutcome {
    if (subjectHasWildcard(subject)) return "invalid subject";
    if (!this.#notifications.add(subject, queue, listener)) return "already registered";
    const bytes = subjectBytes(subject);
    const isSplit = this.#tokens.split(bytes, 0, bytes.length);
    const node = isSplit ? this.#trie.find(bytes, this.#tokens) : ROOT;
    listener(this.#countAt(node, queue) > 0);
    return "registered";
  }

  /** Walks the trie; the nodes with entries are then in `#walk.found`. Returns how many. */
  #findNodes(bytes: Uint8Array, start: number, end: number): number {
    const tokens = this.#tokens;
    if (!tokens.split(bytes, start, end)) return 0;
    return this.#keepFilled(this.#walk.match(this.#trie, bytes, tokens));
  }

  /** Moves the nodes that hold entries to the front of `#walk.found`. Returns how many. */
  #keepFilled(count: number): number {
    const nodes = this.#walk.found;
    const contents = this.#contents;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const node = nodes[i]!;
      if (contents.get(node) !== undefined) nodes[kept++] = node;
    }
    return kept;
  }

  #build(nodes: Int32Array, count: number): SublistResult<Entry> {
    if (count === 1) {
      const content = this.#contents.get(nodes[0]!);
      if (content instanceof NodeContent) return content.result();
      return content === undefined ? EMPTY_RESULT : resultOfOne(content);
    }
    const builder = new ResultBuilder<Entry>();
    for (let i = 0; i < count; i++) {
      const content = this.#contents.get(nodes[i]!);
      if (content instanceof NodeContent) content.addTo(builder);
      else if (content !== undefined) builder.add(content);
    }
    return builder.build();
  }

  #entriesAt(count: number): Entry[] {
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++) {
      const content = this.#contents.get(this.#walk.found[i]!);
      if (content instanceof NodeContent) content.collect(entries);
      else if (content !== undefined) entries.push(content);
    }
    return entries;
  }

  #put(node: number, entry: Entry): void {
    const contents = this.#contents;
    const content = contents.get(node);
    if (content === undefined) {
      contents.set(node, entry);
      return;
    }
    this.#cache?.forget(node);
    if (content instanceof NodeContent) {
      content.add(entry);
      return;
    }
    const both = new NodeContent<Entry>();
    both.add(content);
    both.add(entry);
    contents.set(node, both);
  }

  /** Takes the entry from its node; false if the node does not hold it. */
  #take(node: number, entry: Entry): boolean {
    const content = node > ROOT ? this.#contents.get(node) : undefined;
    if (content === undefined) return false;
    if (content instanceof NodeContent) {
      if (!content.remove(entry)) return false;
      if (content.count === 1) this.#unwrap(node, content);
    } else {
      if (content !== entry) return false;
      this.#contents.set(node, undefined);
    }
    this.#cache?.forget(node);
    return true;
  }

  /** Lets the last entry of a node stand for itself again. */
  #unwrap(node: number, content: NodeContent<Entry>): void {
    const entry = content.any();
    assert(entry !== undefined, "a node with one entry holds it");
    this.#contents.set(node, entry);
  }

  #countAt(node: number, queue: string | undefined): number {
    const content = this.#contents.get(node);
    if (content instanceof NodeContent) return content.countOf(queue);
    return content !== undefined && content.queue === queue ? 1 : 0;
  }

  /** Removes the node and those above it that are now of no use. */
  #prune(from: number): void {
    const trie = this.#trie;
    let node = from;
    while (node !== ROOT && this.#contents.get(node) === undefined && trie.isLeaf(node)) {
      node = trie.removeLeaf(node);
    }
    if (trie.count > 0 || trie.capacity <= MAX_IDLE_NODES) return;
    this.#trie = new SubjectTrie(this.#random);
    this.#contents = new NodeSlots();
  }
}
