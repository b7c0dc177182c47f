/** `log_format: json`: each line of a running server's log is an object with the same fields. */
import { describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { listenUdp } from "../support/syslog-daemon.ts";

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)$/;
const LEVELS = ["info", "warn", "error", "debug", "trace"];
/** What every line has, in this order; `time` and `event` may be missing. */
const EVERY = ["time", "level", "pid", "subsystem", "event", "message"];

type Line = Readonly<Record<string, unknown>>;

function linesOf(log: string): Line[] {
  expect(log).toEndWith("\n");
  return log
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** That the fields every line has come first, in order, and with values of their kind. */
function checkLine(line: Line, pid: number): void {
  const keys = Object.keys(line);
  const own = EVERY.filter((key) => keys.includes(key));
  expect(keys.slice(0, own.length)).toEqual(own);
  expect(line["pid"]).toBe(pid);
  expect([typeof line["subsystem"], typeof line["message"]]).toEqual(["string", "string"]);
  expect(LEVELS).toContain(String(line["level"]));
}

/** A life with something of every level in it; ends the server. */
async function live(server: ConfiguredServer): Promise<void> {
  const [good, bad] = [
    await server.client({ name: 'with "quotes" and \u00fc\n' }),
    await server.client(),
  ];
  await good.send('PUB a 9\r\nline\n"x"\t\r\n');
  await good.synchronise();
  await bad.send("NONSENSE\r\n");
  await bad.closed();
  server.write("log_format: json, debug: true, trace: true, store_dir: x, max_payload: 77");
  server.signal("SIGHUP");
  await server.logged(/Reloaded server configuration/);
  server.write("max_payload: [");
  server.signal("SIGHUP");
  await server.logged(/Failed to reload server configuration/);
  server.signal("SIGUSR2");
  await server.logged(/Entering lame duck mode/);
  server.signal("SIGINT");
  expect(await server.exited()).toBe(0);
}

describe("on standard error", () => {
  test("every line parses, with level, process and subsystem, and the life's events", async () => {
    await using server = await ConfiguredServer.start("log_format: json, debug: true, trace: true");
    await live(server);
    const lines = linesOf(server.stderr);
    for (const line of lines) {
      checkLine(line, server.pid);
      expect(line["time"]).toMatch(RFC3339);
    }
    const times = lines.map((line) => Date.parse(String(line["time"])));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(new Set(lines.map((line) => line["level"]))).toEqual(new Set(LEVELS));
    const events = lines.map((line) => line["event"]);
    for (const event of [
      "server_ready",
      "signal",
      "reloaded",
      "reload_failed",
      "lame_duck_entered",
      "shutdown_started",
      "server_exited",
    ]) {
      expect(events).toContain(event);
    }
    expect(lines[0]!["message"]).toBe("Starting midge");
    expect(lines.find(({ event }) => event === "lame_duck_entered")).toMatchObject({ clients: 1 });
    expect(lines.find(({ event }) => event === "signal")).toMatchObject({ signal: "SIGHUP" });
  });

  test("without logtime there is no time, and all else is the same", async () => {
    await using server = await ConfiguredServer.start("log_format: json, logtime: false");
    server.signal("SIGTERM");
    await server.exited();
    for (const line of linesOf(server.stderr)) {
      checkLine(line, server.pid);
      expect(line).not.toHaveProperty("time");
    }
  });

  test("logtime_utc writes UTC", async () => {
    await using server = await ConfiguredServer.start("log_format: json, logtime_utc: true");
    for (const line of linesOf(server.stderr)) expect(line["time"]).toEndWith("Z");
  });
});

test("in a file, the lines about the file itself parse too", async () => {
  const config =
    'log_format: json, trace: true, log_file: "{folder}/m.log", logfile_size_limit: 4k';
  await using server = await ConfiguredServer.start(config);
  server.logFile = server.path("m.log");
  const client = await server.client();
  await client.send("PUB a 0\r\n\r\n".repeat(100));
  await client.send("PUB the.end 0\r\n\r\n");
  await server.logged(/the\.end/);
  server.signal("SIGTERM");
  await server.exited();
  let count = 0;
  for (const name of server.files("m.log")) {
    server.logFile = server.path(name);
    for (const line of linesOf(server.log)) {
      checkLine(line, server.pid);
      if (/^Rotated log/.test(String(line["message"]))) count++;
    }
  }
  expect(count).toBe(server.files("m.log").length - 1);
});

test("a syslog daemon gets the object as the message's text", async () => {
  const daemon = await listenUdp();
  const url = `udp://127.0.0.1:${daemon.port}`;
  await using server = await ConfiguredServer.start(`log_format: json, remote_syslog: "${url}"`);
  server.signal("SIGTERM");
  await server.exited();
  expect(daemon.messages.length).toBeGreaterThan(5);
  for (const message of daemon.messages) {
    checkLine(JSON.parse(message.slice(message.indexOf("{"))) as Line, server.pid);
  }
  daemon.stop();
});
