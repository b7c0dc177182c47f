/** Servers for which nothing about users is configured: nobody has to log in. */
import { expect, test } from "bun:test";
import { Configured } from "./configured.ts";

const OPEN = ["", "authorization { users: [] }", "accounts { A {}, B {} }"];

test.each([...OPEN, "authorization { password: p }", "authorization { proxy_required: true }"])(
  "nobody has to log in with %j",
  async (text) => {
    const server = new Configured(text);
    const { isRequired, isAnnounced, needsNonce } = server.authenticator;
    expect({ isRequired, isAnnounced, needsNonce }).toEqual({
      isRequired: false,
      isAnnounced: false,
      needsNonce: false,
    });
    expect(await server.logIn({})).toBe("$G/");
    expect(server.begin()).toBe("$G/");
  },
);

test("credentials are not looked at, but name their owner", async () => {
  const server = new Configured("");
  expect(await server.logIn({ user: "bob", password: "x" })).toBe("$G/user:bob");
  expect(await server.logIn({ token: "t0ken" })).toBe("$G/token");
  expect(await server.logIn({ token: "t0ken", user: "bob" })).toBe("$G/user:bob");
  expect(await server.logIn({ token: "t0ken", user: "bob", nkey: "UA" })).toBe("$G/nkey:UA");
});

test("monitoring gets the same names, and never a token", async () => {
  const server = new Configured("");
  expect((await server.grant({ user: "bob", token: "t0ken" })).identity).toBe("bob");
  expect((await server.grant({ nkey: "UA" })).identity).toBe("UA");
  expect((await server.grant({ token: "t0ken" })).identity).toBe("[REDACTED]");
  expect((await server.grant({})).identity).toBe("");
});

test("everything is allowed, and nobody is in a list", async () => {
  const server = new Configured("");
  const grant = await server.grant({ user: "bob" });
  expect(grant.permissions).toBeUndefined();
  expect(grant.listedAs).toBe("");
  expect(server.authenticator.accountOf("bob")).toBeUndefined();
});
