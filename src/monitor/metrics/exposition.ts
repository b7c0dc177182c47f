/**
 * The text forms of metrics: OpenMetrics 1.0 and the older one of Prometheus, version 0.0.4. Both
 * have the same samples and announce families in other words: OpenMetrics names them without the
 * `_total` of counters and the `_info` of facts, tells units, and marks its end.
 */

export type MetricsFormat = "openmetrics" | "prometheus";

/** By name, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Behind the name of the family; what the type asks for unless given. */
  readonly suffix?: string;
}

export interface MetricFamily {
  /** Without `_total` and `_info`; ends in the unit if it has one. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "info" | "histogram";
  readonly unit?: "seconds" | "bytes";
  readonly help: string;
}

/** A family with what it has to tell now. */
export interface FilledFamily {
  readonly family: MetricFamily;
  readonly samples: readonly Sample[];
}

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

const SUFFIXES: Readonly<Record<MetricFamily["type"], string>> = {
  counter: "_total",
  gauge: "",
  info: "_info",
  histogram: "",
};

/**
 * The text, family by family in the order given; those without samples are left out. Families are
 * filled when it is their turn.
 */
export function* exposition(
  families: Iterable<FilledFamily>,
  format: MetricsFormat,
): Generator<string, undefined> {
  for (const { family, samples } of families) {
    if (samples.length > 0) yield familyText(family, samples, format);
  }
  if (format === "openmetrics") yield "# EOF\n";
}

function familyText(
  family: MetricFamily,
  samples: readonly Sample[],
  format: MetricsFormat,
): string {
  let text = head(family, format);
  const usual = SUFFIXES[family.type];
  for (const { labels, value, suffix = usual } of samples) {
    text += `${family.name}${suffix}${labelText(labels)} ${numberText(value)}\n`;
  }
  return text;
}

function head(family: MetricFamily, format: MetricsFormat): string {
  const { name, type, unit, help } = family;
  if (format === "openmetrics") {
    const unitLine = unit === undefined ? "" : `# UNIT ${name} ${unit}\n`;
    return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${unitLine}`;
  }
  const full = name + SUFFIXES[type];
  const known = type === "info" ? "gauge" : type;
  const shown = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${full} ${shown}\n# TYPE ${full} ${known}\n`;
}

function labelText(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    text += `${text === "" ? "" : ","}${name}="${escaped(labels[name]!)}"`;
  }
  return text === "" ? "" : `{${text}}`;
}

/** As in label values; halves of a character, which UTF-8 has not, become U+FFFD. */
function escaped(text: string): string {
  if (/^[\w $.:/-]*$/.test(text)) return text;
  const known = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return known.toWellFormed();
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
