/** Signals to a running server, sent by the system's means and by `midge --signal`. */
import { readFileSync, renameSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { runToEnd } from "../support/program.ts";
import type { RawPeer } from "../support/raw-peer.ts";

const MESSAGE = `MSG bulk 1 1000\r\n${"x".repeat(1000)}\r\n`;

/** A subscriber for which `count` messages wait, in the server and in the kernel. */
async function fill(server: ConfiguredServer, count: number): Promise<RawPeer> {
  const [subscriber, publisher] = [await server.client(), await server.client()];
  await subscriber.send("SUB bulk 1\r\n");
  await subscriber.synchronise();
  subscriber.pause();
  await publisher.send(`PUB bulk 1000\r\n${"x".repeat(1000)}\r\n`.repeat(count));
  await publisher.synchronise();
  return subscriber;
}

describe("the end by", () => {
  test.each([
    ["SIGINT", "interrupt"],
    ["SIGTERM", "terminated"],
  ] as const)("%s: clients get what is theirs, then the close; code 0", async (signal, name) => {
    await using server = await ConfiguredServer.start("logtime: false");
    const subscriber = await fill(server, 15_000);
    const before = subscriber.receivedBytes;
    const from = server.log.length;
    server.signal(signal);
    await server.logged(/Initiating Shutdown/);
    subscriber.resume();
    await subscriber.closed();
    expect(await server.exited()).toBe(0);
    expect(subscriber.receivedBytes - before).toBe(15_000 * MESSAGE.length);
    expect(server.linesSince(from)).toEqual([
      `[INF] Trapped "${name}" signal`,
      "[INF] Initiating Shutdown...",
      "[INF] Server Exiting..",
    ]);
    expect(server.files("midge_")).toEqual([]);
  });

  test("either, while a client reads nothing, does not wait for long", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    await fill(server, 15_000);
    const startMs = performance.now();
    server.signal("SIGTERM");
    expect(await server.exited()).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(4000);
  });

  test("a second signal, of whatever kind, is no worse than one", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    await fill(server, 15_000);
    server.signal("SIGTERM");
    // The system hands over those that wait in the order of their numbers.
    await server.logged(/Initiating Shutdown/);
    for (const signal of ["SIGINT", "SIGHUP", "SIGUSR2", "SIGUSR1", "SIGTERM"] as const) {
      server.signal(signal);
    }
    expect(await server.exited()).toBe(0);
    expect(server.log).toEndWith("Server Exiting..\n");
    expect(server.log).not.toContain("Entering lame duck mode");
    expect(server.log).not.toContain("Reloaded server configuration");
  });
});

describe("SIGUSR1", () => {
  test("begins a new file where the old one was moved away, and no line is lost", async () => {
    await using server = await ConfiguredServer.start('trace: true, log_file: "{folder}/a.log"');
    const [path, moved] = [server.path("a.log"), (i: number) => server.path(`moved.${i}`)];
    server.logFile = path;
    const client = await server.client();
    let sent = 0;
    for (let i = 0; i < 5; i++) {
      const batch = Array.from({ length: 3000 }, () => `PUB n.${sent++} 0\r\n\r\n`).join("");
      const sending = client.send(batch);
      renameSync(path, moved(i));
      server.signal("SIGUSR1");
      await server.logged(/\[INF\] File log re-opened\n/);
      await sending;
      await client.synchronise();
    }
    await client.send(`PUB n.${sent++} 0\r\n\r\n`);
    await server.logged(new RegExp(`n\\.${sent - 1} 0\\]`));
    const whole = [0, 1, 2, 3, 4].map((i) => readFileSync(moved(i), "utf8")).join("") + server.log;
    const numbers = [...whole.matchAll(/<<- \[PUB n\.(\d+) 0\]/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: sent }, (_, i) => i));
    expect(whole.split("\n").every((line) => line === "" || /^\[\d+\] \d{4}\//.test(line))).toBe(
      true,
    );
    expect(whole.split(/\[INF\] File log re-opened\n/)).toHaveLength(6);
  });

  test("keeps the old file when there can be no new one", async () => {
    await using server = await ConfiguredServer.start('log_file: "{folder}/logs"');
    server.logFile = server.path("logs");
    await server.logged(/Server is ready/);
    renameSync(server.path("logs"), server.path("moved"));
    server.logFile = server.path("moved");
    Bun.spawnSync(["mkdir", server.path("logs")]);
    server.signal("SIGUSR1");
    const path = server.path("logs");
    await server.logged(
      new RegExp(`\\[ERR\\] error opening file: open ${path}: is a directory\\n`),
    );
    await server.client();
    expect(server.isRunning).toBe(true);
  });
});

describe("midge --signal", () => {
  test.each([
    ["its process id", (server: ConfiguredServer) => String(server.pid)],
    ["its pid file", (server: ConfiguredServer) => server.path("midge.pid")],
  ])("reaches a server by %s", async (_, target) => {
    await using server = await ConfiguredServer.start('pid_file: "{folder}/midge.pid"');
    const send = async (word: string, ...logged: RegExp[]) => {
      const outcome = await runToEnd("--signal", `${word}=${target(server)}`);
      expect(outcome).toEqual({ stdout: "", stderr: "", exitCode: 0 });
      for (const pattern of logged) await server.logged(pattern);
    };
    server.write('pid_file: "{folder}/midge.pid", max_payload: 77');
    await send("reload", /Trapped "hangup" signal/, /Reloaded: max_payload = 77/);
    await send("reopen", /Trapped "user defined signal 1" signal/, /re-open ignored/);
    const client = await server.client();
    await send("ldm", /Trapped "user defined signal 2" signal/, /Entering lame duck mode/);
    await send("term", /Trapped "terminated" signal/);
    await client.synchronise();
    await send("quit", /Trapped "interrupt" signal/, /Server Exiting/);
    expect(await server.exited()).toBe(0);
    expect(readFileSync(server.path("midge.pid"), "utf8")).toBe(String(server.pid));
  });
});
