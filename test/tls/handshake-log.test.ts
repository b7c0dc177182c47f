/** What the log says of handshakes and of certificates that say who somebody is. */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { TLS_MODES, type TlsMode, lastEnded } from "./tls-modes.ts";
import { talk } from "./tls-peer.ts";

const start = (mode: TlsMode) => ConfiguredServer.start(TLS_MODES[mode], "-D");

const NO_TLS = "DBG TLS handshake error: tls: first record does not look like a TLS handshake";
/** The beginning of a ClientHello. */
const HELLO = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);

describe("of a handshake", () => {
  test.each(["tls", "first", "auto", "verify, auto"] as const)(
    "that is none, where TLS is: %s",
    async (mode) => {
      await using server = await start(mode);
      const peer = await RawPeer.open(TEST_HOST, server.port);
      await peer.send("PING\r\n");
      await peer.closed();
      const { reason, lines } = await lastEnded(server, 0);
      expect(reason).toBe("TLS Handshake Failure");
      expect(lines).toContain(NO_TLS);
    },
  );

  test.each([
    ["closed", "EOF", (peer: RawPeer) => peer.end()],
    ["reset", "read: connection reset by peer", (peer: RawPeer) => peer.terminate()],
  ])("that is %s in the middle", async (_how, text, leave) => {
    await using server = await start("auto");
    const peer = await RawPeer.open(TEST_HOST, server.port);
    await peer.send(HELLO);
    await server.logged(/Starting TLS client connection handshake/);
    leave(peer);
    const { reason, lines } = await lastEnded(server, 0);
    expect(reason).toBe("TLS Handshake Failure");
    expect(lines).toContain(`ERR TLS handshake error: ${text}`);
  });

  test("whose certificate is refused: whose that is, and when it was valid", async () => {
    await using server = await start("verify");
    const lineOf = async (certificate: string, before: number) => {
      await talk({ port: server.port, certificate });
      const { lines } = await lastEnded(server, before);
      return lines.find((line) => line.startsWith("ERR"));
    };
    const failed = "ERR TLS handshake error: tls: failed to verify certificate: x509: certificate";
    expect(await lineOf("foreign-client", 0)).toMatch(
      new RegExp(
        `^${failed} signed by unknown authority \\(CN=foreign,O=midge tests SHA-256: [a-f0-9]{64}\\)$`,
      ),
    );
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
    expect(await lineOf("expired-client", 1)).toMatch(
      new RegExp(
        `^${failed} has expired or is not yet valid: current time ${time} is after ${time} \\(CN=exp`,
      ),
    );
  });
});

describe("of a certificate that says who it is", () => {
  test("by which of its names", async () => {
    await using server = await start("map");
    await talk({ port: server.port, certificate: "client" });
    const { lines } = await lastEnded(server, 0);
    expect(lines).toContain('DBG Using email found in cert for auth ["client@example.com"]');
  });

  test("if none of its names is a user's", async () => {
    await using server = await start("map");
    await talk({ port: server.port, certificate: "plain-client" });
    const { lines } = await lastEnded(server, 0);
    expect(lines.filter((line) => /auth|in cert/.test(line))).toEqual([
      'DBG DistinguishedNameMatch could not be used for auth ["CN=plain,O=midge tests"]',
      'DBG User in cert ["CN=plain,O=midge tests"], not found',
      "ERR authentication error",
    ]);
  });

  test("and a warning if CONNECT names a user too", async () => {
    await using server = await start("map");
    await talk({ port: server.port, certificate: "client", connect: { user: "bob" } });
    await server.logged(/\[WRN\] User "bob" found in connect proto, but user required from cert\n/);
  });
});
