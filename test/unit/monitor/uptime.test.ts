/** How long something has lasted, in monitoring's notation. */
import { expect, test } from "bun:test";
import { uptimeText } from "../../../src/monitor/uptime.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

test("uptime starts with its largest unit and gives all smaller ones", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [999, "0s"],
    [59 * SECOND, "59s"],
    [MINUTE, "1m0s"],
    [HOUR - SECOND, "59m59s"],
    [HOUR, "1h0m0s"],
    [DAY - SECOND, "23h59m59s"],
    [DAY, "1d0h0m0s"],
    [3 * DAY + 4 * MINUTE, "3d0h4m0s"],
    [YEAR - SECOND, "364d23h59m59s"],
    [YEAR, "1y0d0h0m0s"],
    [2 * YEAR + 3 * DAY + 4 * HOUR + 5 * MINUTE + 6 * SECOND + 7, "2y3d4h5m6s"],
  ];
  for (const [elapsedMs, text] of cases) expect(uptimeText(elapsedMs)).toBe(text);
});

test("a clock that was set back makes no negative uptime", () => {
  expect(uptimeText(-5 * SECOND)).toBe("0s");
});
