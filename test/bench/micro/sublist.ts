/**
 * Cost of the sublist alone, run with `bun test/bench/micro/sublist.ts [subscriptions]`. Prints
 * time per operation, and memory after a full collection. Entries have the fields of a real
 * subscription.
 */
import { edenGC } from "bun:jsc";
import { hashSubject, subjectBytes } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import type { SublistEntry } from "../../../src/subject/sublist.ts";

const MiB = 1024 * 1024;

class BenchEntry implements SublistEntry {
  readonly subscriber: object;
  readonly sid: number;
  readonly queue: string | undefined;
  node: number;
  position: number;
  deliveredCount: number;
  maxDeliveries: number;

  constructor(subscriber: object, sid: number) {
    this.subscriber = subscriber;
    this.sid = sid;
    this.queue = undefined;
    this.node = -1;
    this.position = 0;
    this.deliveredCount = 0;
    this.maxDeliveries = 0;
  }

  get isLocal(): boolean {
    return true;
  }

  get queueWeight(): number {
    return 1;
  }
}

const subscriber = {};

/** The subjects that the load generator's `subs` mode subscribes to. */
function mixedSubject(i: number): string {
  if (i % 10 === 0) return `dev.${i}.*.temp`;
  if (i % 10 === 1) return `dev.${i}.>`;
  return `dev.${Math.floor(i / 4)}.s${i % 7}.temp`;
}

/** Subjects back to back in one run of bytes, as a parser sees them. */
class Subjects {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;

  constructor(count: number, subjectOf: (index: number) => string) {
    const texts = Array.from({ length: count }, (_, index) => subjectOf(index));
    this.bytes = subjectBytes(texts.join(""));
    this.ends = new Int32Array(count + 1);
    for (let i = 0; i < count; i++) this.ends[i + 1] = this.ends[i]! + texts[i]!.length;
  }

  at(index: number): Uint8Array {
    return this.bytes.subarray(this.ends[index], this.ends[index + 1]);
  }
}

function report(name: string, operations: number, run: () => void): void {
  const before = Bun.nanoseconds();
  run();
  print(name, operations, Bun.nanoseconds() - before);
}

function print(name: string, operations: number, elapsedNs: number): void {
  const perOperation = (elapsedNs / operations).toFixed(1).padStart(9);
  const total = (elapsedNs / 1e6).toFixed(1).padStart(9);
  console.log(`${name.padEnd(52)} ${perOperation} ns/op ${total} ms`);
}

function reportMemory(name: string): void {
  Bun.gc(true);
  Bun.gc(true);
  const { rss, heapUsed } = process.memoryUsage();
  console.log(
    `${name.padEnd(52)} RSS ${(rss / MiB).toFixed(0)} MiB, heap ${(heapUsed / MiB).toFixed(0)} MiB`,
  );
}

function matchAll(sublist: Sublist<BenchEntry>, subjects: Subjects, rounds: number): number {
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i + 1 < subjects.ends.length; i++) {
      const result = sublist.matchBytes(subjects.bytes, subjects.ends[i]!, subjects.ends[i + 1]!);
      found += result.plain.length;
    }
  }
  return found;
}

const BATCH = 10_000;

/**
 * Inserts all entries; the subjects are made outside of the measured time, as a parser has them.
 */
function insertAll(sublist: Sublist<BenchEntry>, entries: BenchEntry[]): void {
  let elapsedNs = 0;
  let slowestNs = 0;
  for (let first = 0; first < entries.length; first += BATCH) {
    const batch = entries.slice(first, first + BATCH);
    const subjects = batch.map((_, i) => subjectBytes(mixedSubject(first + i)));
    const before = Bun.nanoseconds();
    for (let i = 0; i < batch.length; i++) sublist.insert(subjects[i]!, batch[i]!);
    const batchNs = Bun.nanoseconds() - before;
    elapsedNs += batchNs;
    slowestNs = Math.max(slowestNs, batchNs);
  }
  print(`insert ${entries.length}, devices with wildcards`, entries.length, elapsedNs);
  print(`  the slowest ${BATCH} of them`, BATCH, slowestNs);
}

function benchMillion(count: number): void {
  const sublist = new Sublist<BenchEntry>();
  const entries: BenchEntry[] = [];
  reportMemory("at rest");
  report(`make ${count} entries`, count, () => {
    for (let i = 0; i < count; i++) entries.push(new BenchEntry(subscriber, i));
  });
  reportMemory("  with the entries");
  insertAll(sublist, entries);
  reportMemory("  with the sublist");
  const some = new Subjects(100_000, (i) => `dev.${(i * 7919) % 250_000}.s${i % 7}.temp`);
  report("match in it, 100,000 distinct subjects", 100_000, () => matchAll(sublist, some, 1));
  benchChurn(sublist);
  report(`remove ${count}`, count, () => sublist.removeBatch(entries));
  reportMemory("  with the empty sublist");
  insertAll(sublist, entries);
  reportMemory("  with the sublist again");
}

/**
 * An inbox that comes and goes among many subscriptions, and what the garbage collector has of it.
 */
function benchChurn(sublist: Sublist<BenchEntry>): void {
  const inbox = subjectBytes("_INBOX.abcdefghijklmnop.1");
  const entry = new BenchEntry(subscriber, 0);
  report("insert and remove one inbox in it", 200_000, () => {
    for (let i = 0; i < 200_000; i++) {
      sublist.insert(inbox, entry);
      sublist.remove(entry);
    }
  });
  const pausesNs: number[] = [];
  for (let i = 0; i < 50; i++) {
    sublist.insert(inbox, entry);
    sublist.remove(entry);
    const before = Bun.nanoseconds();
    edenGC();
    pausesNs.push(Bun.nanoseconds() - before);
  }
  print("small garbage collection after that", 1, Math.min(...pausesNs));
}

function benchMatch(): void {
  const sublist = new Sublist<BenchEntry>();
  const add = (subject: string) =>
    sublist.insert(subjectBytes(subject), new BenchEntry(subscriber, 1));
  for (let i = 0; i < 1000; i++) add(`b.${i}`);
  const literal = new Subjects(1000, (i) => `b.${i}`);
  report("match hit, literal subject, one node", 2_000_000, () => matchAll(sublist, literal, 2000));
  add("b.*");
  const distinct = new Subjects(100_000, (i) => `b.x${i}`);
  report("match 100,000 distinct subjects, one node (b.*)", 1_000_000, () =>
    matchAll(sublist, distinct, 10),
  );
  report("match hit, literal subject and wildcard", 2_000_000, () =>
    matchAll(sublist, literal, 2000),
  );
  add(">");
  report("match 100,000 distinct subjects, two nodes (b.*, >)", 1_000_000, () =>
    matchAll(sublist, distinct, 10),
  );
  const inbox = subjectBytes("_INBOX.abcdefghijklmnop.1");
  const entry = new BenchEntry(subscriber, 0);
  report("inbox subscribed, matched, unsubscribed next to >", 200_000, () => {
    for (let i = 0; i < 200_000; i++) {
      sublist.insert(inbox, entry);
      sublist.matchBytes(inbox, 0, inbox.length);
      sublist.remove(entry);
    }
  });
  const nobody = new Subjects(1000, (i) => `a.${i}.c`);
  const silent = new Sublist<BenchEntry>();
  silent.insert(subjectBytes("b.*"), new BenchEntry(subscriber, 1));
  report("match nobody", 2_000_000, () => matchAll(silent, nobody, 2000));
}

function benchFullCache(): void {
  const sublist = new Sublist<BenchEntry>();
  const add = (subject: string) =>
    sublist.insert(subjectBytes(subject), new BenchEntry(subscriber, 1));
  add(">");
  for (let i = 0; i < 8000; i++) add(`b.${i}`);
  const subjects = new Subjects(8000, (i) => `b.${i}`);
  matchAll(sublist, subjects, 2);
  console.log(`results in the cache: ${sublist.stats().numCache}`);
  const entries = Array.from({ length: 10_000 }, () => new BenchEntry(subscriber, 1));
  const patterns = Array.from({ length: 10_000 }, (_, i) => subjectBytes(`b.${i}.>`));
  report("insert a wildcard with a full cache", 10_000, () => {
    for (let i = 0; i < 10_000; i++) sublist.insert(patterns[i]!, entries[i]!);
  });
  report("remove a wildcard with a full cache", 10_000, () => {
    for (let i = 0; i < 10_000; i++) sublist.remove(entries[i]!);
  });
  console.log(`results in the cache: ${sublist.stats().numCache}`);
  const all = new BenchEntry(subscriber, 2);
  report("insert a second >, which concerns the full cache", 1, () => {
    sublist.insert(subjectBytes(">"), all);
  });
}

function benchHash(): void {
  const subject = subjectBytes("dev.12345.s3.temp");
  let sum = 0;
  report("hashSubject, 17 bytes", 10_000_000, () => {
    for (let i = 0; i < 10_000_000; i++) sum += hashSubject(subject, 0, subject.length);
  });
  if (sum === 0) console.log("");
}

benchMillion(Number(process.argv[2] ?? 1_000_000));
benchMatch();
benchFullCache();
benchHash();
