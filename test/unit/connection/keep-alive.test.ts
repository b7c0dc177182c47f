/** When a peer is pinged and when it is given up. */
import { describe, expect, test } from "bun:test";
import { KeepAlive, KeepAliveStep } from "../../../src/connection/keep-alive.ts";
import { Random } from "../../../src/util/random.ts";

const INTERVAL_MS = 120_000;
const HOUR_MS = 3_600_000;

/** A peer that was measured at 0 and answers. */
function measured(): KeepAlive {
  const keepAlive = new KeepAlive(0);
  keepAlive.onPingSent(0);
  keepAlive.onPong(5);
  return keepAlive;
}

describe("the first ping after CONNECT", () => {
  test("comes within 2 s and a fifth more, or the interval if that is shorter", () => {
    const keepAlive = new KeepAlive(0);
    const random = new Random(5);
    for (const [intervalMs, baseMs] of [
      [INTERVAL_MS, 2000],
      [2000, 2000],
      [500, 500],
    ] as const) {
      const delays = Array.from({ length: 2000 }, () => keepAlive.firstDelayMs(intervalMs, random));
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(baseMs);
      expect(Math.max(...delays)).toBeLessThan(baseMs * 1.2);
      expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(baseMs * 0.15);
    }
  });
});

describe("when the interval has passed", () => {
  test("a peer never measured is pinged, even if it was just heard of", () => {
    const keepAlive = new KeepAlive(0);
    keepAlive.lastHeardMs = 1999;
    expect(keepAlive.step(2000, INTERVAL_MS, 2)).toBe(KeepAliveStep.Ping);
  });

  test("a peer whose round trip is only an estimate is pinged too", () => {
    const keepAlive = new KeepAlive(0);
    keepAlive.rttMs = 3;
    keepAlive.lastHeardMs = 1999;
    expect(keepAlive.step(2000, INTERVAL_MS, 2)).toBe(KeepAliveStep.Ping);
  });

  test("a peer heard of within the interval is left alone", () => {
    const keepAlive = measured();
    keepAlive.lastHeardMs = 1;
    expect(keepAlive.step(INTERVAL_MS, INTERVAL_MS, 2)).toBe(KeepAliveStep.Skip);
  });

  test("a peer silent for the interval is pinged", () => {
    const keepAlive = measured();
    keepAlive.lastHeardMs = 0;
    expect(keepAlive.step(INTERVAL_MS, INTERVAL_MS, 2)).toBe(KeepAliveStep.Ping);
  });

  test("a PONG does not count as having been heard of", () => {
    const keepAlive = measured();
    keepAlive.onPingSent(INTERVAL_MS);
    keepAlive.onPong(INTERVAL_MS + 5);
    expect(keepAlive.step(2 * INTERVAL_MS, INTERVAL_MS, 2)).toBe(KeepAliveStep.Ping);
  });

  test("a busy peer is measured anew after an hour", () => {
    const keepAlive = measured();
    keepAlive.lastHeardMs = HOUR_MS;
    expect(keepAlive.step(HOUR_MS, INTERVAL_MS, 2)).toBe(KeepAliveStep.Skip);
    expect(keepAlive.step(HOUR_MS + 1, INTERVAL_MS, 2)).toBe(KeepAliveStep.Ping);
  });

  test("a peer is given up instead of the ping above the maximum", () => {
    for (const maximum of [1, 2, 5]) {
      const keepAlive = measured();
      for (let sent = 1; sent <= maximum; sent++) {
        expect(keepAlive.step(sent * INTERVAL_MS, INTERVAL_MS, maximum)).toBe(KeepAliveStep.Ping);
        keepAlive.onPingSent(sent * INTERVAL_MS);
      }
      const last = (maximum + 1) * INTERVAL_MS;
      expect(keepAlive.step(last, INTERVAL_MS, maximum)).toBe(KeepAliveStep.Stale);
    }
  });
});

describe("a PONG", () => {
  test("clears all pings that are open and measures from the last one", () => {
    const keepAlive = new KeepAlive(0);
    keepAlive.onPingSent(1000);
    keepAlive.onPingSent(2000);
    keepAlive.onPong(2007);
    expect(keepAlive.outstanding).toBe(0);
    expect(keepAlive.rttMs).toBe(7);
  });

  test("that answers no ping measures nothing", () => {
    const keepAlive = new KeepAlive(0);
    keepAlive.onPong(2007);
    expect(keepAlive.outstanding).toBe(0);
    expect(keepAlive.rttMs).toBe(0);
  });

  test("is worth more than the estimate", () => {
    const keepAlive = new KeepAlive(100);
    keepAlive.estimateRtt(109.5);
    expect(keepAlive.rttMs).toBe(9.5);
    keepAlive.onPingSent(200);
    keepAlive.onPong(202);
    keepAlive.estimateRtt(300);
    expect(keepAlive.rttMs).toBe(2);
  });

  test("in no time at all still counts as measured", () => {
    const keepAlive = new KeepAlive(0);
    keepAlive.onPingSent(1000);
    keepAlive.onPong(1000);
    expect(keepAlive.rttMs).toBeGreaterThan(0);
  });
});

describe("a ping only for the round trip", () => {
  test("may be sent to who has sent one, or has been there for two seconds", () => {
    const keepAlive = new KeepAlive(100);
    expect(keepAlive.mayMeasure(2100, false)).toBe(false);
    expect(keepAlive.mayMeasure(2101, false)).toBe(true);
    expect(keepAlive.mayMeasure(100, true)).toBe(true);
  });

  test("is not sent if the round trip is known, or the answer to a ping is due", () => {
    const keepAlive = new KeepAlive(0);
    keepAlive.onPingSent(3000);
    expect(keepAlive.mayMeasure(5000, true)).toBe(false);
    keepAlive.onPong(5001);
    expect(keepAlive.mayMeasure(9000, true)).toBe(false);
  });
});
