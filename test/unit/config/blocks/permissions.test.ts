/** Permission blocks: each way to write rules, the defaults, and what is said about mistakes. */
import { describe, expect, test } from "bun:test";
import type { PermissionSettings } from "../../../../src/config/blocks/permissions.ts";
import { type Refusal, readUserBlocks } from "./user-blocks.ts";

const ANYTHING = { allow: undefined, deny: [] };

function permissionsIn(text: string): PermissionSettings | undefined {
  const { defaultPermissions, errors } = readUserBlocks(`authorization { permissions ${text} }`);
  expect(errors).toEqual([]);
  return defaultPermissions;
}

describe("permissions", () => {
  test("may restrict nothing", () => {
    const nothing = { publish: ANYTHING, subscribe: ANYTHING, responses: undefined };
    expect(permissionsIn("{}")).toEqual(nothing);
    expect(permissionsIn("{ publish: {}, subscribe: [], }")).toEqual(nothing);
    expect(permissionsIn("{ publish: { allow: [] }, subscribe: { deny: [] } }")).toEqual(nothing);
  });

  test("take one subject, several, or lists of what is allowed and denied", () => {
    const a = { allow: ["a"], deny: [] };
    expect(permissionsIn("{ publish: a, subscribe: [a] }")).toMatchObject({
      publish: a,
      subscribe: a,
    });
    const both = "{ subscribe: { allow: [a, b.* ], deny: b.c } }";
    expect(permissionsIn(both)?.subscribe).toEqual({ allow: ["a", "b.*"], deny: ["b.c"] });
    expect(permissionsIn("{ publish: { deny: x } }")?.publish).toEqual({
      allow: undefined,
      deny: ["x"],
    });
  });

  for (const key of ["publish", "pub", "import", "PUB"]) {
    test(`take "${key}" for publishing`, () => {
      expect(permissionsIn(`{ ${key}: a }`)?.publish.allow).toEqual(["a"]);
    });
  }

  for (const key of ["subscribe", "sub", "export", "Subscribe"]) {
    test(`take "${key}" for subscribing`, () => {
      expect(permissionsIn(`{ ${key}: a }`)?.subscribe.allow).toEqual(["a"]);
    });
  }

  test("may name queue groups for subscribing, literally or by pattern", () => {
    const rules = ["a q", "a  *.dev", "> v1.>"];
    const text = `{ subscribe: { allow: ${JSON.stringify(rules)}, deny: "b\tq" } }`;
    expect(permissionsIn(text)?.subscribe).toEqual({ allow: rules, deny: ["b\tq"] });
  });
});

describe("permissions for responses", () => {
  const usual = { maxMessages: 1, expiresMs: 120_000 };
  const cases: readonly (readonly [string, PermissionSettings["responses"]])[] = [
    ["true", usual],
    ["false", undefined],
    ["{}", usual],
    ["{ max: 0, expires: '0s' }", usual],
    ["{ max: 5, expires: '1m' }", { maxMessages: 5, expiresMs: 60_000 }],
    ["{ max: -1, expires: '-1s' }", { maxMessages: Infinity, expiresMs: Infinity }],
    ["{ max_msgs: 2, expiration: 5s }", { maxMessages: 2, expiresMs: 5000 }],
    ["{ max_messages: 2, ttl: 5s }", { maxMessages: 2, expiresMs: 5000 }],
    ["{ max_responses: 2 }", { maxMessages: 2, expiresMs: 120_000 }],
  ];
  for (const [text, responses] of cases) {
    test(`are read from ${text}`, () => {
      expect(permissionsIn(`{ allow_responses: ${text} }`)?.responses).toEqual(responses);
      expect(permissionsIn(`{ publish_allow_responses: ${text} }`)?.responses).toEqual(responses);
    });
  }

  test("forbid to publish anything else unless it is allowed", () => {
    expect(permissionsIn("{ allow_responses: true }")?.publish.allow).toEqual([]);
    expect(permissionsIn("{ allow_responses: true, pub: { deny: a } }")?.publish).toEqual({
      allow: [],
      deny: ["a"],
    });
    expect(permissionsIn("{ pub: a, allow_responses: true }")?.publish.allow).toEqual(["a"]);
    expect(permissionsIn("{ allow_responses: false }")?.publish.allow).toBeUndefined();
  });
});

const REFUSALS: readonly Refusal[] = [
  {
    what: "permissions that are no map",
    text: "authorization { permissions: all }",
    errors: ["1:16: Expected permissions to be a map/struct, got all"],
  },
  {
    what: "permissions that are a list",
    text: "authorization { default_permissions: [a] }",
    errors: ["1:16: Expected permissions to be a map/struct, got []interface {}"],
  },
  {
    what: "unknown fields",
    text: "authorization { permissions { nothing: a } }",
    errors: ['1:30: Unknown field "nothing" parsing permissions'],
  },
  {
    what: "an unknown field that looks like a known one",
    text: "authorization { permissions { subscirbe: a } }",
    errors: ['1:30: Unknown field "subscirbe" parsing permissions, did you mean "subscribe"?'],
  },
  {
    what: "fields beside allow and deny",
    text: "authorization { permissions { pub { permit: a } } }",
    errors: [
      '1:36: Unknown field name "permit" parsing subject permissions, ' +
        "only 'allow' or 'deny' are permitted",
    ],
  },
  {
    what: "items that are no texts",
    text: "authorization { permissions { pub { allow: [a, 5 ] } } }",
    errors: ["1:47: Subject in permissions array cannot be cast to string"],
  },
  {
    what: "rules that are neither texts nor lists",
    text: "authorization { permissions { pub { deny: 5 } } }",
    errors: ["1:36: Expected subject permissions to be a subject, or array of subjects, got int64"],
  },
  {
    what: "rules of another type beside allow and deny",
    text: "authorization { permissions { pub: true } }",
    errors: ["1:30: Expected subject permissions to be a subject, or array of subjects, got bool"],
  },
  {
    what: "each invalid subject",
    text: "authorization { permissions {\n  pub: { deny: [a..b, c, d., >.e] }\n} }",
    errors: [
      '2:10: subject "a..b" is not a valid subject',
      '2:10: subject "d." is not a valid subject',
      '2:10: subject ">.e" is not a valid subject',
    ],
  },
  {
    what: "queue groups where messages are published",
    text: 'authorization { permissions { pub: { allow: "a q" } } }',
    errors: ['1:37: subject "a q" is not a valid subject'],
  },
  {
    what: "the subject of a queue rule",
    text: 'authorization { permissions { sub: { allow: "a. q" } } }',
    errors: ['1:37: subject "a." is not a valid subject'],
  },
  {
    what: "the queue group of a rule",
    text: 'authorization { permissions { sub: { deny: "a q." } } }',
    errors: ['1:37: queue "q." is not a valid queue'],
  },
  {
    what: "rules of three words",
    text: 'authorization { permissions { sub: { deny: "a q r" } } }',
    errors: ['1:37: subject "a q r" is not a valid subject'],
  },
  {
    what: "responses that are neither allowed nor forbidden",
    text: "authorization { permissions { allow_responses: 5 } }",
    errors: ["1:30: error parsing response permissions, expected a boolean or a map"],
  },
  {
    what: "unknown fields of responses",
    text: "authorization { permissions { allow_responses { many: 5 } } }",
    errors: ['1:48: Unknown field "many" parsing permissions'],
  },
  {
    what: "a number of responses that is none",
    text: "authorization { permissions { allow_responses { max: x } } }",
    errors: ["1:48: interface conversion: interface {} is string, not int64"],
  },
  {
    what: "an expiry that is no duration",
    text: "authorization { permissions { allow_responses { expires: soon } } }",
    errors: ['1:48: error parsing expires: time: invalid duration "soon"'],
  },
  {
    what: "an expiry that is a number",
    text: "authorization { permissions { allow_responses { ttl: 5 } } }",
    errors: ["1:48: error parsing expires, not a duration string"],
  },
  {
    what: "all that is wrong at once",
    text:
      "authorization { permissions {\n  pub: a..b\n  sub: { allow: c..d, dney: e }\n" +
      "  allow_responses: { max: x, ttl: 1d }\n} }",
    errors: [
      '2:3: subject "a..b" is not a valid subject',
      '3:10: subject "c..d" is not a valid subject',
      '3:23: Unknown field name "dney" parsing subject permissions, ' +
        "only 'allow' or 'deny' are permitted, did you mean \"deny\"?",
      "4:22: interface conversion: interface {} is string, not int64",
      '4:30: error parsing expires: time: unknown unit "d" in duration "1d"',
    ],
  },
];

describe("permissions: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }
});
