/** Monitoring over HTTPS: on the port for it, with the client port's certificate. */
import { expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { runToEnd } from "../support/program.ts";
import { certificatePath, pemOf } from "../tls/tls-peer.ts";

function config(certificate: string): string {
  const file = (name: string) => `"${certificatePath(`${name}.pem`)}"`;
  return `https_port: -1
    tls { cert_file: ${file(certificate)}, key_file: ${file(`${certificate}-key`)} }`;
}

function ask(server: ConfiguredServer): Promise<Response> {
  const url = `https://localhost:${server.monitorPort}/varz`;
  return fetch(url, { tls: { ca: pemOf("ca.pem") }, keepalive: false });
}

test("answers, and goes on with another certificate after a reload", async () => {
  await using server = await ConfiguredServer.startWith(
    config("server"),
    ...["-a", "127.0.0.1", "-p", "-1"],
  );
  expect(server.log).toMatch(/\[INF\] Starting https monitor on 127\.0\.0\.1:\d+/);
  expect((await ask(server)).status).toBe(200);
  await server.reload(config("renewed"));
  const varz = (await (await ask(server)).json()) as Record<string, unknown>;
  expect(varz).toMatchObject({ https_port: -1, tls_required: true });
});

test.each([
  [["-m", "8222", "-ms", "8223"], "can't specify both HTTP (8222) and HTTPs (8223) ports"],
  [["-ms", "8223"], "TLS cert and key required for HTTPS"],
])("%j is refused", async (flags, reason) => {
  const { stderr, exitCode } = await runToEnd(...flags, "-p", "-1");
  expect(stderr).toContain(reason);
  expect(exitCode).toBe(1);
});
