/** Entries for the tests of the sublist, and readable views of its results. */
import { subjectBytes } from "../../../src/subject/subject.ts";
import type { Sublist, SublistEntry, SublistResult } from "../../../src/subject/sublist.ts";

export class TestEntry implements SublistEntry {
  readonly name: string;
  readonly queue: string | undefined;
  readonly isLocal: boolean;
  queueWeight: number;
  node: number;
  position: number;

  constructor(name: string, queue?: string, remoteWeight?: number) {
    this.name = name;
    this.queue = queue;
    this.isLocal = remoteWeight === undefined;
    this.queueWeight = remoteWeight ?? 1;
    this.node = -1;
    this.position = 0;
  }
}

/** Inserts an entry named after its subject (and queue); throws if the sublist refuses it. */
export function subscribe(sublist: Sublist<TestEntry>, subject: string, queue?: string): TestEntry {
  const entry = new TestEntry(queue === undefined ? subject : `${subject} ${queue}`, queue);
  if (!sublist.insert(subjectBytes(subject), entry)) throw new Error(`refused: ${subject}`);
  return entry;
}

/** The names of the plain entries, sorted, then those of each group in brackets, sorted. */
export function namesIn(result: SublistResult<TestEntry>): string[] {
  const groups = result.queues.map(
    (members) =>
      `[${members
        .map((entry) => entry.name)
        .toSorted()
        .join(", ")}]`,
  );
  return [...result.plain.map((entry) => entry.name).toSorted(), ...groups.toSorted()];
}
