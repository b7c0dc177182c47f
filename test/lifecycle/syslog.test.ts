/** A running server that logs to a syslog daemon, over every kind of socket daemons listen on. */
import { hostname, tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { defaultOptions } from "../../src/config/options.ts";
import { Server } from "../../src/server/server.ts";
import { openLocalSyslog } from "../../src/util/log/make-sink.ts";
import { Logger } from "../../src/util/logger.ts";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { runToEnd } from "../support/program.ts";
import {
  type SyslogDaemon,
  listenDatagrams,
  listenStream,
  listenUdp,
} from "../support/syslog-daemon.ts";

/** `<PRI>RFC3339 hostname tag[pid]: text`, with facility kern. */
const REMOTE =
  /^<(\d+)>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d) (\S+) (\S+)\[(\d+)\]: (.*)$/;
/** `<PRI>Mon _d HH:MM:SS tag[pid]: text`. */
const LOCAL = /^<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (\S+)\[(\d+)\]: (.*)$/;
const [ERROR, NOTICE, DEBUG] = [3, 5, 7];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "syslog-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Statement {
  readonly priority: number;
  readonly text: string;
}

/** Messages of a remote daemon taken apart; each must be of the process `pid`. */
function remoteStatements(daemon: SyslogDaemon, pid: number): Statement[] {
  return daemon.messages.map((message) => {
    const [, priority, host, , id, text] = REMOTE.exec(message.trimEnd())!;
    expect([host, Number(id)]).toEqual([hostname(), pid]);
    return { priority: Number(priority), text: text! };
  });
}

function has(daemon: SyslogDaemon, text: string): Promise<void> {
  return eventually(`a message with ${text}`, 5000, () =>
    daemon.messages.some((message) => message.includes(text)),
  );
}

describe("a remote daemon", () => {
  test.each(["udp", "tcp"] as const)(
    "over %s gets each statement with its severity",
    async (kind) => {
      const daemon = kind === "udp" ? await listenUdp() : listenStream();
      const url = `${kind}://127.0.0.1:${daemon.port}`;
      await using server = await ConfiguredServer.start(`debug: true, remote_syslog: "${url}"`);
      const client = await server.client();
      await client.send("NONSENSE\r\n");
      await client.closed();
      server.signal("SIGUSR1");
      await has(daemon, "File log re-open ignored, not a file logger");
      server.signal("SIGTERM");
      expect(await server.exited()).toBe(0);
      await has(daemon, "Server Exiting..");
      const statements = remoteStatements(daemon, server.pid);
      expect(statements[0]).toEqual({ priority: NOTICE, text: "Starting midge" });
      expect(statements.at(-1)).toEqual({ priority: NOTICE, text: "Server Exiting.." });
      expect(statements).toContainEqual({
        priority: DEBUG,
        text: expect.stringContaining("Client connection created"),
      });
      expect(statements.some(({ priority }) => priority === ERROR)).toBe(true);
      expect(server.stderr).toBe("");
      daemon.stop();
    },
  );

  test("over tcp that hangs up is connected again, and misses only what was on its way", async () => {
    const daemon = listenStream();
    const url = `tcp://127.0.0.1:${daemon.port}`;
    await using server = await ConfiguredServer.start("debug: false", "-r", url, "--syslog=false");
    await has(daemon, "Server is ready");
    daemon.hangUp();
    await eventually("a statement after the break", 8000, () => {
      server.signal("SIGUSR1");
      return daemon.messages.some((message) => message.includes("re-open ignored"));
    });
    await server.client();
    daemon.stop();
  });

  test("that is gone for good costs no client anything", async () => {
    const daemon = listenStream();
    const url = `tcp://127.0.0.1:${daemon.port}`;
    await using server = await ConfiguredServer.start(`trace: true, remote_syslog: "${url}"`);
    await has(daemon, "Server is ready");
    daemon.stop();
    const [subscriber, publisher] = [await server.client(), await server.client()];
    await subscriber.send("SUB a 1\r\n");
    await subscriber.synchronise();
    const before = subscriber.receivedBytes;
    await publisher.send("PUB a 5\r\nhello\r\n".repeat(5000));
    await publisher.synchronise();
    await subscriber.until("all", () => {
      return subscriber.receivedBytes - before >= 5000 * "MSG a 1 5\r\nhello\r\n".length;
    });
    server.signal("SIGTERM");
    expect(await server.exited()).toBe(0);
  });

  test("at a Unix socket gets the local form", async () => {
    const path = join(folder, "stream");
    const daemon = listenStream(path);
    await using server = await ConfiguredServer.start(`remote_syslog: "unix://${path}"`);
    await has(daemon, "Server is ready");
    const [, , , pid, text] = LOCAL.exec(daemon.messages[0]!)!;
    expect([Number(pid), text]).toEqual([server.pid, "Starting midge"]);
    daemon.stop();
  });

  test("is changed by a reload, to another and back to standard error", async () => {
    const [first, second] = [await listenUdp(), await listenUdp()];
    const logTo = (port: number) => `remote_syslog: "udp://127.0.0.1:${port}"`;
    await using server = await ConfiguredServer.start(logTo(first.port));
    await has(first, "Server is ready");
    server.write(logTo(second.port));
    server.signal("SIGHUP");
    await has(second, "Reloaded server configuration");
    expect(first.messages.at(-1)).toContain("Reloaded: remote_syslog = udp://127.0.0.1:");
    server.write("debug: false");
    server.signal("SIGHUP");
    await server.logged(/\[INF\] Reloaded server configuration/);
    first.stop();
    second.stop();
  });

  test.each([
    ["http://x", 'error invalid network type: "http"'],
    ["udp://127.0.0.1", /^error connecting to syslog: ".*missing port in address"$/],
    ["tcp://127.0.0.1:1", /^error connecting to syslog: ".*connection refused"$/],
    ["unix:///nonexistent", /^error connecting to syslog: ".*no such file or directory"$/],
  ])("that cannot be reached ends the start: %s", async (url, reason) => {
    const { stderr, exitCode } = await runToEnd("-a", "127.0.0.1", "-p", "-1", "-r", url);
    expect(stderr).toStartWith("midge: ");
    expect(stderr.trimEnd().slice("midge: ".length)).toMatch(reason);
    expect(exitCode).toBe(1);
  });
});

describe.if(process.platform !== "win32")("the daemon of this host", () => {
  test("gets the log of a server whose reload asks for it, over datagrams", async () => {
    const path = join(folder, "datagrams");
    const daemon = listenDatagrams(path);
    const lines: string[] = [];
    const options = { ...defaultOptions(), host: "127.0.0.1", port: -1 };
    const logger = new Logger(options, { sink: { write: (line) => void lines.push(line) } });
    const origin = { path: "midge.conf", digest: "sha256:0" };
    const server = new Server(options, logger, {
      origin,
      resolve: async () => ({
        options: { ...options, syslog: true },
        origin,
        emptiness: "",
        errors: [],
        warnings: [],
        notices: [],
      }),
      openLog: () => openLocalSyslog([path]),
    });
    await server.start();
    await server.reload();
    await server.shutdown();
    logger.close();
    daemon.read();
    expect(lines.at(-1)).toEndWith("[INF] Reloaded: syslog = true\n");
    const statements = daemon.messages.map((message) => {
      const [, priority, , pid, text] = LOCAL.exec(message.trimEnd())!;
      expect(Number(pid)).toBe(process.pid);
      return [Number(priority), text];
    });
    const daemonNotice = 3 * 8 + NOTICE;
    expect(statements).toEqual([
      [daemonNotice, "Reloaded server configuration (sha256:0)"],
      [daemonNotice, "Initiating Shutdown..."],
      [daemonNotice, "Server Exiting.."],
    ]);
    daemon.stop();
  });
});
