/** How late the event loop is, by a clock whose timers come late. */
import { describe, expect, test } from "bun:test";
import {
  LAG_BOUNDS,
  LoopLag,
  SAMPLED_FOR_MS,
  SAMPLE_INTERVAL_MS,
} from "../../../../src/monitor/metrics/loop-lag.ts";
import type { Clock } from "../../../../src/util/clock.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const total = ({ counts }: LoopLag) => counts.reduce((sum, count) => sum + count, 0);

function lateBy(clock: FakeClock, lateMs: number): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    after: (delayMs, action) => clock.after(delayMs + lateMs, action),
    afterEvents: (action) => clock.afterEvents(action),
  };
}

describe("samples", () => {
  test("begin when somebody asks, at equal intervals", () => {
    const clock = new FakeClock();
    const lag = new LoopLag(clock);
    clock.advance(SAMPLE_INTERVAL_MS * 10);
    expect([total(lag), clock.timerCount]).toEqual([0, 0]);
    lag.keepSampling();
    clock.advance(SAMPLE_INTERVAL_MS * 10);
    expect([total(lag), lag.sumSeconds]).toEqual([10, 0]);
  });

  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [250, 7],
    [60_000, 11],
  ])("that come %d ms late are in bucket %d", (lateMs, bucket) => {
    const clock = new FakeClock();
    const lag = new LoopLag(lateBy(clock, lateMs));
    lag.keepSampling();
    clock.advance(SAMPLE_INTERVAL_MS + lateMs);
    expect(lag.counts[bucket]).toBe(1);
    expect(total(lag)).toBe(1);
    expect(lag.sumSeconds).toBeCloseTo(lateMs / 1000, 9);
    expect(lag.counts).toHaveLength(LAG_BOUNDS.length + 1);
  });

  test("end some time after the last who asked, and begin again with the next", () => {
    const clock = new FakeClock();
    const lag = new LoopLag(clock);
    lag.keepSampling();
    clock.advance(SAMPLED_FOR_MS - 1000);
    lag.keepSampling();
    clock.advance(SAMPLED_FOR_MS - 1000);
    expect(clock.timerCount).toBe(1);
    clock.advance(2000);
    expect(clock.timerCount).toBe(0);
    const before = total(lag);
    lag.keepSampling();
    clock.advance(SAMPLE_INTERVAL_MS);
    expect(total(lag)).toBe(before + 1);
  });

  test("end with the server, whoever asks after that", () => {
    const clock = new FakeClock();
    const lag = new LoopLag(clock);
    lag.keepSampling();
    lag.stop();
    lag.keepSampling();
    expect(clock.timerCount).toBe(0);
  });
});
