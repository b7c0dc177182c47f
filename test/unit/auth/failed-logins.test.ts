/** Addresses from which log-ins fail again and again are slowed down. */
import { describe, expect, test } from "bun:test";
import { FailedLogins, MAX_ADDRESSES, MEMORY_MS } from "../../../src/auth/failed-logins.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const SETTINGS = { after: 3, delayMs: 100, maxDelayMs: 1000 };
const HOME = "192.0.2.1";

function lab(settings: typeof SETTINGS | undefined = SETTINGS) {
  const clock = new FakeClock();
  const logins = new FailedLogins(clock, settings);
  const fail = (times: number, address = HOME) => {
    for (let i = 0; i < times; i++) logins.note(address);
  };
  return { clock, logins, fail };
}

describe("an address", () => {
  test("waits only after several failures in a row", () => {
    const { logins, fail } = lab();
    expect(logins.delayMsFor(HOME)).toBe(0);
    fail(2);
    expect(logins.delayMsFor(HOME)).toBe(0);
    fail(1);
    expect(logins.delayMsFor(HOME)).toBe(100);
    expect(logins.delayMsFor("192.0.2.2")).toBe(0);
  });

  test("waits twice as long after each further failure, up to the longest wait", () => {
    const { logins, fail } = lab();
    fail(2);
    const delays = Array.from({ length: 6 }, () => {
      fail(1);
      return logins.delayMsFor(HOME);
    });
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
    fail(5000);
    expect(logins.delayMsFor(HOME)).toBe(1000);
  });

  test("has waited when the time is over", () => {
    const { clock, logins, fail } = lab();
    fail(4);
    clock.advance(150);
    expect(logins.delayMsFor(HOME)).toBe(50);
    clock.advance(50);
    expect(logins.delayMsFor(HOME)).toBe(0);
    fail(1);
    expect(logins.delayMsFor(HOME)).toBe(400);
  });

  test("begins anew after a log-in that succeeds", () => {
    const { logins, fail } = lab();
    fail(9);
    logins.forget(HOME);
    expect(logins.delayMsFor(HOME)).toBe(0);
    fail(2);
    expect(logins.delayMsFor(HOME)).toBe(0);
  });

  test("begins anew when nothing has failed for long", () => {
    const { clock, logins, fail } = lab();
    fail(9);
    clock.advance(MEMORY_MS);
    fail(2);
    expect(logins.delayMsFor(HOME)).toBe(0);
  });

  test("waits to the end of waits that are longer than that", () => {
    const { clock, logins, fail } = lab({ after: 1, delayMs: 1, maxDelayMs: 2 * MEMORY_MS });
    fail(60);
    clock.advance(MEMORY_MS);
    expect(logins.delayMsFor(HOME)).toBe(MEMORY_MS);
  });

  test("is a network of IPv6 as a whole", () => {
    const { logins, fail } = lab();
    fail(3, "2001:db8::1");
    for (const same of ["2001:db8::2", "2001:0db8:0:0:ffff::", "2001:db8:0:0:1:2:3:4"]) {
      expect(logins.delayMsFor(same)).toBe(100);
    }
    for (const other of ["2001:db8:0:1::1", "2001:db8:1::1", "::1", "2001:db9::1"]) {
      expect(logins.delayMsFor(other)).toBe(0);
    }
  });

  test("of IPv4 written as IPv6 stands for itself", () => {
    const { logins, fail } = lab();
    fail(3, "::ffff:192.0.2.1");
    expect(logins.delayMsFor("::ffff:192.0.2.1")).toBe(100);
    expect(logins.delayMsFor("::ffff:192.0.2.2")).toBe(0);
  });
});

test("connections without an address never wait", () => {
  const { logins, fail } = lab();
  fail(9, "");
  expect(logins.delayMsFor("")).toBe(0);
  expect(logins.size).toBe(0);
});

test("a wait of no time is one, however often it is doubled", () => {
  const { logins, fail } = lab({ after: 1, delayMs: 0, maxDelayMs: 1000 });
  fail(5000);
  expect(logins.delayMsFor(HOME)).toBe(0);
});

test("without settings nothing is remembered and nobody waits", () => {
  const clock = new FakeClock();
  const logins = new FailedLogins(clock, undefined);
  for (let i = 0; i < 9; i++) logins.note(HOME);
  expect(logins.size).toBe(0);
  expect(logins.delayMsFor(HOME)).toBe(0);
});

test("settings may be replaced, with what is remembered", () => {
  const { logins, fail } = lab();
  fail(3);
  logins.settings = { after: 2, delayMs: 10, maxDelayMs: 1000 };
  expect(logins.delayMsFor(HOME)).toBe(20);
  logins.settings = undefined;
  expect(logins.delayMsFor(HOME)).toBe(0);
});

test("so many addresses are remembered, those that failed last", () => {
  const { logins, fail } = lab();
  const addressOf = (i: number) => `10.0.${i >> 8}.${i & 255}`;
  for (let i = 0; i < MAX_ADDRESSES; i++) fail(3, addressOf(i));
  fail(1, addressOf(0));
  fail(1, addressOf(MAX_ADDRESSES));
  expect(logins.size).toBe(MAX_ADDRESSES);
  expect(logins.delayMsFor(addressOf(0))).toBe(200);
  expect(logins.delayMsFor(addressOf(1))).toBe(0);
  expect(logins.delayMsFor(addressOf(2))).toBe(100);
});
