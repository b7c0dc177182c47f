/**
 * OCSP stapling without an OpenSSL that the operator allows, or that there is: what starts, and
 * what the log says of it. With one: `test/openssl/stapling.peer.ts`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { OcspResponder } from "../support/ocsp-responder.ts";
import { runToEnd } from "../support/program.ts";
import { certificatePath, talk } from "./tls-peer.ts";

const folder = mkdtempSync(join(tmpdir(), "midge-stapling-"));
const responder = new OcspResponder();
responder.write(folder, "must", { mustStaple: true });
responder.write(folder, "plain");

afterAll(() => {
  responder[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

type Name = "must" | "plain";

function config(name: Name, ocsp: string, more = ""): string {
  return `${ocsp}\n${more}\ntls { cert_file: "${folder}/${name}.pem"
    key_file: "${folder}/${name}-key.pem", ca_file: "${folder}/ca.pem" }\n`;
}

const NOWHERE = join(folder, "libssl.so.3");
const NO_LIBRARY = 'OCSP stapling is not available: the "ocsp" block has no "library"';
const NO_FILE =
  `OCSP stapling is not available: OpenSSL 3 cannot be loaded: ${NOWHERE}: ` +
  "cannot open shared object file: No such file or directory";

describe("what has to be stapled and cannot be", () => {
  test.each<[string, Name, string, string]>([
    ["must", "must", "ocsp { mode: must }", NO_LIBRARY],
    ["always", "must", "ocsp { mode: always }", NO_LIBRARY],
    ["always", "plain", "ocsp { mode: always }", NO_LIBRARY],
    ["a library that is missing", "plain", `ocsp { mode: always, library: "${NOWHERE}" }`, NO_FILE],
    [
      "a library of another kind",
      "must",
      `ocsp { mode: must, library: "${certificatePath("make.sh")}" }`,
      `OpenSSL 3 cannot be loaded: ${certificatePath("make.sh")}: invalid ELF header`,
    ],
  ])("does not start: %s, certificate %s", async (_what, name, ocsp, reason) => {
    const path = join(folder, "refused.conf");
    await Bun.write(path, `port: -1\n${config(name, ocsp)}`);
    for (const flags of [["-t"], []]) {
      const { stderr, exitCode } = await runToEnd(...flags, "-c", path);
      expect(stderr.trim().split("\n").at(-1)).toEndWith(reason);
      expect(exitCode).toBe(1);
    }
  });

  test("is refused by a reload, and the server goes on as it was", async () => {
    await using server = await ConfiguredServer.start(config("plain", ""));
    const lines = await server.reload(config("must", "ocsp { mode: must }"));
    expect(lines).toEqual([`[ERR] Failed to reload server configuration: ${NO_LIBRARY}`]);
    expect((await talk({ port: server.port, authorityPem: responder.authority.pem })).end).toBe(
      "PONG",
    );
  });
});

describe("a certificate that asks for a staple", () => {
  const warning = (file: string, reason: string) =>
    `[WRN] Certificate at '${file}' has MustStaple but ${reason}`;
  const refusers = "clients that insist on it will refuse to connect";

  test.each([
    ["", `${NO_LIBRARY}; ${refusers}`],
    ["ocsp: true", `${NO_LIBRARY}; ${refusers}`],
    ["ocsp { mode: auto }", `${NO_LIBRARY}; ${refusers}`],
    [`ocsp { library: "${NOWHERE}" }`, `${NO_FILE}; ${refusers}`],
    ["ocsp: false", "OCSP is disabled"],
    ["ocsp { mode: never, library: system }", "OCSP is disabled"],
  ])("goes without it, with a warning: %s", async (ocsp, reason) => {
    const asked = responder.questions.length;
    await using server = await ConfiguredServer.start(config("must", ocsp));
    expect(server.log).toContain(warning(join(folder, "must.pem"), reason));
    expect((await talk({ port: server.port, authorityPem: responder.authority.pem })).end).toBe(
      "PONG",
    );
    const lines = await server.reload();
    expect(lines).toContain(warning(join(folder, "must.pem"), reason));
    expect(responder.questions).toHaveLength(asked);
  });
});

test.each(["", "ocsp: true", "ocsp: false", "ocsp { mode: must }", "ocsp { mode: auto }"])(
  "a certificate that does not ask for a staple has none, and no word of it: %s",
  async (ocsp) => {
    await using server = await ConfiguredServer.start(config("plain", ocsp));
    expect(server.log).not.toMatch(/staple|ocsp/i);
    expect((await talk({ port: server.port, authorityPem: responder.authority.pem })).end).toBe(
      "PONG",
    );
  },
);

test("a reload that changes nothing but the block says so", async () => {
  await using server = await ConfiguredServer.start(config("plain", ""));
  const lines = await server.reload(config("plain", "ocsp { mode: never }"));
  expect(lines).toContain("[INF] Reloaded: OCSP");
});
