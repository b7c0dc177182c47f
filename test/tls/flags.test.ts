/** The flags about TLS, alone and with a configuration file. */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { runToEnd } from "../support/program.ts";
import { certificatePath, talk } from "./tls-peer.ts";

const CERTIFICATE = ["--tlscert", certificatePath("server.pem")];
const KEY = ["--tlskey", certificatePath("server-key.pem")];
const FLAGS = ["--tls", ...CERTIFICATE, ...KEY];
const VERIFY = ["--tlsverify", "--tlscacert", certificatePath("ca.pem")];

const RENEWED = `tls {
  cert_file: "${certificatePath("renewed.pem")}"
  key_file: "${certificatePath("renewed-key.pem")}"
  ca_file: "${certificatePath("ca.pem")}"
  verify: true
}`;

/** Of the server's certificate, if the client gets in. */
async function presented(server: ConfiguredServer, certificate?: string): Promise<string> {
  const wish = { port: server.port, ...(certificate === undefined ? {} : { certificate }) };
  const { end, fingerprint } = await talk(wish);
  return end === "PONG" ? fingerprint : end;
}

describe("flags", () => {
  test("make a server with TLS", async () => {
    await using server = await ConfiguredServer.start("", ...FLAGS);
    expect(server.log).toContain("[INF] TLS required for client connections\n");
    expect(await presented(server)).toMatch(/^[\da-f]{64}$/);
  });

  test("say whether clients need a certificate", async () => {
    await using server = await ConfiguredServer.start("", ...FLAGS, ...VERIFY);
    expect(await presented(server)).not.toMatch(/^[\da-f]{64}$/);
    expect(await presented(server, "foreign-client")).not.toMatch(/^[\da-f]{64}$/);
    expect(await presented(server, "client")).toMatch(/^[\da-f]{64}$/);
  });

  test("take the place of a file's certificates and of whom it lets in", async () => {
    await using inFile = await ConfiguredServer.start(RENEWED);
    await using flagged = await ConfiguredServer.start(RENEWED, ...FLAGS);
    const [ofFile, ofFlags] = [await presented(inFile, "client"), await presented(flagged)];
    expect(ofFile).toMatch(/^[\da-f]{64}$/);
    expect(ofFlags).toMatch(/^[\da-f]{64}$/);
    expect(ofFlags).not.toBe(ofFile);
  });

  test("leave a file's timeout alone", async () => {
    await using server = await ConfiguredServer.start("tls { timeout: 4 }", ...FLAGS);
    expect(await server.varz()).toMatchObject({ tls_timeout: 4, auth_timeout: 5 });
  });

  test("still count after a reload", async () => {
    await using server = await ConfiguredServer.start(RENEWED, ...FLAGS);
    const before = await presented(server);
    server.write(`${RENEWED}\nmax_payload: 1000`);
    await server.reload();
    expect(await presented(server)).toBe(before);
  });

  test("do away with the file's TLS", async () => {
    await using server = await ConfiguredServer.start(RENEWED, "--tls=false", ...CERTIFICATE);
    expect(server.log).not.toContain("TLS required");
    expect(await server.greeting()).not.toHaveProperty("tls_required");
  });
});

describe("a server does not start", () => {
  const NO_CERTIFICATE = "TLS Server certificate must be present and valid";
  const NO_KEY = "TLS Server private key must be present and valid";
  const missing = `${certificatePath("none.pem")}: no such file or directory`;
  test.each([
    [["--tls"], NO_CERTIFICATE],
    [["--tlsverify"], NO_CERTIFICATE],
    [["--tlsverify=false"], NO_CERTIFICATE],
    [["--tls", ...KEY], NO_CERTIFICATE],
    [["--tls", ...CERTIFICATE], NO_KEY],
    [CERTIFICATE, NO_KEY],
    [
      ["--tlscert", certificatePath("none.pem"), ...KEY],
      `error parsing X509 certificate/key pair: open ${missing}`,
    ],
    [[...FLAGS, "--tlscacert", certificatePath("none.pem")], `open ${missing}`],
  ])("with %j", async (flags, problem) => {
    const { stderr, exitCode } = await runToEnd("-p", "-1", ...flags);
    expect(stderr).toBe(`midge: ${problem}\n`);
    expect(exitCode).toBe(1);
  });
});

test("--help_tls says what a block may say", async () => {
  const { stdout, exitCode } = await runToEnd("--help_tls");
  expect(exitCode).toBe(0);
  for (const name of [
    "cert_file",
    "TLS_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "X25519",
  ]) {
    expect(stdout).toContain(name);
  }
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});
