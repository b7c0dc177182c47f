/** The `-ERR` texts, which client libraries match on, and Go's quoting within them. */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import {
  errorLine,
  protocolErrors,
  publishViolation,
  quote,
  replyViolation,
  subscriptionViolation,
  tooManyTokens,
} from "../../../src/nats/errors.ts";
import type { ProtocolErrorRow } from "../../../src/nats/errors.ts";

describe("quote", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", '""'],
    ["foo.bar >*", '"foo.bar >*"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["back\\slash", '"back\\\\slash"'],
    ["it's", '"it\'s"'],
    ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
    ["\0\x01\x1f\x7f", '"\\x00\\x01\\x1f\\x7f"'],
    ["\u0080\u009f\u00a0\u00ad", '"\\u0080\\u009f\\u00a0\\u00ad"'],
    ["caf\u00e9 \u65e5\u672c \u20ac", '"caf\u00e9 \u65e5\u672c \u20ac"'],
    ["\u2028\u3000\ufeff\ue000", '"\\u2028\\u3000\\ufeff\\ue000"'],
    ["\u{1f600}", '"\u{1f600}"'],
    ["\u{e0001}\u{10ffff}", '"\\U000e0001\\U0010ffff"'],
    ["e\u0301", '"e\u0301"'],
  ];
  for (const [text, expected] of cases) {
    test(`of ${JSON.stringify(text)} is ${expected}`, () => expect(quote(text)).toBe(expected));
  }
});

describe("the table of errors", () => {
  const rows: readonly (readonly [keyof typeof protocolErrors, string | undefined, string])[] = [
    ["unknownOperation", "Unknown Protocol Operation", "Protocol Violation"],
    ["badArguments", undefined, "Protocol Violation"],
    ["maxControlLine", "maximum control line exceeded", "Maximum Control Line Exceeded"],
    ["maxPayload", "Maximum Payload Violation", "Maximum Message Payload Exceeded"],
    ["authorizationViolation", "Authorization Violation", "Authentication Failure"],
    ["authenticationTimeout", "Authentication Timeout", "Authentication Timeout"],
    ["maxConnections", "maximum connections exceeded", "Maximum Connections Exceeded"],
    [
      "maxAccountConnections",
      "maximum account active connections exceeded",
      "Maximum Account Connections Exceeded",
    ],
    ["maxSubscriptions", "maximum subscriptions exceeded", ""],
    ["invalidProtocol", "invalid client protocol", "Bad Client Protocol Version"],
    [
      "noRespondersNeedsHeaders",
      "no responders requires headers support",
      "No Responders Requires Headers",
    ],
    ["staleConnection", "Stale Connection", "Stale Connection"],
    ["peerError", undefined, "Parse Error"],
    ["invalidPublishSubject", "Invalid Publish Subject", ""],
    ["invalidSubject", "Invalid Subject", ""],
  ];
  for (const [name, text, reason] of rows) {
    test(`${name} says ${text ?? "nothing"} and ${reason === "" ? "stays open" : "closes"}`, () => {
      const row: ProtocolErrorRow = protocolErrors[name];
      expect(row.text).toBe(text);
      expect(row.closes?.text ?? "").toBe(reason);
    });
  }

  test("has no row without a test", () => {
    expect(Object.keys(protocolErrors).toSorted()).toEqual(rows.map(([name]) => name).toSorted());
  });

  test("closes with rows of the table of close reasons only", () => {
    const reasons: readonly unknown[] = Object.values(closeReasons);
    for (const { closes } of Object.values(protocolErrors)) {
      if (closes !== undefined) expect(reasons).toContain(closes);
    }
  });
});

test("violations quote what was asked for", () => {
  expect(publishViolation('a"b')).toBe('Permissions Violation for Publish to "a\\"b"');
  expect(replyViolation("_R_.x")).toBe('Permissions Violation for Publish with Reply of "_R_.x"');
  expect(subscriptionViolation("a", undefined)).toBe(
    'Permissions Violation for Subscription to "a"',
  );
  expect(subscriptionViolation("a", "q")).toBe(
    'Permissions Violation for Subscription to "a" using queue "q"',
  );
  expect(tooManyTokens("a.b")).toBe(
    'Permissions Violation for Subscription to "a.b", too many tokens',
  );
});

test("an error line holds the text in single quotes", () => {
  expect(errorLine("Stale Connection")).toBe("-ERR 'Stale Connection'\r\n");
});
