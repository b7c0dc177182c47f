/** The text forms of metrics, byte for byte. */
import { describe, expect, test } from "bun:test";
import parse from "parse-prometheus-text-format";
import {
  type FilledFamily,
  type Labels,
  type MetricFamily,
  type MetricsFormat,
  exposition,
} from "../../../../src/monitor/metrics/exposition.ts";

function family(
  type: MetricFamily["type"],
  name: string,
  samples: FilledFamily["samples"],
  rest: Partial<MetricFamily> = {},
): FilledFamily {
  return { family: { name, type, help: "Help.", ...rest }, samples };
}

function written(families: readonly FilledFamily[], format: MetricsFormat): string {
  return [...exposition(families, format)].join("");
}

const one = (value: number, labels: Labels = {}) => [{ labels, value }];

const FAMILIES: readonly FilledFamily[] = [
  family("info", "thing", one(1, { version: "1.0" })),
  family("counter", "thing_sent_bytes", one(5), { unit: "bytes" }),
  family("gauge", "thing_open", [...one(2, { kind: "a" }), ...one(0.5, { kind: "b", of: "c" })]),
  family("counter", "thing_unknown", []),
  family(
    "histogram",
    "thing_lag_seconds",
    [
      { suffix: "_bucket", labels: { le: "0.5" }, value: 1 },
      { suffix: "_bucket", labels: { le: "+Inf" }, value: 2 },
      { suffix: "_sum", labels: {}, value: 1.5 },
      { suffix: "_count", labels: {}, value: 2 },
    ],
    { unit: "seconds" },
  ),
];

describe("families of each type", () => {
  test("in OpenMetrics have their own names and units, and an end", () => {
    expect(written(FAMILIES, "openmetrics")).toBe(`# HELP thing Help.
# TYPE thing info
thing_info{version="1.0"} 1
# HELP thing_sent_bytes Help.
# TYPE thing_sent_bytes counter
# UNIT thing_sent_bytes bytes
thing_sent_bytes_total 5
# HELP thing_open Help.
# TYPE thing_open gauge
thing_open{kind="a"} 2
thing_open{kind="b",of="c"} 0.5
# HELP thing_lag_seconds Help.
# TYPE thing_lag_seconds histogram
# UNIT thing_lag_seconds seconds
thing_lag_seconds_bucket{le="0.5"} 1
thing_lag_seconds_bucket{le="+Inf"} 2
thing_lag_seconds_sum 1.5
thing_lag_seconds_count 2
# EOF
`);
  });

  test("in Prometheus' format have the names of their samples", () => {
    expect(written(FAMILIES, "prometheus")).toBe(`# HELP thing_info Help.
# TYPE thing_info gauge
thing_info{version="1.0"} 1
# HELP thing_sent_bytes_total Help.
# TYPE thing_sent_bytes_total counter
thing_sent_bytes_total 5
# HELP thing_open Help.
# TYPE thing_open gauge
thing_open{kind="a"} 2
thing_open{kind="b",of="c"} 0.5
# HELP thing_lag_seconds Help.
# TYPE thing_lag_seconds histogram
thing_lag_seconds_bucket{le="0.5"} 1
thing_lag_seconds_bucket{le="+Inf"} 2
thing_lag_seconds_sum 1.5
thing_lag_seconds_count 2
`);
  });

  test("and no family at all still have an end in OpenMetrics", () => {
    expect(written([], "openmetrics")).toBe("# EOF\n");
    expect(written([], "prometheus")).toBe("");
  });
});

describe("label values", () => {
  test.each([
    ["a b.>*$G,{}=", "a b.>*$G,{}="],
    ['say "x"', 'say \\"x\\"'],
    ["a\\b", "a\\\\b"],
    ["a\\nb\nc", "a\\\\nb\\nc"],
    ["grün…", "grün…"],
    ["half \ud800", "half \ufffd"],
  ])("%j are written as %s", (value, text) => {
    const label = family("gauge", "thing", one(1, { label: value }));
    for (const format of ["openmetrics", "prometheus"] as const) {
      expect(written([label], format)).toContain(`thing{label="${text}"} 1\n`);
    }
  });

  test.each(['say "x"', "a\\b", "a\\nb\nc", "\\", '\\"', "grün…"])(
    "%j are read as that",
    (value) => {
      const label = family("gauge", "thing", one(1, { label: value }));
      const [parsed] = parse(written([label], "prometheus"));
      expect(parsed?.metrics).toEqual([{ value: "1", labels: { label: value } }]);
    },
  );
});

test("help texts have quotes escaped in OpenMetrics only", () => {
  const quoting = family("gauge", "thing", one(1), { help: 'A "b" \\ c\nd' });
  const openMetrics = written([quoting], "openmetrics");
  expect(openMetrics).toStartWith('# HELP thing A \\"b\\" \\\\ c\\nd\n');
  expect(written([quoting], "prometheus")).toStartWith('# HELP thing A "b" \\\\ c\\nd\n');
});

test.each([
  [0, "0"],
  [9_007_199_254_740_991, "9007199254740991"],
  [1e21, "1e+21"],
  [1e-7, "1e-7"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
  [NaN, "NaN"],
])("the number %p is written %s", (value, text) => {
  expect(written([family("gauge", "a", one(value))], "prometheus")).toEndWith(`\na ${text}\n`);
});
