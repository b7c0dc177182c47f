/** What follows from operators, and what a configuration with them may not contain. */
import { describe, expect, test } from "bun:test";
import {
  type OperatorSurroundings,
  checkOperators,
  resolverOf,
  systemAccountOf,
  trustedKeysOf,
} from "../../../../src/config/blocks/operator-mode.ts";
import { type Operator, readOperator } from "../../../../src/config/blocks/operators.ts";
import type { ResolverSettings } from "../../../../src/config/blocks/resolver.ts";
import {
  ACCOUNT_KEY,
  OPERATOR_KEY,
  OPERATOR_SEED,
  OTHER_OPERATOR_KEY,
  operatorJwt,
} from "./jwt-texts.ts";
import { readerOf } from "./read-kind.ts";

const MEMORY: ResolverSettings = { type: "memory" };
const FULL: ResolverSettings = {
  type: "full",
  directory: "jwt",
  limit: undefined,
  timeoutMs: undefined,
  intervalMs: undefined,
  deletion: "refused",
};

const NOTHING_ELSE: OperatorSurroundings = {
  resolver: MEMORY,
  trustedKeys: [],
  pinnedAccounts: [],
  systemAccount: "",
  hasAccounts: false,
  hasUsers: false,
  hasAuthCallout: false,
  hasDefaultSentinel: false,
  serverVersion: "2.14.3",
};

function operator(claims: Readonly<Record<string, unknown>> = {}): Operator {
  return readOperator("file", readerOf({ file: operatorJwt({ nats: claims }) }));
}

/** Beside one operator: claims of it, what else there is, and what is said. */
const VIOLATIONS: readonly {
  readonly what: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly others?: Partial<OperatorSurroundings>;
  readonly problems: readonly string[];
}[] = [
  { what: "nothing else", problems: [] },
  {
    what: "no resolver",
    others: { resolver: undefined },
    problems: ["operators require an account resolver to be configured"],
  },
  {
    what: "accounts",
    others: { hasAccounts: true },
    problems: ["operators do not allow Accounts to be configured directly"],
  },
  {
    what: "users",
    others: { hasUsers: true },
    problems: ["operators do not allow users to be configured directly"],
  },
  {
    what: "trusted keys",
    others: { trustedKeys: [OPERATOR_KEY] },
    problems: ["conflicting options for 'TrustedKeys' and 'TrustedOperators'"],
  },
  {
    what: "another system account",
    claims: { system_account: ACCOUNT_KEY },
    others: { systemAccount: "A" },
    problems: ["system_account in config and operator JWT must be identical"],
  },
  {
    what: "the same system account",
    claims: { system_account: ACCOUNT_KEY },
    others: { systemAccount: ACCOUNT_KEY },
    problems: [],
  },
  { what: "a system account of its own", others: { systemAccount: "A" }, problems: [] },
  {
    what: "a resolver that asks other servers, without a system account",
    others: { resolver: FULL },
    problems: [
      "using nats based account resolver - the system account needs to be specified in " +
        "configuration or the operator jwt",
    ],
  },
  {
    what: "a resolver that asks other servers, with a system account",
    claims: { system_account: ACCOUNT_KEY },
    others: { resolver: FULL },
    problems: [],
  },
  {
    what: "keys and accounts that are none",
    claims: { signing_keys: ["foo", OPERATOR_SEED] },
    others: { pinnedAccounts: [ACCOUNT_KEY, "bar"] },
    problems: [
      'trusted Keys "foo" are required to be a valid public operator nkey',
      'trusted Keys "[REDACTED]" are required to be a valid public operator nkey',
      'pinned account key "bar" is not a valid public account nkey',
    ],
  },
  {
    what: "an authorization callout",
    others: { hasAuthCallout: true },
    problems: ["operators do not allow authorization callouts to be configured directly"],
  },
  { what: "a default sentinel", others: { hasDefaultSentinel: true }, problems: [] },
];

/** Versions that an operator wants, and what is said by a server of version 2.14.3. */
const VERSIONS: readonly (readonly [string, string | undefined])[] = [
  ["2.14.3", undefined],
  ["2.9.99", undefined],
  ["1.99.0", undefined],
  ["3.0.0", "expected major version 3 > server major version 2"],
  ["2.15.0", "expected minor version 15 > server minor version 14"],
  ["2.14.4", "expected update version 4 > server update version 3"],
  [
    "2.14",
    "expects version 2.14 got error instead: " +
      "asserted server version must be of the form <major>.<minor>.<update>",
  ],
  ["2.x.1", "expects version 2.x.1 got error instead: asserted server version cant parse x to int"],
];

describe("checkOperators", () => {
  for (const { what, claims, others, problems } of VIOLATIONS) {
    test(`says about an operator with ${what}`, () => {
      const surroundings = { ...NOTHING_ELSE, ...others };
      expect(checkOperators([operator(claims)], surroundings)).toEqual([...problems]);
    });
  }

  for (const [version, reason] of VERSIONS) {
    test(`compares the server's version with ${version}`, () => {
      const problems = checkOperators([operator({ assert_server_version: version })], NOTHING_ELSE);
      expect(problems).toEqual(reason === undefined ? [] : [`operator ${OPERATOR_KEY} ${reason}`]);
    });
  }

  test("wants operators for a default sentinel, and nothing else without them", () => {
    expect(checkOperators([], { ...NOTHING_ELSE, hasUsers: true, hasAccounts: true })).toEqual([]);
    expect(checkOperators([], { ...NOTHING_ELSE, hasDefaultSentinel: true })).toEqual([
      "default sentinel requires operators and accounts",
    ]);
  });

  test("finds the system account with any of several operators", () => {
    const operators = [operator(), operator({ system_account: ACCOUNT_KEY })];
    expect(checkOperators(operators, { ...NOTHING_ELSE, systemAccount: ACCOUNT_KEY })).toEqual([]);
    expect(checkOperators(operators, { ...NOTHING_ELSE, systemAccount: "B" })).toHaveLength(1);
  });
});

describe("what follows from operators", () => {
  const withServer = operator({ account_server_url: "http://host/jwt/v1" });

  test("a single one that names an account server makes it the resolver", () => {
    const resolver = { type: "url", url: "http://host/jwt/v1/accounts/" } as const;
    expect(resolverOf(undefined, [withServer])).toEqual(resolver);
    expect(resolverOf(MEMORY, [withServer])).toBe(MEMORY);
    expect(resolverOf(undefined, [withServer, withServer])).toBeUndefined();
    expect(resolverOf(undefined, [operator()])).toBeUndefined();
    expect(resolverOf(undefined, [])).toBeUndefined();
  });

  test("a single one gives its system account", () => {
    const one = operator({ system_account: ACCOUNT_KEY });
    expect(systemAccountOf("", [one])).toBe(ACCOUNT_KEY);
    expect(systemAccountOf("A", [one])).toBe("A");
    expect(systemAccountOf("", [one, one])).toBe("");
    expect(systemAccountOf("", [])).toBe("");
  });

  test("their keys are trusted, except for those of strict ones", () => {
    const signing_keys = [OTHER_OPERATOR_KEY];
    const strict = operator({ signing_keys, strict_signing_key_usage: true });
    expect(trustedKeysOf([operator({ signing_keys })])).toEqual([OPERATOR_KEY, OTHER_OPERATOR_KEY]);
    expect(trustedKeysOf([strict])).toEqual([OTHER_OPERATOR_KEY]);
  });
});
