/** Protocol trace lines: layout, truncation and redaction. */
import { describe, expect, test } from "bun:test";
import { Subscription } from "../../../src/broker/subscription.ts";
import {
  redactConnect,
  traceDelivery,
  traceOperation,
  tracePublish,
} from "../../../src/nats/trace.ts";
import { ListingSubscriber, messageOf } from "../../support/messages.ts";

const HEADERS = "NATS/1.0\r\n\r\n";

describe("operations", () => {
  test("stand in brackets with their arguments", () => {
    expect(traceOperation("<<-", "SUB", "foo 1")).toBe("<<- [SUB foo 1]");
    expect(traceOperation("->>", "PONG", "")).toBe("->> [PONG]");
  });
});

describe("publishes", () => {
  test("show subject, reply and sizes, then the payload", () => {
    expect(tracePublish(messageOf("foo", { payload: "hello" }), 0)).toEqual([
      "<<- [PUB foo 5]",
      '<<- MSG_PAYLOAD: ["hello"]',
    ]);
    const message = messageOf("foo", { reply: "r", headers: HEADERS, payload: "hi" });
    expect(tracePublish(message, 0)).toEqual([
      "<<- [HPUB foo r 12 14]",
      '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nhi"]',
    ]);
  });

  test("have no second line without payload", () => {
    expect(tracePublish(messageOf("foo"), 0)).toEqual(["<<- [PUB foo 0]", undefined]);
  });

  test("are cut at the length allowed", () => {
    const message = messageOf("foo", { payload: "hello" });
    expect(tracePublish(message, 3)[1]).toBe('<<- MSG_PAYLOAD: ["hel..."]');
    expect(tracePublish(message, 5)[1]).toBe('<<- MSG_PAYLOAD: ["hello"]');
  });
});

describe("deliveries", () => {
  const subscription = new Subscription(new ListingSubscriber(), 7, undefined);

  test("show subject, sid, reply and sizes", () => {
    const message = messageOf("foo", { reply: "r", headers: HEADERS, payload: "hi" });
    expect(traceDelivery(message, subscription, true, 0)).toEqual([
      "->> [HMSG foo 7 r 12 14]",
      '->> MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nhi"]',
    ]);
  });

  test("show receivers without headers what they get", () => {
    const message = messageOf("foo", { headers: HEADERS, payload: "hi" });
    expect(traceDelivery(message, subscription, false, 0)).toEqual([
      "->> [MSG foo 7 2]",
      '->> MSG_PAYLOAD: ["hi"]',
    ]);
  });
});

describe("CONNECT", () => {
  test("shows no secrets", () => {
    for (const name of ["pass", "password", "auth_token", "sig", "proxy_sig", "nkey", "PASS"]) {
      const shown = redactConnect(`{"user":"u","${name}":"s3cret","name":"n"}`);
      expect(shown).toBe(`{"user":"u","${name}":"[REDACTED]","name":"n"}`);
    }
  });

  test("shows no secrets with quotes, line ends or blanks in or around them", () => {
    const secrets = ['a\\"s3cret', "s3cret\\\\", "s3\\ncret", ""];
    for (const secret of secrets) {
      const shown = redactConnect(`{ "pass" : "${secret}" , "user":"u" }`);
      expect(shown).not.toContain("cret");
      expect(shown).toContain('"user":"u"');
    }
  });

  test("hides every one of several secrets", () => {
    const shown = redactConnect('{"pass":"s3cret1","auth_token":"s3cret2","sig":"s3cret3"}');
    expect(shown).not.toContain("s3cret");
  });
});
