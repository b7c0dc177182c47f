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

const WHOLE = { maxTracedMsgLen: 0, traceHeaders: false };
const HEADERS_ONLY = { maxTracedMsgLen: 0, traceHeaders: true };
const upTo = (maxTracedMsgLen: number) => ({ ...WHOLE, maxTracedMsgLen });

describe("operations", () => {
  test("stand in brackets with their arguments", () => {
    expect(traceOperation("<<-", "SUB", "foo 1")).toBe("<<- [SUB foo 1]");
    expect(traceOperation("->>", "PONG", "")).toBe("->> [PONG]");
  });
});

describe("publishes", () => {
  test("show subject, reply and sizes, then the payload", () => {
    expect(tracePublish(messageOf("foo", { payload: "hello" }), WHOLE)).toEqual([
      "<<- [PUB foo 5]",
      '<<- MSG_PAYLOAD: ["hello"]',
    ]);
    const message = messageOf("foo", { reply: "r", headers: HEADERS, payload: "hi" });
    expect(tracePublish(message, WHOLE)).toEqual([
      "<<- [HPUB foo r 12 14]",
      '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nhi"]',
    ]);
  });

  test("have no second line without payload", () => {
    expect(tracePublish(messageOf("foo"), WHOLE)).toEqual(["<<- [PUB foo 0]", undefined]);
  });

  test("are cut at the length allowed", () => {
    const message = messageOf("foo", { payload: "hello" });
    expect(tracePublish(message, upTo(3))[1]).toBe('<<- MSG_PAYLOAD: ["hel..."]');
    expect(tracePublish(message, upTo(5))[1]).toBe('<<- MSG_PAYLOAD: ["hello"]');
  });
});

describe("with trace_headers", () => {
  test("payload lines show the headers and nothing else", () => {
    const headers = "NATS/1.0\r\nA: b\r\n\r\n";
    const message = messageOf("foo", { headers, payload: "secret" });
    expect(tracePublish(message, HEADERS_ONLY)[1]).toBe('<<- MSG_PAYLOAD: ["NATS/1.0\\r\\nA: b"]');
  });

  test("messages without headers have no payload line", () => {
    const message = messageOf("foo", { payload: "secret" });
    expect(tracePublish(message, HEADERS_ONLY)[1]).toBeUndefined();
    const subscription = new Subscription(new ListingSubscriber(), 7, undefined);
    const withHeaders = messageOf("foo", { headers: HEADERS, payload: "secret" });
    expect(traceDelivery(withHeaders, subscription, false, HEADERS_ONLY)[1]).toBeUndefined();
  });
});

describe("deliveries", () => {
  const subscription = new Subscription(new ListingSubscriber(), 7, undefined);

  test("show subject, sid, reply and sizes", () => {
    const message = messageOf("foo", { reply: "r", headers: HEADERS, payload: "hi" });
    expect(traceDelivery(message, subscription, true, WHOLE)).toEqual([
      "->> [HMSG foo 7 r 12 14]",
      '->> MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nhi"]',
    ]);
  });

  test("show receivers without headers what they get", () => {
    const message = messageOf("foo", { headers: HEADERS, payload: "hi" });
    expect(traceDelivery(message, subscription, false, WHOLE)).toEqual([
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
