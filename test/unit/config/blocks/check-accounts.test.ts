/** Exports and imports of several accounts put together: what fits, and what is said if not. */
import { describe, expect, test } from "bun:test";
import { type Refusal, readUserBlocks } from "./user-blocks.ts";

function accounts(parts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(parts).map(([name, body]) => `  ${name} { ${body} }`);
  return `\naccounts {\n${lines.join("\n")}\n}\n`;
}

function stream(account: string, subject: string, rest = ""): string {
  return `imports [ {stream: {account: ${account}, subject: "${subject}"}${rest}} ]`;
}

function service(account: string, subject: string, rest = ""): string {
  return `imports [ {service: {account: ${account}, subject: "${subject}"}${rest}} ]`;
}

describe("accounts fit together", () => {
  const texts: Readonly<Record<string, string>> = {
    "with imports of exactly what is exported": accounts({
      A: 'exports [ {stream: "s.>"}, {service: q} ]',
      B: `${stream("A", "s.>")}`,
      C: `${service("A", "q")}`,
    }),
    "with imports of a part of what is exported": accounts({
      A: 'exports [ {stream: "s.>"}, {service: "q.*"} ]',
      B: stream("A", "s.*.x"),
      C: service("A", "q.x"),
    }),
    "with exports for some accounts": accounts({
      A: "exports [ {stream: s, accounts: [B]}, {service: q, accounts: [B, C]} ]",
      B: stream("A", "s"),
      C: service("A", "q"),
    }),
    "with the same export for one account and then for another": accounts({
      A: "exports [ {stream: s, accounts: [B]}, {stream: s, accounts: [C]} ]",
      B: stream("A", "s"),
      C: stream("A", "s"),
    }),
    "with the name of the account in the subject": accounts({
      A: 'exports [ {stream: "s.*.>", account_token_position: 2} ]',
      B: stream("A", "s.B.x"),
    }),
    "with an export for the account of exactly what others may not import": accounts({
      A: 'exports [ {stream: "s.>", accounts: [C]}, {stream: s.x} ]',
      B: stream("A", "s.x"),
      C: "",
    }),
    "with wildcards mapped in another order": accounts({
      A: 'exports [ {stream: "s.*.*"}, {service: "q.*.*"} ]',
      B: stream("A", "s.*.*", ', to: "t.$2.$1"'),
      C: service("A", "q.*.*", ', to: "t.{{wildcard(2)}}.$1"'),
    }),
    "with imports in both directions that do not meet": accounts({
      A: 'exports [ {stream: "a.>"} ], ' + stream("B", "b.>"),
      B: 'exports [ {stream: "b.>"} ], ' + stream("A", "a.>"),
    }),
    "with latency of a service": accounts({
      A: "exports [ {service: q, latency: {subject: l, sampling: headers}} ]",
    }),
    "with an account that imports from itself": accounts({
      A: `exports [ {stream: s} ], ${stream("A", "s", ", prefix: p")}`,
    }),
  };
  for (const [what, text] of Object.entries(texts)) {
    test(what, () => {
      const { errors, warnings } = readUserBlocks(text);
      expect([...errors, ...warnings]).toEqual([]);
    });
  }
});

function misfit(
  what: string,
  parts: Readonly<Record<string, string>>,
  ...reasons: string[]
): Refusal {
  return { what, text: accounts(parts), errors: reasons.map((reason) => `2:1: ${reason}`) };
}

const MISFITS: readonly Refusal[] = [
  misfit(
    "exports for accounts that do not exist",
    { A: "exports [ {stream: s, accounts: [X, Y]}, {service: q, accounts: [Z]} ]" },
    '"X" account not defined for stream export',
    '"Y" account not defined for stream export',
    '"Z" account not defined for service export',
  ),
  misfit(
    "imports of accounts that do not exist",
    { A: stream("X", "s"), B: service("Y", "q") },
    '"X" account not defined for stream import',
    '"Y" account not defined for service import',
  ),
  misfit(
    "imports of what is not exported",
    { A: "", B: stream("A", "s"), C: service("A", "q") },
    'Error adding stream import "s": stream import not authorized',
    'Error adding service import "q": service import not authorized',
  ),
  misfit(
    "imports of more than is exported",
    {
      A: "exports [ {stream: s.x}, {service: q.x} ]",
      B: stream("A", "s.*"),
      C: service("A", "q.>"),
    },
    'Error adding stream import "s.*": stream import not authorized',
    'Error adding service import "q.>": service import not authorized',
  ),
  misfit(
    "imports of what is exported to others",
    {
      A: 'exports [ {stream: "s.>", accounts: [B]}, {service: q, accounts: [B]} ]',
      B: "",
      C: stream("A", "s.x"),
      D: service("A", "q"),
    },
    'Error adding stream import "s.x": stream import not authorized',
    'Error adding service import "q": service import not authorized',
  ),
  misfit(
    "imports of what two exports cover, of which one is for others",
    {
      A: 'exports [ {stream: ">"}, {stream: "s.>", accounts: [C]} ]',
      B: stream("A", "s.x"),
      C: stream("A", "s.x"),
    },
    'Error adding stream import "s.x": stream import not authorized',
  ),
  misfit(
    "imports of subjects that are none",
    {
      A: 'exports [ {stream: ">"}, {service: ">"} ]',
      B: stream("A", "s..x"),
      C: service("A", "q."),
    },
    'Error adding stream import "s..x": stream import not authorized',
    'Error adding service import "q.": sublist: invalid subject',
  ),
  misfit(
    "services on subjects that are none",
    { A: "exports [ {service: q} ]", B: service("A", "q", ', to: "x."') },
    'Error adding service import "q": sublist: invalid subject',
  ),
  misfit(
    "imports with the name of another account in the subject",
    {
      A: 'exports [ {stream: "s.*", account_token_position: 2} ]',
      B: stream("A", "s.C"),
      C: stream("A", "s.*"),
    },
    'Error adding stream import "s.C": stream import not authorized',
    'Error adding stream import "s.*": stream import not authorized',
  ),
  misfit(
    "positions at which there is no wildcard",
    {
      A: 'exports [ {stream: "s.*", account_token_position: 1}, {stream: t, account_token_position: 2} ]',
      B: 'exports [ {service: "s.*", account_token_position: -1} ]',
    },
    'Error adding stream export "s.*": sublist: invalid subject',
    'Error adding stream export "t": sublist: invalid subject',
    'Error adding service export "s.*": sublist: invalid subject',
  ),
  misfit(
    "prefixes with wildcards",
    { A: "exports [ {stream: s} ]", B: stream("A", "s", ', prefix: "p.*"') },
    'Error adding stream import "s": stream import prefix can not contain wildcard tokens',
  ),
  misfit(
    "streams that are imported twice",
    {
      A: "exports [ {stream: s} ]",
      B: "imports [ {stream: {account: A, subject: s}}, {stream: {account: A, subject: s}, prefix: p} ]",
    },
    'Error adding stream import "s": stream import already exists',
  ),
  misfit(
    "streams that go round in a circle",
    {
      A: `exports [ {stream: ">"} ], ${stream("B", ">")}`,
      B: `exports [ {stream: ">"} ], ${stream("A", ">")}`,
    },
    'Error adding stream import ">": import forms a cycle',
  ),
  misfit(
    "streams that go round by way of a third account",
    {
      A: `exports [ {stream: x} ], ${stream("C", "x")}`,
      B: `exports [ {stream: x} ], ${stream("A", "x")}`,
      C: `exports [ {stream: x} ], ${stream("B", "x")}`,
    },
    'Error adding stream import "x": import forms a cycle',
  ),
  misfit(
    "services that go round in a circle",
    {
      A: `exports [ {service: help} ], ${service("B", "help")}`,
      B: `exports [ {service: help} ], ${service("A", "help")}`,
    },
    'Error adding service import "help": import forms a cycle',
  ),
  misfit(
    "services that go round by way of another subject",
    {
      A: `exports [ {service: "q.>"} ], ${service("B", "r.*", ', to: "q.$1"')}`,
      B: `exports [ {service: "r.>"} ], ${service("A", "q.*", ', to: "r.$1"')}`,
    },
    'Error adding service import "q.*": import forms a cycle',
  ),
  misfit(
    "streams that are mapped to fewer tokens",
    { A: 'exports [ {stream: "s.*.*"} ]', B: stream("A", "s.*.*", ', to: "t.$1"') },
    'Error adding stream import "s.*.*": failed to create mapping transform for stream import ' +
      'subject from "s.*.*" to "t.$1": invalid mapping destination: ' +
      "not using all of the token wildcard(s) in t.$1",
  ),
  misfit(
    "streams that are mapped by other functions",
    { A: 'exports [ {stream: "s.*"} ]', B: stream("A", "s.*", ', to: "t.{{partition(2,1)}}"') },
    'Error adding stream import "s.*": failed to create mapping transform for stream import ' +
      'subject from "s.*" to "t.{{partition(2,1)}}": invalid mapping destination: the only ' +
      "mapping function allowed for import transforms is {{Wildcard()}} in {{partition(2,1)}}",
  ),
  misfit(
    "services that are mapped to fewer tokens",
    { A: 'exports [ {service: "q.*.*"} ]', B: service("A", "q.*.*", ', to: "t.$1"') },
    'Error adding service import "q.*.*": failed to create mapping transform for service import ' +
      'subject from "t.$1" to "q.*.*": invalid mapping destination: ' +
      "not using all of the token wildcard(s) in t.$1",
  ),
  misfit(
    "services that are mapped to what ends otherwise",
    { A: 'exports [ {service: "q.>"} ]', B: service("A", "q.>", ", to: t") },
    'Error adding service import "q.>": failed to create mapping transform for service import ' +
      'subject from "t" to "q.>": invalid subject',
  ),
  misfit(
    "latency on what is no subject to publish to",
    { A: 'exports [ {service: q, latency: "l.*"} ]' },
    'Error adding service latency sampling for "q" on subject "l.*": invalid publish subject',
  ),
  misfit(
    "latency on a service of the account",
    { A: 'exports [ {service: "q.>", latency: q.l} ]' },
    'Error adding service latency sampling for "q.>" on subject "q.l": invalid publish subject',
  ),
  misfit(
    "latency of services with several answers",
    { A: "exports [ {service: q, response: stream, latency: l} ]" },
    'Error adding service latency sampling for "q" on subject "l": bad service response type',
  ),
  {
    what: "latency without a system account",
    text: "no_system_account: true\naccounts { A { exports [ {service: q, latency: l} ] } }",
    errors: ['2:1: Error adding service latency sampling for "q": system account not setup'],
  },
];

describe("accounts: the check reports", () => {
  for (const { what, text, errors } of MISFITS) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }

  test("nothing about imports while anything else is wrong", () => {
    const text = accounts({ A: "limits: 5", B: stream("A", "s") });
    expect(readUserBlocks(text).errors).toEqual([
      "3:7: Expected account limits to be a map/struct, got 5",
    ]);
  });

  test("a long chain of imports without a circle takes little time", () => {
    const parts: Record<string, string> = {};
    for (let i = 0; i < 500; i++) {
      parts[`A${i}`] = `exports [ {stream: s} ], ${i === 0 ? "" : stream(`A${i - 1}`, "s")}`;
    }
    expect(readUserBlocks(accounts(parts)).errors).toEqual([]);
  });

  test("chains of imports that are too long to follow", () => {
    const parts: Record<string, string> = {};
    for (let i = 0; i < 1026; i++) {
      parts[`A${i}`] = `exports [ {stream: s} ], ${i === 0 ? "" : stream(`A${i - 1}`, "s")}`;
    }
    const text = 'Error adding stream import "s": search cycle depth exhausted';
    expect(readUserBlocks(accounts(parts)).errors).toEqual([`2:1: ${text}`]);
  });
});
