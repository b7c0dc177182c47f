/** Configurations that have nothing but a system account: everybody else gets in as before. */
import { describe, expect, test } from "bun:test";
import { AuthResources } from "../../../src/auth/auth-resources.ts";
import { Random } from "../../../src/util/random.ts";
import { Configured, KeyHolder } from "./configured.ts";

const ONLY_SYSTEM = "accounts { $SYS { users: [ { user: admin, password: secret } ] } }";
const holder = new KeyHolder();

describe("where only a system account has users", () => {
  const server = new Configured(ONLY_SYSTEM);
  const { visitorName } = server.resources;

  test("those without credentials work in the global account", async () => {
    expect(await server.logIn({})).toBe(`$G/user:${visitorName}`);
    expect(server.begin()).toBe(`$G/user:${visitorName}`);
    expect(visitorName).toMatch(/^nats-[0-9A-Za-z]{8}$/);
  });

  test("INFO says that log-in is required all the same", () => {
    expect(server.authenticator.isRequired).toBe(true);
    expect(server.authenticator.isAnnounced).toBe(true);
  });

  test("the users of the system account log in as usual", async () => {
    expect(await server.logIn({ user: "admin", password: "secret" })).toBe("$SYS/user:admin");
    expect(await server.logIn({ user: "admin" })).toBe("Password or token not right");
    expect(await server.logIn({ user: "x" })).toBe("User not known");
    expect(await server.logIn({ token: "x" })).toBe("No credentials that log in anybody");
  });

  test("the others stay who they are through a reload", async () => {
    const before = await server.grant({});
    server.reload(ONLY_SYSTEM);
    expect((await server.grant({})).identity).toBe(before.identity);
    expect(server.authenticator.accountOf(before.listedAs)).toBe(before.account);
  });
});

test.each([
  "accounts { $SYS {} }",
  `accounts { $SYS { users: [ { nkey: ${holder.nkey} } ] } }`,
  "accounts { OPS { users: [ { user: admin, password: x } ] } }\nsystem_account: OPS",
  `mappings { a: b }\n${ONLY_SYSTEM}`,
])("anybody may come in with %j", async (text) => {
  const server = new Configured(text);
  expect(await server.logIn({})).toBe(`$G/user:${server.resources.visitorName}`);
});

test.each([
  `${ONLY_SYSTEM}\nauthorization { users: [ { user: a } ] }`,
  `${ONLY_SYSTEM}\nauthorization { users: [] }`,
  `${ONLY_SYSTEM}\nauthorization { timeout: 1 }`,
  `${ONLY_SYSTEM}\nauthorization { default_permissions: {} }`,
  "accounts { $SYS { users: [ { user: admin } ] }, A {} }",
  "accounts { A { users: [ { user: admin } ] } }",
  "accounts { $SYS { users: [ { user: admin } ] } }\nsystem_account: OTHER",
])("nobody may come in without credentials with %j", async (text) => {
  const server = new Configured(text);
  expect(await server.logIn({})).toBe("No credentials that log in anybody");
  expect(server.begin()).toBe("CONNECT first");
});

test("a no_auth_user of the system account is taken instead", async () => {
  const server = new Configured(`${ONLY_SYSTEM}\nno_auth_user: admin`);
  expect(await server.logIn({})).toBe("$SYS/user:admin");
  expect(server.authenticator.isAnnounced).toBe(false);
});

test("each server has a name of its own for them", () => {
  const names = [1, 2].map((seed) => new AuthResources(new Random(seed)).visitorName);
  expect(new Set(names).size).toBe(2);
});
