/** Which requests a client may answer, how often, how long, and how many are remembered. */
import { describe, expect, test } from "bun:test";
import {
  MAX_OPEN_BYTES,
  MAX_OPEN_REPLIES,
  ResponsePermissions,
} from "../../../src/broker/response-permissions.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp({ maxMessages = 1, expiresMs = 120_000 } = {}) {
  const clock = new FakeClock();
  const responses = new ResponsePermissions({ maxMessages, expiresMs }, clock);
  const note = (reply: string) => {
    const bytes = subjectBytes(`x ${reply} x`);
    responses.note(bytes, 2, 2 + reply.length);
    bytes.fill(0);
  };
  const use = (subject: string) => {
    const bytes = subjectBytes(`PUB ${subject} 0`);
    return responses.use(bytes, 4, 4 + subject.length);
  };
  return { clock, responses, note, use };
}

describe("answering", () => {
  test("is allowed to the reply of a message that was delivered, and to no other", () => {
    const { note, use } = setUp();
    expect(use("r.1")).toBe(false);
    note("r.1");
    expect(use("r.2")).toBe(false);
    expect(use("r")).toBe(false);
    expect(use("r.*")).toBe(false);
    expect(use("r.1")).toBe(true);
  });

  test("ends with the last message of a request", () => {
    const { responses, note, use } = setUp({ maxMessages: 2 });
    note("r");
    expect([use("r"), use("r"), use("r")]).toEqual([true, true, false]);
    expect(responses.count).toBe(0);
  });

  test("ends with time, but not before it is over", () => {
    const { clock, responses, note, use } = setUp({ maxMessages: 9, expiresMs: 300 });
    note("r");
    clock.advance(300);
    expect(use("r")).toBe(true);
    clock.advance(1);
    expect(use("r")).toBe(false);
    expect(responses.count).toBe(0);
  });

  test("has no end in number or time where there is no limit", () => {
    const { clock, note, use } = setUp({ maxMessages: Infinity, expiresMs: Infinity });
    note("r");
    note("r");
    for (let i = 0; i < 1_000; i++) {
      clock.advance(86_400_000);
      expect(use("r")).toBe(true);
    }
  });

  test("starts anew with another request", () => {
    const { note, use } = setUp();
    note("r");
    expect([use("r"), use("r")]).toEqual([true, false]);
    note("r");
    expect([use("r"), use("r")]).toEqual([true, false]);
  });

  test("is allowed for each of several requests with one reply subject", () => {
    const { clock, note, use } = setUp({ expiresMs: 300 });
    note("r");
    clock.advance(200);
    note("r");
    clock.advance(200);
    expect([use("r"), use("r"), use("r")]).toEqual([true, true, false]);
  });

  test("does not count requests that have expired", () => {
    const { clock, note, use } = setUp({ expiresMs: 300 });
    note("r");
    clock.advance(301);
    note("r");
    expect([use("r"), use("r")]).toEqual([true, false]);
  });

  test("is never allowed to the server's own subjects", () => {
    const { responses, note, use } = setUp();
    for (const reply of ["_GR_.x", "$NRG.x"]) {
      note(reply);
      expect(use(reply)).toBe(false);
    }
    expect(responses.count).toBe(0);
  });

  test("is allowed to replies with any bytes", () => {
    const { note, use } = setUp();
    note("r\xff\xfe");
    expect(use("r\xfe\xff")).toBe(false);
    expect(use("r\xff\xfe")).toBe(true);
  });
});

describe("what is remembered", () => {
  test("is cleared of what has expired with the first request after a second", () => {
    const { clock, responses, note } = setUp({ expiresMs: 300 });
    for (let i = 0; i < 10; i++) note(`r.${i}`);
    clock.advance(1_000);
    note("s.1");
    expect(responses.count).toBe(11);
    clock.advance(1);
    note("s.2");
    expect(responses.count).toBe(2);
  });

  test("is looked through once a second at most", () => {
    const { clock, responses, note } = setUp({ expiresMs: 300 });
    clock.advance(1_001);
    note("r.1");
    clock.advance(1_000);
    note("r.2");
    expect(responses.count).toBe(2);
    clock.advance(1);
    note("r.3");
    expect(responses.count).toBe(2);
  });

  test("is cleared of what has expired after 4096 requests", () => {
    const { clock, responses, note } = setUp({ expiresMs: 300 });
    for (let i = 0; i < 4_095; i++) note(`r.${i}`);
    clock.advance(301);
    note("s.1");
    expect(responses.count).toBe(4_096);
    note("s.2");
    expect(responses.count).toBe(2);
  });

  test("stays while it has not expired", () => {
    const { clock, responses, note, use } = setUp({ expiresMs: 5_000 });
    for (let i = 0; i < 10; i++) {
      clock.advance(1_001);
      note(`r.${i % 5}`);
    }
    expect(responses.count).toBe(5);
    expect(use("r.0")).toBe(true);
  });

  test("has a limit in number, beyond which the oldest go first", () => {
    const { responses, note, use } = setUp({ maxMessages: Infinity, expiresMs: Infinity });
    for (let i = 0; i < MAX_OPEN_REPLIES; i++) note(`r.${i}`);
    expect(responses.count).toBe(MAX_OPEN_REPLIES);
    note("r.0");
    note("new");
    expect(responses.count).toBeLessThan(MAX_OPEN_REPLIES);
    expect(use("r.1")).toBe(false);
    expect(use("r.0")).toBe(true);
    expect(use(`r.${MAX_OPEN_REPLIES - 1}`)).toBe(true);
    expect(use("new")).toBe(true);
  });

  test("has a limit in bytes, beyond which the oldest go first", () => {
    const { responses, note, use } = setUp({ maxMessages: Infinity, expiresMs: Infinity });
    const long = "x".repeat(4_000);
    const fitting = Math.floor(MAX_OPEN_BYTES / 4_010);
    const name = (index: number) => `${long}.${String(index).padStart(9, "0")}`;
    for (let i = 0; i < fitting; i++) note(name(i));
    expect(responses.count).toBe(fitting);
    note(name(fitting));
    expect(responses.count).toBeLessThan(fitting);
    expect(use(name(0))).toBe(false);
    expect(use(name(fitting))).toBe(true);
  });

  test("gives back the bytes of what is answered", () => {
    const { responses, note, use } = setUp();
    const long = "x".repeat(4_000);
    const rounds = Math.ceil((2 * MAX_OPEN_BYTES) / 4_000);
    note("first");
    for (let i = 0; i < rounds; i++) {
      note(`${long}.${i}`);
      expect(use(`${long}.${i}`)).toBe(true);
    }
    expect(responses.count).toBe(1);
  });
});
