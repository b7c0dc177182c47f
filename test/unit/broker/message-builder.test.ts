/** Messages that the server makes: laid out as in a publisher's line, one after the other. */
import { describe, expect, test } from "bun:test";
import { BuilderPool } from "../../../src/broker/builder-pool.ts";
import { MessageBuilder } from "../../../src/broker/message-builder.ts";
import type { Message } from "../../../src/broker/message.ts";
import { hashSubject } from "../../../src/subject/subject.ts";
import { textOf } from "../../support/messages.ts";

const HEADERS = "NATS/1.0\r\nA: 1\r\n\r\n";

interface Parts {
  readonly subject?: string;
  readonly reply?: string;
  readonly headers?: string;
  readonly payload?: string;
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function build(builder: MessageBuilder, parts: Parts): Message {
  const { subject = "a.b", reply = "", headers = "", payload = "" } = parts;
  const [one, two, three, four] = [subject, reply, headers, payload].map(bytesOf);
  return builder.build({ subject: one!, reply: two!, headers: three!, payload: four! }, undefined);
}

/** What receivers see of the message. */
function seen(message: Message): Parts & { readonly tail: string } {
  const { bytes } = message.block;
  const { subjectBlock, tailStart, replyEnd, payloadStart, headerBytes, sizeBytes } = message;
  return {
    subject: textOf(subjectBlock.bytes, message.subjectStart, message.subjectEnd),
    reply: textOf(bytes, tailStart, replyEnd),
    headers: textOf(bytes, payloadStart, payloadStart + headerBytes),
    payload: textOf(bytes, payloadStart + headerBytes, payloadStart + sizeBytes),
    tail: textOf(bytes, tailStart, message.tailEnd),
  };
}

describe("a message", () => {
  test("is made of its parts, with the tail that a publisher would have written", () => {
    const builder = new MessageBuilder();
    expect(seen(build(builder, { payload: "hi" }))).toEqual({
      subject: "a.b",
      reply: "",
      headers: "",
      payload: "hi",
      tail: "2\r\nhi\r\n",
    });
    expect(seen(build(builder, { reply: "r.1", payload: "hi" })).tail).toBe("r.1 2\r\nhi\r\n");
    expect(seen(build(builder, { headers: HEADERS })).tail).toBe(`18 18\r\n${HEADERS}\r\n`);
    expect(seen(build(builder, { reply: "r", headers: HEADERS, payload: "hi" }))).toEqual({
      subject: "a.b",
      reply: "r",
      headers: HEADERS,
      payload: "hi",
      tail: `r 18 20\r\n${HEADERS}hi\r\n`,
    });
  });

  test("may be empty in all but its subject", () => {
    const message = build(new MessageBuilder(), {});
    expect(message.hasReply).toBe(false);
    expect(message.hasPlainTail).toBe(true);
    expect(seen(message).tail).toBe("0\r\n\r\n");
  });

  test("keeps every byte of its parts", () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    const parts = { subject: "\xc3\xa9.\xff", reply: "\xfe", headers: all, payload: all + all };
    expect(seen(build(new MessageBuilder(), parts))).toMatchObject(parts);
  });

  test("has the hash by which plans are found", () => {
    const message = build(new MessageBuilder(), { subject: "orders.\xff.new" });
    const bytes = bytesOf("orders.\xff.new");
    expect(message.subjectHash).toBe(hashSubject(bytes, 0, bytes.length));
  });

  test("can be read four bytes beyond its subject, and four beyond its end", () => {
    for (const subject of ["a", "ab", "abc", "abcd", "x".repeat(600)]) {
      const message = build(new MessageBuilder(), { subject });
      const { view } = message.subjectBlock;
      expect(() => view.getInt32(message.subjectEnd, true)).not.toThrow();
      expect(message.block.bytes.length - message.tailEnd).toBeGreaterThanOrEqual(4);
    }
  });

  test("does not begin with what was made of the one before", () => {
    const builder = new MessageBuilder();
    const first = build(builder, { reply: "reply", headers: HEADERS, payload: "x".repeat(400) });
    first.serviceChain = { service: {}, isShared: true, previous: undefined };
    first.hasPlainTail = false;
    first.subjectBlock = first.block;
    first.subjectStart = 2;
    const second = build(builder, { subject: "b", payload: "y" });
    expect(second).toMatchObject({
      serviceChain: undefined,
      trace: undefined,
      origin: undefined,
      hasPlainTail: true,
    });
    expect(second.hasReply).toBe(false);
    expect(seen(second)).toMatchObject({
      subject: "b",
      reply: "",
      headers: "",
      tail: "1\r\ny\r\n",
    });
  });

  test("of any size may come between small ones", () => {
    const builder = new MessageBuilder();
    for (const size of [
      0, 9, 10, 99, 470, 480, 512, 65_400, 65_536, 70_000, 1_048_576, 3, 512, 1,
    ]) {
      const payload = String.fromCharCode(97 + (size % 26)).repeat(size);
      const made = seen(build(builder, { reply: "r", headers: HEADERS, payload }));
      expect(made.payload).toBe(payload);
      expect(made.tail).toBe(`r 18 ${18 + size}\r\n${HEADERS}${payload}\r\n`);
    }
  });
});

describe("a pool of builders", () => {
  test("has another one for each level, so that no message disturbs one on its way", () => {
    const pool = new BuilderPool();
    const builders = [pool.take(), pool.take(), pool.take()];
    const messages = builders.map((builder, i) => build(builder, { payload: `message ${i}` }));
    expect(messages.map((message) => seen(message).payload)).toEqual([
      "message 0",
      "message 1",
      "message 2",
    ]);
  });

  test("gives those that are done out again", () => {
    const pool = new BuilderPool();
    const [one, two] = [pool.take(), pool.take()];
    pool.give(two);
    pool.give(one);
    expect(new Set([pool.take(), pool.take()])).toEqual(new Set([one, two]));
    expect([one, two]).not.toContain(pool.take());
  });
});
