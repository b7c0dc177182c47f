/** Accounts: a list or a map, the fields of one, and what is said about mistakes. */
import { describe, expect, test } from "bun:test";
import type { AccountSettings } from "../../../../src/config/blocks/accounts.ts";
import { ACCOUNT_KEY, type Refusal, USER_KEY, USER_SEED, readUserBlocks } from "./user-blocks.ts";

const EMPTY = {
  nkey: undefined,
  users: [],
  usersPosition: undefined,
  defaultPermissions: undefined,
  exports: [],
  imports: [],
  mappings: [],
  limits: {
    maxConnections: Infinity,
    maxSubscriptions: Infinity,
    maxPayloadBytes: Infinity,
    maxLeafNodes: Infinity,
  },
  messageTrace: undefined,
};

function accountsIn(text: string): readonly AccountSettings[] {
  const { accounts, errors, warnings } = readUserBlocks(`accounts ${text}`);
  expect([...errors, ...warnings]).toEqual([]);
  return accounts;
}

function account(text: string): AccountSettings | undefined {
  return accountsIn(`{ A { ${text} } }`)[0];
}

describe("accounts", () => {
  test("are none unless they are given", () => {
    expect(readUserBlocks("").accounts).toEqual([]);
    expect(accountsIn("[]")).toEqual([]);
    expect(accountsIn("{}")).toEqual([]);
  });

  test("may be a list of names, whose case matters", () => {
    expect(accountsIn("[A, a, SYS]")).toEqual([
      { ...EMPTY, name: "A" },
      { ...EMPTY, name: "a" },
      { ...EMPTY, name: "SYS" },
    ]);
  });

  test("are a map by name", () => {
    expect(accountsIn('{ A {}, "B C" {} }')).toEqual([
      { ...EMPTY, name: "A" },
      { ...EMPTY, name: "B C" },
    ]);
  });

  test("are not what variables stand for", () => {
    expect(accountsIn("{ pw: secret, A { users: [ {user: a, pass: $pw} ] } }")).toHaveLength(1);
  });

  test("have users, default permissions and a key", () => {
    const text = `NKEY: ${ACCOUNT_KEY}, Users: [ {nkey: ${USER_KEY}} ], default_permissions { pub: a }`;
    expect(account(text)).toMatchObject({
      nkey: ACCOUNT_KEY,
      users: [{ nkey: USER_KEY, permissions: undefined }],
      usersPosition: { line: 1, column: 79 },
      defaultPermissions: { publish: { allow: ["a"] } },
    });
  });

  test("may have settings of JetStream, which are not looked at", () => {
    for (const value of ["enabled", "true", "{ max_mem: 1G, anything: [] }"]) {
      expect(account(`jetstream: ${value}`)).toEqual({ ...EMPTY, name: "A" });
    }
  });
});

describe("limits of accounts", () => {
  test("are read by each of their names", () => {
    const limits = {
      maxConnections: 1,
      maxSubscriptions: 2,
      maxPayloadBytes: 3000,
      maxLeafNodes: 0,
    };
    const long = "max_connections: 1, max_subscriptions: 2, max_payload: 3k, max_leafnodes: 0";
    const short = "MAX_CONN: 1, max_subs: 2, max_pay: 3k, max_leafs: 0";
    expect(account(`limits { ${long} }`)?.limits).toEqual(limits);
    expect(account(`limits { ${short} }`)?.limits).toEqual(limits);
  });

  test("are none below 0", () => {
    expect(account("limits { max_conn: -1, max_pay: -5 }")?.limits).toEqual(EMPTY.limits);
  });
});

describe("message traces of accounts", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["a.b", { destination: "a.b", samplingPercent: 100 }],
    ["{ dest: a.b }", { destination: "a.b", samplingPercent: 100 }],
    ["{ Dest: a.b, Sampling: 5 }", { destination: "a.b", samplingPercent: 5 }],
    ['{ dest: a.b, sampling: "50%" }', { destination: "a.b", samplingPercent: 50 }],
    ['{ dest: a.b, sampling: "+1" }', { destination: "a.b", samplingPercent: 1 }],
    ["{}", undefined],
  ];
  for (const [text, settings] of cases) {
    test(`are read from ${text}`, () => {
      expect(account(`msg_trace: ${text}`)?.messageTrace).toEqual(settings as never);
      expect(account(`trace_dest: ${text}`)?.messageTrace).toEqual(settings as never);
    });
  }

  test("are worth a warning if there is no destination", () => {
    const { accounts, errors, warnings } = readUserBlocks(
      "accounts { A { msg_trace {sampling: 5} } }",
    );
    expect(accounts[0]?.messageTrace).toBeUndefined();
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      "1:15: Trace destination sampling ignored since no destination was set",
    ]);
  });
});

const REFUSALS: readonly Refusal[] = [
  {
    what: "accounts that are neither a map nor a list",
    text: "accounts: A",
    errors: ["1:0: Expected accounts to be a map/struct or an array, got string"],
  },
  {
    what: "the global account in a list",
    text: 'accounts: [A, "$G"]',
    errors: ['1:15: "$G" is a Reserved Account'],
  },
  {
    what: "the global account in a map",
    text: "accounts {\n  $G { users: 5 }\n}",
    errors: ['2:3: "$G" is a Reserved Account'],
  },
  {
    what: "names that are there twice",
    text: "accounts: [A, B, A]",
    errors: ["1:17: Duplicate Account Entry: A"],
  },
  {
    what: "names that are no texts",
    text: "accounts: [A, 5 ]",
    errors: ["1:14: interface conversion: interface {} is int64, not string"],
  },
  {
    what: "accounts that are no maps",
    text: "accounts {\n  A: 5\n  B: []\n}",
    errors: ["2:3: Expected map entries for accounts", "3:3: Expected map entries for accounts"],
  },
  {
    what: "unknown fields",
    text: "accounts { A { user: [] } }",
    errors: ['1:15: unknown field "user", did you mean "users"?'],
  },
  {
    what: "keys that are not those of accounts",
    text: `accounts { A { nkey: ${USER_KEY} } }`,
    errors: [`1:15: Not a valid public nkey for an account: "${USER_KEY}"`],
  },
  {
    what: "seeds without showing them",
    text: `accounts { A { nkey: ${USER_SEED} } }`,
    errors: ['1:15: Not a valid public nkey for an account: "[REDACTED]"'],
  },
  {
    what: "users that are no list",
    text: "accounts { A { users: hunter2 } }",
    errors: ["1:15: Expected users field to be an array, got string"],
  },
  {
    what: "default permissions that are wrong",
    text: "accounts { A { default_permissions { pub: 5 } } }",
    errors: ["1:37: Expected subject permissions to be a subject, or array of subjects, got int64"],
  },
  {
    what: "mappings that are no map",
    text: "accounts { A { mappings: 5 } }",
    errors: ["1:15: interface conversion: interface {} is int64, not map[string]interface {}"],
  },
  {
    what: "limits that are no map",
    text: "accounts { A { limits: 5 } }",
    errors: ["1:15: Expected account limits to be a map/struct, got 5"],
  },
  {
    what: "unknown limits",
    text: "accounts { A { limits { max_memory: 5, max_con: 5 } } }",
    errors: [
      '1:24: Unknown field "max_memory" parsing account limits',
      '1:39: Unknown field "max_con" parsing account limits, did you mean "max_conn"?',
    ],
  },
  {
    what: "limits that are no numbers or too large",
    text: "accounts { A { limits { max_conn: many, max_subs: 2g, max_pay: 3g } } }",
    errors: [
      "1:24: interface conversion: interface {} is string, not int64",
      "1:54: max_pay value is too big",
    ],
  },
  {
    what: "traces that are neither a subject nor a map",
    text: "accounts { A { trace_dest: 5 } }",
    errors: [
      '1:15: Expected account message trace "trace_dest" to be a string or a map/struct, got int64',
    ],
  },
  {
    what: "traces to what is no subject to publish to",
    text: 'accounts { A { msg_trace: "a.*" }, B { msg_trace { dest: "b.>" } } }',
    errors: [
      '1:15: Trace destination "a.*" is not valid',
      '1:51: Trace destination "b.>" is not valid',
    ],
  },
  {
    what: "traces to what is no text",
    text: "accounts { A { msg_trace { dest: 5 } } }",
    errors: ['1:27: Field "dest" should be a string, got int64'],
  },
  {
    what: "sampling that is out of range",
    text: 'accounts { A { msg_trace { dest: a, sampling: 101 } }, B { msg_trace { dest: b, sampling: "0%" } } }',
    errors: [
      "1:36: Ttrace destination sampling value 101 is invalid, needs to be [1..100]",
      "1:80: Ttrace destination sampling value 0 is invalid, needs to be [1..100]",
    ],
  },
  {
    what: "sampling that is no number",
    text: "accounts { A { msg_trace { dest: a, sampling: often } } }",
    errors: ['1:36: Invalid trace destination sampling value "often"'],
  },
  {
    what: "sampling of the wrong type",
    text: "accounts { A { msg_trace { dest: a, sampling: true } } }",
    errors: [
      '1:36: Trace destination sampling field "sampling" should be an integer or a percentage, got bool',
    ],
  },
  {
    what: "unknown fields of traces",
    text: "accounts { A { msg_trace { dest: a, rate: 5 } } }",
    errors: ['1:36: Unknown field "rate" parsing account message trace map/struct "msg_trace"'],
  },
  {
    what: "what is wrong with each account at once",
    text:
      "accounts {\n  A { users: [ {} ], limits: 5 }\n  B: x\n  C { exports: 5, imports: 5 }\n" +
      "  D { mappings { a: 5 } }\n}",
    errors: [
      "2:18: User entry requires a user",
      "2:22: Expected account limits to be a map/struct, got 5",
      "3:3: Expected map entries for accounts",
      "4:7: Exports should be an array, got int64",
      "4:19: Imports should be an array, got int64",
      "5:18: Expected an entry for the mapping destination",
    ],
  },
];

describe("accounts: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => {
      const problems = readUserBlocks(text).errors;
      expect(problems).toEqual(errors);
      expect(problems.join()).not.toMatch(/hunter2|\bSU[A-Z2-7]{20}/);
    });
  }
});
