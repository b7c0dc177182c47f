/**
 * Points in time in the form of Go's JSON: no decimals that say nothing.
 */
import { expect, test } from "bun:test";
import { goTime } from "../../../src/util/go-time.ts";

const WHOLE = Date.UTC(2026, 0, 2, 3, 4, 0);

test("a whole second has no decimals", () => {
  expect(goTime(WHOLE)).toBe("2026-01-02T03:04:00Z");
});

test("decimals end with the last that is not zero", () => {
  expect(goTime(WHOLE + 5678)).toBe("2026-01-02T03:04:05.678Z");
  expect(goTime(WHOLE + 5670)).toBe("2026-01-02T03:04:05.67Z");
  expect(goTime(WHOLE + 5007)).toBe("2026-01-02T03:04:05.007Z");
  expect(goTime(WHOLE + 600)).toBe("2026-01-02T03:04:00.6Z");
});

test("fractions of a millisecond are told too", () => {
  expect(goTime(WHOLE + 5000.25)).toBe("2026-01-02T03:04:05.00025Z");
  expect(goTime(WHOLE + 5678.5)).toBe("2026-01-02T03:04:05.6785Z");
});
