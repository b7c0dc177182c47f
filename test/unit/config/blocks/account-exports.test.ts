/** Exports of accounts: streams and services, and what is said about mistakes. */
import { describe, expect, test } from "bun:test";
import { type Refusal, readUserBlocks } from "./user-blocks.ts";

const STREAM = { kind: "stream", accounts: [], accountTokenPosition: 0 };
const SERVICE = {
  kind: "service",
  accounts: [],
  accountTokenPosition: 0,
  responseType: "singleton",
  responseThresholdMs: undefined,
  latency: undefined,
  isTraceAllowed: false,
};

/** The export of the account "A" beside the accounts "B" and "C". */
function exportIn(text: string): unknown {
  const { accounts, errors, warnings } = readUserBlocks(
    `accounts { A { exports [ { ${text} } ] }, B {}, C {} }`,
  );
  expect([...errors, ...warnings]).toEqual([]);
  return accounts[0]?.exports[0];
}

describe("exports", () => {
  test("are streams or services", () => {
    expect(exportIn('stream: "a.>"')).toEqual({ ...STREAM, subject: "a.>" });
    expect(exportIn('Service: "a.*"')).toEqual({ ...SERVICE, subject: "a.*" });
  });

  test("are for all accounts or for some", () => {
    expect(exportIn("stream: a, accounts: []")).toMatchObject({ accounts: [] });
    expect(exportIn("accounts: [B, C], stream: a")).toMatchObject({ accounts: ["B", "C"] });
    expect(exportIn("service: a, accounts: [B]")).toMatchObject({ accounts: ["B"] });
  });

  test("may hold the name of the account in a token", () => {
    const text = 'stream: "a.*", account_token_position: 2';
    expect(exportIn(text)).toMatchObject({ accountTokenPosition: 2 });
  });

  for (const key of ["response", "response_type"]) {
    test(`say by "${key}" how many messages answer a request`, () => {
      const typeOf = (written: string) => exportIn(`service: a, ${key}: ${written}`);
      expect(typeOf("single")).toMatchObject({ responseType: "singleton" });
      expect(typeOf("Singleton")).toMatchObject({ responseType: "singleton" });
      expect(typeOf("STREAM")).toMatchObject({ responseType: "stream" });
      expect(typeOf("chunk")).toMatchObject({ responseType: "chunked" });
      expect(typeOf("chunked")).toMatchObject({ responseType: "chunked" });
    });
  }

  for (const key of ["threshold", "response_threshold", "response_max_time", "response_time"]) {
    test(`say by "${key}" how long an answer may take`, () => {
      expect(exportIn(`service: a, ${key}: "1m"`)).toMatchObject({ responseThresholdMs: 60_000 });
    });
  }

  test("have the usual threshold at 0", () => {
    expect(exportIn('service: a, threshold: "0s"')).toEqual({ ...SERVICE, subject: "a" });
  });

  test("may let traces pass", () => {
    expect(exportIn("service: a, allow_trace: true")).toMatchObject({ isTraceAllowed: true });
  });

  const latencies: readonly (readonly [string, unknown])[] = [
    ["x.y", { subject: "x.y", samplingPercent: 100 }],
    ["{ subject: x }", { subject: "x", samplingPercent: 100 }],
    ["{ subject: x, sampling: 1 }", { subject: "x", samplingPercent: 1 }],
    ['{ subject: x, sampling: "50%" }', { subject: "x", samplingPercent: 50 }],
    ['{ subject: x, sampling: " Headers " }', { subject: "x", samplingPercent: "headers" }],
  ];
  for (const [text, latency] of latencies) {
    test(`have their latency measured by ${text}`, () => {
      expect(exportIn(`service: a, latency: ${text}`)).toMatchObject({ latency });
    });
  }

  test("that nobody can import are worth a warning", () => {
    const text = 'accounts {\n A { exports [\n  {stream: "a..b"}\n  {accounts: []}\n ] }\n}';
    const { accounts, errors, warnings } = readUserBlocks(text);
    expect(accounts[0]?.exports).toEqual([]);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      '3:19: Export has no effect since "a..b" is not a valid subject',
      "4:17: Export has no effect since it has neither a stream nor a service",
    ]);
  });
});

function wrong(what: string, fields: string, ...errors: string[]): Refusal {
  return { what, text: `accounts { A { exports [\n { ${fields} }\n] } }`, errors };
}

const REFUSALS: readonly Refusal[] = [
  {
    what: "exports that are no list",
    text: "accounts { A { exports: { stream: a } } }",
    errors: ["1:15: Exports should be an array, got map[string]interface {}"],
  },
  {
    what: "items that are no maps",
    text: "accounts { A { exports: [ a ] } }",
    errors: ["1:26: Export Items should be a map with type entry, got string"],
  },
  wrong(
    "unknown fields",
    "stream: a, acounts: []",
    '2:15: unknown field "acounts", did you mean "accounts"?',
  ),
  wrong(
    "streams that are no texts",
    "stream: 5",
    "2:4: Expected stream name to be string, got int64",
  ),
  wrong(
    "services that are no texts",
    "service: []",
    "2:4: Expected service name to be string, got []interface {}",
  ),
  wrong(
    "a service behind a stream",
    "stream: a, service: b",
    '2:15: Detected service "b" but already saw a stream',
  ),
  wrong(
    "a stream behind a service",
    "service: a, stream: b",
    '2:16: Detected stream "b" but already saw a service',
  ),
  wrong(
    "the response type of a stream",
    "stream: a, response: single",
    "2:15: Detected response directive on non-service",
  ),
  wrong(
    "the threshold of a stream",
    "threshold: 5s, stream: a",
    "2:4: Detected response directive on non-service",
  ),
  wrong(
    "the latency of a stream",
    "latency: x, stream: a",
    "2:4: Detected latency directive on non-service",
  ),
  wrong(
    "the traces of a stream",
    "stream: a, allow_trace: true",
    "2:15: Detected allow_trace directive on non-service",
  ),
  wrong(
    "two response types",
    "service: a, response: single, response_type: single",
    "2:34: Duplicate response type definition",
  ),
  wrong(
    "response types that do not exist",
    "service: a, response: many",
    '2:16: Unknown response type: "many"',
  ),
  wrong(
    "response types that are no texts",
    "service: a, response: 5",
    "2:16: Expected response type to be string, got int64",
  ),
  wrong(
    "two thresholds",
    "service: a, threshold: 5s, response_time: 5s",
    "2:31: Duplicate response threshold detected",
  ),
  wrong(
    "thresholds that are no durations",
    "service: a, threshold: soon",
    '2:16: Expected response threshold to be a parseable time duration, got "soon"',
  ),
  wrong(
    "thresholds that are numbers",
    "service: a, threshold: 5",
    "2:16: Expected response threshold to be a parseable time duration, got int64",
  ),
  wrong(
    "accounts that are no list",
    "service: a, accounts: B",
    "2:16: interface conversion: interface {} is string, not []interface {}",
  ),
  wrong(
    "accounts that are no texts",
    "service: a, accounts: [5, true]",
    "2:27: interface conversion: interface {} is int64, not string",
    "2:30: interface conversion: interface {} is bool, not string",
  ),
  wrong(
    "positions that are no numbers",
    "stream: a, account_token_position: x",
    "2:15: interface conversion: interface {} is string, not int64",
  ),
  wrong(
    "traces that are neither on nor off",
    "service: a, allow_trace: x",
    "2:16: interface conversion: interface {} is string, not bool",
  ),
  wrong(
    "latencies of the wrong type",
    "service: a, latency: 5",
    "2:16: Expected latency entry to be a map/struct or string, got int64",
  ),
  wrong(
    "latencies without a subject",
    "service: a, latency: { sampling: 5 }",
    "2:16: Latency subject required, but missing",
  ),
  wrong(
    "subjects of latencies that are no texts",
    "service: a, latency: { subject: 5 }",
    "2:27: Expected latency subject to be a string, got int64",
  ),
  wrong(
    "sampling out of range",
    "service: a, latency: { subject: x, sampling: 0 }",
    "2:39: bad sampling percentage, should be 1-100",
  ),
  wrong(
    "sampling in percent out of range",
    'service: a, latency: { subject: x, sampling: "101%" }',
    "2:39: bad sampling percentage, should be 1-100",
  ),
  wrong(
    "sampling that is no number",
    "service: a, latency: { subject: x, sampling: some }",
    '2:39: Failed to parse latency sample: strconv.Atoi: parsing "some": invalid syntax',
  ),
  wrong(
    "sampling that no number can hold",
    'service: a, latency: { subject: x, sampling: "9999999999999999999%" }',
    '2:39: Failed to parse latency sample: strconv.Atoi: parsing "9999999999999999999": value out of range',
  ),
  wrong(
    "sampling of the wrong type",
    "service: a, latency: { subject: x, sampling: 1.5 }",
    "2:39: Expected latency sample to be a string or map/struct, got float64",
  ),
  wrong(
    "unknown fields of latencies",
    "service: a, latency: { subject: x, rate: 5 }",
    '2:39: unknown field "rate"',
  ),
  wrong(
    "several mistakes at once",
    "stream: a, response: many, threshold: 1, latency: 5, allow_trace: x",
    '2:15: Unknown response type: "many"',
    "2:31: Expected response threshold to be a parseable time duration, got int64",
    "2:45: Expected latency entry to be a map/struct or string, got int64",
    "2:57: interface conversion: interface {} is string, not bool",
    "2:15: Detected response directive on non-service",
    "2:31: Detected response directive on non-service",
    "2:45: Detected latency directive on non-service",
    "2:57: Detected allow_trace directive on non-service",
  ),
];

describe("exports: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }
});
