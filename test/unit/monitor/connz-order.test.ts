/** The orders of `/connz`: by what, and in which direction. */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { type ConnectionView, closedView } from "../../../src/monitor/connection-view.ts";
import { ORDER_NAMES, orderNamed, sortViews } from "../../../src/monitor/connz-order.ts";
import { closedConnection } from "../../support/closed-connection.ts";

/** Two connections, of which the second has more of everything but age. */
function views(): ConnectionView[] {
  const less = closedView(
    closedConnection({
      startMs: 100,
      stopMs: 200,
      lastActivityMs: 150,
      rttMs: 1,
      subscriptions: 1,
      inMessages: 1,
      inBytes: 1,
      outMessages: 1,
      outBytes: 1,
    }),
  );
  const more = {
    ...less,
    cid: 2,
    startMs: 110,
    endMs: 300,
    lastActivityMs: 250,
    reason: closeReasons.writeError.text,
    rttMs: 2,
    pendingBytes: 2,
    subscriptionCount: 2,
    inMessages: 2,
    inBytes: 2,
    outMessages: 2,
    outBytes: 2,
  };
  return [more, less];
}

function cidsBy(name: string): number[] {
  const sorted = views();
  sortViews(sorted, orderNamed(name, "closed"));
  return sorted.map(({ cid }) => cid);
}

describe("less comes first by", () => {
  const names = ["", "cid", "start", "uptime", "reason", "idle"];
  test.each(names)("'%s'", (name) => expect(cidsBy(name)).toEqual([1, 2]));
});

describe("more comes first by", () => {
  const traffic = ["msgs_to", "msgs_from", "bytes_to", "bytes_from"];
  const names = ["subs", "pending", ...traffic, "last", "stop", "rtt"];
  test.each(names)("'%s'", (name) => expect(cidsBy(name)).toEqual([2, 1]));
});

test("the older of equal connections comes first in every order", () => {
  for (const name of ORDER_NAMES) {
    const [view] = views();
    const equal = [3, 1, 2].map((cid) => ({ ...view!, cid }));
    sortViews(equal, orderNamed(name, "closed"));
    expect(equal.map(({ cid }) => cid)).toEqual([1, 2, 3]);
  }
});

test("unknown orders, and those of closed connections for others, are refused", () => {
  expect(() => orderNamed("size", "open")).toThrow("invalid sorting option: size");
  for (const state of ["open", "all", "none"] as const) {
    expect(() => orderNamed("stop", state)).toThrow(
      "sort by stop only valid on closed connections",
    );
    expect(() => orderNamed("reason", state)).toThrow(
      "sort by reason only valid on closed connections",
    );
  }
});
