/** Durations in Go's notation: reading, writing and what is wrong with others. */
import { describe, expect, test } from "bun:test";
import { DurationError, formatDuration, parseDuration } from "../../../src/util/duration.ts";

describe("parseDuration", () => {
  test.each([
    ["0", 0],
    ["5s", 5000],
    ["100ms", 100],
    ["1m30s", 90_000],
    ["1h0m0.5s", 3_600_500],
    [".5s", 500],
    ["1.s", 1000],
    ["+2s", 2000],
    ["-1.5h", -5_400_000],
    ["10us", 0.01],
    ["10\u00b5s", 0.01],
    ["10\u03bcs", 0.01],
    ["1ns", 0.000001],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["abc", 'time: invalid duration "abc"'],
    ["1s x", 'time: unknown unit "s x" in duration "1s x"'],
    ["5", 'time: missing unit in duration "5"'],
    ["1m5", 'time: missing unit in duration "1m5"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
  ])("refuses %j in Go's words", (text, message) => {
    expect(() => parseDuration(text)).toThrow(new DurationError(message));
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0s"],
    [0.000001, "1ns"],
    [0.0015, "1.5\u00b5s"],
    [1.5, "1.5ms"],
    [2000, "2s"],
    [10_250, "10.25s"],
    [60_000, "1m0s"],
    [120_000, "2m0s"],
    [3_600_000, "1h0m0s"],
    [90_061_500, "25h1m1.5s"],
    [-1500, "-1.5s"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});
