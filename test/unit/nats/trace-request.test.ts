/** What headers say of a trace; the rules are the reference's, down to blocks that are cut off. */
import { describe, expect, test } from "bun:test";
import { type TraceHeaders, readTraceHeaders } from "../../../src/nats/trace-request.ts";

function read(text: string): TraceHeaders | undefined {
  const bytes = new Uint8Array(Buffer.from(`??${text}??`, "latin1"));
  return readTraceHeaders(bytes, 2, bytes.length - 2);
}

function readLines(...lines: string[]): TraceHeaders | undefined {
  return read(`NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`);
}

const DESTINATION = "Nats-Trace-Dest: t";
const parent = (flags: string) => `traceparent: 00-trace-span-${flags}`;

describe("a destination", () => {
  test("asks for a trace", () => {
    expect(readLines(DESTINATION)).toMatchObject({ destination: "t", isOnly: false });
    expect(readLines("Nats-Trace-Dest:t")?.destination).toBe("t");
    expect(readLines("Nats-Trace-Dest: \t t.u \t ")?.destination).toBe("t.u");
    expect(readLines(DESTINATION, "Nats-Trace-Dest: u")?.destination).toBe("t");
    expect(readLines(parent("01"), DESTINATION)?.destination).toBe("t");
  });

  test("counts only with its very name and a value", () => {
    const lines = [
      "nats-trace-dest: t",
      " Nats-Trace-Dest: t",
      "Nats-Trace-Dest : t",
      "Nats-Trace-Dest:  ",
      "no colon\r\nNats-Trace-Dest: t",
    ];
    for (const line of lines) expect(readLines(line)).toBeUndefined();
    expect(readLines("Nats-Trace-Dest: ", DESTINATION)?.destination).toBe("t");
  });

  test("may say that the message is not to be traced", () => {
    expect(readLines("Nats-Trace-Dest: trace disabled", parent("01"))).toBeUndefined();
    expect(readLines("Nats-Trace-Dest: trace disabled", DESTINATION)).toBeUndefined();
    expect(readLines(DESTINATION, "Nats-Trace-Dest: trace disabled")?.destination).toBe("t");
  });
});

describe("a tracing system", () => {
  test("asks for a trace with flags that say so", () => {
    for (const flags of ["01", "03", "0f", "0F", "7f", "+1"]) {
      expect(readLines(parent(flags))).toMatchObject({ destination: undefined, isOnly: false });
    }
    for (const flags of ["00", "02", "7e", "80", "81", "ff", "1", "001", "0x", " 1", "01-x"]) {
      expect(readLines(parent(flags))).toBeUndefined();
    }
  });

  test("may spell its header in any way and repeat it", () => {
    expect(readLines(parent("00"), parent("01").toUpperCase())).toBeDefined();
    expect(readLines("traceparent: 00-trace-span", parent("01"))).toBeDefined();
    expect(readLines("tracestate: 00-trace-span-01")).toBeUndefined();
  });

  test("does not say that the message is only to be traced", () => {
    expect(readLines(parent("01"), "Nats-Trace-Only: true")?.isOnly).toBe(false);
  });
});

test("a message may be meant for its trace only", () => {
  for (const value of ["1", "true", "TRUE", "on", "On"]) {
    expect(readLines(DESTINATION, `Nats-Trace-Only: ${value}`)?.isOnly).toBe(true);
  }
  for (const value of ["0", "yes", "false", "11"]) {
    expect(readLines(DESTINATION, `Nats-Trace-Only: ${value}`)?.isOnly).toBe(false);
  }
  expect(readLines(DESTINATION, "nats-trace-only: 1")?.isOnly).toBe(false);
});

test("all headers are read, names with their case, what is not UTF-8 replaced", () => {
  const lines = ["b: 2", "a:1", "A: 3", "a:  4  ", "none:", DESTINATION, "\xc3\xa9: \xff"];
  const found = readLines(...lines, "Accept-Encoding: gzip", "Nats-Trace-Origin-Account: O");
  expect([...(found?.headers ?? [])]).toEqual([
    ["b", ["2"]],
    ["a", ["1", "4"]],
    ["A", ["3"]],
    ["Nats-Trace-Dest", ["t"]],
    ["é", ["\ufffd"]],
    ["Accept-Encoding", ["gzip"]],
    ["Nats-Trace-Origin-Account", ["O"]],
  ]);
  expect(found).toMatchObject({ acceptEncoding: "gzip", originAccount: "O" });
});

test("blocks with a status, of another kind or cut off are read as far as they go", () => {
  expect(read(`NATS/1.0 200\r\n${DESTINATION}\r\n\r\n`)).toBeUndefined();
  expect(read(`${DESTINATION}\r\n\r\n`)).toBeUndefined();
  expect(read(`NATS/1.0\r\n${DESTINATION}\r\nA: b`)?.headers.size).toBe(1);
  expect(read(`NATS/1.0\r\n${DESTINATION}`)).toBeUndefined();
  expect(read("NATS/1.0\r\n")).toBeUndefined();
  expect(read("")).toBeUndefined();
});
