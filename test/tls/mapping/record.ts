/**
 * Makes the certificates of `cases.ts` by openssl, shows them to a nats-server, and writes what it
 * makes of them to `recorded.json`. Run as `bun test/tls/mapping/record.ts <nats-server>`, or with
 * midge's executable and `--check`, which writes nothing and shows what differs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { ConfiguredServer } from "../../support/configured-server.ts";
import { certificatePath, pemOf } from "../tls-peer.ts";
import { lastEnded } from "../tls-modes.ts";
import { MAPPING_CASES } from "./cases.ts";
import recorded from "./recorded.json";

/** What the log says of mapping, and of who is nobody. */
const TOLD = /for auth|in cert|authentication error/;

const [server, mode] = process.argv.slice(2);
process.env["MIDGE_EXECUTABLE"] = server;
const folder = mkdtempSync(join(tmpdir(), "mapping-"));
const results = [];
for (const [name, subject, names, users] of MAPPING_CASES) {
  const { key, certificate } = issue(subject, names);
  results.push({ name, certificate: derOf(certificate), ...(await ask(users, key, certificate)) });
}
rmSync(folder, { recursive: true });
if (mode !== "--check") {
  await Bun.write(join(import.meta.dir, "recorded.json"), `${JSON.stringify(results, null, 2)}\n`);
} else {
  for (const { name, user, lines } of results) {
    const other = recorded.find((one) => one.name === name);
    if (Bun.deepEquals({ user, lines }, { user: other?.user, lines: other?.lines })) continue;
    console.log(name, { user, lines }, "recorded", other?.user, other?.lines);
  }
}

function issue(subject: string, names: string): { key: string; certificate: string } {
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]): string => {
    const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", ...args]);
    if (exitCode !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr.toString()}`);
    return stdout.toString();
  };
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path("key"));
  openssl(...["req", "-new", "-utf8", "-key", path("key")], "-subj", subject, "-out", path("csr"));
  const extensions = ["extendedKeyUsage=clientAuth"];
  if (names !== "") extensions.push(`subjectAltName=${names}`);
  const signing = ["-CA", certificatePath("ca.pem"), "-CAkey", certificatePath("ca-key.pem")];
  const certificate = Bun.spawnSync(
    ["openssl", "x509", "-req", "-in", path("csr"), "-days", "36500", "-extfile", "-", ...signing],
    { stdin: Buffer.from(extensions.join("\n")) },
  ).stdout.toString();
  return { key: openssl("ec", "-in", path("key")), certificate };
}

function derOf(pem: string): string {
  return pem.replaceAll(/-----.*?-----|\s/g, "");
}

async function ask(
  users: readonly string[],
  key: string,
  cert: string,
): Promise<{ user: string; lines: string[] }> {
  const file = (name: string) => JSON.stringify(certificatePath(`${name}.pem`));
  await using asked = await ConfiguredServer.start(
    `authorization { users: [ ${users.map((user) => JSON.stringify({ user })).join(", ")} ] }
    tls { cert_file: ${file("server")}, key_file: ${file("server-key")}, ca_file: ${file("ca")}
      verify_and_map: true, handshake_first: true }`,
    "-D",
  );
  const socket = connect({ port: asked.port, host: "127.0.0.1", ca: pemOf("ca.pem"), key, cert });
  const { promise, resolve } = Promise.withResolvers<void>();
  let received = "";
  socket.on("secureConnect", () => socket.write('CONNECT {"verbose":false}\r\nPING\r\n'));
  socket.on("error", resolve).on("close", resolve);
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString();
    if (received.includes("PONG\r\n")) resolve();
  });
  await promise;
  socket.destroy();
  const { lines, connz } = await lastEnded(asked, 0);
  return { user: String(connz["authorized_user"] ?? ""), lines: lines.filter((l) => TOLD.test(l)) };
}
