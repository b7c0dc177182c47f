/**
 * What the two sides of a handshake can agree upon: versions, cipher suites, groups and signatures
 * that openssl insists on, and the log's words where there is nothing in common. Run it with
 * `bun test ./test/openssl/agreement.peer.ts`; it needs openssl.
 */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { TLS_MODES, lastEnded } from "../tls/tls-modes.ts";
import { talkByOpenssl } from "./s-client.ts";

const VERSIONS = /^ERR TLS handshake error: tls: client offered only unsupported versions/;
const CIPHERS =
  /^ERR TLS handshake error: tls: no cipher suite supported by both client and server/;
const GROUPS =
  /^ERR TLS handshake error: tls: no key exchanges supported by both client and server$/;
const SIGNATURES =
  /^ERR TLS handshake error: tls: peer doesn't support any of the certificate's signature algo/;
const OLD = "-cipher DEFAULT@SECLEVEL=0";

const version = (name: string, suite = "") =>
  new RegExp(`^DBG TLS version ${name}, cipher suite ${suite}`);

/** What the configuration adds to the block, what openssl is told, and a line of the log. */
const CASES: readonly (readonly [string, string, RegExp])[] = [
  ["", `-tls1 ${OLD}`, VERSIONS],
  ["", `-tls1_1 ${OLD}`, VERSIONS],
  ["", "-tls1_2", version("1.2")],
  ["", "-tls1_3", version("1.3")],
  ['min_version: "1.3"', "-tls1_2", VERSIONS],
  ['min_version: "1.3"', "-tls1_3", version("1.3")],
  ["", "-tls1_2 -cipher AES128-SHA", CIPHERS],
  ["", "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", CIPHERS],
  ["", "-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM", CIPHERS],
  ["", "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256", CIPHERS],
  [
    "",
    "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
    version("1.3", "TLS_CHACHA20_POLY1305_SHA256$"),
  ],
  [
    "",
    "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA",
    version("1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA$"),
  ],
  [
    'cipher_suites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]',
    "-tls1_2",
    version("1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384$"),
  ],
  [
    'cipher_suites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]',
    "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
    CIPHERS,
  ],
  ["", "-tls1_3 -groups X25519", version("1.3")],
  ["", "-tls1_3 -groups P-256", version("1.3")],
  ["", "-tls1_3 -groups P-384", version("1.3")],
  ["", "-tls1_3 -groups P-521", version("1.3")],
  ["", "-tls1_3 -groups X448", GROUPS],
  ['curve_preferences: ["CurveP384"]', "-tls1_3 -groups X25519", GROUPS],
  ['curve_preferences: ["CurveP384"]', "-tls1_3 -groups X25519:P-384", version("1.3")],
  ["", "-sigalgs RSA+SHA256", SIGNATURES],
  ["", "-alpn h2", version("1.3")],
  ["", "-servername other.example.org", version("1.3")],
];

describe("TLS", () => {
  test.each(CASES)("%s for openssl %s", async (more, args, line) => {
    const config = TLS_MODES.first.replace("handshake_first", `${more}\nhandshake_first`);
    await using server = await ConfiguredServer.start(config, "-D");
    const { isLetIn } = await talkByOpenssl({
      port: server.port,
      isFirst: true,
      arguments: args.split(" "),
    });
    const { reason, lines } = await lastEnded(server, 0);
    expect(lines).toContainEqual(expect.stringMatching(line));
    const isFailure = line.source.startsWith("^ERR");
    expect(isLetIn).toBe(!isFailure);
    expect(reason).toBe(isFailure ? "TLS Handshake Failure" : "Client Closed");
  });
});
