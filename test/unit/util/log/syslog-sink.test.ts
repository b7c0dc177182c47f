/** The log sent to syslog daemons over real sockets: what arrives, and what if nobody is there. */
import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { openLocalSyslog, openRemoteSyslog } from "../../../../src/util/log/make-sink.ts";
import type { LogSink } from "../../../../src/util/log/sink.ts";
import { Logger } from "../../../../src/util/logger.ts";
import { eventually } from "../../../support/measured-server.ts";
import {
  type SyslogDaemon,
  listenDatagrams,
  listenStream,
  listenUdp,
  received,
} from "../../../support/syslog-daemon.ts";

const SOON_MS = 5000;
const TAG = `${basename(process.argv0)}[${process.pid}]`;
const SETTINGS = { debug: true, trace: true, logtime: true, logtimeUtc: false };

let directory: string;
let stops: (() => void)[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "midge-log-"));
  stops = [];
});

afterEach(() => {
  for (const stop of stops.toReversed()) stop();
  rmSync(directory, { recursive: true, force: true });
});

function keep<Daemon extends SyslogDaemon>(daemon: Daemon): Daemon {
  stops.push(() => daemon.stop());
  return daemon;
}

async function use(opening: Promise<LogSink>): Promise<LogSink> {
  const sink = await opening;
  stops.push(() => sink.close?.());
  return sink;
}

/** What comes after priority and time. */
function afterTime(message: string): string {
  return message.replace(/^<\d+>(?:\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\S+) /, "");
}

describe("the local daemon", () => {
  test("gets datagrams without process id, time and label of our own", async () => {
    const path = join(directory, "log");
    const daemon = keep(listenDatagrams(path));
    const sink = await use(openLocalSyslog([join(directory, "none"), path]));
    const logger = new Logger(SETTINGS, { sink });
    logger.info("Server is ready");
    logger.error("é went wrong");
    daemon.read();
    expect(daemon.messages.map(afterTime)).toEqual([
      `${TAG}: Server is ready\n`,
      `${TAG}: é went wrong\n`,
    ]);
    expect(daemon.messages.map((message) => /^<\d+>/.exec(message)?.[0])).toEqual(["<29>", "<27>"]);
  });

  test("gets JSON lines as messages", async () => {
    const path = join(directory, "log");
    const daemon = keep(listenDatagrams(path));
    const sink = await use(openLocalSyslog([path]));
    const logger = new Logger({ ...SETTINGS, logFormat: "json", logtime: false }, { sink });
    logger.for("client").warn("slow", { event: "slow_consumer", cid: 7 });
    daemon.read();
    const json = daemon.messages[0]!.slice(daemon.messages[0]!.indexOf("{"));
    expect(JSON.parse(json)).toEqual({
      level: "warn",
      pid: process.pid,
      subsystem: "client",
      event: "slow_consumer",
      message: "slow",
      cid: 7,
    });
  });

  test("that is slow gets everything in the end, in order", async () => {
    const path = join(directory, "log");
    const daemon = keep(listenDatagrams(path));
    const sink = await use(openLocalSyslog([path]));
    const texts = Array.from({ length: 500 }, (_, i) => `line ${i}`);
    for (const text of texts) sink.write(`${text}\n`, "info");
    await eventually("all lines", SOON_MS, () => {
      daemon.read();
      return daemon.messages.length === texts.length;
    });
    expect(daemon.messages.map(afterTime)).toEqual(texts.map((text) => `${TAG}: ${text}\n`));
  });

  test("that does not read costs lines beyond a limit, which are counted", async () => {
    const path = join(directory, "log");
    const daemon = keep(listenDatagrams(path));
    const sink = await use(openLocalSyslog([path]));
    for (let i = 0; i < 300; i++) sink.write(`${"x".repeat(9999)}\n`, "info");
    await eventually("the loss", SOON_MS, () => {
      daemon.read();
      return / log lines were lost\n$/.test(daemon.messages.at(-1) ?? "");
    });
    const lost = Number(/(\d+) log lines were lost/.exec(daemon.messages.at(-1)!)?.[1]);
    expect(lost).toBe(300 - (daemon.messages.length - 1));
    expect(lost).toBeGreaterThan(100);
  });

  test("that is started anew gets what follows", async () => {
    const path = join(directory, "log");
    const first = listenDatagrams(path);
    const sink = await use(openLocalSyslog([path]));
    sink.write("one\n", "info");
    first.read();
    first.stop();
    const second = keep(listenDatagrams(path));
    sink.write("two\n", "info");
    second.read();
    expect([...first.messages, ...second.messages].map(afterTime)).toEqual([
      `${TAG}: one\n`,
      `${TAG}: two\n`,
    ]);
  });

  test("gets a line that is too long for a datagram cut", async () => {
    const path = join(directory, "log");
    const daemon = keep(listenDatagrams(path));
    const sink = await use(openLocalSyslog([path]));
    sink.write(`${"é".repeat(200_000)}\n`, "info");
    sink.write("next\n", "info");
    daemon.read();
    const [long, next] = daemon.messages;
    expect(long).toMatch(/: é+\.\.\.\n$/);
    expect(Buffer.byteLength(long!)).toBeLessThanOrEqual(64 * 1024);
    expect(next).toEndWith("next\n");
  });

  test("may listen for streams instead", async () => {
    const path = join(directory, "log");
    const daemon = keep(listenStream(path));
    const sink = await use(openLocalSyslog([join(directory, "none"), path]));
    sink.write("one\n", "info");
    sink.write("two\n", "info");
    expect((await received(daemon, 2)).map(afterTime)).toEqual([`${TAG}: one`, `${TAG}: two`]);
  });

  test("that does not run is an error", async () => {
    await expect(openLocalSyslog([join(directory, "none")])).rejects.toThrow(
      'error connecting to syslog: "Unix syslog delivery error"',
    );
  });
});

describe("a remote daemon", () => {
  test("over UDP gets one datagram a line with the host's name", async () => {
    const daemon = keep(await listenUdp());
    const sink = await use(openRemoteSyslog(`udp://127.0.0.1:${daemon.port}`));
    new Logger(SETTINGS, { sink }).fatal("the end");
    const [message] = await received(daemon, 1);
    expect(message).toMatch(/^<2>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d) /);
    expect(afterTime(message!)).toBe(`${hostname()} ${TAG}: the end\n`);
  });

  test("over UDP that nobody receives disturbs nothing", async () => {
    const daemon = await listenUdp();
    daemon.stop();
    const sink = await use(openRemoteSyslog(`udp://127.0.0.1:${daemon.port}`));
    for (let i = 0; i < 100; i++) {
      sink.write("into the void\n", "info");
      if (i % 10 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    sink.write(`${"x".repeat(100_000)}\n`, "info");
    sink.flush?.();
  });

  test("over TCP gets lines", async () => {
    const daemon = keep(listenStream());
    const sink = await use(openRemoteSyslog(`tcp://localhost:${daemon.port}`));
    for (let i = 0; i < 1000; i++) sink.write(`line ${i}\n`, "debug");
    const messages = await received(daemon, 1000);
    expect(messages[0]).toMatch(/^<7>\d{4}-/);
    expect(messages.map(afterTime)).toEqual(
      Array.from({ length: 1000 }, (_, i) => `${hostname()} ${TAG}: line ${i}`),
    );
  });

  test("at a path gets lines in the local form", async () => {
    const path = join(directory, "remote");
    const daemon = keep(listenStream(path));
    const sink = await use(openRemoteSyslog(`unix://${path}`));
    sink.write("hello\n", "warn");
    const [message] = await received(daemon, 1);
    expect(message).toMatch(/^<4>\w{3} /);
    expect(afterTime(message!)).toBe(`${TAG}: hello`);
  });

  test("that does not read costs lines beyond a limit, and nobody waits", async () => {
    const daemon = keep(listenStream());
    daemon.pause(true);
    const sink = await use(openRemoteSyslog(`tcp://127.0.0.1:${daemon.port}`));
    const count = 200_000;
    for (let i = 0; i < count; i++) sink.write(`${"x".repeat(99)}\n`, "info");
    await new Promise<void>((resolve) => setImmediate(resolve));
    daemon.pause(false);
    const { messages } = daemon;
    const lostAt = () => messages.findIndex((message) => message.endsWith(" log lines were lost"));
    await eventually("the loss", 4000, () => lostAt() >= 0);
    const lost = Number(/(\d+) log lines were lost/.exec(messages[lostAt()]!)?.[1]);
    expect(lost).toBe(count - (messages.length - 1));
    expect(messages.every((message) => /x$|lost$/.test(message))).toBe(true);
  });

  test("that hangs up is connected to again, and lines meanwhile wait", async () => {
    const daemon = keep(listenStream());
    const sink = await use(openRemoteSyslog(`tcp://127.0.0.1:${daemon.port}`));
    sink.write("one\n", "info");
    await received(daemon, 1);
    daemon.hangUp();
    await new Promise<void>((resolve) => setImmediate(resolve));
    await eventually("later lines", SOON_MS, () => {
      sink.write("again\n", "info");
      return daemon.messages.length > 2;
    });
    expect(daemon.messages.every((message) => /: (?:one|again)$/.test(message))).toBe(true);
  });

  test("that does not answer is an error", async () => {
    const daemon = listenStream();
    daemon.stop();
    await expect(openRemoteSyslog(`tcp://127.0.0.1:${daemon.port}`)).rejects.toThrow(
      `error connecting to syslog: "dial tcp 127.0.0.1:${daemon.port}: connect: connection refused"`,
    );
    const path = join(directory, "none");
    await expect(openRemoteSyslog(`unix://${path}`)).rejects.toThrow(
      `error connecting to syslog: "dial unix ${path}: connect: no such file or directory"`,
    );
  });

  test("at a URL that is none is an error", async () => {
    for (const [url, message] of [
      ["http://localhost:514", 'error invalid network type: "http"'],
      ["localhost:514", 'error invalid network type: "localhost"'],
      ["/dev/log", 'error invalid network type: ""'],
      [
        "tcp://localhost",
        'error connecting to syslog: "dial tcp: address localhost: missing port in address"',
      ],
      [
        "udp://localhost:70000",
        'error connecting to syslog: "dial udp: address localhost:70000: invalid port"',
      ],
    ]) {
      await expect(openRemoteSyslog(url!)).rejects.toThrow(message!);
    }
  });
});
