/** What a peer can make the parser keep, when it is refused, and stopping in the middle. */
import { describe, expect, test } from "bun:test";
import { BLOCK_SIZES, LARGEST_BLOCK_BYTES } from "../../../src/connection/block-pool.ts";
import { ProtocolError } from "../../../src/nats/errors.ts";
import { Random } from "../../../src/util/random.ts";
import { ParserBench } from "../../support/recording-sink.ts";

const MAX_LINE_BYTES = 4096;

/** A whole line with its operation and CRLF may be a little longer than the smaller block. */
const LINE_BLOCK_BYTES = LARGEST_BLOCK_BYTES;

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

describe("junk that the grammar ignores is not kept", () => {
  const endless: readonly (readonly [string, string, string, string])[] = [
    ["bytes behind PING", "PING", "x", "ping"],
    ["bytes behind +OK", "+OK", "\r", ""],
    ["blanks before the arguments of SUB", "SUB", " ", "subscribe a sid 1"],
    ["blanks before the arguments of CONNECT", "CONNECT", "\t", "connect a 1"],
    ["blanks before the arguments of PUB", "PUB", " ", 'publish a "x"'],
  ];
  for (const [name, start, junk, call] of endless) {
    for (const chunkBytes of [100, 5000, 524_288]) {
      test(`${name} in chunks of ${chunkBytes}`, () => {
        const bench = new ParserBench();
        bench.parse(start);
        for (let i = 0; i < 40; i++) {
          bench.parse(junk.repeat(chunkBytes));
          expect(bench.pool.lentBytes).toBeLessThanOrEqual(LINE_BLOCK_BYTES);
        }
        bench.parse(start === "PUB" ? "a 1\r\nx\r\n" : start === "SUB" ? "a 1\r\n" : "a 1\r\n");
        expect(bench.sink.calls).toEqual(call === "" ? [] : [call]);
        expect(bench.pool.lentBytes).toBe(0);
      });
    }
  }
});

describe("however much is ignored, nothing behind it is lost", () => {
  const junk = "PONG" + "x".repeat(9000) + "\r\n";
  const blanks = " ".repeat(9000);
  const cases: readonly (readonly [string, string])[] = [
    [junk, "pong"],
    [`+OK${blanks}\r\nPONG\r\n`, "pong"],
    [`SUB${blanks}a 1\r\n`, "subscribe a sid 1"],
    [`UNSUB${blanks}1\r\n`, "unsubscribe 1 max -1"],
    [`CONNECT${blanks}{}\r\n`, "connect {}"],
    [`PUB${blanks}a 1\r\nx\r\n`, 'publish a "x"'],
    [`HPUB${blanks}a 1 1\r\nx\r\n`, 'publish a headers "x" ""'],
  ];
  for (const [input, call] of cases) {
    test(`${input.slice(0, 8).trim()} cut anywhere in its first bytes`, () => {
      for (let cut = 1; cut < 12; cut++) {
        const bench = new ParserBench();
        const calls = bench.record([input.slice(0, cut), `${input.slice(cut)}PING\r\n`]);
        expect({ cut, calls }).toEqual({ cut, calls: [call, "ping"] });
      }
    });
  }
});

describe("a line that is too long", () => {
  test("is refused with the byte that is too much, however long it goes on", () => {
    const bench = new ParserBench({ maxControlLineBytes: MAX_LINE_BYTES });
    bench.parse("SUB ");
    for (let i = 0; i < MAX_LINE_BYTES; i++) bench.parse("x");
    expect(() => bench.parse("x")).toThrow(ProtocolError);
  });

  test("may still end with CRLF at its limit", () => {
    const bench = new ParserBench({ maxControlLineBytes: 10 });
    for (const byte of "SUB 23456789 1\r\n") bench.parse(byte);
    expect(bench.sink.calls).toEqual(["subscribe 23456789 sid 1"]);
  });

  test("counts blanks between arguments", () => {
    const bench = new ParserBench({ maxControlLineBytes: 10 });
    expect(() => bench.parse("SUB a          ")).toThrow(ProtocolError);
  });
});

describe("an operation that cannot become valid is refused with its first wrong byte", () => {
  const names = ["CONNECT", "PING", "PONG", "PUB ", "HPUB ", "SUB ", "UNSUB ", "INFO", "+OK"];
  for (const name of [...names, "-ERR "]) {
    test(`${name.trim()}`, () => {
      for (let wrong = 0; wrong < name.length; wrong++) {
        const bench = new ParserBench();
        for (const byte of name.slice(0, wrong)) bench.parse(byte);
        expect(() => bench.parse("~")).toThrow(ProtocolError);
        expect(() => new ParserBench().parse(`${name.slice(0, wrong)}~`)).toThrow(ProtocolError);
      }
    });
  }

  test("the two bytes behind a payload", () => {
    for (const tail of ["x", "\n", "\rx", "\r\r"]) {
      const bench = new ParserBench();
      bench.parse("PUB a 2\r\nhi");
      expect(() => bench.parse(tail)).toThrow(ProtocolError);
    }
  });
});

describe("an announced payload", () => {
  test("reserves nothing before it arrives", () => {
    const bench = new ParserBench();
    bench.parse("PUB a 1000000\r\n");
    expect(bench.pool.lentBytes).toBe(BLOCK_SIZES[0]);
  });

  test("reserves at most the next size of block or double what has arrived", () => {
    const bench = new ParserBench();
    let arrived = bench.parse("PUB a 1000000\r\n");
    while (arrived < 1_000_000) {
      arrived += bench.parse("x".repeat(1000));
      const nextSize = BLOCK_SIZES.find((size) => size >= arrived) ?? 2 * arrived;
      expect(bench.pool.lentBytes).toBeLessThanOrEqual(Math.max(nextSize, 2 * arrived));
    }
    expect(bench.sink.calls).toEqual([]);
    bench.parse("\r\n");
    expect(bench.sink.calls).toHaveLength(1);
    expect(bench.pool.lentBytes).toBe(0);
  });

  test("gives its memory back when the connection closes in the middle", () => {
    const bench = new ParserBench();
    bench.parse(`PUB a 1000\r\n${"x".repeat(700)}`);
    expect(bench.pool.lentBytes).toBeGreaterThan(0);
    bench.parser.discard();
    expect(bench.pool.lentBytes).toBe(0);
  });
});

describe("halt", () => {
  test("stops behind the operation that runs, and the rest can be parsed from there", () => {
    const bench = new ParserBench();
    bench.sink.afterCall = (call) => {
      if (call === "pong") bench.parser.halt();
    };
    const input = "PING\r\nPONG\r\nPUB a 1\r\nx\r\nPONG\r\nPING\r\n";
    const bytes = new Uint8Array(Buffer.from(input, "latin1"));
    expect(bench.parser.parse(bytes, 0)).toBe(12);
    expect(bench.sink.calls).toEqual(["ping", "pong"]);
    expect(bench.parser.parse(bytes, 12)).toBe(30);
    expect(bench.parser.parse(bytes, 30)).toBe(bytes.length);
    expect(bench.sink.calls).toEqual(["ping", "pong", 'publish a "x"', "pong", "ping"]);
  });

  test("stops behind an operation that straddles chunks", () => {
    for (const operation of ["PONG\r\n", "PUB a 3\r\nabc\r\n", "SUB a 1\r\n"]) {
      for (let cut = 1; cut < operation.length; cut++) {
        const bench = new ParserBench();
        expect(bench.parse(operation.slice(0, cut))).toBe(cut);
        bench.sink.afterCall = () => bench.parser.halt();
        const taken = bench.parse(`${operation.slice(cut)}PING\r\nPI`);
        expect(taken).toBe(operation.length - cut);
        expect(bench.sink.calls).toHaveLength(1);
        expect(bench.parse("PING\r\nPI")).toBe(6);
        expect(bench.parse("PI")).toBe(2);
        expect(bench.parse("NG\r\n")).toBe(4);
        expect(bench.sink.calls.slice(1)).toEqual(["ping", "ping"]);
        expect(bench.pool.lentBytes).toBe(0);
      }
    }
  });

  test(`after every operation gives the same calls for any cuts (seed ${firstSeed})`, () => {
    const input =
      "SUB a 1\r\nPUB a r 4\r\nabcd\r\nping\r\nHPUB a 2 3\r\nabc\r\nUNSUB 1 2\r\n".repeat(9);
    const expected = new ParserBench().record([input]);
    for (let seed = firstSeed; seed < firstSeed + 50; seed++) {
      const random = new Random(seed);
      const bench = new ParserBench();
      bench.sink.afterCall = () => {
        if (random.below(2) === 0) bench.parser.halt();
      };
      let waiting = "";
      for (let sent = 0; sent < input.length;) {
        const end = Math.min(input.length, sent + 1 + random.below(40));
        waiting += input.slice(sent, end);
        sent = end;
        waiting = waiting.slice(bench.parse(waiting));
      }
      while (waiting !== "") waiting = waiting.slice(bench.parse(waiting));
      expect({ seed, calls: bench.sink.calls }).toEqual({ seed, calls: [...expected] });
    }
  });
});
