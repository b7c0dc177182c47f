/**
 * Turns the samples of a benchmark into a Markdown table with medians, ratios and verdicts.
 * Called by run.ts. Ratios are midge / reference, of the medians over all rounds.
 */
import type { Metric, Target, Workload } from "./workloads.ts";

export type Role = "midge" | "reference";

/** What one run of one row on one server gave; metrics that the row does not have are absent. */
export interface Sample {
  readonly metrics: Partial<Record<Metric, number>>;
  /** Shares of one core while the clock ran: of the generator, the server and everything else. */
  readonly generatorShare?: number;
  readonly serverShare?: number;
  readonly otherShare?: number;
}

export interface RowResult {
  readonly workload: Workload;
  readonly samples: Record<Role, Sample[]>;
  /** Why runs failed, in words. */
  readonly failures: string[];
}

interface MetricForm {
  readonly label: string;
  readonly better: "higher" | "lower";
  readonly format: (value: number) => string;
}

const METRICS: Record<Metric, MetricForm> = {
  messagesPerSecond: { label: "messages/s", better: "higher", format: formatCount },
  cpuNsPerMessage: { label: "CPU per message", better: "lower", format: formatNanoseconds },
  p50Us: { label: "p50", better: "lower", format: (value) => `${value.toFixed(0)} us` },
  p99Us: { label: "p99", better: "lower", format: (value) => `${value.toFixed(0)} us` },
  seconds: { label: "time", better: "lower", format: (value) => `${value.toFixed(2)} s` },
  startMs: { label: "time", better: "lower", format: (value) => `${value.toFixed(1)} ms` },
  memoryBytes: { label: "memory", better: "lower", format: formatMegabytes },
  bytesPerConnection: {
    label: "memory each",
    better: "lower",
    format: (value) => `${(value / 1000).toFixed(1)} kB`,
  },
  peakMemoryBytes: { label: "peak memory", better: "lower", format: formatMegabytes },
};

const HEADINGS = ["workload", "metric", "midge", "reference", "ratio", "target", "verdict"];
const MISSED = "MISS";
const FAILED = "FAILED";
const GENERATOR_BOUND = "generator-bound, see CPU";
/** From this share of a core on, one side cannot go faster. */
const SATURATED_SHARE = 0.9;
/** From this share of a core on, other processes blur the figures. */
const DISTURBING_SHARE = 0.15;

/** The whole table in Markdown, one line per row and metric, columns padded for reading as text. */
export function renderTable(results: readonly RowResult[]): string {
  const lines = results.flatMap(renderRow);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...lines.map((line) => line[column]!.length)),
  );
  const rule = widths.map((width) => "-".repeat(width));
  const table = [HEADINGS, rule, ...lines].map((line) => formatLine(line, widths)).join("\n");
  return [table, ...renderNotes(results)].join("\n");
}

/** The main figures of a row in one line, printed while the benchmark runs. */
export function renderProgress(role: Role, sample: Sample): string {
  const figures = metricsOf(sample).map(
    (metric) => `${METRICS[metric].label} ${METRICS[metric].format(sample.metrics[metric]!)}`,
  );
  return `${role.padEnd(9)} ${figures.join(", ")}`;
}

/** How many targets were judged and how many of those were missed, in words. */
export function summarize(results: readonly RowResult[]): string {
  const verdicts = results.flatMap(renderRow).map((line) => line.at(-1)!);
  const judged = verdicts.filter((verdict) => verdict !== "" && verdict !== FAILED);
  const missed = judged.filter((verdict) => verdict === MISSED);
  const failed = verdicts.filter((verdict) => verdict === FAILED);
  return `${missed.length} of ${judged.length} targets missed, ${failed.length} rows with failures`;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle];
  return sorted.length === 0 ? undefined : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median of one metric per role, as written to the JSON file. */
export function medians(result: RowResult, role: Role): Partial<Record<Metric, number>> {
  const found: Partial<Record<Metric, number>> = {};
  for (const metric of metricsOfRow(result)) found[metric] = medianOf(result, role, metric);
  return found;
}

function renderRow(result: RowResult): string[][] {
  const { name } = result.workload;
  const lines = metricsOfRow(result).map((metric) => renderMetric(result, metric));
  if (result.failures.length > 0) lines.push(["failed", "", "", "", "", FAILED]);
  return lines.map((line, index) => [index === 0 ? name : "", ...line]);
}

function renderMetric(result: RowResult, metric: Metric): string[] {
  const { label, format, better } = METRICS[metric];
  const midge = medianOf(result, "midge", metric);
  const reference = medianOf(result, "reference", metric);
  const ratio = midge === undefined || reference === undefined ? undefined : midge / reference;
  const target = result.workload.targets[metric];
  const reached = target === undefined ? undefined : "value" in target ? midge : ratio;
  return [
    label,
    midge === undefined ? "" : format(midge),
    reference === undefined ? "" : format(reference),
    ratio === undefined ? "" : ratio.toFixed(2),
    target === undefined ? "" : formatTarget(target, metric),
    target === undefined || reached === undefined
      ? ""
      : verdict(result, metric, meets(reached, target, better)),
  ];
}

/** Where the generator sets the pace, throughput says nothing: the CPU figure decides. */
function verdict(result: RowResult, metric: Metric, met: boolean): string {
  if (met) return "ok";
  const paced = metric === "messagesPerSecond" && generatorIsTheLimit(result, "midge");
  return paced ? GENERATOR_BOUND : MISSED;
}

function meets(reached: number, target: Target, better: MetricForm["better"]): boolean {
  const limit = "value" in target ? target.value : target.ratio;
  return better === "higher" ? reached >= limit : reached <= limit;
}

function formatTarget(target: Target, metric: Metric): string {
  const { better, format } = METRICS[metric];
  const sign = better === "higher" ? ">=" : "<=";
  return "value" in target ? `${sign} ${format(target.value)}` : `${sign} ${target.ratio}x`;
}

function renderNotes(results: readonly RowResult[]): string[] {
  const notes = renderDisturbance(results);
  for (const result of results) {
    for (const role of ["midge", "reference"] as const) {
      if (!generatorIsTheLimit(result, role)) continue;
      const server = median(shares(result, role, "serverShare")) ?? 0;
      notes.push(
        `- ${result.workload.name}: the load generator limits ${role}, which used ` +
          `${Math.round(server * 100)} % of a core; the CPU figure decides.`,
      );
    }
  }
  const failing = Map.groupBy(
    results.flatMap(({ workload, failures }) =>
      [...new Set(failures)].map((failure) => ({ name: workload.name, failure })),
    ),
    ({ failure }) => failure,
  );
  for (const [failure, rows] of failing) {
    notes.push(`- ${rows.map(({ name }) => name).join("; ")}: ${failure}`);
  }
  return notes.length > 0 ? ["", ...notes] : [];
}

/** A warning that the machine was not idle, and how often. */
function renderDisturbance(results: readonly RowResult[]): string[] {
  const all = results.flatMap((result) => [
    ...shares(result, "midge", "otherShare"),
    ...shares(result, "reference", "otherShare"),
  ]);
  const disturbed = all.filter((share) => share >= DISTURBING_SHARE);
  if (disturbed.length === 0) return [];
  const percent = Math.round(median(disturbed)! * 100);
  return [
    `- other processes used ${percent} % of a core in ${disturbed.length} of ${all.length} runs`,
  ];
}

function generatorIsTheLimit(result: RowResult, role: Role): boolean {
  const generator = median(shares(result, role, "generatorShare"));
  const server = median(shares(result, role, "serverShare"));
  if (generator === undefined || server === undefined) return false;
  return generator >= SATURATED_SHARE && server < SATURATED_SHARE;
}

function shares(
  result: RowResult,
  role: Role,
  share: "generatorShare" | "serverShare" | "otherShare",
): readonly number[] {
  return result.samples[role].map((sample) => sample[share]).filter((value) => value !== undefined);
}

function medianOf(result: RowResult, role: Role, metric: Metric): number | undefined {
  const values = result.samples[role].map((sample) => sample.metrics[metric]);
  return median(values.filter((value) => value !== undefined));
}

function metricsOfRow({ samples }: RowResult): readonly Metric[] {
  const sample = samples.midge[0] ?? samples.reference[0];
  return sample === undefined ? [] : metricsOf(sample);
}

function metricsOf({ metrics }: Sample): Metric[] {
  return metricNames(Object.keys(metrics)).filter((metric) => metrics[metric] !== undefined);
}

/** The names among these that are metrics. */
function metricNames(names: readonly string[]): Metric[] {
  return names.filter((name): name is Metric => name in METRICS);
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  return `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
}

function formatCount(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0);
}

function formatNanoseconds(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} us` : `${value.toFixed(0)} ns`;
}

function formatMegabytes(value: number): string {
  return `${(value / 1e6).toFixed(1)} MB`;
}
