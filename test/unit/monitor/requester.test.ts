/** Who has sent a request, by its header. */
import { describe, expect, test } from "bun:test";
import { requesterOf } from "../../../src/monitor/requester.ts";

function withHeader(line: string): Uint8Array {
  return Buffer.from(`NATS/1.0\r\n${line}\r\n\r\n`);
}

test("what the header says is known, the rest is empty", () => {
  const info = '{"acc":"A","svc":"B","user":"\u00e9","id":7,"name_tag":"t","rtt":12}';
  expect(requesterOf(withHeader(`Nats-Request-Info: ${info}`))).toEqual({
    ...{ account: "A", service: "B", user: "\u00e9", userTag: "t", cid: 7 },
  });
  expect(requesterOf(withHeader('Nats-Request-Info: {"acc":1,"id":"x"}'))).toEqual({
    ...{ account: "", service: "", user: "", userTag: "", cid: 0 },
  });
});

test("without headers the requester is nobody", () => {
  expect(requesterOf(new Uint8Array(0))).toMatchObject({ account: "", user: "", cid: 0 });
});

describe("nothing is known from", () => {
  test.each([
    "Other: x",
    "Nats-Request-Info: {",
    "Nats-Request-Info: 1",
    "Nats-Request-Info: null",
  ])("%s", (line) => expect(requesterOf(withHeader(line))).toBeUndefined());
});
