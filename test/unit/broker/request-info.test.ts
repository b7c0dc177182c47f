/** What a service of another account is told of the requester. */
import { describe, expect, test } from "bun:test";
import type { ClientFacts } from "../../../src/broker/client-facts.ts";
import type { Message, ServiceChain } from "../../../src/broker/message.ts";
import type { Publisher } from "../../../src/broker/publisher.ts";
import {
  REQUEST_INFO,
  type RequestInfoSettings,
  requestInfo,
} from "../../../src/broker/request-info.ts";
import { messageOf } from "../../support/messages.ts";
import { NO_FACTS } from "../../support/recording-sink.ts";

const NOBODY: ClientFacts = {
  ...NO_FACTS,
  startMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  host: "127.0.0.1",
  cid: 7,
  account: "I",
  clientType: "nats",
};

const SETTINGS: RequestInfoSettings = {
  importer: "I",
  isShared: false,
  isSystemService: false,
  serverName: "server",
};

function publisher(facts: Partial<ClientFacts> = {}): Publisher {
  const all = { ...NOBODY, ...facts };
  return {
    facts: all,
    accountName: all.account,
    rttMs: all.rttMs,
    measureRtt: () => {},
    waitFor: () => {},
  };
}

function request(origin: Publisher | undefined, headers = ""): Message {
  const message = messageOf("service", { reply: "inbox", headers, payload: "hi" });
  message.origin = origin;
  return message;
}

/** A request that has come through another import, which has said `info` about it. */
function passedOn(info: string, isShared: boolean, origin = publisher()): Message {
  const message = request(origin, `NATS/1.0\r\nA: 1\r\n${REQUEST_INFO}: ${info}\r\n\r\n`);
  message.serviceChain = { service: {}, isShared, previous: undefined };
  return message;
}

describe("without sharing", () => {
  test("only the account is named, and the round trip once it is known", () => {
    const facts = { user: "bob", name: "app", language: "go", version: "1" };
    expect(requestInfo(request(publisher(facts)), SETTINGS)).toBe('{"acc":"I"}');
    const known = publisher({ ...facts, rttMs: 1.5 });
    expect(requestInfo(request(known), SETTINGS)).toBe('{"acc":"I","rtt":1500000}');
  });

  test("services of the server itself also learn which one it is", () => {
    const settings = { ...SETTINGS, isSystemService: true };
    const info = requestInfo(request(publisher({ rttMs: 1 })), settings);
    expect(info).toBe('{"acc":"I","rtt":1000000,"server":"server"}');
  });

  test("what the requester says about itself in its own headers does not count", () => {
    const headers = `NATS/1.0\r\n${REQUEST_INFO}: {"acc":"X","user":"root"}\r\n\r\n`;
    expect(requestInfo(request(publisher(), headers), SETTINGS)).toBe('{"acc":"I"}');
  });
});

describe("with sharing", () => {
  const SHARED = { ...SETTINGS, isShared: true };

  test("all that is known is told, in the reference's order, and nothing that is empty", () => {
    const info = requestInfo(
      request(publisher({ user: "bob", name: "app", language: "go", version: "1.2", rttMs: 2 })),
      SHARED,
    );
    expect(Object.entries(JSON.parse(info!))).toEqual([
      ["start", "2026-01-02T03:04:05.678Z"],
      ["host", "127.0.0.1"],
      ["id", 7],
      ["acc", "I"],
      ["user", "bob"],
      ["name", "app"],
      ["lang", "go"],
      ["ver", "1.2"],
      ["rtt", 2_000_000],
      ["server", "server"],
      ["kind", "Client"],
      ["client_type", "nats"],
    ]);
  });

  test("names with quotes, line ends and other alphabets stay within one line of JSON", () => {
    const facts = { user: 'b"\r\nX: 1\r\n', name: "日本\u0000", account: "a<b>&\u2028" };
    const info = requestInfo(request(publisher(facts)), SHARED)!;
    expect(info).not.toMatch(/[\r\n\0]/);
    expect(JSON.parse(info)).toMatchObject({
      user: facts.user,
      name: facts.name,
      acc: "a<b>&\u2028",
    });
  });
});

describe("through several imports", () => {
  const SECOND = { ...SETTINGS, importer: "M" };

  test("the first account stays, with the one that passes it on behind it", () => {
    const info = requestInfo(passedOn('{"acc":"I","rtt":5}', false), SECOND);
    expect(info).toBe('{"acc":"I","svc":"M","rtt":5}');
  });

  test("the last account that passes it on is named", () => {
    const message = passedOn('{"acc":"I","svc":"L","rtt":5}', false);
    expect(requestInfo(message, SECOND)).toBe('{"acc":"I","svc":"M","rtt":5}');
  });

  test("what the first import shares stays shared", () => {
    const info = requestInfo(
      passedOn('{"host":"h","acc":"I","user":"u","kind":"Client"}', true),
      SECOND,
    );
    expect(info).toBe('{"host":"h","acc":"I","svc":"M","user":"u","kind":"Client"}');
  });

  test("a later import that shares adds the server, and nothing about the requester", () => {
    const settings = { ...SECOND, isShared: true };
    const message = passedOn('{"acc":"I","rtt":5}', false, publisher({ user: "bob" }));
    expect(requestInfo(message, settings)).toBe('{"acc":"I","svc":"M","rtt":5,"server":"server"}');
  });

  test("every byte of what is passed on stays", () => {
    const before = JSON.stringify({ acc: "å-日本", user: "ü" });
    const message = passedOn(Buffer.from(before).toString("latin1"), true);
    expect(JSON.parse(requestInfo(message, SECOND)!)).toEqual({
      acc: "å-日本",
      svc: "M",
      user: "ü",
    });
  });

  test("something unreadable in place of it counts as nothing", () => {
    for (const unreadable of ["", "{", "7", "null", '"text"']) {
      expect(requestInfo(passedOn(unreadable, false), SECOND)).toBe('{"acc":"I"}');
    }
  });
});

test("what the server itself publishes says nothing", () => {
  expect(requestInfo(request(undefined), SETTINGS)).toBeUndefined();
  expect(requestInfo(request(undefined), { ...SETTINGS, isShared: true })).toBeUndefined();
});

test("a chain without the header is told anew", () => {
  const message = request(publisher());
  const previous: ServiceChain = { service: {}, isShared: false, previous: undefined };
  message.serviceChain = { service: {}, isShared: false, previous };
  expect(requestInfo(message, SETTINGS)).toBe('{"acc":"I"}');
});
