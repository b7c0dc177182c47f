/** Syslog messages: priority, time and sender, as Go's log/syslog writes them. */
import { describe, expect, test } from "bun:test";
import { LOG_LEVELS } from "../../../../src/util/log/levels.ts";
import { SyslogFrames, programName } from "../../../../src/util/log/syslog-frame.ts";
import { LocalZone } from "../../../../src/util/local-time.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

function zone(offsetS: number): LocalZone {
  return new LocalZone([{ offsetS, fromS: -Infinity, untilS: Infinity }]);
}

const clock = new FakeClock();
const sender = { tag: "midge", pid: 42 };

describe("a syslog message", () => {
  test("to the local daemon has the month's name, a padded day and no host", () => {
    const frames = new SyslogFrames(
      { facility: 3, hostname: undefined, ...sender },
      clock,
      zone(0),
    );
    expect(frames.frame("hello\n", "info")).toBe("<29>Jan  2 03:04:05 midge[42]: hello\n");
  });

  test("to a remote daemon has an RFC 3339 time with the offset, and the host", () => {
    const utc = new SyslogFrames({ facility: 0, hostname: "box", ...sender }, clock, zone(0));
    expect(utc.frame("hello\n", "info")).toBe("<5>2026-01-02T03:04:05Z box midge[42]: hello\n");
    const local = new SyslogFrames(
      { facility: 0, hostname: "box", ...sender },
      clock,
      zone(-12_600),
    );
    expect(local.frame("x\n", "info")).toStartWith("<5>2026-01-01T23:34:05-03:30 box ");
  });

  test("has nats-server's severity for each level", () => {
    const frames = new SyslogFrames(
      { facility: 3, hostname: undefined, ...sender },
      clock,
      zone(0),
    );
    const priorities = LOG_LEVELS.map((level) => /^<(\d+)>/.exec(frames.frame("", level))?.[1]);
    expect(
      Object.fromEntries(LOG_LEVELS.map((level, i) => [level, Number(priorities[i])])),
    ).toEqual({
      info: 29,
      warn: 28,
      error: 27,
      debug: 31,
      trace: 29,
      fatal: 26,
    });
  });

  test("is from the program by the name it was started under", () => {
    expect(programName()).toBe(process.argv0.split("/").at(-1)!);
    expect(programName()).not.toContain("/");
  });
});
