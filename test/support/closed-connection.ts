/** Connections that are closed, as the ring of them has them, for tests that need some. */
import { closeReasons } from "../../src/broker/close-reason.ts";
import type { ClosedConnection } from "../../src/broker/closed-connections.ts";
import { NO_FACTS } from "./recording-sink.ts";

/** One of which there is little to tell, but for `values`. */
export function closedConnection(values: Partial<ClosedConnection>): ClosedConnection {
  return {
    cid: 1,
    remoteAddress: "127.0.0.1",
    remotePort: 1,
    startMs: 0,
    stopMs: 1,
    lastActivityMs: 0,
    reason: closeReasons.clientClosed,
    rttMs: 0,
    account: "$G",
    facts: NO_FACTS,
    stalls: 0,
    subscriptions: 0,
    subscriptionList: [],
    inMessages: 0,
    inBytes: 0,
    outMessages: 0,
    outBytes: 0,
    ...values,
  };
}
