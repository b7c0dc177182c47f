/** Certificates of the client port: which are refused, how others come, what is told of them. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { runToEnd } from "../support/program.ts";
import { certificatePath, fingerprintOf, talk } from "./tls-peer.ts";

function tls(certificate: string, more = "", key = `${certificate}-key`): string {
  return `tls { cert_file: "${certificatePath(`${certificate}.pem`)}"
    key_file: "${certificatePath(`${key}.pem`)}"
    ${more} }`;
}

describe("a reload", () => {
  test("brings another certificate, and whoever is connected stays", async () => {
    await using server = await ConfiguredServer.start(tls("server", "", "server-key"));
    const { port } = server;
    expect((await talk({ port })).fingerprint).toBe(fingerprintOf("server"));
    const staying = talk({ port, pauseUntil: server.reload(tls("renewed")) });
    expect((await staying).end).toBe("PONG");
    expect((await talk({ port })).fingerprint).toBe(fingerprintOf("renewed"));
  });

  test("reads files again that have the same names", async () => {
    const folder = mkdtempSync(join(tmpdir(), "midge-tls-"));
    try {
      const use = (name: string) => {
        copyFileSync(certificatePath(`${name}.pem`), join(folder, "cert.pem"));
        copyFileSync(certificatePath(`${name}-key.pem`), join(folder, "key.pem"));
      };
      use("server");
      const config = `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`;
      await using server = await ConfiguredServer.start(config);
      use("renewed");
      await server.reload(config);
      expect((await talk({ port: server.port })).fingerprint).toBe(fingerprintOf("renewed"));
      // A key that does not fit changes nothing.
      copyFileSync(certificatePath("server-key.pem"), join(folder, "key.pem"));
      const lines = await server.reload(config);
      expect(lines.at(-1)).toContain("error parsing X509 certificate/key pair");
      expect((await talk({ port: server.port })).fingerprint).toBe(fingerprintOf("renewed"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("turns TLS on and off", async () => {
    await using server = await ConfiguredServer.start("");
    await server.reload(tls("server"));
    expect((await talk({ port: server.port })).end).toBe("PONG");
    await server.reload("max_connections: 10");
    const client = await server.client({ verbose: false });
    await client.synchronise();
  });
});

describe("a start", () => {
  test.each([
    ["an encrypted key", tls("server", "", "encrypted-key"), "is encrypted"],
    ["no certificate", "tls { verify: true }", "tls needs a certificate"],
    [
      "a list of authorities without any",
      tls("server", `ca_file: "${certificatePath("make.sh")}"`),
      "failed to parse root ca",
    ],
    [
      "a key of another certificate",
      tls("server", "", "renewed-key"),
      "error parsing X509 certificate/key pair: tls: private key does not match public key\n",
    ],
    [
      "a second certificate that is none",
      `tls { certs: [ { cert_file: "${certificatePath("server.pem")}"
          key_file: "${certificatePath("server-key.pem")}" },
        { cert_file: "${certificatePath("make.sh")}"
          key_file: "${certificatePath("server-key.pem")}" } ] }`,
      "error parsing X509 certificate/key pair 2/2: tls: failed to find any PEM data in certificate",
    ],
  ])("with %s is refused, also by -t", async (_what, config, reason) => {
    const folder = mkdtempSync(join(tmpdir(), "midge-tls-"));
    try {
      const path = join(folder, "midge.conf");
      await Bun.write(path, `port: -1\n${config}\n`);
      for (const flags of [["-t"], []]) {
        const { stderr, exitCode } = await runToEnd(...flags, "-c", path);
        expect(stderr).toContain(reason);
        expect(exitCode).toBe(1);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("tells in the log what clients have to do", async () => {
    for (const [config, line] of [
      [tls("server"), "[INF] TLS required for client connections"],
      [`${tls("server")}\nallow_non_tls: true`, "[INF] TLS available for client connections"],
      [tls("server", "handshake_first: true"), '[WRN] Clients that are not using "TLS Handshake'],
    ] as const) {
      await using server = await ConfiguredServer.start(config);
      expect(server.log).toContain(line);
    }
  });
});

describe.each(["TLSv1.2", undefined] as const)("a session, up to %s", (version) => {
  const limit = version === undefined ? {} : { maxVersion: version };

  test("goes on where no certificate is asked for", async () => {
    await using server = await ConfiguredServer.start(tls("server"));
    const wish = { port: server.port, ...limit };
    const { session } = await talk(wish);
    expect(await talk({ ...wish, session })).toMatchObject({ end: "PONG", isResumed: true });
  });

  // It would outlive the certificate.
  test("does not go on where one is", async () => {
    const verify = `verify: true, ca_file: "${certificatePath("ca.pem")}"`;
    await using server = await ConfiguredServer.start(tls("server", verify));
    const wish = { port: server.port, certificate: "client", ...limit };
    const { session } = await talk(wish);
    expect(await talk({ ...wish, session })).toMatchObject({ end: "PONG", isResumed: false });
  });
});

test("/varz tells of TLS and when the certificate ends", async () => {
  await using server = await ConfiguredServer.start(
    tls("server", `verify: true, timeout: 3, ca_file: "${certificatePath("ca.pem")}"`),
  );
  const varz = await server.varz();
  expect(varz).toMatchObject({ tls_required: true, tls_verify: true, tls_timeout: 3 });
  expect(varz["tls_cert_not_after"]).toMatch(/^21\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});
