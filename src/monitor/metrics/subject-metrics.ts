/**
 * The table of what `/metrics` tells of the busiest subjects, where `metrics.top_subjects` asks for
 * it: no more series than that for messages, and as many for bytes.
 */
import type { CountedSubject } from "../../broker/subject-sketch.ts";
import { CUT_MARK, type TopSubjects } from "../../broker/top-subjects.ts";
import type { Sample } from "./exposition.ts";
import type { MetricRow } from "./metric-row.ts";

const BOUNDS = "Of a subject that was not among them from the start this is an upper bound.";

// prettier-ignore
export const subjectMetrics: readonly MetricRow[] = [
  {
    name: "midge_top_subject_messages", type: "counter",
    help: `Messages published to the subjects with the most of them (metrics.top_subjects). ${BOUNDS}`,
    read: busiest(({ byMessages }) => byMessages),
  },
  {
    name: "midge_top_subject_bytes", type: "counter", unit: "bytes",
    help: `Headers and payloads published to the subjects with the most of them (metrics.top_subjects). ${BOUNDS}`,
    read: busiest(({ byBytes }) => byBytes),
  },
];

interface Row {
  readonly account: string;
  readonly subject: string;
  count: number;
}

const utf8 = new TextDecoder();

function busiest(pick: (top: TopSubjects) => readonly CountedSubject[]): MetricRow["read"] {
  return ({ subject: { broker } }) => {
    const { topSubjects } = broker;
    if (topSubjects === undefined) return [];
    const rows = rowsOf(pick(topSubjects)).sort((left, right) => right.count - left.count);
    return rows.slice(0, topSubjects.limit).sort(byName).map(sampleOf);
  };
}

/**
 * Subjects that differ only in bytes that are no UTF-8 have the same label; two series with the
 * same labels would spoil all of them, so those are added up.
 */
function rowsOf(counted: readonly CountedSubject[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { account, subject: bytes, isCut, count } of counted) {
    const subject = utf8.decode(bytes) + (isCut ? CUT_MARK : "");
    const key = `${account}\n${subject}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { account, subject, count });
    else row.count += count;
  }
  return [...rows.values()];
}

function byName(left: Row, right: Row): number {
  if (left.account !== right.account) return left.account < right.account ? -1 : 1;
  return left.subject < right.subject ? -1 : 1;
}

function sampleOf({ account, subject, count }: Row): Sample {
  return { labels: { account, subject }, value: count };
}
