/** How long a producer waits for slow receivers: steps, budget, release and reports. */
import { describe, expect, test } from "bun:test";
import { Pressure } from "../../../src/broker/back-pressure.ts";
import { ProducerStall } from "../../../src/connection/producer-stall.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp() {
  const clock = new FakeClock(0);
  const endedMs: number[] = [];
  const stall = new ProducerStall(clock, () => endedMs.push(clock.nowMs()));
  return { clock, endedMs, stall };
}

describe("a wait", () => {
  test("lasts 2 ms, or 5 ms if the receiver is full", () => {
    for (const [isFull, stepMs] of [
      [false, 2],
      [true, 5],
    ] as const) {
      const { clock, endedMs, stall } = setUp();
      expect(stall.begin(isFull ? Pressure.Full : Pressure.High)).toBe(true);
      clock.advance(100);
      expect(endedMs).toEqual([stepMs]);
    }
  });

  test("is not begun while another is under way", () => {
    const { clock, endedMs, stall } = setUp();
    expect(stall.begin(Pressure.High)).toBe(true);
    expect(stall.begin(Pressure.Full)).toBe(false);
    clock.advance(100);
    expect(endedMs).toEqual([2]);
  });

  test("ends early when the receiver is ready, but not within the turn that said so", () => {
    const { clock, endedMs, stall } = setUp();
    stall.begin(Pressure.Full);
    clock.advance(1);
    stall.release();
    expect(endedMs).toEqual([]);
    clock.advance(0);
    expect(endedMs).toEqual([1]);
    clock.advance(100);
    expect(endedMs).toEqual([1]);
  });

  test("that was cancelled ends without a word", () => {
    const { clock, endedMs, stall } = setUp();
    stall.begin(Pressure.Full);
    stall.cancel();
    clock.advance(100);
    expect(endedMs).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });

  test("a release without a wait does nothing", () => {
    const { clock, endedMs, stall } = setUp();
    stall.release();
    clock.advance(100);
    expect(endedMs).toEqual([]);
  });
});

describe("the budget", () => {
  /** Waits as often as allowed; returns the length of each wait. */
  function waitAll(stall: ProducerStall, clock: FakeClock, isFull: boolean): number[] {
    const waits: number[] = [];
    for (
      let startMs = clock.nowMs();
      stall.begin(isFull ? Pressure.Full : Pressure.High);
      startMs = clock.nowMs()
    ) {
      while (clock.timerCount > 0) clock.advance(0.5);
      waits.push(clock.nowMs() - startMs);
    }
    return waits;
  }

  test("is 10 ms for the input of one read", () => {
    const { clock, stall } = setUp();
    expect(waitAll(stall, clock, false)).toEqual([2, 2, 2, 2, 2]);
    const full = setUp();
    expect(waitAll(full.stall, full.clock, true)).toEqual([5, 5]);
  });

  test("cuts the last step short", () => {
    const { clock, stall } = setUp();
    stall.begin(Pressure.High);
    clock.advance(2);
    expect(waitAll(stall, clock, true)).toEqual([5, 3]);
  });

  test("is charged only for the time waited", () => {
    const { clock, stall } = setUp();
    for (let i = 0; i < 9; i++) {
      expect(stall.begin(Pressure.Full)).toBe(true);
      clock.advance(1);
      stall.release();
      clock.advance(0);
    }
    expect(waitAll(stall, clock, true)).toEqual([1]);
  });

  test("is renewed when as much as one read was taken, not before", () => {
    const { clock, stall } = setUp();
    waitAll(stall, clock, false);
    stall.onConsumed(65_535);
    expect(stall.begin(Pressure.High)).toBe(false);
    stall.onConsumed(1);
    expect(waitAll(stall, clock, false)).toEqual([2, 2, 2, 2, 2]);
  });
});

describe("a report", () => {
  test("is due from 5 ms in one read on, and each read starts anew", () => {
    const { clock, stall } = setUp();
    stall.begin(Pressure.High);
    clock.advance(2);
    expect(stall.takeReportableMs()).toBe(0);
    stall.begin(Pressure.Full);
    clock.advance(5);
    expect(stall.takeReportableMs()).toBe(5);
    expect(stall.takeReportableMs()).toBe(0);
  });
});
