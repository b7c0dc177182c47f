/**
 * OCSP stapling of a running server, as `openssl s_client` sees it. Needs OpenSSL on the host;
 * `.ci/run` sees to it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { OcspResponder } from "../support/ocsp-responder.ts";
import { runToEnd } from "../support/program.ts";
import { OcspAuthority } from "../tls/ocsp-authority.ts";
import { pemOf, talk } from "../tls/tls-peer.ts";

const SOON_MS = 10_000;
const SLOW_MS = 30_000;
const folder = mkdtempSync(join(tmpdir(), "midge-stapling-"));
const responder = new OcspResponder();
responder.write(folder, "must", { mustStaple: true });
responder.write(folder, "plain");
responder.write(folder, "next", { mustStaple: true });

const made = Bun.spawnSync([
  ...["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rsa"],
  ...["-keyout", `${folder}/rsa-key.pem`, "-out", `${folder}/rsa.pem`],
]);
if (!made.success) throw new Error(made.stderr.toString());

beforeEach(() => responder.answer(() => ({})));

afterAll(() => {
  responder[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

type Name = "must" | "plain" | "next";

function config(name: Name, mode: string, more = ""): string {
  return `debug: true
    ocsp { mode: ${mode}, library: system }
    tls { cert_file: "${folder}/${name}.pem", key_file: "${folder}/${name}-key.pem"
      ca_file: "${folder}/ca.pem", handshake_first: true, ${more} }`;
}

/** All that s_client says of a handshake. */
async function handshake(port: number, ...args: string[]): Promise<string> {
  const own = ["-status", "-CAfile", `${folder}/ca.pem`, "-servername", "localhost"];
  const child = Bun.spawn(
    ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...own, ...args],
    { stdin: new Blob([]), stdout: "pipe", stderr: "pipe", timeout: SOON_MS },
  );
  const [stdout] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return stdout;
}

function ca(): string {
  return responder.authority.pem;
}

function statusIn(said: string): string {
  if (said.includes("OCSP response: no response sent")) return "none";
  return /Cert Status: (\w+)/.exec(said)?.[1] ?? said;
}

describe("a handshake", () => {
  test.each<[string, Name, string]>([
    ["must", "must", "good"],
    ["auto", "must", "good"],
    ["always", "plain", "good"],
    ["must", "plain", "none"],
    ["auto", "plain", "none"],
    ["never", "must", "none"],
  ])("with mode %s and certificate %s: %s", async (mode, name, status) => {
    await using server = await ConfiguredServer.start(config(name, mode));
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const said = await handshake(server.port, version);
      expect(statusIn(said)).toBe(status);
      expect(said).toContain("Verify return code: 0 (ok)");
    }
    const { port } = server;
    const peer = { port, isFirst: true, authorityPem: responder.authority.pem };
    expect((await talk(peer)).end).toBe("PONG");
  });

  test("has no staple with another certificate than the first", async () => {
    await using server = await ConfiguredServer.start(`
      ocsp { mode: always, library: system }
      tls { handshake_first: true, ca_file: "${folder}/ca.pem", certs: [
        { cert_file: "${folder}/plain.pem", key_file: "${folder}/plain-key.pem" }
        { cert_file: "${folder}/rsa.pem", key_file: "${folder}/rsa-key.pem" } ] }`);
    const only = (kind: string) => ["-tls1_2", "-cipher", `ECDHE-${kind}-AES128-GCM-SHA256`];
    expect(statusIn(await handshake(server.port, ...only("ECDSA")))).toBe("good");
    expect(statusIn(await handshake(server.port, ...only("RSA")))).toBe("none");
  });

  test(
    "waits for the responder where the last response has ended",
    async () => {
      const soon = () => ({ nextUpdateMs: Math.ceil(Date.now() / 1000) * 1000 + 1000 });
      responder.answer(soon);
      await using server = await ConfiguredServer.start(config("must", "must"));
      const { port } = server;
      const authorityPem = responder.authority.pem;
      responder.answer(() => new Response("", { status: 500 }));
      await eventually("an end", SOON_MS, async () => {
        return (await talk({ port, isFirst: true, authorityPem })).end !== "PONG";
      });
      await server.logged(/TLS handshake error: exhausted ocsp servers: non-ok http status/);
      responder.answer(() => ({}));
      await eventually("another response", SOON_MS, async () => {
        return statusIn(await handshake(server.port)) === "good";
      });
    },
    SLOW_MS,
  );
});

describe("a certificate that is revoked", () => {
  test.each(["must", "always"])("does not start with mode %s", async (mode) => {
    responder.answer(() => ({ status: "revoked" }));
    const path = join(folder, "midge.conf");
    await Bun.write(path, `port: -1\n${config("must", mode)}`);
    const { stderr, exitCode } = await runToEnd("-c", path);
    expect(stderr).toContain(
      `found existing OCSP status for certificate at '${folder}/must.pem': revoked`,
    );
    expect(exitCode).toBe(1);
    expect((await runToEnd("-t", "-c", path)).exitCode).toBe(0);
  });

  test("is stapled with mode auto, and the log says so", async () => {
    responder.answer(() => ({ status: "revoked" }));
    await using server = await ConfiguredServer.start(config("must", "auto"));
    await server.logged(/Received OCSP status for Client certificate '.*must\.pem': revoked/);
    expect(statusIn(await handshake(server.port))).toBe("revoked");
  });

  test("ends the server when that is learnt", async () => {
    responder.answer(() => ({ nextUpdateMs: Date.now() + 3000 }));
    await using server = await ConfiguredServer.start(config("must", "must"));
    expect(statusIn(await handshake(server.port))).toBe("good");
    responder.answer(() => ({ status: "revoked" }));
    expect(await server.exited()).toBe(0);
    expect(server.log).toMatch(
      /\[ERR\] Received OCSP status for Client certificate '.*must\.pem': revoked\n.*Initiating/,
    );
  });
});

describe("a reload", () => {
  test("brings the staple of another certificate", async () => {
    await using server = await ConfiguredServer.start(config("must", "must"));
    const serial = (said: string) => /Serial Number: (\w+)/.exec(said)?.[1];
    const before = serial(await handshake(server.port));
    const asked = responder.questions.length;
    await server.reload();
    expect(responder.questions).toHaveLength(asked);
    const lines = await server.reload(config("next", "must"));
    expect(lines.join("\n")).toMatch(/OCSP Stapling enabled .*\n.*Found OCSP status .* good, next/);
    const said = await handshake(server.port);
    expect(statusIn(said)).toBe("good");
    expect(serial(said)).not.toBe(before);
  });

  test("turns stapling on and off, and whoever is connected stays", async () => {
    await using server = await ConfiguredServer.start(config("must", "never"));
    const { port } = server;
    const peer = { port, isFirst: true, authorityPem: responder.authority.pem };
    for (const [mode, status] of [
      ["must", "good"],
      ["never", "none"],
    ] as const) {
      const reloaded = Promise.withResolvers<void>();
      const from = server.log.length;
      const staying = talk({ ...peer, pauseUntil: reloaded.promise });
      await server.logged(/TLS handshake complete/, from);
      await server.reload(config("must", mode));
      reloaded.resolve();
      expect((await staying).end).toBe("PONG");
      expect(statusIn(await handshake(port))).toBe(status);
    }
  });

  test("is refused while there is no response for the new certificate", async () => {
    await using server = await ConfiguredServer.start(config("must", "must"));
    responder.answer(() => new Response("", { status: 500 }));
    const lines = await server.reload(config("next", "must"));
    expect(lines.at(-1)).toMatch(/^\[ERR\] Failed to reload .*: bad OCSP status update for cert/);
    expect(statusIn(await handshake(server.port))).toBe("good");
  });
});

describe("certificates of clients", () => {
  const verify = (more: string) => `
    ocsp { mode: always, library: system }
    tls { cert_file: "${folder}/plain.pem", key_file: "${folder}/plain-key.pem"
      ca_file: "${folder}/both.pem", verify: true, ${more} }`;

  async function start(more = ""): Promise<ConfiguredServer> {
    await Bun.write(`${folder}/both.pem`, responder.authority.pem + pemOf("ca.pem"));
    return ConfiguredServer.start(verify(more));
  }

  test.each([
    ["client", undefined],
    [undefined, "tls: client didn't provide a certificate"],
    [
      "expired-client",
      "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    ],
    [
      "foreign-client",
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ],
    [
      "server-only",
      "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage",
    ],
  ])("are asked for: %s", async (certificate, reason) => {
    await using server = await start();
    for (const maxVersion of ["TLSv1.2", undefined] as const) {
      const { end } = await talk({
        port: server.port,
        authorityPem: responder.authority.pem,
        ...(certificate === undefined ? {} : { certificate }),
        ...(maxVersion === undefined ? {} : { maxVersion }),
      });
      expect(end === "PONG").toBe(reason === undefined);
    }
    if (reason !== undefined) await server.logged(new RegExp(`TLS handshake error: ${reason}`));
  });

  test("say who a client is", async () => {
    await Bun.write(`${folder}/both.pem`, responder.authority.pem + pemOf("ca.pem"));
    await using server = await ConfiguredServer.start(
      `${verify("verify_and_map: true")}
      authorization { users: [ { user: "client@example.com" } ] }`,
    );
    const peer = { port: server.port, authorityPem: responder.authority.pem };
    expect((await talk({ ...peer, certificate: "client" })).end).toBe("PONG");
    expect((await talk({ ...peer, certificate: "plain-client" })).end).not.toBe("PONG");
  });
});

test.each(["TLSv1.2", undefined] as const)(
  "clients are checked by OCSP with all that they present, up to %s, and no session goes on",
  async (version) => {
    await using authority = new OcspAuthority();
    const middle = authority.issue({ name: "middle", isAuthority: true });
    const client = authority.issue({ name: "deep", issuer: middle });
    authority.say("good", { certificate: client, issuer: middle });
    authority.say("good", { certificate: middle });
    await Bun.write(`${folder}/clients.pem`, authority.root.pem);
    await Bun.write(`${folder}/chain.pem`, (await Bun.file(`${folder}/plain.pem`).text()) + ca());
    await using server = await ConfiguredServer.start(`
      ocsp { mode: always, library: system }
      ocsp_cache: false
      tls { cert_file: "${folder}/chain.pem", key_file: "${folder}/plain-key.pem"
        ca_file: "${folder}/clients.pem", verify: true, ocsp_peer: true }`);
    const wish = {
      port: server.port,
      authorityPem: responder.authority.pem,
      own: { ...client, pem: client.pem + middle.pem },
      ...(version && { maxVersion: version }),
    };
    const { end, session } = await talk(wish);
    expect(end).toBe("PONG");
    expect(await talk({ ...wish, session })).toMatchObject({ end: "PONG", isResumed: false });
    authority.say("revoked", { certificate: middle });
    expect((await talk({ ...wish, session })).end).not.toBe("PONG");
    await server.logged(/TLS handshake error: client not OCSP valid/);
  },
);

test("another protocol is told of as nats-server does", async () => {
  await using server = await ConfiguredServer.start(config("must", "must"));
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data: () => undefined },
  });
  socket.write("GET / HTTP/1.1\r\n\r\n");
  const reason = "first record does not look like a TLS handshake";
  await server.logged(new RegExp(`\\[DBG\\].* TLS handshake error: tls: ${reason}`));
  socket.end();
});

test("versions, suites and curves are those of the options", async () => {
  await using server = await ConfiguredServer.start(
    config(
      "must",
      "must",
      `cipher_suites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"], curve_preferences: ["CurveP384"]`,
    ),
  );
  const said = await handshake(server.port, "-tls1_2");
  expect(said).toContain("Cipher is ECDHE-ECDSA-AES256-GCM-SHA384");
  expect(said).toContain("Server Temp Key: ECDH, secp384r1");
  expect(said).toContain("Secure Renegotiation IS supported");
  expect(await handshake(server.port, "-tls1_2", "-cipher", "ECDHE+AES128")).toContain("(NONE)");
  await server.reload(config("must", "must", 'min_version: "1.3"'));
  expect(await handshake(server.port, "-tls1_2")).toContain("(NONE)");
  await server.logged(/TLS handshake error: tls: client offered only unsupported versions/);
});
