/** What else a reload changes in a running server, and what it says of each change. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { type OptionName, OPTION_NAMES, optionRow } from "../../src/config/options.ts";
import { ConfiguredServer, infoOf } from "../support/configured-server.ts";
import { sampleOf, companionOf } from "../support/option-samples.ts";
import { Program } from "../support/program.ts";
import { RawPeer } from "../support/raw-peer.ts";

const RELOADED = /^\[INF\] Reloaded server configuration \(sha256:[0-9a-f]{64}\)$/;

describe("client_advertise", () => {
  test("is what INFO says from then on, to new clients and after a first PING", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const peer = await RawPeer.open("127.0.0.1", server.port);
    await peer.until("greeting", () => peer.received.includes("\r\n"));
    const own = { host: "127.0.0.1", port: server.port };
    expect(infoOf(peer.received)).toMatchObject(own);
    expect(await server.reload('client_advertise: "public.example:4333"')).toEqual([
      "[INF] Reload: client_advertise = public.example:4333",
      expect.stringMatching(RELOADED),
    ]);
    const advertised = { host: "public.example", port: 4333 };
    expect(await server.greeting()).toMatchObject(advertised);
    await peer.send('CONNECT {"protocol":1,"verbose":false}\r\n');
    await peer.synchronise();
    await peer.until("INFO", () => peer.received.lastIndexOf("INFO {") > 0);
    expect(infoOf(peer.received)).toMatchObject(advertised);
    await server.reload("debug: false");
    expect(await server.greeting()).toMatchObject(own);
  });

  test.each([
    ["a", { host: "a" }],
    ["a:0", { host: "a" }],
    ["a:-1", { host: "a" }],
    [" a : 77 ", { host: "a", port: 77 }],
    ["[::1]:77", { host: "::1", port: 77 }],
    ["[::1]", { host: "::1" }],
    [":77", { host: "", port: 77 }],
  ])("takes %p", async (written, expected) => {
    await using server = await ConfiguredServer.start(`client_advertise: "${written}"`);
    expect(await server.greeting()).toMatchObject({ port: server.port, ...expected });
  });
});

describe("the files for other programs", () => {
  test("move when their places change; an unset pid file stays", async () => {
    await using server = await ConfiguredServer.start('pid_file: "{folder}/first.pid"');
    const [first, second] = [server.path("first.pid"), server.path("second.pid")];
    expect(readFileSync(first, "utf8")).toBe(String(server.pid));
    const lines = await server.reload('pid_file: "{folder}/second.pid"');
    expect(lines).toEqual([
      `[INF] Reloaded: pid_file = ${second}`,
      expect.stringMatching(RELOADED),
    ]);
    expect(readFileSync(second, "utf8")).toBe(String(server.pid));
    await server.reload("debug: false");
    expect(existsSync(first) && existsSync(second)).toBe(true);
  });

  test("that cannot be written are an error in the log, and the rest of the reload holds", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const lines = await server.reload('pid_file: "/nonexistent/x.pid", max_payload: 500');
    expect(lines).toContain(
      "[ERR] Failed to write pidfile: open /nonexistent/x.pid: no such file or directory",
    );
    expect(await server.varz()).toMatchObject({ max_payload: 500 });
  });

  test("with the ports is written in the new place and gone from the old", async () => {
    await using files = await ConfiguredServer.start("debug: false");
    const [first, second] = [files.path("first"), files.path("second")];
    for (const folder of [first, second]) mkdirSync(folder);
    const config = files.path("other.conf");
    const place = (folder: string) => `host: 127.0.0.1, port: -1, ports_file_dir: "${folder}"`;
    writeFileSync(config, place(first));
    await using program = await Program.start("-c", config);
    const name = `midge_${program.pid}.ports`;
    const content = `{"nats":["nats://127.0.0.1:${program.port}"]}`;
    expect(readFileSync(join(first, name), "utf8")).toBe(content);
    writeFileSync(config, place(second));
    program.signal("SIGHUP");
    await program.logged(/Reloaded server configuration/);
    expect(readdirSync(first)).toEqual([]);
    expect(readFileSync(join(second, name), "utf8")).toBe(content);
    program.signal("SIGTERM");
    expect(await program.exited()).toBe(0);
    expect(readdirSync(second)).toEqual([]);
  });
});

describe("monitoring", () => {
  test("shows the digest and the time of the configuration in force", async () => {
    await using server = await ConfiguredServer.start("max_payload: 500");
    const first = await server.varz();
    await server.reload("max_payload: 500 # the same");
    const second = await server.varz();
    expect(second["config_digest"]).toBe(first["config_digest"]);
    const loadedMs = (varz: typeof first) => Date.parse(String(varz["config_load_time"]));
    expect(loadedMs(second)).toBeGreaterThan(loadedMs(first));
    const lines = await server.reload("max_payload: 600");
    const third = await server.varz();
    expect(lines.at(-1)).toBe(
      `[INF] Reloaded server configuration (${String(third["config_digest"])})`,
    );
    expect(third["config_digest"]).not.toBe(first["config_digest"]);
    await server.reload("max_payload: [");
    expect(await server.varz()).toMatchObject({
      config_digest: third["config_digest"],
      config_load_time: third["config_load_time"],
    });
  });

  test("shows an empty file's digest as nats-server does", async () => {
    await using server = await ConfiguredServer.start("");
    const digest = "sha256:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356";
    expect(server.stderr).toContain("config has no values or is empty");
    expect(await server.varz()).toMatchObject({ config_digest: digest });
    expect(await server.reload()).toEqual([`[INF] Reloaded server configuration (${digest})`]);
  });
});

describe("flags", () => {
  test("win over the file, when it is read first and whenever it is read again", async () => {
    const flags = ["-T=false", "-D=false", "--max_payload", "300", "--user", "u", "--pass", "p"];
    await using server = await ConfiguredServer.start("debug: true", ...flags);
    const login = { user: "u", pass: "p" };
    const client = await server.client(login);
    const lines = await server.reload("debug: true, logtime: true, max_payload: 50, ping_max: 9");
    expect(lines).toEqual(["[INF] Reloaded: ping_max = 9", expect.stringMatching(RELOADED)]);
    expect(server.log.split("\n").at(-2)).toMatch(/^\[\d+\] \[INF\] /);
    expect(await server.varz()).toMatchObject({ max_payload: 300, ping_max: 9 });
    await server.reload("authorization { user: other, password: other }");
    await client.synchronise();
    await server.client(login);
    expect(await server.varz()).toMatchObject({ max_payload: 300, ping_max: 2, connections: 2 });
  });
});

describe("every option that can change while the server runs", () => {
  /** Those that would change where the log is, who may connect, or what this test reads. */
  const special: readonly OptionName[] = [
    "logFile",
    "syslog",
    "remoteSyslog",
    "logFormat",
    "logLevels",
    "portsFileDir",
    "maxConnections",
    "maxPayloadBytes",
    "maxPendingBytes",
  ];
  const live = OPTION_NAMES.filter((name) => {
    return optionRow(name).reload !== "restart" && !special.includes(name);
  });

  test("says so once, whichever way the change goes", async () => {
    await using server = await ConfiguredServer.start("ping_max: 2");
    for (const name of live) {
      for (const config of [configWith(name), "ping_max: 2"]) {
        const lines = await server.reload(config);
        const said = lines.filter((line) =>
          /^\[INF\] Reload(?:ed)?(?:: | OCSP peer cache$)/.test(line),
        );
        expect({ name, end: lines.at(-1) }).toEqual({ name, end: expect.stringMatching(RELOADED) });
        expect({ name, count: new Set(said).size }).toEqual({ name, count: said.length });
        expect({ name, isSilent: said.length === 0 }).toEqual({ name, isSilent: false });
        expect(said.join()).not.toContain("undefined");
      }
    }
  });

  /** A file that sets the option to something else than its default. */
  function configWith(name: OptionName): string {
    const { block, keys } = optionRow(name);
    const setting = `${keys[0]}: ${sampleOf(name).file}`;
    if (block === undefined) return companionOf(name) + setting;
    return `${block} { ${name === "password" ? "user: u, " : ""}${setting} }`;
  }
});

test("two reloads at once end with what the file says last", async () => {
  await using server = await ConfiguredServer.start("max_payload: 100");
  for (let size = 101; size < 140; size++) {
    server.write(`max_payload: ${size}`);
    server.signal("SIGHUP");
  }
  await server.logged(/Reloaded: max_payload = 139/);
  expect(await server.varz()).toMatchObject({ max_payload: 139 });
  expect(server.log).not.toContain("Failed to reload");
});
