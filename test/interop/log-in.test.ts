/** The official client for JavaScript logging in, and being refused. */
import { describe, expect, test } from "bun:test";
import { type ConnectionOptions, AuthorizationError, connect } from "@nats-io/transport-node";
import { startMidge } from "../support/midge.ts";
import type { RunningServer } from "../support/running-server.ts";

const WITH_USER = new Map([
  ["authorization.user", "bob"],
  ["authorization.password", "s3cret"],
]);
const WITH_TOKEN = new Map([["authorization.token", "t0ken"]]);

async function tryToConnect(server: RunningServer, options: ConnectionOptions): Promise<unknown> {
  const servers = `${server.host}:${server.port}`;
  try {
    await using nc = await connect({ ...options, servers, reconnect: false });
    await nc.flush();
    return nc.info?.auth_required;
  } catch (error) {
    return error;
  }
}

async function withServer(
  options: ReadonlyMap<string, string>,
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startMidge(options);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

describe("a server with a user", () => {
  test("takes the right password only", () =>
    withServer(WITH_USER, async (server) => {
      expect(await tryToConnect(server, { user: "bob", pass: "s3cret" })).toBe(true);
      for (const options of [
        { user: "bob", pass: "secret" },
        { user: "bob" },
        { user: "alice", pass: "s3cret" },
        { token: "s3cret" },
        {},
      ]) {
        expect(await tryToConnect(server, options)).toBeInstanceOf(AuthorizationError);
      }
    }));

  test("lets a refused client in again once it knows the password", () =>
    withServer(WITH_USER, async (server) => {
      for (let i = 0; i < 20; i++) {
        const refused = await tryToConnect(server, { user: "bob", pass: String(i) });
        expect(refused).toBeInstanceOf(AuthorizationError);
      }
      expect(await tryToConnect(server, { user: "bob", pass: "s3cret" })).toBe(true);
    }));
});

describe("a server with a token", () => {
  test("takes the right token only", () =>
    withServer(WITH_TOKEN, async (server) => {
      expect(await tryToConnect(server, { token: "t0ken" })).toBe(true);
      for (const options of [{ token: "token" }, { user: "bob", pass: "t0ken" }, {}]) {
        expect(await tryToConnect(server, options)).toBeInstanceOf(AuthorizationError);
      }
    }));
});

describe("a server without log-in", () => {
  test("takes clients that bring a password all the same", () =>
    withServer(new Map(), async (server) => {
      expect(await tryToConnect(server, { user: "bob", pass: "x" })).toBeUndefined();
      expect(await tryToConnect(server, { token: "x" })).toBeUndefined();
    }));
});
