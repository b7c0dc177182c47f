/** What the process uses: CPU is averaged over a second at least. */
import { expect, test } from "bun:test";
import { ProcessUsage } from "../../../src/monitor/process-usage.ts";
import { FakeClock } from "../../support/fake-clock.ts";

test("CPU is 0 at first and kept for a second", () => {
  const clock = new FakeClock();
  const usage = new ProcessUsage(clock);
  expect(usage.cpuPercent).toBe(0);
  clock.advance(1000);
  const percent = usage.cpuPercent;
  expect(percent).toBeGreaterThan(0);
  expect(Math.round(percent * 10) / 10).toBe(percent);
  clock.advance(999);
  expect(usage.cpuPercent).toBe(percent);
});

test("memory and cores are the machine's", () => {
  const usage = new ProcessUsage(new FakeClock());
  expect(usage.memoryBytes).toBeGreaterThan(1_000_000);
  expect(usage.cores).toBeGreaterThanOrEqual(1);
});
