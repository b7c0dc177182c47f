/** One token for everybody. */
import { expect, test } from "bun:test";
import { Configured, SECRET_HASH } from "./configured.ts";

const WRONG = "Password or token not right";
const server = new Configured("authorization { token: t0ken }");

test("lets everybody in who has it", async () => {
  expect(await server.logIn({ token: "t0ken" })).toBe("$G/token");
  expect((await server.grant({ token: "t0ken" })).identity).toBe("[REDACTED]");
  expect(server.authenticator.isRequired).toBe(true);
  expect(server.authenticator.isAnnounced).toBe(true);
});

test("lets nobody in with another one, or with it as user or password", async () => {
  for (const token of ["", "t0ke", "t0ken1", "T0KEN"]) {
    expect(await server.logIn({ token })).toBe(WRONG);
  }
  expect(await server.logIn({ user: "t0ken", password: "t0ken" })).toBe(WRONG);
});

test("leaves it to its owners to name themselves", async () => {
  expect(await server.logIn({ token: "t0ken", user: "bob" })).toBe("$G/user:bob");
});

test("may be configured as a hash, which is not the token itself", async () => {
  const hashed = new Configured(`authorization { token: "${SECRET_HASH}" }`);
  expect(await hashed.logIn({ token: "secret" })).toBe("$G/token");
  expect(await hashed.logIn({ token: "secrets" })).toBe(WRONG);
  expect(await hashed.logIn({ token: SECRET_HASH })).toBe(WRONG);
});

test("demands CONNECT before anything else", () => {
  expect(server.begin()).toBe("CONNECT first");
});
