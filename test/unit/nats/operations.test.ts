/** Recognising an operation's name at the start of a line, however little of it has arrived. */
import { describe, expect, test } from "bun:test";
import { Operation, operationAt, operations } from "../../../src/nats/operations.ts";

function at(text: string): Operation {
  const bytes = Buffer.from(`##${text}##`, "latin1");
  return operationAt(bytes, 2, 2 + text.length);
}

describe("each operation", () => {
  for (const [operation, { name, needsBlank }] of operations.entries()) {
    test(`${name} is found in any case`, () => {
      for (const spelling of [name, name.toLowerCase(), name[0] + name.slice(1).toLowerCase()]) {
        expect(at(`${spelling} x`)).toBe(operation);
        expect(at(`${spelling}\tx`)).toBe(operation);
      }
    });

    test(`${name} is incomplete until its last letter${needsBlank ? " and a blank" : ""}`, () => {
      for (let length = 0; length < name.length; length++) {
        expect(at(name.slice(0, length))).toBe(Operation.Incomplete);
      }
      expect(at(name)).toBe(needsBlank ? Operation.Incomplete : operation);
      expect(at(`${name}\r`)).toBe(needsBlank ? Operation.Unknown : operation);
    });

    test(`${name} is unknown from its first wrong byte on`, () => {
      for (let length = 0; length < name.length; length++) {
        expect(at(`${name.slice(0, length)}~`)).toBe(Operation.Unknown);
      }
    });
  }
});

test("the table is in the order of the enumeration", () => {
  expect(operations.map(({ name }) => name)).toEqual([
    "CONNECT",
    "PING",
    "PONG",
    "PUB",
    "HPUB",
    "SUB",
    "UNSUB",
    "INFO",
    "+OK",
    "-ERR",
  ]);
  expect(operations[Operation.Error]?.name).toBe("-ERR");
});

test("what only links between servers send is unknown", () => {
  for (const text of ["RMSG", "LMSG", "A+", "RS+", "HM", "MSG", "@", "\x00", "\x10PING"]) {
    expect(at(text)).toBe(Operation.Unknown);
  }
});
