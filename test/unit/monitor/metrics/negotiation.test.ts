/** Which format a request for metrics gets. */
import { describe, expect, test } from "bun:test";
import { negotiated } from "../../../../src/monitor/metrics/negotiation.ts";
import { PROMETHEUS_ACCEPT } from "../../../support/metrics.ts";

describe("OpenMetrics is for", () => {
  test.each([
    PROMETHEUS_ACCEPT,
    "application/openmetrics-text",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
    'Application/OpenMetrics-Text;Version="1.0.0"',
    "application/openmetrics-text;q=0.5,text/plain;q=0.4",
    "text/plain;q=0,*/*",
    "application/*",
    "text/plain;q=0.1, */*;q=0.2",
    "application/openmetrics-text;q=0.9,*/*;q=0.8",
    "text/plain;version=1.0.0,application/openmetrics-text;version=1.0.0;q=0.1",
  ])("%s", (accept) => expect(negotiated(accept)).toBe("openmetrics"));
});

describe("Prometheus' own format is for", () => {
  test.each([
    "",
    "*/*",
    "text/plain",
    "text/*",
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;q=0.4,text/plain;q=0.5",
    "application/openmetrics-text,text/plain",
    "application/openmetrics-text;q=0",
    "application/openmetrics-text;q=2",
    "application/openmetrics-text;q=",
    "application/openmetrics-text;version=2.0.0",
    "application/json",
    ";;,,=;q=q",
  ])("%j", (accept) => expect(negotiated(accept)).toBe("prometheus"));
});

test("what comes behind very many ranges is not read", () => {
  const ranges = (count: number) => "image/png,".repeat(count) + "application/openmetrics-text";
  expect(negotiated(ranges(10))).toBe("openmetrics");
  expect(negotiated(ranges(1000))).toBe("prometheus");
});
