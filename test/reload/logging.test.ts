/** The log, changed by a reload: what is in it, how it looks and where it goes. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";

const PUBLISH = "PUB seen 5\r\nhello\r\n";

describe("trace", () => {
  test("begins and ends for clients that were there before", async () => {
    await using server = await ConfiguredServer.start("trace: false");
    const client = await server.client();
    const publish = () =>
      server.linesDuring(() => client.send(PUBLISH).then(() => client.synchronise()));
    expect(await publish()).toEqual([]);
    expect(await server.reload("trace: true")).toContain("[INF] Reloaded: trace = true");
    const lines = (await publish()).map((line) => line.replace(/127\.\S+ - cid:\d+ - /, ""));
    expect(lines).toEqual([
      "[TRC] <<- [PUB seen 5]",
      '[TRC] <<- MSG_PAYLOAD: ["hello"]',
      "[TRC] <<- [PING]",
      "[TRC] ->> [PONG]",
    ]);
    await server.reload("trace: false");
    expect(await publish()).toEqual([]);
  });

  test("shows as much of a payload as is configured, from the next message on", async () => {
    await using server = await ConfiguredServer.start("trace: true");
    const client = await server.client({ headers: true });
    const publish = () =>
      server.linesDuring(() => client.send(PUBLISH).then(() => client.synchronise()));
    expect(await publish()).toContainEqual(expect.stringContaining('MSG_PAYLOAD: ["hello"]'));
    await server.reload("trace: true, max_traced_msg_len: 3");
    expect(await publish()).toContainEqual(expect.stringContaining('MSG_PAYLOAD: ["hel..."]'));
    await server.reload("trace_headers: true");
    const lines = await publish();
    expect(lines).toContainEqual(expect.stringContaining("<<- [PUB seen 5]"));
    expect(lines.join()).not.toContain("MSG_PAYLOAD");
  });
});

test("debug begins and ends for clients that were there before", async () => {
  await using server = await ConfiguredServer.start("debug: false");
  const [first, second] = [await server.client(), await server.client()];
  const leave = (peer: typeof first) =>
    server.linesDuring(async () => {
      peer.end();
      await server.logged(/Client connection closed: Client Closed/);
    });
  await server.reload("debug: true");
  expect(await leave(first)).toEqual([
    expect.stringMatching(/^\[DBG\] .* - Client connection closed: Client Closed$/),
  ]);
  await server.reload("debug: false");
  const lines = await server.linesDuring(async () => {
    second.end();
    await server.client();
  });
  expect(lines).toEqual([]);
});

test("the level of one subsystem changes alone", async () => {
  await using server = await ConfiguredServer.start("debug: true");
  await server.reload("debug: true, log_levels: { client: error }");
  const lines = await server.linesDuring(() => server.client());
  expect(lines).toEqual([]);
});

describe("the look of a line", () => {
  test("changes with logtime and logtime_utc", async () => {
    await using server = await ConfiguredServer.start("logtime: true");
    const withTime = new RegExp(
      `^\\[${server.pid}\\] \\d{4}/\\d\\d/\\d\\d [\\d:]{8}\\.\\d{6} \\[INF\\] `,
    );
    const last = () => server.log.split("\n").at(-2)!;
    expect(last()).toMatch(withTime);
    await server.reload("logtime: false");
    expect(last()).toStartWith(`[${server.pid}] [INF] File log re-open ignored`);
    await server.reload("logtime: true, logtime_utc: true");
    expect(last()).toMatch(withTime);
    const hour = new Date().toISOString().slice(11, 13);
    const shown = /(\d\d):\d\d:\d\d/.exec(last())![1]!;
    expect([hour, String((Number(hour) + 23) % 24).padStart(2, "0")]).toContain(shown);
  });

  test("changes to JSON and back", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    server.write("log_format: json");
    const from = server.log.length;
    server.signal("SIGHUP");
    await server.logged(/"message":"Reloaded server configuration \(sha256:\w+\)".*\n/, from);
    expect(JSON.parse(server.log.split("\n").at(-2)!)).toMatchObject({
      level: "info",
      pid: server.pid,
      subsystem: "server",
      event: "reloaded",
    });
    server.write("debug: false");
    server.signal("SIGHUP");
    await server.logged(/ \[INF\] Reloaded server configuration/, from);
  });
});

describe("where the log goes", () => {
  test("changes to a file, to another, and back to standard error, without losing a line", async () => {
    await using server = await ConfiguredServer.start("trace: true");
    const client = await server.client();
    let sent = 0;
    const publishSome = async () => {
      for (const last = sent + 200; sent < last; sent++)
        await client.send(`PUB n.${sent} 0\r\n\r\n`);
    };
    const move = async (config: string, logFile: string | undefined) => {
      const publishing = publishSome();
      server.write(config);
      server.signal("SIGHUP");
      server.logFile = logFile;
      await server.logged(/Reloaded server configuration/);
      await publishing;
      await client.synchronise();
    };
    const [first, second] = [server.path("first.log"), server.path("second.log")];
    await move(`trace: true, log_file: "${first}"`, first);
    await move(`trace: true, log_file: "${second}"`, second);
    const from = server.stderr.length;
    await move("trace: true", undefined);
    await server.logged(new RegExp(`n\\.${sent - 1} 0\\]`), from);
    const whole =
      server.stderr.slice(0, from) +
      readFileSync(first, "utf8") +
      readFileSync(second, "utf8") +
      server.stderr.slice(from);
    const numbers = [...whole.matchAll(/<<- \[PUB n\.(\d+) 0\]/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: sent }, (_, i) => i));
  });

  test("cannot change to a file that cannot be, and then nothing else changes either", async () => {
    await using server = await ConfiguredServer.start("debug: false");
    for (const [path, reason] of [
      ["/nonexistent/midge.log", "no such file or directory"],
      [server.folder, "is a directory"],
    ]) {
      expect(await server.reload(`log_file: "${path}", max_payload: 100`)).toEqual([
        `[ERR] Failed to reload server configuration: error opening file: open ${path}: ${reason}`,
      ]);
    }
    expect(await server.reload('remote_syslog: "ftp://localhost", max_payload: 100')).toEqual([
      '[ERR] Failed to reload server configuration: error invalid network type: "ftp"',
    ]);
    expect(await server.varz()).toMatchObject({ max_payload: 1_048_576 });
    expect(existsSync("/nonexistent")).toBe(false);
  });
});
