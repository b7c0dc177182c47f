/** The log of a running server in files: rotation by size, and a disk that takes nothing more. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { backupsOf } from "../../src/util/log/backups.ts";
import { ConfiguredServer } from "../support/configured-server.ts";

/** How far a file may be over the limit: by the line that went over it, and what is said of it. */
const SLACK_BYTES = 1024;

/** Has the server trace `count` publishes, and waits until the last is in the file. */
async function flood(server: ConfiguredServer, count: number): Promise<void> {
  const client = await server.client();
  for (let first = 0; first < count; first += 500) {
    const numbers = Array.from({ length: Math.min(500, count - first) }, (_, i) => first + i);
    await client.send(numbers.map((number) => `PUB n.${number} 0\r\n\r\n`).join(""));
    await client.synchronise();
  }
  await client.send("PUB the.end 0\r\n\r\n");
  await server.logged(/the\.end/);
}

/** The numbers of the publishes that a text shows, in its order. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/<<- \[PUB n\.(\d+) 0\]/g)].map((match) => Number(match[1]));
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

async function startTracing(options: string): Promise<ConfiguredServer> {
  const server = await ConfiguredServer.start(
    `trace: true, log_file: "{folder}/m.log", ${options}`,
  );
  server.logFile = server.path("m.log");
  return server;
}

describe("rotation under a flood of lines", () => {
  test("keeps the number of files it is told to, with the newest lines and no gap", async () => {
    await using server = await startTracing("logfile_size_limit: 50k, logfile_max_num: 3");
    await flood(server, 5000);
    const backups = backupsOf("m.log", server.files("m.log"));
    expect(server.files("m.log")).toEqual(["m.log", ...backups]);
    expect(backups).toHaveLength(2);
    const texts = [...backups, "m.log"].map((name) => readFileSync(server.path(name), "utf8"));
    for (const text of texts.slice(0, -1)) {
      expect(text.length).toBeWithin(50_001, 50_000 + SLACK_BYTES);
      expect(text).toEndWith("\n");
    }
    const numbers = numbersIn(texts.join(""));
    expect(numbers).toEqual(range(5000 - numbers.length, 5000));
    expect(texts.join("")).not.toContain("lost");
    const rotated = [...texts.join("").matchAll(/\[INF\] Rotated log, backup saved as "(.*)"/g)];
    expect(rotated.at(-1)![1]).toBe(server.path(backups.at(-1)!));
    expect(texts.join("")).toContain('[INF] Purged log file "m.log.');
    expect(server.stderr).toBe("");
  });

  test("keeps every line in order when it is not told to remove any file", async () => {
    await using server = await startTracing("logfile_size_limit: 20k");
    await flood(server, 4000);
    const backups = backupsOf("m.log", server.files("m.log"));
    expect(backups.length).toBeGreaterThan(10);
    const texts = [...backups, "m.log"].map((name) => readFileSync(server.path(name), "utf8"));
    expect(numbersIn(texts.join(""))).toEqual(range(0, 4000));
  });

  test("of 1 file keeps no backup", async () => {
    await using server = await startTracing("logfile_size_limit: 20k, logfile_max_num: 1");
    await flood(server, 1000);
    expect(server.files("m.log")).toEqual(["m.log"]);
  });

  test("goes on when the limits are changed meanwhile", async () => {
    await using server = await startTracing("logfile_size_limit: 20k, logfile_max_num: 4");
    await flood(server, 1500);
    const [size, count] = ["logfile_size_limit: 10k", "logfile_max_num: 2"];
    server.write(`trace: true, log_file: "{folder}/m.log", ${size}, ${count}`);
    server.signal("SIGHUP");
    await server.logged(/Reloaded server configuration/);
    await flood(server, 1500);
    expect(server.files("m.log")).toHaveLength(2);
    expect(statSync(server.path("m.log")).size).toBeLessThan(10_000 + SLACK_BYTES);
  });
});

test("a log file may be read by its group, and by nobody else", async () => {
  await using server = await startTracing("logfile_max_num: 3");
  const mode = statSync(server.path("m.log")).mode & 0o777;
  expect(mode).toBe(0o640 & ~process.umask());
});

test("a log file is gone on with, not begun anew, when a server starts again", async () => {
  await using first = await startTracing("logfile_max_num: 3");
  first.signal("SIGTERM");
  await first.exited();
  const before = first.log;
  expect(before).toEndWith("[INF] Server Exiting..\n");
  await using second = await ConfiguredServer.start("debug: false", "--log_file", first.logFile!);
  second.logFile = first.logFile;
  await second.logged(/Server is ready/, before.length);
  expect(second.log).toStartWith(before);
});

describe.if(existsSync("/dev/full"))("a log file that cannot be written", () => {
  test("costs no client anything, and is complained about once", async () => {
    await using server = await ConfiguredServer.start("trace: true, log_file: /dev/full");
    const [subscriber, publisher] = [await server.client(), await server.client()];
    await subscriber.send("SUB a 1\r\n");
    await subscriber.synchronise();
    const before = subscriber.receivedBytes;
    for (let i = 0; i < 20; i++) {
      await publisher.send("PUB a 5\r\nhello\r\n".repeat(500));
      await publisher.synchronise();
    }
    const length = "MSG a 1 5\r\nhello\r\n".length;
    await subscriber.until("all", () => subscriber.receivedBytes - before >= 10_000 * length);
    expect(await server.varz()).toMatchObject({ in_msgs: 10_000, out_msgs: 10_000 });
    server.signal("SIGTERM");
    expect(await server.exited()).toBe(0);
    const complaint =
      'Unable to write log file "/dev/full" (no space left on device), will keep trying';
    expect(server.stderr.replace(/^\[\d+\] \S+ \S+ /, "")).toBe(`[ERR] ${complaint}\n`);
  });

  test("is left for another by a reload", async () => {
    await using server = await ConfiguredServer.start("debug: true, log_file: /dev/full");
    await server.client();
    server.write('debug: true, log_file: "{folder}/m.log"');
    server.logFile = server.path("m.log");
    server.signal("SIGHUP");
    await server.logged(/Reloaded server configuration/);
    await server.client();
    await server.logged(/Client connection created/);
  });
});
