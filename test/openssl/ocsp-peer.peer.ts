/**
 * `ocsp_peer` where the server's own certificate is stapled, so that the host's OpenSSL does TLS:
 * it has to tell of all that a client has presented. Needs OpenSSL on the host.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { OcspResponder } from "../support/ocsp-responder.ts";
import { OcspAuthority } from "../tls/ocsp-authority.ts";
import { talk } from "../tls/tls-peer.ts";

const folder = mkdtempSync(join(tmpdir(), "midge-ocsp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a client whose certificate comes with that of its issuer is asked about", async () => {
  using responder = new OcspResponder();
  responder.write(folder, "server");
  await using authority = new OcspAuthority();
  const trusted = join(folder, "both.pem");
  writeFileSync(trusted, responder.authority.pem + authority.root.pem);
  const middle = authority.issue({ name: "middle", isAuthority: true });
  const client = authority.issue({ name: "deep", issuer: middle });
  const own = { ...client, pem: client.pem + middle.pem };
  authority.say("good", { certificate: middle });
  authority.say("good", { certificate: client, issuer: middle });

  await using server = await ConfiguredServer.start(`ocsp { mode: always, library: system }
    ocsp_cache: false
    tls { cert_file: "${folder}/server.pem", key_file: "${folder}/server-key.pem"
      ca_file: "${trusted}", verify: true, ocsp_peer: true }`);
  expect(server.log).toContain("OCSP Stapling enabled for Client connections");
  const wish = { port: server.port, own, authorityPem: responder.authority.pem };
  expect((await talk(wish)).end).toBe("PONG");
  expect(authority.questions).toBe(2);
  // A session that is resumed would not say whose certificate it was.
  authority.say("revoked", { certificate: middle });
  expect((await talk(wish)).end).not.toBe("PONG");
  await server.logged(/TLS handshake error: client not OCSP valid/);
  expect((await talk({ ...wish, own: client })).end).not.toBe("PONG");
});
