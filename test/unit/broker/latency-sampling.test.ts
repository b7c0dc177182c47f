/** Which requests are measured, by chance and by the headers of tracing systems. */
import { describe, expect, test } from "bun:test";
import { sampleRequest } from "../../../src/broker/latency-sampling.ts";
import { Random } from "../../../src/util/random.ts";
import { messageOf } from "../../support/messages.ts";

const HEADERS = { subject: "results", samplingPercent: "headers" } as const;
const W3C = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

/** What is told of a request with these header lines; undefined if it is not measured. */
function told(...lines: string[]): Record<string, readonly string[]> | undefined {
  const headers = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const message = messageOf("svc", { headers, payload: "x" });
  const sampled = sampleRequest(HEADERS, message, new Random(1));
  return sampled === undefined ? undefined : Object.fromEntries(sampled);
}

/** How many of a thousand requests without headers are measured. */
function measuredOfThousand(samplingPercent: number): number {
  const random = new Random(7);
  const message = messageOf("svc", { reply: "r" });
  const settings = { subject: "results", samplingPercent };
  let measured = 0;
  for (let i = 0; i < 1000; i++) {
    const headers = sampleRequest(settings, message, random);
    if (headers === undefined) continue;
    expect(headers).toEqual([]);
    measured++;
  }
  return measured;
}

describe("by chance", () => {
  test("all requests are measured at 100 percent", () => {
    expect(measuredOfThousand(100)).toBe(1000);
  });

  test("so many of a hundred are measured, and one more as by the reference", () => {
    for (const percent of [1, 25, 50, 98]) {
      expect(Math.abs(measuredOfThousand(percent) - (percent + 1) * 10)).toBeLessThan(45);
    }
    expect(measuredOfThousand(99)).toBe(1000);
  });

  test("a request that is not chosen is measured if its headers ask for it", () => {
    const message = messageOf("svc", { headers: "NATS/1.0\r\nB3: 1\r\n\r\n" });
    const settings = { subject: "results", samplingPercent: 1 };
    const chance = () => new Random(1);
    expect(sampleRequest(settings, messageOf("svc", {}), chance())).toBeUndefined();
    expect(sampleRequest(settings, message, chance())).toEqual([["B3", ["1"]]]);
  });

  test("a request that is chosen tells of no headers", () => {
    const message = messageOf("svc", { headers: "NATS/1.0\r\nB3: 1\r\n\r\n" });
    const settings = { subject: "results", samplingPercent: 100 };
    expect(sampleRequest(settings, message, new Random(1))).toEqual([]);
  });
});

describe("by headers", () => {
  test("requests without any, or with others, are not measured", () => {
    expect(sampleRequest(HEADERS, messageOf("svc", {}), new Random(1))).toBeUndefined();
    expect(told()).toBeUndefined();
    expect(told("Other: 1")).toBeUndefined();
    expect(told("Tracestate: a=b")).toBeUndefined();
    expect(told("X-B3-SpanId: 1")).toBeUndefined();
  });

  test("values are read as UTF-8", () => {
    expect(told("B3: 1\xc3\xa4\xff")).toEqual({ B3: ["1ä\ufffd"] });
  });

  test("requests with a block that cannot be read are not measured", () => {
    expect(told("bad", "B3: 1")).toBeUndefined();
  });

  test("Uber-Trace-Id is followed by its last flag", () => {
    for (const flags of ["1", "01", "3", "ff", "F"]) {
      expect(told(`Uber-Trace-Id: a:b:c:${flags}`)).toBeDefined();
    }
    for (const flags of ["0", "00", "2", "fe", "", "001", "g1", "x"]) {
      expect(told(`Uber-Trace-Id: a:b:c:${flags}`)).toBeUndefined();
    }
    expect(told("Uber-Trace-Id: a:b:1")).toBeUndefined();
    expect(told("Uber-Trace-Id: a:b:c:1:d")).toBeUndefined();
  });

  test("Uber-Trace-Id brings along what begins with Uberctx-", () => {
    const lines = ["uberctx-one: 1", "Other: x", "uber-trace-id: a:b:c:1", "UBERCTX-TWO: 2"];
    expect(told(...lines)).toEqual({
      "Uber-Trace-Id": ["a:b:c:1"],
      "Uberctx-One": ["1"],
      "Uberctx-Two": ["2"],
    });
  });

  test("X-B3-Sampled decides by 0 and 1", () => {
    expect(told("X-B3-Sampled: 1")).toEqual({ "X-B3-Sampled": ["1"] });
    expect(told("X-B3-Sampled: 0", "X-B3-TraceId: a")).toBeUndefined();
    expect(told("X-B3-Sampled: true")).toBeUndefined();
  });

  test("X-B3-TraceId leaves it to the server, which measures", () => {
    expect(told("X-B3-TraceId: a", "X-B3-Sampled: true")).toEqual({
      "X-B3-Sampled": ["true"],
      "X-B3-Traceid": ["a"],
    });
  });

  test("X-B3 headers come all four together, in order of their names", () => {
    const names = ["Sampled: 1", "TraceId: t", "SpanId: s", "SpanId: u", "ParentSpanId: p"];
    const headers = told("B3: 0", ...names.map((name) => `x-b3-${name}`));
    expect(JSON.stringify(headers)).toBe(
      '{"X-B3-Parentspanid":["p"],"X-B3-Sampled":["1"],"X-B3-Spanid":["s","u"],' +
        '"X-B3-Traceid":["t"]}',
    );
  });

  test("B3 decides by its third part, or its only one", () => {
    for (const value of ["t-s-1-p", "t-s-d", "t-s", "1", "d", ""]) {
      expect(told(`B3: ${value}`)).toEqual({ B3: [value] });
    }
    for (const value of ["0", "t-s-0-p", "t-s-0"]) expect(told(`B3: ${value}`)).toBeUndefined();
  });

  test("Traceparent decides by the last bit of its flags, a signed byte", () => {
    for (const flags of ["01", "03", "7f", "+1"]) {
      expect(told(`Traceparent: ${W3C}-${flags}`)).toBeDefined();
    }
    for (const flags of ["00", "02", "81", "ff", "1", "001", "-1", "0g"]) {
      expect(told(`Traceparent: ${W3C}-${flags}`)).toBeUndefined();
    }
    expect(told(`Traceparent: ${W3C}-01-x`)).toBeUndefined();
  });

  test("Traceparent brings along Tracestate", () => {
    expect(told(`traceparent: ${W3C}-01`, "tracestate: a=b", "Other: x")).toEqual({
      Traceparent: [`${W3C}-01`],
      Tracestate: ["a=b"],
    });
  });

  test("the first form that is there decides, in a fixed order", () => {
    const yes = `Traceparent: ${W3C}-01`;
    expect(told(yes, "Uber-Trace-Id: a:b:c:0")).toBeUndefined();
    expect(told(yes, "X-B3-Sampled: 0")).toBeUndefined();
    expect(told(yes, "B3: 0")).toBeUndefined();
    expect(told("B3: 1", "Uber-Trace-Id: a:b:c:1")).toEqual({ "Uber-Trace-Id": ["a:b:c:1"] });
  });
});
