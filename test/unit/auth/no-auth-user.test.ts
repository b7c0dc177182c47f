/** `no_auth_user`: who those are that present nothing. */
import { describe, expect, test } from "bun:test";
import { Configured, KeyHolder, SECRET_HASH } from "./configured.ts";

const holder = new KeyHolder();

function serverWith(noAuthUser: string): Configured {
  return new Configured(`
    accounts {
      A { users: [
        { user: a, password: aa }
        { user: hashed, password: "${SECRET_HASH}" }
        { user: w, password: w, allowed_connection_types: [WEBSOCKET] }
        { user: p, password: p, proxy_required: true }
        { user: open }
      ] }
      B { users: [ { user: b, password: bb }, { nkey: ${holder.nkey} } ] }
    }
    no_auth_user: ${noAuthUser}`);
}

describe("with a user as no_auth_user", () => {
  const server = serverWith("a");

  test("CONNECT is required, but INFO does not say so", () => {
    expect(server.authenticator.isRequired).toBe(true);
    expect(server.authenticator.isAnnounced).toBe(false);
  });

  test("who presents nothing is that user, with or without CONNECT", async () => {
    expect(await server.logIn({})).toBe("A/user:a");
    expect(await server.logIn({ jwt: "eyJ", signature: "AA" })).toBe("A/user:a");
    expect(server.begin()).toBe("A/user:a");
    expect(await server.grant({})).toMatchObject({ identity: "a", listedAs: "a" });
  });

  test("who presents anything has to present the right thing", async () => {
    expect(await server.logIn({ password: "aa" })).toBe("No credentials that log in anybody");
    expect(await server.logIn({ token: "x" })).toBe("No credentials that log in anybody");
    expect(await server.logIn({ user: "a" })).toBe("Password or token not right");
    expect(await server.logIn({ user: "x" })).toBe("User not known");
    expect(await server.logIn({ nkey: new KeyHolder().nkey })).toBe("Nkey not known");
    expect(await server.logIn({ user: "b", password: "bb" })).toBe("B/user:b");
    expect(await server.logIn(holder.credentials())).toBe(`B/nkey:${holder.nkey}`);
  });

  test("a key does not count where no keys are listed", async () => {
    const text = "authorization { users: [ { user: a, password: aa } ] }\nno_auth_user: a";
    expect(await new Configured(text).logIn({ nkey: holder.nkey })).toBe("$G/user:a");
  });
});

test("a no_auth_user without a password is one like others", async () => {
  expect(await serverWith("open").logIn({})).toBe("A/user:open");
  expect(serverWith("open").begin()).toBe("A/user:open");
});

test("a no_auth_user with a hashed password lets nobody in", async () => {
  const server = serverWith("hashed");
  expect(await server.logIn({})).toBe("no_auth_user has a hashed password");
  expect(server.begin()).toBe("no_auth_user has a hashed password");
  expect(await server.logIn({ user: "hashed", password: "secret" })).toBe("A/user:hashed");
});

test("a no_auth_user is held to its types of connections", async () => {
  const server = serverWith("w");
  expect(await server.logIn({})).toBe("Connection type not allowed");
  expect(server.begin()).toBe("CONNECT first");
  expect(await server.logIn({ connectionType: "WEBSOCKET" })).toBe("A/user:w");
  expect(server.begin({ connectionType: "WEBSOCKET" })).toBe("A/user:w");
});

test("a no_auth_user that needs a proxy lets nobody in without one", async () => {
  expect(await serverWith("p").logIn({})).toBe("proxy connection required");
  expect(serverWith("p").begin()).toBe("CONNECT first");
});

describe("with a key as no_auth_user", () => {
  const server = serverWith(holder.nkey);
  const label = `B/nkey:${holder.nkey}`;

  test("INFO does not demand a log-in, but has a nonce", () => {
    expect(server.authenticator.isAnnounced).toBe(false);
    expect(server.authenticator.needsNonce).toBe(true);
  });

  test("who presents nothing is that key, after CONNECT only", async () => {
    expect(await server.logIn({})).toBe(label);
    expect(server.begin()).toBe("CONNECT first");
  });

  test("nobody who presents that key has to sign", async () => {
    expect(await server.logIn({ nkey: holder.nkey })).toBe(label);
    expect(await server.logIn({ nkey: holder.nkey, user: "x", password: "y" })).toBe(label);
  });

  test("who presents something else is not that key", async () => {
    expect(await server.logIn({ password: "x" })).toBe("No credentials that log in anybody");
    expect(await server.logIn({ user: "b", password: "bb" })).toBe("B/user:b");
  });
});
