/** What the authorization block may not combine, and who logs in without saying who they are. */
import { describe, expect, test } from "bun:test";
import {
  ACCOUNT_KEY,
  CURVE_KEY,
  type Refusal,
  SERVER_KEY,
  USER_KEY,
  USER_SEED,
  readUserBlocks,
} from "./user-blocks.ts";

const REFUSALS: readonly Refusal[] = [
  {
    what: "a user and a token",
    text: "authorization { user: a, password: b, token: c }",
    errors: ["1:0: Cannot have a user/pass and token"],
  },
  {
    what: "a password and a token",
    text: "authorization { password: b, token: c }",
    errors: ["1:0: Cannot have a user/pass and token"],
  },
  {
    what: "a user and a list of users",
    text: "authorization { user: a, password: b, users: [ {user: c} ] }",
    errors: ["1:0: Can not have a single user/pass and a users array"],
  },
  {
    what: "a user and a list of users that is empty",
    text: "authorization { user: a, password: b, users: [] }",
    errors: ["1:0: Can not have a single user/pass and a users array"],
  },
  {
    what: "a token and a list of users",
    text: "authorization { token: a, users: [ {user: c} ] }",
    errors: ["1:0: Can not have a token and a users array"],
  },
  {
    what: "each user that is there twice",
    text: "# Users\nauthorization { users: [ {user: a}, {user: a}, {user: b}, {user: a}, {user: b} ] }",
    errors: ['2:1: Duplicate user "a" detected', '2:1: Duplicate user "b" detected'],
  },
  {
    what: "keys that are there twice",
    text: `authorization { users: [ {nkey: ${USER_KEY}}, {nkey: ${USER_KEY}} ] }`,
    errors: [`1:0: Duplicate nkey "${USER_KEY}" detected`],
  },
  {
    what: "time-outs of the wrong type",
    text: "authorization { timeout: true }",
    errors: ["1:16: error parsing authorization config, 'timeout' wrong type"],
  },
  {
    what: "users of accounts beside a single user",
    text: "authorization { user: a, password: b }\naccounts {\n  A { users: [ {user: c} ] }\n}",
    errors: ["3:7: Can not have a single user/pass and accounts"],
  },
  {
    what: "users of accounts beside a token",
    text: "authorization { token: b }\naccounts {\n  A { users: [ {user: c} ] }\n}",
    errors: ["3:7: Can not have a token and accounts"],
  },
  {
    what: "users of accounts that are in the authorization block as well",
    text:
      "authorization { users: [ {user: a}, {user: b} ] }\n" +
      "accounts {\n  A { users: [ {user: a} ] }\n  B { users: [ {user: b} ] }\n}",
    errors: ['3:7: Duplicate user "a" detected', '4:7: Duplicate user "b" detected'],
  },
  {
    what: "users of two accounts",
    text: "accounts {\n  A { users: [ {user: a} ] }\n  B { users: [ {user: a} ] }\n}",
    errors: ['3:7: Duplicate user "a" detected'],
  },
  {
    what: "a user twice in one account",
    text: "accounts {\n  A { users: [ {user: a}, {user: a} ] }\n}",
    errors: ['2:7: Duplicate user "a" detected'],
  },
  {
    what: "keys of two accounts",
    text:
      `accounts {\n  A { users: [ {nkey: ${USER_KEY}} ] }\n` +
      `  B { users: [ {nkey: ${USER_KEY}} ] }\n}`,
    errors: [`3:7: Duplicate nkey "${USER_KEY}" detected`],
  },
];

describe("authorization: the check reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }
});

describe("authorization: the check takes", () => {
  const texts: Readonly<Record<string, string>> = {
    "a user and a password": "authorization { user: a, password: b }",
    "a token": "authorization { token: a }",
    "users with names and with keys": `authorization { users: [ {user: a}, {nkey: ${USER_KEY}} ] }`,
    "a single user and accounts without users": "authorization { user: a }\naccounts [A, B]",
    "different users in the block and in accounts":
      "authorization { users: [ {user: a} ] }\naccounts { A { users: [ {user: b} ] } }",
  };
  for (const [what, text] of Object.entries(texts)) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual([]));
  }
});

describe("no_auth_user", () => {
  const users = "authorization { users: [ {user: a} ] }";
  const accounts = `accounts { A { users: [ {nkey: ${USER_KEY}} ] } }`;

  test("is a user or a key of the authorization block or of an account", () => {
    expect(readUserBlocks(`${users}\nno_auth_user: a`).errors).toEqual([]);
    expect(readUserBlocks(`${accounts}\nno_auth_user: ${USER_KEY}`).errors).toEqual([]);
  });

  test("is reported if there is no such user", () => {
    expect(readUserBlocks(`${users}\n${accounts}\nno_auth_user: b`).errors).toEqual([
      'no_auth_user: "b" not present as user or nkey in authorization block or account configuration',
    ]);
  });

  test("is reported if there are no users", () => {
    expect(readUserBlocks("no_auth_user: b").errors).toEqual([
      'no_auth_user: "b" present, but users/nkeys are not defined',
    ]);
  });
});

describe("proxies", () => {
  test("are public keys of whatever role", () => {
    const text = `proxies { trusted: [ {key: ${USER_KEY}}, {Public_Key: ${SERVER_KEY}} ] }`;
    expect(readUserBlocks(text)).toMatchObject({ proxies: [USER_KEY, SERVER_KEY], errors: [] });
    expect(readUserBlocks("proxies {}")).toMatchObject({ proxies: [], errors: [] });
  });

  const refusals: readonly Refusal[] = [
    {
      what: "that are no map",
      text: "proxies: 5",
      errors: ["1:0: expected proxies to be a map/struct, got int64"],
    },
    {
      what: "with a key that is no list",
      text: "proxies { trusted: abc }",
      errors: ["1:10: expected proxies' trusted field to be an array, got string"],
    },
    {
      what: "with items that are no maps",
      text: "proxies { trusted: [ abc ] }",
      errors: ["1:21: expected proxies' trusted entry to be a map/struct, got string"],
    },
    {
      what: "with texts that are no keys",
      text: "proxies { trusted: [ {key: abc}, {key: def} ] }",
      errors: ['1:22: invalid proxy key "abc"', '1:34: invalid proxy key "def"'],
    },
    {
      what: "with seeds, without showing them",
      text: `proxies { trusted: [ {key: ${USER_SEED}} ] }`,
      errors: ['1:22: invalid proxy key "[REDACTED]"'],
    },
    {
      what: "without a key",
      text: "proxies { trusted: [ {} ] }",
      errors: ['1:23: proxy trusted key "" is invalid'],
    },
    {
      what: "with unknown fields",
      text: `proxies { trustd: [], trusted: [ {key: ${USER_KEY}, name: a} ] }`,
      errors: [
        '1:10: unknown field "trustd", did you mean "trusted"?',
        '1:97: unknown field "name"',
      ],
    },
  ];
  for (const { what, text, errors } of refusals) {
    test(`are reported ${what}`, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }
});

describe("auth_callout", () => {
  const required = `issuer: ${ACCOUNT_KEY}, auth_users: [auth]`;

  test("needs an issuer and users, and has defaults for the rest", () => {
    expect(readUserBlocks(`authorization { auth_callout { ${required} } }`)).toMatchObject({
      errors: [],
      authCallout: {
        issuer: ACCOUNT_KEY,
        account: "$G",
        authUsers: ["auth"],
        xkey: undefined,
        allowedAccounts: [],
      },
    });
  });

  test("takes every field by its other name", () => {
    const fields = `ISSUER: ${ACCOUNT_KEY}, acc: A, users: [a, b], key: ${CURVE_KEY}`;
    const text = `accounts [A, B]\nauthorization { auth_hook { ${fields}, allowed_accounts: [B] } }`;
    expect(readUserBlocks(text)).toMatchObject({
      errors: [],
      authCallout: {
        account: "A",
        authUsers: ["a", "b"],
        xkey: CURVE_KEY,
        allowedAccounts: ["B"],
      },
    });
  });

  const refusals: readonly Refusal[] = [
    {
      what: "that is no map",
      text: "authorization { auth_callout: hunter2 }",
      errors: ["1:16: Expected authorization callout to be a map/struct, got string"],
    },
    {
      what: "without an issuer",
      text: "authorization { auth_callout { auth_users: [a] } }",
      errors: ["1:31: Authorization callouts require an issuer to be specified"],
    },
    {
      what: "without users",
      text: `authorization { auth_callout { issuer: ${ACCOUNT_KEY} } }`,
      errors: ["1:31: Authorization callouts require authorized users to be specified"],
    },
    {
      what: "with an empty list of users",
      text: `authorization { auth_callout { issuer: ${ACCOUNT_KEY}, auth_users: [] } }`,
      errors: ["1:97: Authorization callouts require authorized users to be specified"],
    },
    {
      what: "without anything",
      text: "authorization { auth_callout {} }",
      errors: [
        "1:16: Authorization callouts require an issuer to be specified",
        "1:16: Authorization callouts require authorized users to be specified",
      ],
    },
    {
      what: "with an issuer that is no account",
      text: `authorization { auth_callout { issuer: ${USER_KEY}, users: [a] } }`,
      errors: [`1:31: Expected callout user to be a valid public account nkey, got "${USER_KEY}"`],
    },
    {
      what: "with a seed as its issuer, without showing it",
      text: `authorization { auth_callout { issuer: ${USER_SEED}, users: [a] } }`,
      errors: ['1:31: Expected callout user to be a valid public account nkey, got "[REDACTED]"'],
    },
    {
      what: "with an xkey that is none",
      text: `authorization { auth_callout { ${required}, xkey: abc } }`,
      errors: ['1:117: Expected callout xkey to be a valid public xkey, got "abc"'],
    },
    {
      what: "with users that are no list",
      text: `authorization { auth_callout { issuer: ${ACCOUNT_KEY}, auth_users: a } }`,
      errors: ["1:97: Expected auth_users field to be an array, got string"],
    },
    {
      what: "with users that are no texts",
      text: `authorization { auth_callout { issuer: ${ACCOUNT_KEY}, auth_users: [a, 5 ] } }`,
      errors: ["1:113: interface conversion: interface {} is int64, not string"],
    },
    {
      what: "with accounts that are no list",
      text: `authorization { auth_callout { ${required}, allowed_accounts: a } }`,
      errors: ["1:117: Expected allowed accounts field to be an array, got string"],
    },
    {
      what: "with accounts that do not exist",
      text:
        `authorization { auth_callout { ${required}, allowed_accounts: [A, B, "$G"] } }\n` +
        "accounts { A {} }",
      errors: ['auth_callout allowed account "B" not found in configured accounts'],
    },
    {
      what: "with unknown fields",
      text: `authorization { auth_callout { ${required}, isuer: a } }`,
      errors: [
        '1:117: Unknown field "isuer" parsing authorization callout, did you mean "issuer"?',
      ],
    },
  ];
  for (const { what, text, errors } of refusals) {
    test(`is reported ${what}`, () => {
      const problems = readUserBlocks(text).errors;
      expect(problems).toEqual(errors);
      expect(problems.join()).not.toMatch(/hunter2|\bSU[A-Z2-7]{20}/);
    });
  }
});
