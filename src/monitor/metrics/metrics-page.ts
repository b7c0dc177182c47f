/**
 * `/metrics`: what the server counts, for Prometheus and whatever else reads its formats. Puts the
 * tables together; each request is answered in the form that it asks for.
 */
import type { MonitorFacts, MonitorSubject } from "../endpoint.ts";
import { SlicedText, slicedResponse } from "../sliced-text.ts";
import { accountMetrics } from "./account-metrics.ts";
import { CONTENT_TYPES, type FilledFamily, exposition } from "./exposition.ts";
import type { LoopLag } from "./loop-lag.ts";
import type { MetricRow, MetricsSource } from "./metric-row.ts";
import { negotiated } from "./negotiation.ts";
import { processMetrics } from "./process-metrics.ts";
import { serverMetrics } from "./server-metrics.ts";
import { subjectMetrics } from "./subject-metrics.ts";

/** What the page needs of a request. */
interface MetricsRequest {
  readonly subject: MonitorSubject;
  readonly facts: MonitorFacts;
  readonly lag: LoopLag;
  /** The header of that name, "" without. */
  readonly accept: string;
}

/** All families, in the order in which they are written. */
export const metricRows: readonly MetricRow[] = [
  ...serverMetrics,
  ...accountMetrics,
  ...subjectMetrics,
  ...processMetrics,
];

export function metricsPage({ subject, facts, lag, accept }: MetricsRequest): Response {
  lag.keepSampling();
  const format = negotiated(accept);
  const headers = { "Content-Type": CONTENT_TYPES[format], Vary: "Accept" };
  const source: MetricsSource = { subject, facts, lag, accounts: labelledAccounts(subject) };
  const pieces = exposition(filled(source), format);
  return slicedResponse(new SlicedText(pieces, subject.clock), headers);
}

function* filled(source: MetricsSource): Generator<FilledFamily, undefined> {
  for (const family of metricRows) yield { family, samples: family.read(source) };
}

function labelledAccounts({ broker }: MonitorSubject): MetricsSource["accounts"] {
  return [...broker.accounts.values()]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((account) => ({ account, labels: { account: account.name } }));
}
