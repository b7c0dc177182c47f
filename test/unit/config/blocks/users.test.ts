/** Lists of users: their fields and aliases, and what is said about mistakes without secrets. */
import { describe, expect, test } from "bun:test";
import { CONNECTION_TYPES } from "../../../../src/config/blocks/connection-types.ts";
import type { UserSettings } from "../../../../src/config/blocks/users.ts";
import { ACCOUNT_KEY, type Refusal, USER_KEY, USER_SEED, readUserBlocks } from "./user-blocks.ts";

const NOBODY: UserSettings = {
  username: undefined,
  password: undefined,
  nkey: undefined,
  permissions: undefined,
  allowedConnectionTypes: undefined,
  proxyRequired: false,
};

function usersIn(text: string): readonly UserSettings[] | undefined {
  const { authorization, errors } = readUserBlocks(`authorization { users: [ ${text} ] }`);
  expect(errors).toEqual([]);
  return authorization?.users;
}

describe("users", () => {
  test("are no list unless there is one, and may be an empty one", () => {
    expect(readUserBlocks("authorization { token: t }").authorization?.users).toBeUndefined();
    expect(usersIn("")).toEqual([]);
  });

  test("have a name, and a password unless they need none", () => {
    expect(usersIn("{ user: a, password: b }, { username: c, pass: d }, { user: e }")).toEqual([
      { ...NOBODY, username: "a", password: "b" },
      { ...NOBODY, username: "c", password: "d" },
      { ...NOBODY, username: "e" },
    ]);
  });

  test("keep bcrypt passwords as they are written", () => {
    const hash = "$2a$11$V1qrpBt8/SLfEBr4NJq4T.2mg8chx8.MTblUiTBOLV3MKDeAy.f7u";
    expect(usersIn(`{ user: a, password: "${hash}" }`)?.[0]?.password).toBe(hash);
    expect(usersIn(`{ user: a, password: ${hash} }`)?.[0]?.password).toBe(hash);
  });

  test("may have a key instead", () => {
    expect(usersIn(`{ NKEY: ${USER_KEY} }`)).toEqual([{ ...NOBODY, nkey: USER_KEY }]);
  });

  test("take an empty text for nothing", () => {
    const [user] = usersIn('{ user: a, password: "", nkey: "" }') ?? [];
    expect(user).toEqual({ ...NOBODY, username: "a" });
  });

  for (const key of ["permissions", "permission", "authorization"]) {
    test(`have permissions by the name of "${key}"`, () => {
      const [user] = usersIn(`{ user: a, ${key}: { publish: x } }`) ?? [];
      expect(user?.permissions?.publish.allow).toEqual(["x"]);
    });
  }

  for (const key of ["allowed_connection_types", "connection_types", "clients"]) {
    test(`are limited to kinds of connections by "${key}"`, () => {
      const [one] = usersIn(`{ user: a, ${key}: mqtt }`) ?? [];
      expect(one?.allowedConnectionTypes).toEqual(["MQTT"]);
    });
  }

  test("know every kind of connection, in whatever case and each once", () => {
    const all = [...CONNECTION_TYPES, "Standard", "mqtt_ws"].join(", ");
    const [user] = usersIn(`{ user: a, clients: [${all}] }`) ?? [];
    expect(user?.allowedConnectionTypes).toEqual([...CONNECTION_TYPES]);
  });

  test("are not limited by an empty list of kinds", () => {
    expect(usersIn("{ user: a, clients: [] }")?.[0]?.allowedConnectionTypes).toBeUndefined();
  });

  test("may have to come through a proxy", () => {
    expect(usersIn("{ user: a, proxy_required: true }")?.[0]?.proxyRequired).toBe(true);
  });

  test("may be made with variables", () => {
    const text = "{ pw: secret, user: a, password: $pw }";
    expect(usersIn(text)).toEqual([{ ...NOBODY, username: "a", password: "secret" }]);
  });
});

const REFUSALS: readonly Refusal[] = [
  {
    what: "users that are no list",
    text: "authorization { users: hunter2 }",
    errors: ["1:16: Expected users field to be an array, got string"],
  },
  {
    what: "users that are no maps",
    text: "authorization { users: [ hunter2, {user: a} ] }",
    errors: ["1:25: Expected user entry to be a map/struct, got string"],
  },
  {
    what: "users without a name, at their last field",
    text: "authorization { users: [\n  { password: hunter2,\n    proxy_required: true }\n] }",
    errors: ["3:5: User entry requires a user"],
  },
  {
    what: "users without anything",
    text: "authorization { users: [ {} ] }",
    errors: ["1:27: User entry requires a user"],
  },
  {
    what: "users with an empty name",
    text: 'authorization { users: [ {user: ""} ] }',
    errors: ["1:26: User entry requires a user"],
  },
  {
    what: "keys that are none",
    text: "authorization { users: [ {nkey: abc} ] }",
    errors: ["1:26: Not a valid public nkey for a user"],
  },
  {
    what: "keys of accounts",
    text: `authorization { users: [ {nkey: ${ACCOUNT_KEY}} ] }`,
    errors: ["1:26: Not a valid public nkey for a user"],
  },
  {
    what: "seeds without showing them",
    text: `authorization { users: [ {nkey: ${USER_SEED}} ] }`,
    errors: ["1:26: Not a valid public nkey for a user"],
  },
  {
    what: "keys with a name",
    text: `authorization { users: [ {nkey: ${USER_KEY}, user: a} ] }`,
    errors: ["1:90: Nkey users do not take usernames or passwords"],
  },
  {
    what: "keys with a password",
    text: `authorization { users: [ {nkey: ${USER_KEY}, pass: a} ] }`,
    errors: ["1:90: Nkey users do not take usernames or passwords"],
  },
  {
    what: "names that are no texts",
    text: "authorization { users: [ {user: 5} ] }",
    errors: ["1:26: interface conversion: interface {} is int64, not string"],
  },
  {
    what: "passwords that are no texts without showing them",
    text: "authorization { users: [ {user: a, password: 123456} ] }",
    errors: ["1:35: interface conversion: interface {} is int64, not string"],
  },
  {
    what: "unknown fields",
    text: "authorization { users: [ {user: a, passwrd: hunter2} ] }",
    errors: ['1:35: unknown field "passwrd", did you mean "password"?'],
  },
  {
    what: "unknown kinds of connections",
    text: "authorization { users: [ {user: a, clients: [mqtt, Tcp, udp ]} ] }",
    errors: ['1:35: invalid connection types ["TCP" "UDP"]'],
  },
  {
    what: "kinds of connections that are no texts",
    text: "authorization { users: [ {user: a, clients: [mqtt, 5 ]} ] }",
    errors: ["1:51: error parsing allowed connection types: unsupported type in array int64"],
  },
  {
    what: "kinds of connections that are no list",
    text: "authorization { users: [ {user: a, clients: true} ] }",
    errors: ["1:35: error parsing allowed connection types: unsupported type bool"],
  },
  {
    what: "permissions of users that are wrong",
    text: "authorization { users: [ {user: a, permissions: {pub: {allow: a..b}}} ] }",
    errors: ['1:55: subject "a..b" is not a valid subject'],
  },
  {
    what: "what is wrong with each user at once",
    text:
      "authorization { users: [\n  { user: 1, password: 2 }\n  5\n" +
      "  { nkey: x, user: a }\n  { other: 1 }\n] }",
    errors: [
      "2:5: interface conversion: interface {} is int64, not string",
      "2:14: interface conversion: interface {} is int64, not string",
      "3:3: Expected user entry to be a map/struct, got int64",
      "4:5: Not a valid public nkey for a user",
      "4:14: Nkey users do not take usernames or passwords",
      '5:5: unknown field "other"',
      "5:5: User entry requires a user",
    ],
  },
];

describe("users: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => {
      const problems = readUserBlocks(text).errors;
      expect(problems).toEqual(errors);
      expect(problems.join()).not.toMatch(/hunter2|123456|\bSU[A-Z2-7]{20}/);
    });
  }
});
