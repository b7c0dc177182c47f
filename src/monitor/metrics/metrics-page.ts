/**
 * `/metrics`: what the server counts, for Prometheus and whatever else reads its formats. Puts the
 * tables together; each request is answered in the form that it asks for.
 */
import type { Clock } from "../../util/clock.ts";
import type { MonitorFacts, MonitorSubject } from "../endpoint.ts";
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

/** After so long others get their turn: with thousands of accounts the text is megabytes. */
const SLICE_MS = 1;

export function metricsPage({ subject, facts, lag, accept }: MetricsRequest): Response {
  lag.keepSampling();
  const format = negotiated(accept);
  const headers = { "Content-Type": CONTENT_TYPES[format], Vary: "Accept" };
  const source: MetricsSource = { subject, facts, lag, accounts: labelledAccounts(subject) };
  const { clock } = subject;
  const pieces = exposition(filled(source), format);
  const first = nextSlice(pieces, clock);
  if (first.isLast) return new Response(first.text, { headers });
  return new Response(
    async function* () {
      yield first.text;
      yield* rest(pieces, clock);
    },
    { headers },
  );
}

function* filled(source: MetricsSource): Generator<FilledFamily, undefined> {
  for (const family of metricRows) yield { family, samples: family.read(source) };
}

/** What can be written in a while. */
function nextSlice(
  pieces: Iterator<string, undefined>,
  clock: Clock,
): { readonly text: string; readonly isLast: boolean } {
  const endMs = clock.nowMs() + SLICE_MS;
  let text = "";
  for (;;) {
    const piece = pieces.next();
    if (piece.done === true) return { text, isLast: true };
    text += piece.value;
    if (clock.nowMs() >= endMs) return { text, isLast: false };
  }
}

/** The slices that are left, others getting their turn before each. */
async function* rest(
  pieces: Iterator<string, undefined>,
  clock: Clock,
): AsyncGenerator<string, undefined> {
  for (let isLast = false; !isLast;) {
    await new Promise<void>((resolve) => clock.afterEvents(resolve));
    const slice = nextSlice(pieces, clock);
    isLast = slice.isLast;
    yield slice.text;
  }
}

function labelledAccounts({ broker }: MonitorSubject): MetricsSource["accounts"] {
  return [...broker.accounts.values()]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((account) => ({ account, labels: { account: account.name } }));
}
