/**
 * A row of the table of metrics: a family and where its samples come from. The tables are in the
 * files whose names end in `-metrics.ts`, put together by `metrics-page.ts`.
 */
import type { Account } from "../../broker/account.ts";
import type { MonitorFacts, MonitorSubject } from "../endpoint.ts";
import type { Labels, MetricFamily, Sample } from "./exposition.ts";
import type { LoopLag } from "./loop-lag.ts";

/** What metrics are read from, for one request. */
export interface MetricsSource {
  readonly subject: MonitorSubject;
  readonly facts: MonitorFacts;
  readonly lag: LoopLag;
  /** By name, with the label that says so. */
  readonly accounts: readonly LabelledAccount[];
}

export interface LabelledAccount {
  readonly account: Account;
  readonly labels: Labels;
}

export interface MetricRow extends MetricFamily {
  /** In an order that does not change; none to leave the family out. */
  read(source: MetricsSource): readonly Sample[];
}

const NO_LABELS: Labels = {};

/** The only sample of a family; undefined where the system does not tell it. */
export function single(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels: NO_LABELS, value }];
}

/** A sample for each entry, in the order of their names. */
export function samplesBy(
  label: string,
  entries: Iterable<readonly [string, number]>,
): readonly Sample[] {
  return [...entries]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => ({ labels: { [label]: name }, value }));
}
