/** `resolver` and what belongs to it: forms, fields, and what is said about mistakes. */
import { describe, expect, test } from "bun:test";
import {
  type ResolverSettings,
  checkResolver,
  resolverKind,
  resolverPinnedAccountsKind,
  resolverPreloadKind,
} from "../../../../src/config/blocks/resolver.ts";
import { ACCOUNT_KEY, accountJwt, operatorJwt } from "./jwt-texts.ts";
import { type Files, readKind } from "./read-kind.ts";
import type { Refusal } from "./user-blocks.ts";

const DIRECTORY = { directory: "jwt", limit: undefined, timeoutMs: undefined };
const FULL: ResolverSettings = {
  type: "full",
  ...DIRECTORY,
  intervalMs: undefined,
  deletion: "refused",
};
const CACHE: ResolverSettings = { type: "cache", ...DIRECTORY, ttlMs: undefined };

const MEANINGS: readonly (readonly [string, ResolverSettings])[] = [
  ["MEM", { type: "memory" }],
  ["memory", { type: "memory" }],
  ['" MEMORY "', { type: "memory" }],
  ["{ type: MEM }", { type: "memory" }],
  ["{ type: memory, dir: ignored }", { type: "memory" }],
  ["URL(http://host/a)", { type: "url", url: "http://host/a/" }],
  ['"url( \\"https://host/a/\\" )"', { type: "url", url: "https://host/a/" }],
  ["'URL(\"http://members.example\")'", { type: "url", url: "http://members.example/" }],
  ["{ type: full, dir: jwt }", FULL],
  ["{ Type: FULL, DIR: jwt }", FULL],
  [
    '{ type: full, dir: jwt, limit: 5, interval: "2m", timeout: "1.9s" }',
    { ...FULL, limit: 5, intervalMs: 120_000, timeoutMs: 1900 },
  ],
  ["{ type: full, dir: jwt, limit: 0 }", FULL],
  ["{ type: full, dir: jwt, allow_delete: false }", FULL],
  ["{ type: full, dir: jwt, allow_delete: true }", { ...FULL, deletion: "renamed" }],
  [
    "{ type: full, dir: jwt, allow_delete: true, hard_delete: true }",
    { ...FULL, deletion: "hard" },
  ],
  ["{ type: cache, dir: jwt }", CACHE],
  ['{ type: cache, dir: jwt, limit: 5, ttl: "1h" }', { ...CACHE, limit: 5, ttlMs: 3_600_000 }],
  ["{ type: cache, dir: jwt, allow_delete: false }", CACHE],
];

const WANTED =
  'error parsing account resolver, should be MEM or  URL("url") or a map containing dir and type ' +
  "state=[FULL|CACHE])";

const REFUSALS: readonly Refusal[] = [
  { what: "other words", text: "resolver: FILE", errors: [`1:0: ${WANTED}`] },
  { what: "words that only contain MEM", text: "resolver: remember", errors: [`1:0: ${WANTED}`] },
  { what: "a URL that is not there", text: "resolver: URL", errors: [`1:0: ${WANTED}`] },
  { what: "an empty block", text: "resolver: {}", errors: [`1:0: ${WANTED}`] },
  { what: "other types of resolvers", text: "resolver: { type: x }", errors: [`1:0: ${WANTED}`] },
  {
    what: "values of another type",
    text: "resolver: 5",
    errors: ["1:0: error parsing operator resolver, wrong type int64"],
  },
  {
    what: "URLs that are none",
    text: 'resolver: "URL(:foo:)"',
    errors: ['1:0: error parsing account resolver url [":foo:"]'],
  },
  {
    what: "URLs that are none, without the password in them",
    text: 'resolver: "URL(ftp://me:hunter2@host)"',
    errors: ['1:0: error parsing account resolver url ["ftp://[REDACTED]@host"]'],
  },
  {
    what: "fields of wrong types",
    text:
      "resolver {\n type: full\n dir: 5\n limit: a\n interval: 5\n allow_delete: 1\n" +
      " timeout: true\n}",
    errors: [
      "3:2: interface conversion: interface {} is int64, not string",
      "4:2: interface conversion: interface {} is string, not int64",
      "5:2: interface conversion: interface {} is int64, not string",
      "6:2: interface conversion: interface {} is int64, not bool",
      "7:2: interface conversion: interface {} is bool, not string",
    ],
  },
  {
    what: "a type of the wrong type, and nothing that follows from it",
    text: "resolver {\n type: 5\n}",
    errors: ["2:2: interface conversion: interface {} is int64, not string"],
  },
  {
    what: "durations that are none",
    text: "resolver {\n type: mem\n ttl: x\n}",
    errors: ['3:2: time: invalid duration "x"'],
  },
  {
    what: "time-outs that are no time",
    text: 'resolver {\n type: full, dir: jwt\n timeout: "-1s"\n}',
    errors: ["3:2: Fetch timeout -1s is too smal"],
  },
  {
    what: "that there is no directory",
    text: "resolver { type: full }",
    errors: ["1:0: dir has no value and needs to point to a directory"],
  },
  {
    what: "all that a full resolver cannot do",
    text: 'resolver { type: full, dir: "", ttl: "1h", hard_delete: false }',
    errors: [
      "1:0: dir has no value and needs to point to a directory",
      "1:0: FULL does not accept ttl",
      "1:0: hard_delete has no effect without delete",
    ],
  },
  {
    what: "all that a cache cannot do",
    text: 'resolver { type: cache, dir: jwt, interval: "1s", allow_delete: true, hard_delete: false }',
    errors: [
      "1:0: CACHE does not accept sync",
      "1:0: CACHE does not accept allow_delete",
      "1:0: CACHE does not accept hard_delete",
    ],
  },
];

describe("resolver", () => {
  for (const [written, settings] of MEANINGS) {
    test(`reads ${written}`, () => {
      const { value, errors, warnings } = readKind(resolverKind, `resolver: ${written}`);
      expect([...errors, ...warnings]).toEqual([]);
      expect(value).toEqual(settings);
    });
  }

  for (const { what, text, errors } of REFUSALS) {
    test(`reports ${what}`, () => {
      expect(readKind(resolverKind, text).errors).toEqual([...errors]);
    });
  }

  test("warns of fields that it does not have, unless a variable needs them", () => {
    const text = "resolver {\n type: full\n where: jwt\n dir: $where\n colour: red\n}";
    const { value, errors, warnings } = readKind(resolverKind, text);
    expect(value).toEqual(FULL);
    expect(errors).toEqual([]);
    expect(warnings).toEqual(['5:2: invalid use of field "colour": unknown, it has no effect']);
  });

  test("wants a directory that can be written to, or none yet", () => {
    const errorsWith = (files: Files) => {
      return readKind(resolverKind, "resolver { type: full, dir: jwt }", files).errors;
    };
    expect(errorsWith({})).toEqual([]);
    expect(errorsWith({ jwt: true })).toEqual([]);
    const reason = "1:0: dir needs to point to an accessible directory";
    expect(errorsWith({ jwt: false })).toEqual([reason]);
    expect(errorsWith({ jwt: "a file" })).toEqual([reason]);
    expect(readKind(resolverKind, "resolver: MEM", {}).errors).toEqual([]);
  });
});

describe("resolver_preload", () => {
  test("has JWTs by account", () => {
    const jwt = accountJwt();
    const selfSigned = accountJwt({ issuer: ACCOUNT_KEY });
    const text = `resolver_preload { ${ACCOUNT_KEY}: ${jwt}\n b: ${selfSigned} }`;
    expect(readKind(resolverPreloadKind, text)).toMatchObject({
      value: [
        { account: ACCOUNT_KEY, jwt },
        { account: "b", jwt: selfSigned },
      ],
      errors: [],
    });
  });

  test("reports each that is no JWT of an account", () => {
    const text = `resolver_preload {\n a: 5\n b: hunter2\n c: ${operatorJwt()}\n}`;
    expect(readKind(resolverPreloadKind, text).errors).toEqual([
      "2:2: preload map value should be a string JWT",
      "3:2: invalid account JWT",
      "4:2: invalid account JWT",
    ]);
  });

  test("reports values that are no map", () => {
    expect(readKind(resolverPreloadKind, "resolver_preload: MEM").errors).toEqual([
      "1:0: preload should be a map of account_public_key:account_jwt",
    ]);
  });

  test("is not for resolvers that only read", () => {
    const preload = [{ account: "a", jwt: "b" }];
    const url: ResolverSettings = { type: "url", url: "http://a/" };
    expect(checkResolver(url, preload)).toEqual([
      "resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR",
    ]);
    expect(checkResolver(url, [])).toEqual([]);
    expect(checkResolver(FULL, preload)).toEqual([]);
    expect(checkResolver(undefined, preload)).toEqual([]);
  });
});

describe("resolver_pinned_accounts", () => {
  test("is an account or several", () => {
    const read = (text: string) => {
      return readKind(resolverPinnedAccountsKind, `resolver_pinned_accounts: ${text}`).value;
    };
    expect(read("a")).toEqual(["a"]);
    expect(read("[ a, b ]")).toEqual(["a", "b"]);
  });

  test("reports values of another type", () => {
    const what = "error parsing resolver_pinned_accounts";
    const read = (text: string) => {
      return readKind(resolverPinnedAccountsKind, `resolver_pinned_accounts: ${text}`).errors;
    };
    expect(read("{}")).toEqual([`1:0: ${what}: unsupported type map[string]interface {}`]);
    expect(read("[ a\n 5 ]")).toEqual([`2:2: ${what}: unsupported type in array int64`]);
  });
});
