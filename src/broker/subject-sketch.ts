/**
 * Counts for the subjects that weigh the most, in memory that does not grow: Space-Saving, by
 * Metwally, Agrawal and El Abbadi. While there are no more subjects than places every count is
 * exact. After that, a new subject takes the place of the one with the lowest count and goes on
 * from there: no count is too low, and whatever weighs more than one place's share is in. Filled by
 * `top-subjects.ts`.
 */
import { sameBytes } from "../util/bytes.ts";

/** A subject of an account, and how much it has been given. */
export interface CountedSubject {
  readonly account: string;
  readonly subject: Uint8Array;
  /** Whether the subject is longer; those that begin alike are counted as one. */
  readonly isCut: boolean;
  readonly count: number;
}

/** Where a subject stands, until the next call. */
export interface SubjectKey {
  readonly account: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly isCut: boolean;
  /** Of account and subject, mixed well. */
  readonly hash: number;
}

class Place implements CountedSubject {
  account: string;
  subject: Uint8Array;
  isCut: boolean;
  hash: number;
  count: number;
  /** Where in the heap it is. */
  index: number;
  /** The next one with a hash that ends alike. */
  next: Place | undefined;

  constructor(index: number) {
    this.account = "";
    this.subject = new Uint8Array(0);
    this.isCut = false;
    this.hash = 0;
    this.count = 0;
    this.index = index;
    this.next = undefined;
  }

  isFor({ account, bytes, start, end, isCut, hash }: SubjectKey): boolean {
    if (this.hash !== hash || this.subject.length !== end - start) return false;
    if (this.account !== account || this.isCut !== isCut) return false;
    return sameBytes(this.subject, bytes, start);
  }

  take({ account, bytes, start, end, isCut, hash }: SubjectKey): void {
    this.account = account;
    this.subject = bytes.slice(start, end);
    this.isCut = isCut;
    this.hash = hash;
  }
}

export class SubjectSketch {
  readonly #capacity: number;
  /** No place has a lower count than the one at `(index - 1) / 2`: the lowest stands first. */
  readonly #heap: Place[];
  /** By the end of their hashes. */
  readonly #chains: (Place | undefined)[];
  readonly #mask: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#heap = [];
    const chains = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#chains = new Array<Place | undefined>(chains).fill(undefined);
    this.#mask = chains - 1;
  }

  /** Those counted now, in no particular order. */
  get subjects(): readonly CountedSubject[] {
    return this.#heap;
  }

  /** Counts `weight`, which is above 0, for the subject. */
  add(key: SubjectKey, weight: number): void {
    const place = this.#find(key) ?? this.#placeFor(key);
    place.count += weight;
    this.#sink(place);
  }

  #find(key: SubjectKey): Place | undefined {
    let place = this.#chains[key.hash & this.#mask];
    while (place !== undefined && !place.isFor(key)) place = place.next;
    return place;
  }

  #placeFor(key: SubjectKey): Place {
    const place = this.#heap.length < this.#capacity ? this.#newPlace() : this.#lowest();
    place.take(key);
    const chain = key.hash & this.#mask;
    place.next = this.#chains[chain];
    this.#chains[chain] = place;
    return place;
  }

  /** At the end, and then moved up: nothing is lower than a count of 0. */
  #newPlace(): Place {
    const heap = this.#heap;
    const place = new Place(heap.length);
    heap.push(place);
    while (place.index > 0) this.#swap(place, heap[(place.index - 1) >> 1]!);
    return place;
  }

  /** The place with the lowest count, which nobody finds any more. */
  #lowest(): Place {
    const place = this.#heap[0]!;
    const chain = place.hash & this.#mask;
    let before = this.#chains[chain];
    if (before === place) {
      this.#chains[chain] = place.next;
      return place;
    }
    while (before !== undefined && before.next !== place) before = before.next;
    if (before !== undefined) before.next = place.next;
    return place;
  }

  /** Moves the place, whose count has grown, to where it belongs. */
  #sink(place: Place): void {
    const heap = this.#heap;
    for (;;) {
      const left = heap[place.index * 2 + 1];
      const right = heap[place.index * 2 + 2];
      const lower = right !== undefined && right.count < left!.count ? right : left;
      if (lower === undefined || lower.count >= place.count) return;
      this.#swap(place, lower);
    }
  }

  #swap(one: Place, other: Place): void {
    const { index } = one;
    one.index = other.index;
    other.index = index;
    this.#heap[one.index] = one;
    this.#heap[other.index] = other;
  }
}
