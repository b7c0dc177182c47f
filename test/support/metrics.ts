/**
 * Metrics as a program that collects them reads them: parsed by a library that is not ours. Used by
 * the tests of `/metrics`.
 */
import parse, { type ParsedFamily, type ParsedSample } from "parse-prometheus-text-format";

/** What Prometheus 3 sends. */
export const PROMETHEUS_ACCEPT =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," +
  "application/openmetrics-text;version=0.0.1;q=0.5," +
  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

export class Metrics {
  readonly text: string;
  readonly families: readonly ParsedFamily[];

  /** `text` is in the format of Prometheus, 0.0.4. */
  constructor(text: string) {
    this.text = text;
    this.families = parse(text);
  }

  samples(name: string): readonly ParsedSample[] {
    return this.families.find((family) => family.name === name)?.metrics ?? [];
  }

  /** Of the sample with exactly these labels; NaN if there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.samples(name).find((sample) => Bun.deepEquals(sample.labels ?? {}, labels));
    return Number(found?.value);
  }
}

/** The name of a sample with its labels, for each line that is one, in the order of the text. */
export function seriesIn(text: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.slice(0, line.lastIndexOf(" ")));
}
