/** Log lines: layout, levels, colours and what is suppressed, under a clock that the test holds. */
import { describe, expect, setSystemTime, test } from "bun:test";
import type { Clock } from "../../../src/util/clock.ts";
import { LocalZone } from "../../../src/util/local-time.ts";
import { LOG_LEVELS, LOG_SUBSYSTEMS } from "../../../src/util/log/levels.ts";
import type { LogSink, OwnLine } from "../../../src/util/log/sink.ts";
import { Logger, type LoggerSettings } from "../../../src/util/logger.ts";

class HeldClock implements Clock {
  /** Microseconds since 1970; the wall clock shows whole milliseconds of it. */
  micros = Date.UTC(2026, 7, 21, 14, 50, 11) * 1000;

  wallMs(): number {
    return Math.floor(this.micros / 1000);
  }

  nowMs(): number {
    return this.micros / 1000 - 1_000_000;
  }

  after(): () => void {
    throw new Error("a logger has no timers");
  }

  afterEvents(): void {
    throw new Error("a logger has no turns");
  }
}

function setUp(settings: Partial<LoggerSettings> = {}, colours = false) {
  const clock = new HeldClock();
  const lines: string[] = [];
  const zone = new LocalZone([{ offsetS: 19_800, fromS: -Infinity, untilS: Infinity }]);
  const sink = { write: (line: string) => lines.push(line) };
  const logger = new Logger(
    { debug: true, trace: true, logtime: true, logtimeUtc: true, ...settings },
    { sink, colours, clock, zone, pid: 4321 },
  );
  return { clock, lines, logger };
}

describe("a line", () => {
  test("holds process id, UTC time with microseconds, label and text", () => {
    const { clock, lines, logger } = setUp();
    clock.micros += 123_456;
    logger.info("Server is ready");
    expect(lines).toEqual(["[4321] 2026/08/21 14:50:11.123456 [INF] Server is ready\n"]);
    clock.micros += 7;
    logger.info("again");
    expect(lines[1]).toBe("[4321] 2026/08/21 14:50:11.123463 [INF] again\n");
  });

  test("shows local time unless UTC is asked for", () => {
    const { lines, logger } = setUp({ logtimeUtc: false });
    logger.info("x");
    expect(lines).toEqual(["[4321] 2026/08/21 20:20:11.000000 [INF] x\n"]);
  });

  test("has no time without logtime", () => {
    const { lines, logger } = setUp({ logtime: false });
    logger.info("x");
    expect(lines).toEqual(["[4321] [INF] x\n"]);
  });

  test("has nats-server's label for each level", () => {
    const { lines, logger } = setUp({ logtime: false });
    for (const level of LOG_LEVELS) logger[level]("x");
    const labels = lines.map((line) => line.slice(7, 12));
    expect(labels).toEqual(["[INF]", "[WRN]", "[ERR]", "[DBG]", "[TRC]", "[FTL]"]);
  });

  test("has nats-server's colours when asked for", () => {
    const { lines, logger } = setUp({ logtime: false }, true);
    for (const level of LOG_LEVELS) logger[level]("x");
    const codes = lines.map((line) => /\[\x1b\[([\d;]+)m(\w+)\x1b\[0m\] x\n$/.exec(line)?.[1]);
    expect(codes).toEqual(["32", "0;93", "31", "36", "33", "31"]);
  });

  test("may hold anything a format string or a pretty-printer would change", () => {
    const { lines, logger } = setUp({ logtime: false });
    logger.info("100%s %d {}");
    logger.info("");
    expect(lines).toEqual(["[4321] [INF] 100%s %d {}\n", "[4321] [INF] \n"]);
  });
});

describe("time stamps", () => {
  test("never run backwards while the clock does not", () => {
    const { clock, lines, logger } = setUp();
    for (let i = 0; i < 5000; i++) {
      clock.micros += 137;
      logger.info("x");
    }
    const stamps = lines.map((line) => line.slice(7, 33));
    expect(stamps).toEqual(stamps.toSorted());
  });

  test("stay within the millisecond of the wall clock, also when it is set", () => {
    const { clock, lines, logger } = setUp();
    for (const step of [900, 1_000_000, 3_600_000_000, -7_200_000_000, 400]) {
      clock.micros += step;
      logger.info("x");
      const shown = lines.at(-1)!.slice(7, 30).replaceAll("/", "-").replace(" ", "T");
      expect(new Date(`${shown}Z`).getTime()).toBe(clock.wallMs());
    }
  });
});

describe("levels", () => {
  test("debug and trace print only when they are on, each by itself", () => {
    const { lines, logger } = setUp({ logtime: false, debug: false, trace: true });
    expect([logger.debugEnabled, logger.traceEnabled]).toEqual([false, true]);
    logger.debug("d");
    logger.trace("t");
    expect(lines).toEqual(["[4321] [TRC] t\n"]);
  });

  test("change with configure from the next line on", () => {
    const { lines, logger } = setUp({ logtime: false });
    logger.configure({ debug: false, trace: false, logtime: true, logtimeUtc: true });
    logger.debug("d");
    logger.info("i");
    expect(lines).toEqual(["[4321] 2026/08/21 14:50:11.000000 [INF] i\n"]);
  });
});

describe("a JSON line", () => {
  const json = { logFormat: "json" } as const;

  test("is an object with stable names in a stable order, then the facts", () => {
    const { clock, lines, logger } = setUp(json);
    clock.micros += 123_456;
    logger.for("client").warn("too slow", { event: "slow_consumer", cid: 7, account: "$G" });
    expect(lines).toEqual([
      '{"time":"2026-08-21T14:50:11.123456Z","level":"warn","pid":4321,"subsystem":"client",' +
        '"event":"slow_consumer","message":"too slow","cid":7,"account":"$G"}\n',
    ]);
  });

  test("has local time with its offset unless UTC is asked for", () => {
    const { lines, logger } = setUp({ ...json, logtimeUtc: false });
    logger.info("x");
    expect(JSON.parse(lines[0]!)).toMatchObject({ time: "2026-08-21T20:20:11.000000+05:30" });
  });

  test("has no time without logtime, and no event without one", () => {
    const { lines, logger } = setUp({ ...json, logtime: false });
    logger.info("x");
    expect(lines).toEqual(['{"level":"info","pid":4321,"subsystem":"server","message":"x"}\n']);
  });

  test("has the level's whole name, and never colours", () => {
    const { lines, logger } = setUp(json, true);
    for (const level of LOG_LEVELS) logger[level]("x");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([...LOG_LEVELS]);
  });

  test("stays one line whatever the text holds", () => {
    const { lines, logger } = setUp(json);
    const text = 'a "b"\r\n\u2028\x00\x1b[31m é\ud800';
    logger.info(text);
    expect(lines[0]!.indexOf("\n")).toBe(lines[0]!.length - 1);
    expect(JSON.parse(lines[0]!).message).toBe(text);
  });

  test("keeps what every line has when facts have the same names", () => {
    const { lines, logger } = setUp({ ...json, logtime: false });
    logger.info("x", { time: "never", level: "?", pid: 1, subsystem: "?", message: "?", cid: 1 });
    expect(lines).toEqual([
      '{"level":"info","pid":4321,"subsystem":"server","message":"x","cid":1}\n',
    ]);
  });

  test("begins and ends with configure", () => {
    const { lines, logger } = setUp({ logtime: false });
    const plain = { debug: true, trace: true, logtime: false, logtimeUtc: false };
    logger.info("x", { cid: 1 });
    logger.configure({ ...plain, ...json });
    logger.info("y", { cid: 1 });
    logger.configure(plain);
    logger.info("z", { cid: 1 });
    expect(lines.map((line) => line[0])).toEqual(["[", "{", "["]);
    expect(lines[0]).toBe("[4321] [INF] x\n");
  });
});

describe("subsystems", () => {
  const off = { debug: false, trace: false, logtime: false };

  test("are loggers of their own, each always the same", () => {
    const { logger } = setUp();
    const loggers = LOG_SUBSYSTEMS.map((subsystem) => logger.for(subsystem));
    expect(new Set(loggers).size).toBe(LOG_SUBSYSTEMS.length);
    expect(logger.for("server")).toBe(logger);
    expect(logger.for("tls").for("tls")).toBe(logger.for("tls"));
  });

  test("follow the two switches unless they have a level", () => {
    const { lines, logger } = setUp({ ...off, logLevels: { tls: "debug", client: "warn" } });
    for (const subsystem of ["auth", "tls", "client"] as const) {
      for (const level of LOG_LEVELS) logger.for(subsystem)[level](subsystem);
    }
    expect(lines.map((line) => line.slice(7, -1))).toEqual([
      "[INF] auth",
      "[WRN] auth",
      "[ERR] auth",
      "[FTL] auth",
      "[INF] tls",
      "[WRN] tls",
      "[ERR] tls",
      "[DBG] tls",
      "[FTL] tls",
      "[WRN] client",
      "[ERR] client",
      "[FTL] client",
    ]);
  });

  test("with a level ignore the switches in both directions", () => {
    const { logger } = setUp({
      debug: true,
      trace: false,
      logLevels: { mqtt: "error", tls: "trace" },
    });
    const flags = (["server", "mqtt", "tls"] as const).map((subsystem) => {
      const { debugEnabled, traceEnabled } = logger.for(subsystem);
      return [debugEnabled, traceEnabled];
    });
    expect(flags).toEqual([
      [true, false],
      [false, false],
      [true, true],
    ]);
  });

  test("that are in use change with configure, called on any of them", () => {
    const { logger } = setUp({ ...off, logLevels: { client: "trace" } });
    const client = logger.for("client");
    const auth = logger.for("auth");
    auth.configure({ ...off, logtimeUtc: true, logLevels: { auth: "debug" } });
    expect([client.traceEnabled, auth.debugEnabled, logger.debugEnabled]).toEqual([
      false,
      true,
      false,
    ]);
    expect(logger.for("mqtt").debugEnabled).toBe(false);
  });

  test("share what is suppressed as a repetition", () => {
    const { lines, logger } = setUp();
    logger.for("client").rateLimited("warn", "same");
    logger.for("auth").rateLimited("warn", "same");
    expect(lines).toHaveLength(1);
  });
});

/** Notes what is asked of it. */
class NotingSink implements LogSink {
  readonly isBare: boolean;
  readonly calls: string[] = [];
  ownLine: OwnLine | undefined;

  constructor(isBare = false) {
    this.isBare = isBare;
  }

  write(line: string): void {
    this.calls.push(line);
  }

  attach(ownLine: OwnLine): void {
    this.ownLine = ownLine;
  }

  flush(): void {
    this.calls.push("flush");
  }

  close(): void {
    this.calls.push("close");
  }
}

describe("sinks", () => {
  test("can change while the server runs; the old one is closed", () => {
    const { lines, logger } = setUp({ logtime: false });
    const first = new NotingSink();
    const second = new NotingSink(true);
    logger.info("a");
    logger.useSink(first);
    logger.for("client").info("b");
    logger.useSink(second);
    logger.info("c");
    logger.useSink(second);
    logger.close();
    expect(lines).toEqual(["[4321] [INF] a\n"]);
    expect(first.calls).toEqual(["[4321] [INF] b\n", "close"]);
    expect(second.calls).toEqual(["c\n", "close"]);
  });

  test("make their own statements in the logger's layout, whichever it is", () => {
    const { logger } = setUp({ logtime: false });
    const sink = new NotingSink();
    logger.useSink(sink);
    expect(sink.ownLine?.("warn", "x")).toBe("[4321] [WRN] x\n");
    logger.configure({
      debug: false,
      trace: false,
      logtime: false,
      logtimeUtc: false,
      logFormat: "json",
    });
    expect(JSON.parse(sink.ownLine!("warn", "x"))).toMatchObject({ level: "warn", message: "x" });
  });

  test("have got rid of everything when a fatal statement returns", () => {
    const sink = new NotingSink();
    const { logger } = setUp({ logtime: false });
    logger.useSink(sink);
    logger.fatal("the end");
    expect(sink.calls).toEqual(["[4321] [FTL] the end\n", "flush"]);
  });

  test("without a file are not reopened, and the log says so", () => {
    const { lines, logger } = setUp({ logtime: false });
    logger.reopen();
    expect(lines).toEqual(["[4321] [INF] File log re-open ignored, not a file logger\n"]);
  });

  test("with a file are reopened, or the reason is logged why not", () => {
    const { logger } = setUp({ logtime: false });
    let problem = "";
    class FileLike extends NotingSink {
      reopen(): void {
        if (problem !== "") throw new Error(problem);
        this.calls.push("reopen");
      }
    }
    const sink = new FileLike();
    logger.useSink(sink);
    logger.reopen();
    problem = "error opening file: no";
    logger.reopen();
    expect(sink.calls).toEqual([
      "reopen",
      "[4321] [INF] File log re-opened\n",
      "[4321] [ERR] error opening file: no\n",
    ]);
  });
});

describe("repeated statements", () => {
  test("print every time when they are not rate-limited", () => {
    const { lines, logger } = setUp();
    for (let i = 0; i < 20; i++) logger.error("same");
    expect(lines).toHaveLength(20);
  });

  test("print every time when the clock is set back", () => {
    const { lines, logger } = setUp();
    for (let i = 0; i < 20; i++) {
      setSystemTime(new Date(Date.UTC(2026, 0, 1) - i * 60_000));
      logger.error("same");
    }
    setSystemTime();
    expect(lines).toHaveLength(20);
  });

  test("print once a second when they are", () => {
    const { clock, lines, logger } = setUp({ logtime: false });
    for (let i = 0; i < 25; i++) {
      logger.rateLimited("warn", "same");
      logger.rateLimited("error", "other");
      clock.micros += 100_000;
    }
    expect(lines.filter((line) => line.includes("[WRN] same"))).toHaveLength(3);
    expect(lines.filter((line) => line.includes("[ERR] other"))).toHaveLength(3);
  });

  test("are remembered up to 1024 different ones a second", () => {
    const { clock, lines, logger } = setUp();
    for (let i = 0; i < 2000; i++) logger.rateLimited("info", `text ${i}`);
    expect(lines).toHaveLength(1024);
    clock.micros += 1_000_000;
    logger.rateLimited("info", "text 1999");
    expect(lines).toHaveLength(1025);
  });

  test("of a level that is off do not print", () => {
    const { lines, logger } = setUp({ debug: false });
    logger.rateLimited("debug", "x");
    expect(lines).toEqual([]);
  });
});
