/** Which sink the options choose. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type LogSinkSettings, makeSink } from "../../../../src/util/log/make-sink.ts";
import { StderrSink } from "../../../../src/util/log/stderr-sink.ts";
import { Logger } from "../../../../src/util/logger.ts";
import { listenUdp, received } from "../../../support/syslog-daemon.ts";

const NOTHING: LogSinkSettings = {
  logFile: "",
  logSizeLimitBytes: 0,
  logMaxFiles: 0,
  remoteSyslog: "",
  syslog: false,
};
const PLAIN = { debug: false, trace: false, logtime: false, logtimeUtc: false };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "midge-log-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("without any option lines go to stderr", async () => {
  const sink = await makeSink(NOTHING);
  expect(sink).toBeInstanceOf(StderrSink);
  sink.close?.();
});

test("a file comes before all else", async () => {
  const logFile = join(directory, "a.log");
  const remoteSyslog = "udp://nowhere.invalid:1";
  const sink = await makeSink({ ...NOTHING, logFile, remoteSyslog, syslog: true });
  const logger = new Logger(PLAIN, { sink, pid: 1 });
  logger.info("hello");
  logger.close();
  expect(readFileSync(logFile, "utf8")).toBe("[1] [INF] hello\n");
});

test("a remote syslog comes before the local one", async () => {
  const daemon = await listenUdp();
  const remoteSyslog = `udp://127.0.0.1:${daemon.port}`;
  const sink = await makeSink({ ...NOTHING, remoteSyslog, syslog: true });
  const logger = new Logger(PLAIN, { sink });
  logger.info("hello");
  expect((await received(daemon, 1))[0]).toEndWith(": hello\n");
  logger.close();
  daemon.stop();
});

test("a file that cannot be opened is an error with the reason", async () => {
  const logFile = join(directory, "missing", "a.log");
  await expect(makeSink({ ...NOTHING, logFile })).rejects.toThrow(
    `error opening file: open ${logFile}: no such file or directory`,
  );
});

test("rotation and the number of files reach the file", async () => {
  const logFile = join(directory, "a.log");
  const settings = { ...NOTHING, logFile, logSizeLimitBytes: 300, logMaxFiles: 1 };
  const logger = new Logger(PLAIN, { sink: await makeSink(settings), pid: 1 });
  logger.info("x".repeat(300));
  logger.info("next");
  logger.close();
  const text = readFileSync(logFile, "utf8");
  expect(text).toContain("[1] [INF] Rotated log, backup saved as ");
  expect(text).toContain("[1] [INF] Purged log file ");
  expect(text).toEndWith("[1] [INF] next\n");
});
