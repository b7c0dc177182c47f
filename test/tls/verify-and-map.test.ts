/** `verify_and_map`: which user a client is by its certificate. */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { certificatePath, talk } from "./tls-peer.ts";

const SUBJECT = "CN=client,OU=plant,O=midge tests,C=DE";

function config(users: readonly string[], more = ""): string {
  const file = (name: string) => `"${certificatePath(`${name}.pem`)}"`;
  const list = users.map((user) => `{ user: "${user}" }`).join(", ");
  return `authorization { users: [ ${list} ] }
    ${more}
    tls { cert_file: ${file("server")}, key_file: ${file("server-key")}, ca_file: ${file("ca")}
      verify_and_map: true }`;
}

/** Who the client with this certificate was; what it was told if it was nobody. */
async function userOf(server: ConfiguredServer, certificate: string): Promise<string> {
  const { end } = await talk({ port: server.port, certificate });
  if (end !== "PONG") return end;
  const connz = (await (await server.fetch("/connz?state=all&auth=1&sort=cid")).json()) as {
    connections: readonly { readonly authorized_user?: string }[];
  };
  return connz.connections.at(-1)?.authorized_user ?? "";
}

describe("a client with a certificate is", () => {
  test.each([
    ["the user with its e-mail address", ["client.example.com", "client@example.com", SUBJECT], 1],
    ["else the one with its host name", ["urn:plant:client", SUBJECT, "client.example.com"], 2],
    ["else the one with its URI", [SUBJECT, "urn:plant:client"], 1],
    ["else the one with its subject", ["other", SUBJECT], 1],
    ["in any order", ["other", "C=DE, O=midge tests, OU=plant, CN=client"], 1],
    ["however it is written", ["cn=client,ou=plant,o=midge\\\\20tests,c=DE"], 0],
  ] as const)("%s", async (_who, users, index) => {
    await using server = await ConfiguredServer.start(config(users));
    expect(await userOf(server, "client")).toBe(users[index]!.replaceAll("\\\\", "\\"));
  });

  test("nobody if none of its names is a user's", async () => {
    await using server = await ConfiguredServer.start(
      config(["CN=client", "plain", "O=midge tests"]),
    );
    expect(await userOf(server, "client")).not.toBe("PONG");
    await server.logged(/authentication error/);
    expect(await server.varz()).toMatchObject({ connections: 0 });
  });
});

test("the name in CONNECT counts for nothing", async () => {
  await using server = await ConfiguredServer.start(
    config(["client@example.com", "plain", "CN=plain,O=midge tests"]),
  );
  const wish = { port: server.port, certificate: "plain-client" };
  const { end } = await talk({ ...wish, connect: { user: "client@example.com" } });
  expect(end).toBe("PONG");
  const connz = (await (await server.fetch("/connz?state=all&auth=1")).json()) as {
    connections: readonly Record<string, unknown>[];
  };
  expect(connz.connections[0]).toMatchObject({ authorized_user: "CN=plain,O=midge tests" });
});

test("who comes without TLS where that is allowed is nobody", async () => {
  await using server = await ConfiguredServer.start(
    config(["client@example.com"], "allow_non_tls: true"),
  );
  const peer = await RawPeer.open("127.0.0.1", server.port);
  await peer.send('CONNECT {"verbose":false,"user":"client@example.com"}\r\nPING\r\n');
  await peer.closed();
  expect(peer.received).toContain("-ERR 'Authorization Violation'");
});
