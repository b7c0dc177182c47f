/** Public keys in configuration files: which texts are keys of which role. */
import { describe, expect, test } from "bun:test";
import { createCluster, createOperator } from "nkeys.js";
import { isPublicKey, isPublicKeyFor, shownKey } from "../../../../src/config/blocks/public-key.ts";
import { ACCOUNT_KEY, CURVE_KEY, SERVER_KEY, USER_KEY, USER_SEED } from "./user-blocks.ts";

const KEYS = {
  user: USER_KEY,
  account: ACCOUNT_KEY,
  curve: CURVE_KEY,
  server: SERVER_KEY,
  operator: createOperator().getPublicKey(),
  cluster: createCluster().getPublicKey(),
} as const;

const ROLES = ["user", "account", "curve", "server", "operator", "cluster"] as const;

describe("isPublicKeyFor", () => {
  for (const role of ROLES) {
    test(`knows the keys of role "${role}" from all others`, () => {
      const roles = ROLES.filter((other) => isPublicKeyFor(role, KEYS[other]));
      expect(roles).toEqual([role]);
    });
  }

  const wrong: Readonly<Record<string, string>> = {
    "an empty text": "",
    "a seed": USER_SEED,
    "a key with a letter changed": `${USER_KEY.slice(0, 20)}A${USER_KEY.slice(21)}`,
    "a key cut short": USER_KEY.slice(0, -1),
    "a key with something behind it": `${USER_KEY}A`,
    "a key in lower case": USER_KEY.toLowerCase(),
    "a key with a blank before it": ` ${USER_KEY.slice(0, -1)}`,
    "a prefix with a right checksum and too few bytes": "UDUKQ7BRMJBZJYD5S7",
  };
  for (const [what, text] of Object.entries(wrong)) {
    test(`refuses ${what}`, () => {
      expect(isPublicKeyFor("user", text)).toBe(false);
      expect(isPublicKey(text)).toBe(false);
    });
  }
});

test("isPublicKey takes keys of every role", () => {
  expect(ROLES.filter((role) => isPublicKey(KEYS[role]))).toEqual([...ROLES]);
});

test("shownKey shows what cannot be secret, in quotes", () => {
  expect(shownKey(USER_KEY)).toBe(`"${USER_KEY}"`);
  expect(shownKey('no "key"')).toBe('"no \\"key\\""');
  expect(shownKey(USER_SEED)).toBe('"[REDACTED]"');
  expect(shownKey(USER_SEED.slice(0, -2))).toBe('"[REDACTED]"');
});
