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

/** With the certificate of this name, or none. */
function ask(server: ConfiguredServer, name?: string): Promise<Response> {
  const url = `https://localhost:${server.monitorPort}/varz`;
  const own =
    name === undefined ? {} : { cert: pemOf(`${name}.pem`), key: pemOf(`${name}-key.pem`) };
  return fetch(url, { tls: { ca: pemOf("ca.pem"), ...own }, keepalive: false });
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

test("asks for a certificate where clients have to be good by OCSP", async () => {
  const file = (name: string) => `"${certificatePath(`${name}.pem`)}"`;
  const checked = config("server").replace(
    /\}$/,
    `\n ca_file: ${file("ca")}, verify: true, ocsp_peer: true }`,
  );
  await using server = await ConfiguredServer.startWith(
    `${checked}\nocsp_cache: false`,
    ...["-a", "127.0.0.1", "-p", "-1"],
  );
  expect(server.log).toMatch(
    /\[WRN\] Monitoring over HTTPS asks for certificates, but not whether/,
  );
  const answered = (name: string | undefined) =>
    ask(server, name).then(
      ({ status }) => status,
      () => "nothing",
    );
  expect(await answered("client")).toBe(200);
  for (const name of [undefined, "foreign-client", "expired-client"]) {
    expect(await answered(name)).toBe("nothing");
  }
  await server.reload(config("server"));
  expect(await answered(undefined)).toBe(200);
});

test.each([
  [["-m", "8222", "-ms", "8223"], "can't specify both HTTP (8222) and HTTPs (8223) ports"],
  [["-ms", "8223"], "TLS cert and key required for HTTPS"],
])("%j is refused", async (flags, reason) => {
  const { stderr, exitCode } = await runToEnd(...flags, "-p", "-1");
  expect(stderr).toContain(reason);
  expect(exitCode).toBe(1);
});
