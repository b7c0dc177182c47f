/** Reloads that cannot be: all reasons are in the log, and nothing at all has changed. */
import { rmSync, mkdirSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { OPTION_NAMES, optionRow } from "../../src/config/options.ts";
import { ConfiguredServer } from "../support/configured-server.ts";
import { Program } from "../support/program.ts";

const FAILED = "[ERR] Failed to reload server configuration: ";

/** What a refused reload must not have touched. */
async function state(server: ConfiguredServer): Promise<object> {
  const { now, uptime, mem, cpu, ...rest } = await server.varz();
  return { ...rest, http_req_stats: {}, isKnown: [now, uptime, mem, cpu].length };
}

/** Reloads `config`, expects it to be refused without a trace, and returns the reasons. */
async function refusedReload(server: ConfiguredServer, config: string): Promise<string[]> {
  const before = await state(server);
  const lines = await server.reload(config);
  for (const line of lines) expect(line).toStartWith(FAILED);
  expect(await state(server)).toEqual(before);
  return lines.map((line) => line.slice(FAILED.length));
}

test("an empty file changes nothing, as one that is being written", async () => {
  await using server = await ConfiguredServer.start("authorization { token: t }");
  const refused = await refusedReload(server, "# nothing yet\n");
  expect(refused).toEqual([expect.stringMatching(/: config has no values or is empty$/)]);
  expect(await server.greeting()).toMatchObject({ auth_required: true });
});

describe("keys that need a restart", () => {
  test("are all named, with the values, and what could change stays too", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const client = await server.client();
    const changed = `
      server_name: other
      http_base_path: "/base"
      no_header_support: true
      disable_sublist_cache: true
      max_closed_clients: 7
      prof_port: 6060
      max_payload: 100
      debug: true
      max_connections: 0
      authorization { token: t }`;
    expect(await refusedReload(server, changed)).toEqual([
      "config reload not supported for ServerName: old=, new=other",
      "config reload not supported for HTTPBasePath: old=/, new=/base",
      "config reload not supported for MaxClosedClients: old=10000, new=7",
      "config reload not supported for NoHeaderSupport: old=false, new=true",
      "config reload not supported for NoSublistCache: old=false, new=true",
      "config reload not supported for ProfPort: old=0, new=6060",
    ]);
    await client.send(`PUB a 200\r\n${"x".repeat(200)}\r\n`);
    await client.synchronise();
    expect(await server.reload("debug: false")).toEqual([
      expect.stringMatching(/^\[INF\] Reloaded server configuration \(sha256:/),
    ]);
  });

  test("have a name of nats-server's, each of them", () => {
    const unnamed = OPTION_NAMES.filter((name) => {
      const { reload, field } = optionRow(name);
      return reload === "restart" && field === undefined;
    });
    expect(unnamed).toEqual([]);
  });
});

describe("ports", () => {
  test("that any free one was asked for stay, and count as what they are", async () => {
    const [host, free] = ["host: 127.0.0.1", "port: -1, http_port: -1, prof_port: -1"];
    await using server = await ConfiguredServer.startWith(`${host}, ${free}`);
    const { port, monitorPort } = server;
    const accepted = [expect.stringMatching(/^\[INF\] Reloaded server configuration/)];
    const profPort = /profiling port: (\d+)\n/.exec(server.log)![1];
    const bound = `port: ${port}, http_port: ${monitorPort}, prof_port: ${profPort}`;
    expect(await server.reload(`${host}, ${bound}`)).toEqual(accepted);
    expect(await server.reload(`${host}, ${free}`)).toEqual(accepted);
    expect(await server.reload(`${host}, port: 4333, http_port: 0`)).toEqual([
      `${FAILED}config reload not supported for Port: old=${port}, new=4333`,
      `${FAILED}config reload not supported for HTTPPort: old=${monitorPort}, new=0`,
      `${FAILED}config reload not supported for ProfPort: old=${profPort}, new=0`,
    ]);
    const elsewhere = 'listen: "0.0.0.0:-1", http_port: -1, prof_port: -1';
    expect(await server.reload(elsewhere)).toEqual([
      `${FAILED}config reload not supported for Host: old=127.0.0.1, new=0.0.0.0`,
    ]);
  });
});

describe("a file that is wrong", () => {
  test("is refused with every error at its place, and changes nothing", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const wrong = [
      "max_payload: 100",
      "max_payloads: 200",
      'lame_duck_duration: "1s"',
      "authorization {",
      "  pasword: x",
      "}",
      "logtime: maybe",
    ].join("\n");
    const at = `${server.configPath}:`;
    expect(await refusedReload(server, wrong)).toEqual([
      `${at}2:1: unknown field "max_payloads", did you mean "max_payload"?`,
      `${at}3:1: invalid lame_duck_duration of 1s, minimum is 30 seconds`,
      `${at}5:3: unknown field "pasword", did you mean "password"?`,
      `${at}7:1: interface conversion: interface {} is string, not bool`,
    ]);
  });

  test("is refused when values do not fit together", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const wrong = [
      "max_payload: 100, max_pending: 10",
      "server_name: 'a b'",
      'lame_duck_duration: "30s", lame_duck_grace_period: "30s"',
      'client_advertise: "a:b:c"',
    ].join("\n");
    expect((await refusedReload(server, wrong)).sort()).toEqual([
      "invalid ClientAdvertise value of a:b:c, err=address a:b:c: too many colons in address",
      "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)",
      "max_payload (100) cannot be higher than max_pending (10)",
      "server name cannot contain spaces",
    ]);
  });

  test("is refused when it cannot be parsed, includes itself or something that is missing", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    const at = `${server.configPath}:`;
    expect(await refusedReload(server, "max_payload: 100\nhost {")).toHaveLength(1);
    expect(await refusedReload(server, "max_payload: 100\ninclude 'midge.conf'")).toEqual([
      expect.stringContaining("which includes itself"),
    ]);
    expect(await refusedReload(server, "max_payload: 100\ninclude 'none.conf'")).toEqual([
      `${at}2:1: error parsing include file 'none.conf', ` +
        `open ${server.path("none.conf")}: no such file or directory`,
    ]);
    expect(await refusedReload(server, "cluster { port: 6222 }\nmax_payload: 100")).toEqual([
      `${at}1:0: "cluster": midge has no clustering, it is one server`,
    ]);
  });

  test("that is gone is refused, and read again when it is back", async () => {
    await using server = await ConfiguredServer.start("max_payload: 500");
    rmSync(server.configPath);
    expect(await server.reload()).toEqual([
      `${FAILED}open ${server.configPath}: no such file or directory`,
    ]);
    mkdirSync(server.configPath);
    expect(await server.reload()).toEqual([`${FAILED}open ${server.configPath}: is a directory`]);
    rmSync(server.configPath, { recursive: true });
    expect(await server.varz()).toMatchObject({ max_payload: 500 });
    await server.reload("max_payload: 600");
    expect(await server.varz()).toMatchObject({ max_payload: 600 });
  });

  test("does not keep the next reload from working, also when both come at once", async () => {
    await using server = await ConfiguredServer.start("max_payload: 500");
    server.write("max_payload: [");
    server.signal("SIGHUP");
    await server.logged(/Failed to reload/);
    expect(await server.reload("max_payload: 700")).toContain("[INF] Reloaded: max_payload = 700");
  });
});

describe("a server without a file", () => {
  test("says so and goes on", async () => {
    await using program = await Program.start("-a", "127.0.0.1", "-p", "-1", "-T=false");
    program.signal("SIGHUP");
    await program.logged(
      /\[ERR\] Failed .* can only reload config when a file is provided using -c or --config\n/,
    );
    expect(program.log).toContain('[INF] Trapped "hangup" signal\n');
  });
});
