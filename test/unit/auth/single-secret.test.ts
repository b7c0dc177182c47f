/** One user with a password, or one token, for everybody. */
import { describe, expect, test } from "bun:test";
import { OpenAccess } from "../../../src/auth/open-access.ts";
import { SingleToken, SingleUser } from "../../../src/auth/single-secret.ts";
import { Account } from "../../../src/broker/account.ts";

const account = new Account("$G", true);
const credentials = (fields: { user?: string; password?: string; token?: string }) => ({
  user: "",
  password: "",
  token: "",
  ...fields,
});

describe("a single user", () => {
  const method = new SingleUser(account, "bob", "s3cret");

  test("gets in with name and password, and is named in the label", () => {
    const grant = method.authenticate(credentials({ user: "bob", password: "s3cret" }));
    expect(grant).toEqual({ account, label: "user:bob" });
    expect(method.isRequired).toBe(true);
  });

  test("does not get in with anything else", () => {
    for (const [user, password] of [
      ["", ""],
      ["bob", ""],
      ["", "s3cret"],
      ["bob", "s3cret "],
      ["bob", "s3cre"],
      ["Bob", "s3cret"],
      ["bobs", "3cret"],
    ] as const) {
      expect(method.authenticate(credentials({ user, password }))).toBeUndefined();
    }
    expect(method.authenticate(credentials({ token: "s3cret" }))).toBeUndefined();
  });

  test("may have a password beyond ASCII", () => {
    const other = new SingleUser(account, "\u00fc", "\u20ac".repeat(100));
    const password = "\u20ac".repeat(100);
    expect(other.authenticate(credentials({ user: "\u00fc", password }))).toBeDefined();
  });
});

describe("a single token", () => {
  const method = new SingleToken(account, "t0ken");

  test("lets everybody in who has it", () => {
    expect(method.authenticate(credentials({ token: "t0ken" }))).toEqual({
      account,
      label: "token",
    });
    expect(method.isRequired).toBe(true);
  });

  test("lets nobody in with another one, or with it as user or password", () => {
    for (const token of ["", "t0ke", "t0ken1", "T0KEN"]) {
      expect(method.authenticate(credentials({ token }))).toBeUndefined();
    }
    const elsewhere = credentials({ user: "t0ken", password: "t0ken" });
    expect(method.authenticate(elsewhere)).toBeUndefined();
  });
});

test("without users everybody works in the global account", () => {
  const method = new OpenAccess(account);
  expect(method.isRequired).toBe(false);
  expect(method.authenticate().account).toBe(account);
  expect(method.authenticate().label).toBe("");
});
