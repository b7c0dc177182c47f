/** Other certificates and rules for a server that runs: by a reload, or because files changed. */
import { copyFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { NumberedLoad } from "../support/numbered-load.ts";
import { certificatePath, fingerprintOf, keyHashOf, pemOf, talk } from "./tls-peer.ts";

const SOON_MS = 10_000;
const TIMEOUT_MS = 60_000;
const MESSAGES_BETWEEN = 20_000;
const SWAPS = 4;

function config(more: string, rest = ""): string {
  return `tls { cert_file: "{folder}/cert.pem", key_file: "{folder}/key.pem"\n${more} }\n${rest}`;
}

const CA = `ca_file: "${certificatePath("ca.pem")}"`;

/** A server with the certificate of that name in files of its own. */
async function start(settings: string, name = "server"): Promise<ConfiguredServer> {
  const server = await ConfiguredServer.start("");
  use(server, name);
  await server.reload(settings);
  return server;
}

/** As programs do that renew certificates: each file is complete when it gets its name. */
function use(server: ConfiguredServer, name: string): void {
  for (const [from, to] of [
    [`${name}.pem`, "cert.pem"],
    [`${name}-key.pem`, "key.pem"],
  ] as const) {
    copyFileSync(certificatePath(from), server.path("new.pem"));
    renameSync(server.path("new.pem"), server.path(to));
  }
}

function presents(server: ConfiguredServer, name: string, isFirst = false): Promise<void> {
  return eventually(`the certificate ${name}`, SOON_MS, async () => {
    const { fingerprint } = await talk({ port: server.port, isFirst });
    return fingerprint === fingerprintOf(name);
  });
}

describe("watched files", () => {
  test(
    "are taken over when they change, and nobody notices who is connected",
    async () => {
      await using server = await start(config("watch: true"));
      const { promise, resolve } = Promise.withResolvers<void>();
      const staying = talk({ port: server.port, pauseUntil: promise });
      use(server, "renewed");
      await presents(server, "renewed");
      expect(server.log).toContain("[INF] Certificates have changed and are in use\n");
      resolve();
      expect((await staying).end).toBe("PONG");
    },
    TIMEOUT_MS,
  );

  test(
    "are taken over when a link is turned to others",
    async () => {
      await using server = await ConfiguredServer.start("");
      const link = (name: string, path: string) => {
        symlinkSync(certificatePath(name), server.path("link"));
        renameSync(server.path("link"), server.path(path));
      };
      link("server.pem", "cert.pem");
      link("server-key.pem", "key.pem");
      await server.reload(config("watch: true"));
      await presents(server, "server");
      link("renewed.pem", "cert.pem");
      link("renewed-key.pem", "key.pem");
      await presents(server, "renewed");
    },
    TIMEOUT_MS,
  );

  test(
    "that do not fit change nothing until they do",
    async () => {
      await using server = await start(config("watch: true"));
      copyFileSync(certificatePath("renewed.pem"), server.path("cert.pem"));
      await server.logged(
        /\[ERR\] Certificates have changed and cannot be used: error parsing X509/,
      );
      await presents(server, "server");
      copyFileSync(certificatePath("renewed-key.pem"), server.path("key.pem"));
      await presents(server, "renewed");
    },
    TIMEOUT_MS,
  );

  test(
    "that are gone or half written change nothing",
    async () => {
      await using server = await start(config("watch: true"));
      unlinkSync(server.path("key.pem"));
      await server.logged(/\[ERR\] Certificates have changed and cannot be used: .*no such file/);
      await presents(server, "server");
      const from = server.log.length;
      writeFileSync(server.path("key.pem"), pemOf("server-key.pem").slice(0, 100));
      await server.logged(/\[ERR\] Certificates have changed and cannot be used: /, from);
      await presents(server, "server");
      use(server, "renewed");
      await presents(server, "renewed");
    },
    TIMEOUT_MS,
  );

  test(
    "are those of the last reload",
    async () => {
      await using server = await start(config("watch: true"));
      await server.reload(config("watch: true, timeout: 3").replace("/cert.pem", "/other.pem"));
      expect(server.log).toContain("Failed to reload");
      copyFileSync(certificatePath("server.pem"), server.path("other.pem"));
      await server.reload(config("watch: true, timeout: 3").replace("/cert.pem", "/other.pem"));
      copyFileSync(certificatePath("renewed-key.pem"), server.path("key.pem"));
      copyFileSync(certificatePath("renewed.pem"), server.path("other.pem"));
      await presents(server, "renewed");
    },
    TIMEOUT_MS,
  );

  test(
    "are left alone without the option",
    async () => {
      await using server = await start(config("watch: true"));
      await server.reload(config(""));
      use(server, "renewed");
      // By the time that another server has noticed.
      await using watching = await start(config("watch: true"));
      use(watching, "renewed");
      await presents(watching, "renewed");
      await presents(server, "server");
    },
    TIMEOUT_MS,
  );
});

test(
  "certificates are swapped under load without a disconnect, by the files and by reloads",
  async () => {
    const settings = (more: string) => config(`handshake_first: true, ${more}`);
    await using server = await start(settings("watch: true"));
    const tls = { ca: pemOf("ca.pem"), serverName: "localhost" };
    const load = await NumberedLoad.start({ port: server.port, connect: {}, tls });
    for (let i = 0; i < SWAPS; i++) {
      const name = i % 2 === 0 ? "renewed" : "server";
      use(server, name);
      if (i >= SWAPS / 2) await server.reload(settings(`watch: true, timeout: ${i}`));
      await presents(server, name, true);
      await load.goOn(MESSAGES_BETWEEN);
    }
    const { sent, got } = await load.stop();
    expect(load.problems).toEqual([]);
    for (const numbers of got) expect(numbers).toEqual([...sent]);
    expect(await server.varz()).toMatchObject({ connections: load.size });
    load.close();
  },
  TIMEOUT_MS,
);

describe("a reload", () => {
  test("says what has changed", async () => {
    await using server = await start(config(""));
    const pins = `pinned_certs: ["${"00".repeat(32)}"]`;
    const changed = `timeout: 3, handshake_first: "300ms", verify: true, ${CA}, ${pins}`;
    expect(await server.reload(config(changed))).toEqual([
      "[INF] Reloaded: authorization timeout = 4",
      "[INF] Reloaded: tls timeout = 3",
      "[INF] Reloaded: tls = enabled",
      "[INF] Reloaded: 1 pinned_certs",
      "[INF] Reloaded: Client TLS handshake first: true",
      "[INF] Reloaded: Client TLS handshake first fallback delay: 300ms",
      expect.stringContaining("[INF] Reloaded server configuration ("),
    ]);
    expect(await server.reload("max_payload: 1000")).toContain("[INF] Reloaded: tls = disabled");
  });

  test("closes those whose key is pinned no more, and nobody else", async () => {
    const settings = (pins: readonly string[]) => {
      const list = pins.map((pin) => `"${pin}"`).join(", ");
      return config(`verify: true, ${CA}, pinned_certs: [${list}]`, "debug: true");
    };
    const [one, other] = [keyHashOf("client"), keyHashOf("plain-client")];
    await using server = await start(settings([one, other]));
    const { promise, resolve } = Promise.withResolvers<void>();
    const staying = talk({ port: server.port, certificate: "client", pauseUntil: promise });
    const leaving = talk({ port: server.port, certificate: "plain-client", pauseUntil: promise });
    await eventually("both", SOON_MS, async () => {
      return server.log.split("TLS handshake complete").length === 3;
    });
    const lines = await server.reload(settings([one]));
    expect(lines).toContainEqual(
      expect.stringMatching(
        new RegExp(`\\[DBG\\] .* - Failed pinned cert test for key id: ${other}$`),
      ),
    );
    resolve();
    expect((await staying).end).toBe("PONG");
    expect((await leaving).end).not.toBe("PONG");
    const connz = (await (await server.fetch("/connz?state=closed&sort=cid")).json()) as {
      connections: readonly { readonly reason: string }[];
    };
    expect(connz.connections.map(({ reason }) => reason)).toContain("TLS Handshake Failure");
  });

  test("that makes certificates say who clients are closes those whose certificate does not", async () => {
    const users =
      'authorization { users: [ { user: "client@example.com" }, { user: a, password: b } ] }';
    const settings = (more: string) => config(`verify: true, ${CA}, ${more}`, users);
    await using server = await start(settings(""));
    const { promise, resolve } = Promise.withResolvers<void>();
    const wish = { port: server.port, certificate: "client", connect: { user: "a", pass: "b" } };
    expect((await talk(wish)).end).toBe("PONG");
    await server.reload(settings("verify_and_map: true"));
    resolve();
    await promise;
    expect((await talk(wish)).end).not.toBe("PONG");
    expect((await talk({ port: server.port, certificate: "client" })).end).toBe("PONG");
  });
});

test(
  "HTTPS of monitoring presents the new certificate as well",
  async () => {
    const rest = "https_port: -1";
    await using server = await ConfiguredServer.start("");
    use(server, "server");
    const text = config("watch: true", rest).replaceAll("{folder}", server.folder);
    await using monitored = await ConfiguredServer.startWith(text, "-a", "127.0.0.1", "-p", "-1");
    const presented = async () => {
      const wish = { port: monitored.monitorPort, isFirst: true };
      return (await talk(wish)).fingerprint;
    };
    expect(await presented()).toBe(fingerprintOf("server"));
    use(server, "renewed");
    await eventually("another", SOON_MS, async () => {
      return (await presented().catch(() => "")) === fingerprintOf("renewed");
    });
  },
  TIMEOUT_MS,
);
