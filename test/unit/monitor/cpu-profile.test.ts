/** CPU profiles: what is recorded, who may record, and the time in which nothing ran. */
import { describe, expect, test } from "bun:test";
import type { Profiler } from "node:inspector";
import {
  ProfilerBusyError,
  recordCpuProfile,
  samplingIntervalUs,
  withIdleTime,
} from "../../../src/monitor/cpu-profile.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const INTERVAL_US = 1000;
const ROOT = 1;
const WORK = 2;
const IDLE = 3;

function frame(functionName: string) {
  return { functionName, scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 };
}

/** A profile of one function, sampled at these times after its start. */
function sampledAt(...timesUs: number[]): Profiler.Profile {
  return {
    nodes: [
      { id: ROOT, callFrame: frame("(root)"), hitCount: 0, children: [WORK] },
      { id: WORK, callFrame: frame("work"), hitCount: timesUs.length },
    ],
    startTime: 5_000_000.25,
    endTime: 5_000_000.25 + (timesUs.at(-1) ?? 0),
    samples: timesUs.map(() => WORK),
    timeDeltas: timesUs.map((timeUs, index) => timeUs - (timesUs[index - 1] ?? 0)),
  };
}

/** Which node is sampled when, in microseconds after the start. */
function timeline({ samples = [], timeDeltas = [] }: Profiler.Profile): [number, number][] {
  let atUs = 0;
  return samples.map((node, index) => [(atUs += timeDeltas[index]!), node]);
}

describe("time without samples", () => {
  test("is idle before the first, between two and after the last", () => {
    const profile = withIdleTime(sampledAt(10_000, 11_000, 50_000), INTERVAL_US, 90_000);
    expect(timeline(profile)).toEqual([
      [0, IDLE],
      [10_000, WORK],
      [11_000, WORK],
      [12_000, IDLE],
      [50_000, WORK],
      [51_000, IDLE],
    ]);
    expect(profile.nodes[0]!.children).toEqual([WORK, IDLE]);
    expect(profile.nodes.at(-1)).toEqual({ id: IDLE, callFrame: frame("(idle)"), hitCount: 3 });
  });

  test("counts as work while samples are late only", () => {
    const profile = withIdleTime(sampledAt(1000, 2900, 4900), INTERVAL_US, 6000);
    expect(timeline(profile).map(([, node]) => node)).toEqual([WORK, WORK, WORK]);
  });

  test("is all of a profile in which nothing ran", () => {
    const profile = withIdleTime(sampledAt(), INTERVAL_US, 30_000);
    expect(timeline(profile)).toEqual([[0, IDLE]]);
    expect(profile.endTime - profile.startTime).toBe(30_000);
  });
});

test("times are whole microseconds and add up to the recording", () => {
  const timesUs = Array.from({ length: 100 }, (_, index) => index * 1234.567);
  const profile = withIdleTime(sampledAt(...timesUs), INTERVAL_US, 200_000.4);
  for (const deltaUs of profile.timeDeltas!) expect(deltaUs).toBe(Math.round(deltaUs));
  expect(timeline(profile).at(-2)).toEqual([Math.round(99 * 1234.567), WORK]);
  expect(profile.startTime).toBe(5_000_000);
  expect(profile.endTime).toBe(5_200_000);
});

test("samples are 1 ms apart for up to 30 s, and 30,000 at most", () => {
  expect(samplingIntervalUs(10)).toBe(1000);
  expect(samplingIntervalUs(30_000)).toBe(1000);
  expect(samplingIntervalUs(300_000)).toBe(10_000);
});

describe("a recording", () => {
  test("shows the functions that ran, with the time they took", async () => {
    const recording = recordCpuProfile(200, systemClock, new AbortController().signal);
    const timer = setInterval(workHard, 0);
    const { nodes, startTime, endTime } = await recording;
    clearInterval(timer);
    const [node] = nodes.filter(({ callFrame }) => callFrame.functionName === "workHard");
    expect(node?.callFrame.url).toEndWith("cpu-profile.test.ts");
    expect(endTime - startTime).toBeGreaterThanOrEqual(200_000);
  });

  test("keeps others from recording until it is over", async () => {
    const clock = new FakeClock();
    const end = new AbortController();
    const recording = recordCpuProfile(1000, clock, end.signal);
    const other = recordCpuProfile(1000, clock, end.signal);
    await expect(other).rejects.toThrow(new ProfilerBusyError("CPU profiling already in use"));
    end.abort();
    await recording;
    await recordCpuProfile(1000, clock, end.signal);
    expect(clock.timerCount).toBe(0);
  });
});

function workHard(): number {
  const endMs = performance.now() + 20;
  let sum = 0;
  while (performance.now() < endMs) for (let i = 0; i < 1000; i++) sum = (sum * 31 + i) | 0;
  return sum;
}
