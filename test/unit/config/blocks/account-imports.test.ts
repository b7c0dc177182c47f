/** Imports of accounts: where they come from and appear, and what is said about mistakes. */
import { describe, expect, test } from "bun:test";
import { type Refusal, readUserBlocks } from "./user-blocks.ts";

/** The import of the account "A" from "B", which exports everything below "b". */
function importIn(text: string): unknown {
  const exporter = 'B { exports [ {stream: "b.>"}, {service: "b.>"} ] }';
  const { accounts, errors, warnings } = readUserBlocks(
    `accounts { A { imports [ { ${text} } ] }, ${exporter} }`,
  );
  expect([...errors, ...warnings]).toEqual([]);
  return accounts[0]?.imports[0];
}

describe("imports of streams", () => {
  const common = { kind: "stream", account: "B", prefix: undefined, isTraceAllowed: false };

  test("keep their subject unless told otherwise", () => {
    const settings = { ...common, subject: "b.x", localSubject: "b.x" };
    expect(importIn("stream: { account: B, subject: b.x }")).toEqual(settings);
    expect(importIn('STREAM { Account: B, Subject: b.x }, to: "", prefix: ""')).toEqual(settings);
  });

  test("may get a prefix, with or without its dot", () => {
    const source = 'stream: { account: B, subject: "b.*" }';
    const settings = { ...common, subject: "b.*", localSubject: "p.q.b.*" };
    expect(importIn(`${source}, prefix: p.q`)).toEqual({ ...settings, prefix: "p.q" });
    expect(importIn(`prefix: p.q., ${source}`)).toEqual({ ...settings, prefix: "p.q." });
  });

  test("may appear on another subject", () => {
    const text = 'stream: { account: B, subject: "b.*" }, to: "x.$1"';
    expect(importIn(text)).toEqual({ ...common, subject: "b.*", localSubject: "x.$1" });
  });

  test("may let traces pass", () => {
    const text = "allow_trace: true, stream: { account: B, subject: b.x }";
    expect(importIn(text)).toMatchObject({ isTraceAllowed: true });
  });
});

describe("imports of services", () => {
  const common = { kind: "service", account: "B", isShared: false };

  test("keep their subject unless told otherwise", () => {
    const text = "service: { account: B, subject: b.x }";
    expect(importIn(text)).toEqual({ ...common, subject: "b.x", localSubject: "b.x" });
  });

  test("may appear on another subject", () => {
    const text = 'to: "x.$1", service: { account: B, subject: "b.*" }';
    expect(importIn(text)).toEqual({ ...common, subject: "b.*", localSubject: "x.$1" });
  });

  test("may tell who asks", () => {
    const text = "service: { account: B, subject: b.x }, share: true";
    expect(importIn(text)).toMatchObject({ isShared: true });
  });
});

test("imports that bring nothing are worth a warning", () => {
  const text =
    'accounts { A { imports [\n  {to: a}\n  {stream: {account: B, subject: b}, to: "x..y"}\n' +
    '  {stream: {account: B, subject: c}, prefix: "."}\n] }, B { exports [ {stream: ">"} ] } }';
  const { accounts, errors, warnings } = readUserBlocks(text);
  expect(accounts[0]?.imports).toMatchObject([{ localSubject: "x..y" }, { localSubject: ".c" }]);
  expect(errors).toEqual([]);
  expect(warnings).toEqual([
    "2:10: Import has no effect since it has neither a stream nor a service",
    '3:49: Import has no effect since "x..y" is not a valid subject',
    '4:50: Import has no effect since ".c" is not a valid subject',
  ]);
});

function wrong(what: string, fields: string, ...errors: string[]): Refusal {
  return { what, text: `accounts { A { imports [\n { ${fields} }\n] } }`, errors };
}

const REFUSALS: readonly Refusal[] = [
  {
    what: "imports that are no list",
    text: "accounts { A { imports: { stream: a } } }",
    errors: ["1:15: Imports should be an array, got map[string]interface {}"],
  },
  {
    what: "items that are no maps",
    text: "accounts { A { imports: [ a ] } }",
    errors: ["1:26: Import Items should be a map with type entry, got string"],
  },
  wrong(
    "unknown fields",
    "stream: {account: B, subject: b}, form: x",
    '2:38: unknown field "form"',
  ),
  wrong(
    "streams that are no maps",
    "stream: b",
    "2:4: Stream entry should be an account map, got string",
  ),
  wrong(
    "services that are no maps",
    "service: [b]",
    "2:4: Service entry should be an account map, got []interface {}",
  ),
  wrong(
    "sources without an account",
    "stream: {subject: b}",
    "2:4: Expect an account name and a subject",
  ),
  wrong(
    "sources without a subject",
    'service: {account: B, subject: ""}',
    "2:4: Expect an account name and a subject",
  ),
  wrong(
    "unknown fields of sources",
    "stream: {acount: B, subject: b}",
    '2:13: unknown field "acount", did you mean "account"?',
    "2:4: Expect an account name and a subject",
  ),
  wrong(
    "accounts that are no texts",
    "stream: {account: 5, subject: b}",
    "2:13: interface conversion: interface {} is int64, not string",
  ),
  wrong(
    "a service behind a stream",
    "stream: {account: B, subject: b}, service: {account: B, subject: b}",
    "2:38: Detected service but already saw a stream",
  ),
  wrong(
    "a stream behind a service",
    "service: {account: B, subject: b}, stream: {account: B, subject: b}",
    "2:39: Detected stream but already saw a service",
  ),
  wrong(
    "the traces of a service",
    "service: {account: B, subject: b}, allow_trace: true",
    "2:39: Detected allow_trace directive on a non-stream",
  ),
  wrong(
    "a prefix and another subject",
    "stream: {account: B, subject: b}, prefix: p, to: x",
    "2:49: Stream import can not have a 'prefix' and a 'to' property",
  ),
  wrong(
    "prefixes that are no texts",
    "stream: {account: B, subject: b}, prefix: 5",
    "2:38: interface conversion: interface {} is int64, not string",
  ),
  wrong(
    "sharing that is neither on nor off",
    "service: {account: B, subject: b}, share: 5",
    "2:39: interface conversion: interface {} is int64, not bool",
  ),
  {
    what: "services that appear on one subject",
    text:
      "accounts { A { imports [\n  {service: {account: B, subject: b}, to: x}\n" +
      "  {service: {account: B, subject: c}, to: x}\n] } }",
    errors: [
      '3:45: Duplicate service import subject "x", previously used in import for account "B", subject "b"',
    ],
  },
  {
    what: "several mistakes at once",
    text:
      "accounts { A { imports [\n  {stream: 5, to: 5}\n  7\n" +
      "  {service: {}, allow_trace: x}\n] } }",
    errors: [
      "2:4: Stream entry should be an account map, got int64",
      "2:15: interface conversion: interface {} is int64, not string",
      "3:3: Import Items should be a map with type entry, got int64",
      "4:4: Expect an account name and a subject",
      "4:17: interface conversion: interface {} is string, not bool",
      "4:17: Detected allow_trace directive on a non-stream",
    ],
  },
];

describe("imports: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }

  test("nothing about services of two accounts on one subject", () => {
    const exporter = "{ exports [ {service: s} ] }";
    const imports = "{service: {account: B, subject: s}}, {service: {account: C, subject: s}}";
    const text = `accounts { A { imports [ ${imports} ] }, B ${exporter}, C ${exporter} }`;
    expect(readUserBlocks(text).errors).toEqual([]);
  });
});
