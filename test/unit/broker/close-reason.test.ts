/** The table of close reasons: numbers, texts and whether pending data is flushed. */
import { expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import type { CloseReason } from "../../../src/broker/close-reason.ts";

const rows: readonly CloseReason[] = Object.values(closeReasons);

test("reasons have the reference's numbers and texts", () => {
  expect(Object.fromEntries(rows.map(({ number, text }) => [number, text]))).toEqual({
    1: "Client Closed",
    2: "Authentication Timeout",
    3: "Authentication Failure",
    4: "TLS Handshake Failure",
    5: "Slow Consumer (Pending Bytes)",
    6: "Slow Consumer (Write Deadline)",
    7: "Write Error",
    8: "Read Error",
    9: "Parse Error",
    10: "Stale Connection",
    11: "Protocol Violation",
    12: "Bad Client Protocol Version",
    14: "Maximum Account Connections Exceeded",
    15: "Maximum Connections Exceeded",
    16: "Maximum Message Payload Exceeded",
    17: "Maximum Control Line Exceeded",
    18: "Maximum Subscriptions Exceeded",
    21: "Server Shutdown",
    22: "Authentication Expired",
    24: "Missing Account",
    25: "Credentials Revoked",
    26: "Internal Client",
    28: "No Responders Requires Headers",
    31: "Duplicate Client ID",
    35: "Kicked",
    36: "Proxy Not Trusted",
    37: "Proxy Required",
  });
});

test("the last flush is left out where the peer cannot or will not take it", () => {
  const { readError, writeError, tlsHandshakeError } = closeReasons;
  const { slowConsumerPendingBytes, slowConsumerWriteDeadline } = closeReasons;
  const without = [readError, writeError, tlsHandshakeError];
  expect(new Set(rows.filter(({ flushes }) => !flushes))).toEqual(
    new Set<CloseReason>([...without, slowConsumerPendingBytes, slowConsumerWriteDeadline]),
  );
});
