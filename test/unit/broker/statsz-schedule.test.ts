/**
 * When statistics are told: the intervals are those that a reference server was seen to keep.
 */
import { expect, test } from "bun:test";
import { StatszSchedule } from "../../../src/broker/statsz-schedule.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp() {
  const clock = new FakeClock(0);
  const dueMs: number[] = [];
  const schedule = new StatszSchedule(clock, () => dueMs.push(clock.nowMs()));
  schedule.start();
  return { clock, dueMs, schedule };
}

test("statistics come soon after the start, then ever more rarely, every 10 s in the end", () => {
  const { clock, dueMs } = setUp();
  clock.advance(46_000);
  expect(dueMs).toEqual([250, 1250, 3250, 7250, 15_250, 25_250, 35_250, 45_250]);
});

test("who asks gets them at once; the next ones are at least a second later", () => {
  const { clock, dueMs, schedule } = setUp();
  clock.advance(3000);
  schedule.callNow();
  schedule.callNow();
  clock.advance(2000);
  expect(dueMs).toEqual([250, 1250, 3000, 3000, 4000]);
});

test("nothing comes after stop", () => {
  const { clock, dueMs, schedule } = setUp();
  schedule.stop();
  expect(clock.timerCount).toBe(0);
  clock.advance(60_000);
  expect(dueMs).toEqual([]);
});
