/** Log lines: layout, levels, colours and what is suppressed, under a clock that the test holds. */
import { describe, expect, test } from "bun:test";
import type { Clock } from "../../../src/util/clock.ts";
import { LocalZone } from "../../../src/util/local-time.ts";
import { type LogLevel, Logger, type LoggerSettings } from "../../../src/util/logger.ts";

const LEVELS: readonly LogLevel[] = ["info", "warn", "error", "debug", "trace", "fatal"];

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
    for (const level of LEVELS) logger[level]("x");
    const labels = lines.map((line) => line.slice(7, 12));
    expect(labels).toEqual(["[INF]", "[WRN]", "[ERR]", "[DBG]", "[TRC]", "[FTL]"]);
  });

  test("has nats-server's colours when asked for", () => {
    const { lines, logger } = setUp({ logtime: false }, true);
    for (const level of LEVELS) logger[level]("x");
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

describe("repeated statements", () => {
  test("print every time when they are not rate-limited", () => {
    const { lines, logger } = setUp();
    for (let i = 0; i < 20; i++) logger.error("same");
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
