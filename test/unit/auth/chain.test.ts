/** Which method decides where several are configured, and what a reload finds. */
import { describe, expect, test } from "bun:test";
import type { Grant } from "../../../src/auth/authenticator.ts";
import { Configured, KeyHolder, RecordingApplicant, SECRET_HASH } from "./configured.ts";

const NOTHING = "No credentials that log in anybody";
const holder = new KeyHolder();
const LISTED = `authorization { users: [ { user: a, password: aa }, { nkey: ${holder.nkey} } ] }`;

describe("beside listed users", () => {
  const withToken = new Configured(LISTED, { authorizationToken: "t0ken" });
  const withUser = new Configured(LISTED, { username: "b", password: "bb" });

  test("a token is for those who give no name", async () => {
    expect(await withToken.logIn({ token: "t0ken" })).toBe("$G/token");
    expect(await withToken.logIn({ token: "t0ken", password: "x" })).toBe("$G/token");
    expect(await withToken.logIn({ token: "t0ken", user: "x" })).toBe("User not known");
    expect(await withToken.logIn({ token: "t0ken", nkey: "UA" })).toBe("Nkey not known");
    expect(await withToken.logIn({ user: "a", password: "aa" })).toBe("$G/user:a");
    expect(await withToken.logIn({})).toBe("Password or token not right");
  });

  test("a single user is out of reach", async () => {
    expect(await withUser.logIn({ user: "b", password: "bb" })).toBe("User not known");
    expect(await withUser.logIn({ user: "a", password: "aa" })).toBe("$G/user:a");
  });

  test("a token comes before a single user", async () => {
    const both = new Configured("", { authorizationToken: "t", username: "b", password: "bb" });
    expect(await both.logIn({ token: "t" })).toBe("$G/token");
    expect(await both.logIn({ user: "b", password: "bb" })).toBe("Password or token not right");
  });
});

describe("a block that requires a proxy", () => {
  const REQUIRED = "proxy connection required";

  test("refuses the single user and the token, right or wrong", async () => {
    const user = new Configured("authorization { user: b, password: bb, proxy_required: true }");
    expect(await user.logIn({ user: "b", password: "bb" })).toBe(REQUIRED);
    expect(await user.logIn({ user: "b", password: "x" })).toBe(REQUIRED);
    const token = new Configured("authorization { token: t, proxy_required: true }");
    expect(await token.logIn({ token: "t" })).toBe(REQUIRED);
  });

  test("does not concern listed users", async () => {
    const server = new Configured(LISTED, { proxyRequired: true });
    expect(await server.logIn({ user: "a", password: "aa" })).toBe("$G/user:a");
    expect(await server.logIn(holder.credentials())).toBe(`$G/nkey:${holder.nkey}`);
    expect(await server.logIn({})).toBe(REQUIRED);
  });
});

test("who presents nothing that is asked for is refused", async () => {
  expect(await new Configured(LISTED).logIn({ token: "x" })).toBe(NOTHING);
});

describe("after a reload", () => {
  const accounts = (a: string, b: string) =>
    `accounts { A { users: [ ${a} ] }, B { users: [ ${b} ] } }`;

  test("it is known in which account a listed user is now, if any", () => {
    const server = new Configured(accounts("{ user: a }", `{ nkey: ${holder.nkey} }`));
    expect(server.authenticator.accountOf("a")?.name).toBe("A");
    expect(server.authenticator.accountOf(holder.nkey)?.name).toBe("B");
    server.reload(accounts("{ user: c }", "{ user: a }"));
    expect(server.authenticator.accountOf("a")?.name).toBe("B");
    expect(server.authenticator.accountOf(holder.nkey)).toBeUndefined();
    server.reload("");
    expect(server.authenticator.accountOf("a")).toBeUndefined();
  });

  const again = (grant: Grant) => new RecordingApplicant(grant);

  test("a hash that has been checked is not checked again", async () => {
    const text = accounts(`{ user: a, password: "${SECRET_HASH}" }`, "{ user: b }");
    const server = new Configured(text);
    const presented = { user: "a", password: "secret" };
    const grant = await server.grant(presented);
    expect(grant.proof).toBe(SECRET_HASH);
    server.reload(text);
    let verdict = server.logInAgain(presented, grant);
    expect(verdict).not.toBeInstanceOf(Promise);
    server.reload(accounts("{ user: b }", `{ user: a, password: "${SECRET_HASH}" }`));
    expect(await server.logIn(presented, again(grant))).toBe("B/user:a");
    server.reload(accounts(`{ user: a, password: "${SECRET_HASH}x" }`, "{ user: b }"));
    verdict = server.logInAgain(presented, grant);
    expect(verdict).toBeInstanceOf(Promise);
    expect(await server.logIn(presented, again(grant))).toBe("Password or token not right");
  });

  test("a key that has signed need not sign again, unless it has never done so", async () => {
    const text = accounts("{ user: a }", `{ nkey: ${holder.nkey} }`);
    const server = new Configured(`${text}\nno_auth_user: ${holder.nkey}`);
    const unsigned = { nkey: holder.nkey };
    const visitor = await server.grant(unsigned);
    server.reload(text);
    expect(await server.logIn(unsigned, again(visitor))).toBe("Signature missing");
    const grant = await server.grant(holder.credentials());
    expect(server.logInAgain(holder.credentials(), grant)).not.toBeInstanceOf(Promise);
  });

  test("a password in clear is compared again", async () => {
    const server = new Configured(accounts("{ user: a, password: x }", "{ user: b }"));
    const grant = await server.grant({ user: "a", password: "x" });
    server.reload(accounts("{ user: a, password: y }", "{ user: b }"));
    const reason = await server.logIn({ user: "a", password: "x" }, again(grant));
    expect(reason).toBe("Password or token not right");
  });
});
