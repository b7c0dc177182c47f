/** The ticker of all connections, under a clock that the test moves. */
import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/util/random.ts";
import { TimerEntry, TimerWheel } from "../../../src/util/timer-wheel.ts";
import type { TimerOwner } from "../../../src/util/timer-wheel.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const TICK_MS = 20;
const REVOLUTION_MS = 1024 * TICK_MS;

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** An owner that notes when its entry fired. */
class Waiter implements TimerOwner {
  readonly entry = new TimerEntry(this);
  readonly firedMs: number[] = [];
  readonly action: (nowMs: number) => void;

  constructor(action: (nowMs: number) => void = () => {}) {
    this.action = action;
  }

  onTimer(nowMs: number): void {
    this.firedMs.push(nowMs);
    this.action(nowMs);
  }
}

function setUp(startMs = 5_000) {
  const clock = new FakeClock(startMs);
  let turns = 0;
  const wheel = new TimerWheel(clock, () => turns++);
  return { clock, wheel, turns: () => turns };
}

function expectOnTime(waiter: Waiter, dueMs: number): void {
  expect(waiter.firedMs).toHaveLength(1);
  expect(waiter.firedMs[0]).toBeGreaterThanOrEqual(dueMs);
  expect(waiter.firedMs[0]).toBeLessThanOrEqual(dueMs + TICK_MS);
}

describe("an entry", () => {
  test("fires once, never early and at most one tick late", () => {
    const starts = [0, 5_000, 5_013.37, 1e9 + 0.25];
    const delays = [0, 0.5, 1, 19, 20, 21, 39.99, 40, 1000, REVOLUTION_MS - 1, REVOLUTION_MS];
    for (const startMs of starts) {
      for (const delayMs of delays) {
        const { clock, wheel } = setUp(startMs);
        const waiter = new Waiter();
        wheel.arm(waiter.entry, startMs + delayMs);
        clock.advance(delayMs + 100);
        expectOnTime(waiter, startMs + delayMs);
        expect(wheel.armed).toBe(0);
      }
    }
  });

  test("may be due several revolutions away", () => {
    for (const revolutions of [1, 2, 7.3]) {
      const { clock, wheel } = setUp();
      const waiter = new Waiter();
      const dueMs = 5_000 + revolutions * REVOLUTION_MS;
      wheel.arm(waiter.entry, dueMs);
      clock.advance(REVOLUTION_MS * 9);
      expectOnTime(waiter, dueMs);
    }
  });

  test("whose time is past fires with the next tick", () => {
    const { clock, wheel } = setUp();
    for (const dueMs of [4_999, 0, -1_000]) {
      const waiter = new Waiter();
      wheel.arm(waiter.entry, dueMs);
      clock.advance(TICK_MS);
      expect(waiter.firedMs).toHaveLength(1);
    }
  });

  test("fires on time after the wheel has slept for long", () => {
    const { clock, wheel } = setUp();
    clock.advance(REVOLUTION_MS * 3.7);
    const waiter = new Waiter();
    const dueMs = clock.nowMs() + 55;
    wheel.arm(waiter.entry, dueMs);
    clock.advance(1000);
    expectOnTime(waiter, dueMs);
  });

  test("fires when the clock jumps over it", () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock, () => {});
    const waiters = [10, 500, 30_000].map((delayMs) => {
      const waiter = new Waiter();
      wheel.arm(waiter.entry, clock.nowMs() + delayMs);
      return waiter;
    });
    const held = new Waiter(() => clock.advance(REVOLUTION_MS * 2));
    wheel.arm(held.entry, clock.nowMs() + 5);
    clock.advance(TICK_MS);
    clock.advance(TICK_MS);
    for (const waiter of waiters) expect(waiter.firedMs).toHaveLength(1);
  });
});

describe("arming and disarming", () => {
  test("a disarmed entry does not fire", () => {
    const { clock, wheel } = setUp();
    const waiter = new Waiter();
    wheel.arm(waiter.entry, 5_100);
    wheel.disarm(waiter.entry);
    wheel.disarm(waiter.entry);
    expect(wheel.armed).toBe(0);
    clock.advance(REVOLUTION_MS);
    expect(waiter.firedMs).toEqual([]);
  });

  test("arming an armed entry moves it, to later or to earlier", () => {
    for (const dueMs of [5_050, 9_000, 5_000 + 2 * REVOLUTION_MS]) {
      const { clock, wheel } = setUp();
      const waiter = new Waiter();
      wheel.arm(waiter.entry, 5_500);
      wheel.arm(waiter.entry, dueMs);
      expect(wheel.armed).toBe(1);
      clock.advance(3 * REVOLUTION_MS);
      expectOnTime(waiter, dueMs);
    }
  });

  test("of several entries of one tick, any can be taken out", () => {
    for (let out = 0; out < 4; out++) {
      const { clock, wheel } = setUp();
      const waiters = Array.from({ length: 4 }, () => new Waiter());
      for (const waiter of waiters) wheel.arm(waiter.entry, 5_100);
      wheel.disarm(waiters[out]!.entry);
      clock.advance(200);
      expect(waiters.map((waiter) => waiter.firedMs.length)).toEqual(
        waiters.map((_, i) => (i === out ? 0 : 1)),
      );
    }
  });
});

describe("within a callback", () => {
  test("the entry is disarmed and can be armed again", () => {
    const { clock, wheel } = setUp();
    const ticking: Waiter = new Waiter((nowMs) => {
      expect(ticking.entry.dueTick).toBe(-1);
      if (ticking.firedMs.length < 5) wheel.arm(ticking.entry, nowMs + 100);
    });
    wheel.arm(ticking.entry, 5_100);
    clock.advance(10_000);
    expect(ticking.firedMs).toEqual([5_100, 5_200, 5_300, 5_400, 5_500]);
  });

  test("arming for much later does not delay entries that are due before", () => {
    const { clock, wheel } = setUp();
    const far: Waiter = new Waiter((nowMs) => wheel.arm(far.entry, nowMs + 120_000));
    const near = new Waiter();
    wheel.arm(far.entry, 5_100);
    wheel.arm(near.entry, 5_200);
    clock.advance(10_000);
    expect(far.firedMs).toEqual([5_100]);
    expect(near.firedMs).toEqual([5_200]);
  });

  test("arming for a time that is past fires with the next tick, not at once", () => {
    const { clock, wheel } = setUp();
    const waiter: Waiter = new Waiter(() => {
      if (waiter.firedMs.length < 3) wheel.arm(waiter.entry, 0);
    });
    wheel.arm(waiter.entry, 5_020);
    clock.advance(200);
    expect(waiter.firedMs).toEqual([5_020, 5_040, 5_060]);
  });

  test("an entry due in the same tick can be disarmed or moved", () => {
    const { clock, wheel } = setUp();
    const disarmed = new Waiter();
    const moved = new Waiter();
    const acts = () => {
      wheel.disarm(disarmed.entry);
      wheel.arm(moved.entry, 6_000);
    };
    wheel.arm(disarmed.entry, 5_100);
    wheel.arm(moved.entry, 5_100);
    wheel.arm(new Waiter(acts).entry, 5_080);
    clock.advance(5_000);
    expect(disarmed.firedMs).toEqual([]);
    expect(moved.firedMs).toEqual([6_000]);
  });

  test("entries of one tick may disarm each other: exactly one fires", () => {
    const { clock, wheel } = setUp();
    const left: Waiter = new Waiter(() => wheel.disarm(right.entry));
    const right: Waiter = new Waiter(() => wheel.disarm(left.entry));
    wheel.arm(left.entry, 5_100);
    wheel.arm(right.entry, 5_100);
    clock.advance(1_000);
    expect(left.firedMs.length + right.firedMs.length).toBe(1);
  });
});

test("after the entries of a wake-up, the end of the turn is called once", () => {
  const { clock, wheel, turns } = setUp();
  for (let i = 0; i < 3; i++) wheel.arm(new Waiter().entry, 5_100);
  clock.advance(100);
  expect(turns()).toBe(1);
});

test("a wheel without entries sets no timer", () => {
  const { clock, wheel } = setUp();
  expect(clock.timerCount).toBe(0);
  wheel.arm(new Waiter().entry, 5_100);
  clock.advance(200);
  expect(clock.timerCount).toBe(0);
});

test("a stopped wheel does not fire and sets no timer", () => {
  const { clock, wheel } = setUp();
  const waiter = new Waiter();
  wheel.arm(waiter.entry, 5_100);
  wheel.stop();
  wheel.arm(new Waiter().entry, 5_050);
  expect(clock.timerCount).toBe(0);
  clock.advance(10_000);
  expect(waiter.firedMs).toEqual([]);
});

test("a wheel stopped by a callback sets no timer any more", () => {
  const { clock, wheel } = setUp();
  wheel.arm(new Waiter(() => wheel.stop()).entry, 5_100);
  wheel.arm(new Waiter().entry, 5_500);
  clock.advance(200);
  expect(clock.timerCount).toBe(0);
});

/** Arms, moves and disarms at random, in callbacks too, beside a plain list of due times. */
function checkRandomly(seed: number): void {
  const random = new Random(seed);
  const clock = new FakeClock(random.below(100_000) + 0.125 * random.below(8));
  const wheel = new TimerWheel(clock, () => {});
  const dueMs = new Map<Waiter, number>();
  const change = (waiter: Waiter) => {
    if (random.below(4) === 0) {
      wheel.disarm(waiter.entry);
      dueMs.delete(waiter);
      return;
    }
    const reach = [50, 3_000, 3 * REVOLUTION_MS][random.below(3)]!;
    const due = clock.nowMs() + random.below(reach) - 10;
    wheel.arm(waiter.entry, due);
    dueMs.set(waiter, Math.max(due, clock.nowMs()));
  };
  const waiters: Waiter[] = Array.from({ length: 30 }, () => {
    const waiter: Waiter = new Waiter((nowMs) => {
      const due = dueMs.get(waiter);
      if (due === undefined) throw new Error("fired although it was disarmed");
      if (nowMs < due || nowMs > due + TICK_MS) throw new Error(`due at ${due}, fired at ${nowMs}`);
      dueMs.delete(waiter);
      if (random.below(2) === 0) change(waiter);
      if (random.below(3) === 0) change(waiters[random.below(waiters.length)]!);
    });
    return waiter;
  });
  for (let step = 0; step < 300; step++) {
    change(waiters[random.below(waiters.length)]!);
    clock.advance(random.below(random.below(10) === 0 ? 40_000 : 60) / 4);
    for (const due of dueMs.values()) {
      if (due + TICK_MS < clock.nowMs()) throw new Error(`due at ${due}, not fired`);
    }
    expect(wheel.armed).toBe(dueMs.size);
  }
}

test(`random changes keep every due time (seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + 40; seed++) {
    try {
      checkRandomly(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
});
