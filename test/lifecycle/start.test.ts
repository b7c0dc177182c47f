/**
 * How a server starts: the lines it says, in order, the files it writes, and what keeps it from
 * starting.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { version } from "../../package.json";
import { ConfiguredServer } from "../support/configured-server.ts";
import { Program, runToEnd } from "../support/program.ts";
import { RawPeer } from "../support/raw-peer.ts";

const LOCAL = ["-a", "127.0.0.1", "-p", "-1"];
const WITHOUT_TIME = "-T=false";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "start-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The log without process ids, as lines. */
function linesOf(log: string): string[] {
  return log
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\[\d+\] /, ""));
}

describe("the first lines", () => {
  test("are those of nats-server, in its order", async () => {
    const config = file(
      "full.conf",
      [
        "server_name: edge",
        "max_payload: 10mb",
        "store_dir: x",
        "debug: true",
        "http_port: -1",
        "prof_port: -1",
        "authorization { user: u, password: plain }",
      ].join("\n"),
    );
    await using program = await Program.start(...LOCAL, WITHOUT_TIME, "-c", config);
    const { port } = program;
    const lines = linesOf(program.log);
    const ports = lines.map((line) => Number(/\d+$/.exec(line)?.[0]));
    const digest = /sha256:[0-9a-f]{64}/.exec(program.log)![0];
    const id = /ID: {7}(N[A-Z2-7]{55})$/m.exec(program.log)![1];
    expect(lines).toEqual([
      "[INF] Starting midge",
      `[INF]   Version:  ${version} (NATS 2.14.0)`,
      expect.stringMatching(/^\[INF\] {3}Git: {6}\[(?:not set|[0-9a-f]{7})\]$/),
      `[DBG]   Runtime:  bun${Bun.version}`,
      "[INF]   Name:     edge",
      `[INF]   ID:       ${id}`,
      "[WRN] Plaintext passwords detected, use nkeys or bcrypt",
      `[INF] profiling port: ${ports[7]}`,
      `[INF] Using configuration file: ${config} (${digest})`,
      '[WRN] "store_dir" has no effect in midge',
      "[WRN] Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance",
      `[INF] Starting http monitor on 127.0.0.1:${ports[11]}`,
      `[INF] Listening for client connections on 127.0.0.1:${port}`,
      "[INF] Server is ready",
    ]);
    const peer = await RawPeer.open("127.0.0.1", port);
    await peer.until("greeting", () => peer.received.startsWith("INFO {"));
    peer.end();
  });

  test("name the server by its id when it has no other name, and no file if there is none", async () => {
    await using program = await Program.start(...LOCAL, WITHOUT_TIME);
    const lines = linesOf(program.log);
    const id = lines.find((line) => line.includes("  ID:"))!.replace("ID:  ", "Name:");
    expect(lines).toContain(id);
    expect(lines).toHaveLength(7);
  });

  test("bring warnings about the file before them, and start all the same", async () => {
    const config = file("warned.conf", "ping_interval: 30\n");
    await using program = await Program.start(...LOCAL, WITHOUT_TIME, "-c", config);
    expect(program.log.split("\n")[0]).toBe(
      `midge: ${config}:1:0: invalid use of field "ping_interval": ` +
        "ping_interval should be converted to a duration",
    );
  });
});

describe("the pid file", () => {
  test("has the number alone, is its owner's, and stays at the end", async () => {
    const path = join(folder, "own.pid");
    await using program = await Program.start(...LOCAL, "-P", path);
    expect(readFileSync(path, "utf8")).toBe(String(program.pid));
    expect(statSync(path).mode & 0o777).toBe(0o600 & ~process.umask());
    program.signal("SIGTERM");
    expect(await program.exited()).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(String(program.pid));
  });

  test("replaces what was in it", async () => {
    const path = file("old.pid", "1234567890");
    await using program = await Program.start(...LOCAL, "--pid", path);
    expect(readFileSync(path, "utf8")).toBe(String(program.pid));
  });

  test.each([
    ["/nonexistent/midge.pid", "no such file or directory"],
    [tmpdir(), "is a directory"],
    ["/dev/null/midge.pid", "not a directory"],
  ])("that cannot be written ends the start before any port is open: %s", async (path, reason) => {
    const { stderr, exitCode } = await runToEnd(...LOCAL, WITHOUT_TIME, "-P", path);
    expect(linesOf(stderr).at(-1)).toBe(`[FTL] Could not write pidfile: open ${path}: ${reason}`);
    expect(stderr).not.toContain("Listening for client connections");
    expect(exitCode).toBe(1);
  });
});

describe("the ports file", () => {
  test("lists where clients and monitoring connect, and is gone at the end", async () => {
    const args = [...LOCAL, "-m", "-1", "--ports_file_dir", folder];
    await using program = await Program.start(...args);
    const path = join(folder, `midge_${program.pid}.ports`);
    const monitor = /http monitor on 127\.0\.0\.1:(\d+)/.exec(program.log)![1];
    expect(readFileSync(path, "utf8")).toBe(
      `{"nats":["nats://127.0.0.1:${program.port}"],"monitoring":["http://127.0.0.1:${monitor}"]}`,
    );
    program.signal("SIGINT");
    expect(await program.exited()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("names every address of the machine when the server listens on all", async () => {
    await using program = await Program.start("-p", "-1", "--ports_file_dir", folder);
    const path = join(folder, `midge_${program.pid}.ports`);
    const { nats } = JSON.parse(readFileSync(path, "utf8")) as { nats: string[] };
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const urls = addresses.map(({ address }) => {
      return `nats://${address.includes(":") ? `[${address}]` : address}:${program.port}`;
    });
    expect(nats.toSorted()).toEqual(urls.toSorted());
  });

  test("that cannot be written is an error in the log, and the server runs", async () => {
    const args = [...LOCAL, WITHOUT_TIME, "--ports_file_dir", "/nonexistent"];
    await using program = await Program.start(...args);
    const path = `/nonexistent/midge_${program.pid}.ports`;
    const reason = `open ${path}: no such file or directory`;
    expect(linesOf(program.log)).toContain(`[ERR] Error writing ports file (${path}): ${reason}`);
  });

  test("that somebody has removed is no trouble at the end", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    for (const name of server.files("midge_")) rmSync(server.path(name));
    server.signal("SIGTERM");
    expect(await server.exited()).toBe(0);
    expect(server.log).not.toContain("[ERR]");
  });
});

describe("one line on standard error and code 1 for", () => {
  test.each([
    [["-c", "/nonexistent.conf"], "midge: open /nonexistent.conf: no such file or directory"],
    [["-c", tmpdir()], `midge: open ${tmpdir()}: is a directory`],
    [["-t"], "midge: must specify [-c, --config] option to check configuration file syntax"],
    [["-t", "-c", "/nonexistent.conf"], "midge: open /nonexistent.conf: no such file or directory"],
    [["-l", tmpdir()], `midge: error opening file: open ${tmpdir()}: is a directory`],
    [
      ["--log", "/nonexistent/log"],
      "midge: error opening file: open /nonexistent/log: no such file or directory",
    ],
    [
      ["--client_advertise", "a:b"],
      'midge: invalid ClientAdvertise value of a:b, err=strconv.Atoi: parsing "b": invalid syntax',
    ],
    [
      ["--lame_duck_duration", "30s", "--lame_duck_grace_period", "1m"],
      "midge: lame duck grace period (1m0s) should be strictly lower than lame duck duration (30s)",
    ],
    [["--jetstream"], "midge: midge has no JetStream, it is one server"],
  ])("%j", async (args, line) => {
    const { stdout, stderr, exitCode } = await runToEnd(...LOCAL, ...args);
    expect(stderr).toBe(`${line}\n`);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  });

  test("a taken monitoring port, after the banner", async () => {
    await using taken = await Program.start(...LOCAL);
    const port = String(taken.port);
    const { stderr, exitCode } = await runToEnd(...LOCAL, WITHOUT_TIME, "-m", port);
    expect(linesOf(stderr).at(-1)).toMatch(/^\[FTL\] Can't start monitoring: .*already in use/);
    expect(exitCode).toBe(1);
  });
});

describe("blocks of things that midge does not have", () => {
  const cluster =
    "cluster { port: 6222 }\njetstream: enabled\nleafnodes { port: 7422 }\ngateway { name: A, port: 7222 }\n";

  test("keep the server from starting, each with a line of its own", async () => {
    const config = file("cluster.conf", `${cluster}max_payloads: 5\n`);
    for (const args of [
      ["-c", config],
      ["-t", "-c", config],
    ]) {
      const { stderr, exitCode } = await runToEnd(...LOCAL, ...args);
      expect(stderr.trimEnd().split("\n")).toEqual([
        `midge: ${config}:5:1: unknown field "max_payloads", did you mean "max_payload"?`,
        `midge: ${config}:1:0: "cluster": midge has no clustering, it is one server`,
        `midge: ${config}:2:1: "jetstream": midge has no JetStream, it is one server`,
        `midge: ${config}:3:1: "leafnodes": midge has no leaf nodes, it is one server`,
        `midge: ${config}:4:1: "gateway": midge has no gateways, it is one server`,
      ]);
      expect(exitCode).toBe(1);
    }
  });

  test.each([["--ignore-unsupported"], ["--ignore_unsupported"]])(
    "are warnings after %s, also when the file is read again",
    async (flag) => {
      await using server = await ConfiguredServer.start(cluster, flag);
      const warned = server.linesSince(0).filter((line) => line.startsWith("[WRN] "));
      expect(warned).toHaveLength(4);
      expect(warned[0]).toEndWith('"cluster": midge has no clustering, it is one server');
      const lines = await server.reload(`${cluster}max_payload: 700`);
      expect(lines.filter((line) => line.startsWith("[WRN] "))).toEqual(warned);
      expect(lines).toContain("[INF] Reloaded: max_payload = 700");
    },
  );

  test("are warnings when the file itself says so, and for flags too", async () => {
    const text = `ignore_unsupported: true\n${cluster}`;
    await using server = await ConfiguredServer.start(text, "--jetstream");
    expect(server.log).toContain("[WRN] midge has no JetStream, it is one server\n");
    expect(server.log.split("[WRN] ")).toHaveLength(6);
  });

  test("that are switched off ask for nothing", async () => {
    await using server = await ConfiguredServer.start("jetstream: false");
    expect(server.log).not.toContain("[WRN]");
  });
});
