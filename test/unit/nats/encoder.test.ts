/** Messages to bytes: both paths, for every kind of message and receiver. */
import { describe, expect, test } from "bun:test";
import { Message } from "../../../src/broker/message.ts";
import type { SubscriptionId } from "../../../src/broker/subscription.ts";
import { BlockPool } from "../../../src/connection/block-pool.ts";
import { FlushQueue } from "../../../src/connection/flush-queue.ts";
import { Outbound } from "../../../src/connection/outbound.ts";
import {
  prepareMessage,
  writeComposed,
  writeLine,
  writePrepared,
  writeUtf8,
} from "../../../src/nats/encoder.ts";
import { LineParser } from "../../../src/nats/line-parser.ts";
import { Parser } from "../../../src/nats/parser.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { messageOf, preparedText, textOf } from "../../support/messages.ts";
import { RecordingSink, USUAL_SETTINGS } from "../../support/recording-sink.ts";

/** Runs `write` with an outbound and returns what came out of it. */
function written(write: (outbound: Outbound) => void): string {
  const pieces: string[] = [];
  const queue = new FlushQueue(new FakeClock());
  const pool = new BlockPool(new FakeClock());
  const owner = {
    writeOut(bytes: Uint8Array, offset: number, length: number): number {
      pieces.push(textOf(bytes, offset, offset + length));
      return length;
    },
    onBlocked: () => {},
    onUnblocked: () => {},
    onWriteFailed: () => {},
    onFlush: () => {},
  };
  write(new Outbound(owner, pool, queue));
  queue.flush();
  expect(pool.lentBytes).toBe(0);
  return pieces.join("");
}

/** What receivers with and without headers get of a publish as written. */
function deliveries(input: string, sid: SubscriptionId): { text: string; counted: number }[] {
  const message = new Message();
  const sink = new RecordingSink();
  const results: { text: string; counted: number }[] = [];
  const parser = new Parser(sink, message, new BlockPool(new FakeClock()), new LineParser(message));
  Object.assign(parser, USUAL_SETTINGS);
  sink.afterCall = () => {
    for (const takesHeaders of [true, false]) {
      let counted = -1;
      const text = written((outbound) => {
        counted = writeComposed(outbound, message, sid, takesHeaders);
      });
      results.push({ text, counted });
    }
  };
  parser.parse(new Uint8Array(Buffer.from(input, "latin1")), 0);
  return results;
}

describe("prepared bytes", () => {
  test("are the beginning of the line, for sids of numbers and of text", () => {
    for (const subject of ["a", "ab", "abc", "abcd", "foo.bar.\xff"]) {
      for (const sid of [0, 1, 42, 123_456_789, "x", "007", "sid-with.dots"]) {
        const prepared = prepareMessage(new Uint8Array(Buffer.from(subject, "latin1")), sid);
        expect(preparedText(prepared)).toBe(`MSG ${subject} ${sid} `);
        expect(prepared.lengthBytes).toBe(`MSG ${subject} ${sid} `.length);
      }
    }
  });
});

describe("writePrepared", () => {
  const write = (message: Message, subject: string) =>
    written((outbound) =>
      writePrepared(outbound, message, prepareMessage(new Uint8Array(Buffer.from(subject)), 12)),
    );

  test("writes MSG with everything behind the sid as it was received", () => {
    expect(write(messageOf("a.b", { payload: "hi" }), "a.b")).toBe("MSG a.b 12 2\r\nhi\r\n");
    expect(write(messageOf("a", { reply: "r.1" }), "a")).toBe("MSG a 12 r.1 0\r\n\r\n");
  });

  test("writes HMSG for a message with headers", () => {
    const message = messageOf("a", { reply: "r", headers: "NATS/1.0\r\n\r\n", payload: "hi" });
    expect(write(message, "a")).toBe("HMSG a 12 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
  });

  test("writes every length of payload, copied or passed on, one after the other", () => {
    const lengths = [...Array.from({ length: 80 }, (_, i) => i), 32_700, 32_768, 70_000, 200_000];
    const all = written((outbound) => {
      for (const length of lengths) {
        const prepared = prepareMessage(new Uint8Array(Buffer.from("a")), 1);
        writePrepared(outbound, messageOf("a", { payload: "x".repeat(length) }), prepared);
      }
    });
    const expected = lengths.map((length) => `MSG a 1 ${length}\r\n${"x".repeat(length)}\r\n`);
    expect(all).toBe(expected.join(""));
  });
});

describe("writeComposed", () => {
  test("gives receivers without headers the payload alone and its size", () => {
    expect(deliveries("HPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", 1)).toEqual([
      { text: "HMSG a 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", counted: 14 },
      { text: "MSG a 1 r 2\r\nhi\r\n", counted: 2 },
    ]);
  });

  test("writes single blanks and CRLF however the publish was spelled", () => {
    const expected = [
      { text: "MSG a sid r 2\r\nhi\r\n", counted: 2 },
      { text: "MSG a sid r 2\r\nhi\r\n", counted: 2 },
    ];
    expect(deliveries("pub\ta  r\t \t2 \nhi\r\n", "sid")).toEqual(expected);
    expect(deliveries("PUB a r 2\r\nhi\r\n", "sid")).toEqual(expected);
  });

  test("repeats the publisher's digits unless headers are left out", () => {
    expect(deliveries("PUB  a 002\r\nhi\r\n", 1)[0]?.text).toBe("MSG a 1 002\r\nhi\r\n");
    expect(deliveries("hpub a 01 002\r\nhi\r\n", 1).map(({ text }) => text)).toEqual([
      "HMSG a 1 01 002\r\nhi\r\n",
      "MSG a 1 1\r\ni\r\n",
    ]);
  });

  test("treats a header size of 0 as no headers", () => {
    expect(deliveries("HPUB a 0 2\r\nhi\r\n", 1)[0]?.text).toBe("MSG a 1 2\r\nhi\r\n");
  });

  test("writes large numbers as sids", () => {
    expect(deliveries("PUB  a 0\r\n\r\n", 999_999_999_999_999)[0]?.text).toBe(
      "MSG a 999999999999999 0\r\n\r\n",
    );
  });

  test("passes large payloads on", () => {
    const payload = "x".repeat(100_000);
    for (const spelling of ["PUB a", "PUB  a"]) {
      expect(deliveries(`${spelling} 100000\r\n${payload}\r\n`, 1)[0]?.text).toBe(
        `MSG a 1 100000\r\n${payload}\r\n`,
      );
    }
  });

  test("has room for subjects, replies and sids as long as a control line allows", () => {
    const long = "s".repeat(1300);
    expect(deliveries(`PUB  ${long} ${long} 0\r\n\r\n`, long)[0]?.text).toBe(
      `MSG ${long} ${long} ${long} 0\r\n\r\n`,
    );
  });
});

test("lines are written one byte per character, texts in UTF-8", () => {
  expect(written((outbound) => writeLine(outbound, "PING \xff\r\n"))).toBe("PING \xff\r\n");
  expect(written((outbound) => writeUtf8(outbound, "\u00e9\u20ac"))).toBe("\xc3\xa9\xe2\x82\xac");
});
