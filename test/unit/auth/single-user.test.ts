/** One user with a password for everybody. */
import { expect, test } from "bun:test";
import { Configured, SECRET_HASH } from "./configured.ts";

const WRONG = "Password or token not right";
const UNKNOWN = "User not known";
const server = new Configured("authorization { user: bob, password: s3cret }");

test("gets in with name and password, and is named in the label", async () => {
  expect(await server.logIn({ user: "bob", password: "s3cret" })).toBe("$G/user:bob");
  expect(server.authenticator.isRequired).toBe(true);
});

test.each([
  ["", "", UNKNOWN],
  ["", "s3cret", UNKNOWN],
  ["Bob", "s3cret", UNKNOWN],
  ["bobs", "3cret", UNKNOWN],
  ["bob", "", WRONG],
  ["bob", "s3cret ", WRONG],
  ["bob", "s3cre", WRONG],
])("does not get in as %j with %j", async (user, password, reason) => {
  expect(await server.logIn({ user, password })).toBe(reason);
});

test("does not get in with the password as a token", async () => {
  expect(await server.logIn({ token: "s3cret" })).toBe(UNKNOWN);
});

test("is not somebody else by claiming a key as well", async () => {
  const presented = { user: "bob", password: "s3cret", nkey: "UA", token: "x" };
  expect((await server.grant(presented)).identity).toBe("bob");
});

test("may have a password beyond ASCII, or none", async () => {
  const password = "\u20ac".repeat(100);
  const other = new Configured("", { username: "\u00fc", password });
  expect(await other.logIn({ user: "\u00fc", password })).toBe("$G/user:\u00fc");
  const open = new Configured("", { username: "bob" });
  expect(await open.logIn({ user: "bob" })).toBe("$G/user:bob");
  expect(await open.logIn({ user: "bob", password: "x" })).toBe(WRONG);
});

test("may have a hashed password, whose hash is of no use", async () => {
  const hashed = new Configured(`authorization { user: bob, password: "${SECRET_HASH}" }`);
  expect(await hashed.logIn({ user: "bob", password: "secret" })).toBe("$G/user:bob");
  expect(await hashed.logIn({ user: "bob", password: "s3cret" })).toBe(WRONG);
  expect(await hashed.logIn({ user: "bob", password: SECRET_HASH })).toBe(WRONG);
});

test("has no permissions, whatever the default of the block is", async () => {
  const text = "authorization { user: bob, password: x, permissions: { publish: a } }";
  const grant = await new Configured(text).grant({ user: "bob", password: "x" });
  expect(grant.permissions).toBeUndefined();
});
