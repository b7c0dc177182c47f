/** Users with names and passwords, of the authorization block and of accounts. */
import { describe, expect, test } from "bun:test";
import { Configured, SECRET_HASH, credentials } from "./configured.ts";

const WRONG = "Password or token not right";

const server = new Configured(`
  authorization { users: [
    { user: a, password: aa }, { user: h, password: "${SECRET_HASH}" }, { user: open }
  ] }
  accounts {
    A { users: [ { user: b, password: bb } ] }
    B { users: [ { user: c, password: aa } ] }
  }`);

describe("a listed user", () => {
  test("works in the account that lists it, or in the global one", async () => {
    expect(await server.logIn({ user: "a", password: "aa" })).toBe("$G/user:a");
    expect(await server.logIn({ user: "b", password: "bb" })).toBe("A/user:b");
    expect(await server.logIn({ user: "c", password: "aa" })).toBe("B/user:c");
  });

  test("needs the password of its own", async () => {
    expect(await server.logIn({ user: "a", password: "bb" })).toBe(WRONG);
    expect(await server.logIn({ user: "a" })).toBe(WRONG);
    expect(await server.logIn({ user: "x", password: "aa" })).toBe("User not known");
    expect(await server.logIn({ user: "A", password: "aa" })).toBe("User not known");
  });

  test("without a password gets in only without one", async () => {
    expect(await server.logIn({ user: "open" })).toBe("$G/user:open");
    expect(await server.logIn({ user: "open", password: "x" })).toBe(WRONG);
  });

  test("with a hashed password needs what was hashed", async () => {
    expect(await server.logIn({ user: "h", password: "secret" })).toBe("$G/user:h");
    expect(await server.logIn({ user: "h", password: "Secret" })).toBe(WRONG);
    expect(await server.logIn({ user: "h", password: SECRET_HASH })).toBe(WRONG);
  });

  test("gets an answer at once unless its password is hashed", () => {
    for (const [user, isPromise] of [
      ["a", false],
      ["x", false],
      ["h", true],
    ] as const) {
      const verdict = server.authenticator.authenticate(credentials({ user }));
      expect(verdict instanceof Promise).toBe(isPromise);
    }
  });

  test("has one grant for all its connections", async () => {
    const presented = { user: "b", password: "bb" };
    expect(await server.grant(presented)).toBe(await server.grant(presented));
    expect(await server.grant(presented)).toMatchObject({ identity: "b", listedAs: "b" });
  });

  test("goes by its name whatever else it presents", async () => {
    const grant = await server.grant({ user: "a", password: "aa", nkey: "UA", token: "t" });
    expect(grant.identity).toBe("a");
  });
});

test("who gives no name is nobody, even with a password or a token", async () => {
  for (const presented of [{}, { password: "aa" }, { token: "aa" }, { nkey: "UA" }]) {
    expect(await server.logIn(presented)).toBe("No credentials that log in anybody");
  }
  expect(server.begin()).toBe("CONNECT first");
});

describe("a user that is limited to", () => {
  const limited = new Configured(`authorization { users: [
    { user: w, password: w, allowed_connection_types: [websocket, MQTT] },
    { user: p, password: p, proxy_required: true },
    { user: wp, password: p, proxy_required: true, allowed_connection_types: [MQTT] },
    { user: all, password: w, allowed_connection_types: [] }
  ] }`);

  test("some types of connections is refused on others, with whatever password", async () => {
    const rightWay = { user: "w", password: "w", connectionType: "WEBSOCKET" } as const;
    expect(await limited.logIn(rightWay)).toBe("$G/user:w");
    expect(await limited.logIn({ ...rightWay, connectionType: "MQTT" })).toBe("$G/user:w");
    for (const connectionType of ["STANDARD", "IN_PROCESS", "MQTT_WS", "LEAFNODE"] as const) {
      const reason = await limited.logIn({ ...rightWay, connectionType });
      expect(reason).toBe("Connection type not allowed");
    }
    expect(await limited.logIn({ user: "w" })).toBe("Connection type not allowed");
  });

  test("no types of connections may use all of them", async () => {
    const presented = { user: "all", password: "w", connectionType: "MQTT_WS" } as const;
    expect(await limited.logIn(presented)).toBe("$G/user:all");
  });

  test("proxies cannot log in without one, and monitoring says why", async () => {
    expect(await limited.logIn({ user: "p", password: "p" })).toBe("proxy connection required");
    expect(await limited.logIn({ user: "p", password: "x" })).toBe("proxy connection required");
    const verdict = await limited.authenticator.authenticate(credentials({ user: "p" }));
    expect(verdict).toMatchObject({ refusal: { closes: { text: "Proxy Required" } } });
  });

  test("both is told the type of connection first", async () => {
    expect(await limited.logIn({ user: "wp" })).toBe("Connection type not allowed");
  });
});
