/** Publishes that repeat the line of the one before, which the parser recognises as a whole. */
import { expect, test } from "bun:test";
import { suite } from "../../support/parser-suite.ts";
import { ParserBench } from "../../support/recording-sink.ts";

const UNKNOWN = "error Unknown Protocol Operation, Protocol Violation";
const TOO_LONG = "error maximum control line exceeded, Maximum Control Line Exceeded";

const HEADERS = "NATS/1.0\r\nA: b\r\n\r\n";
const HEADER_BYTES = HEADERS.length;
const quoted = JSON.stringify;

/** A series of publishes, each given as its line without CRLF and its payload. */
function series(...publishes: readonly (readonly [line: string, payload: string])[]): string {
  return publishes.map(([line, payload]) => `${line}\r\n${payload}\r\n`).join("");
}

/** Behind each series, so that its lines do not stand at the very end of the input. */
const REST = `PUB rest 80\r\n${"-".repeat(80)}\r\n`;
const REST_CALL = `publish rest "${"-".repeat(80)}"`;

suite("publishes in a row with the same line", [
  {
    name: "have their own payloads",
    input: series(["PUB a.b 2", "p1"], ["PUB a.b 2", "p2"], ["PUB a.b 2", "p3"]) + REST,
    calls: ['publish a.b "p1"', 'publish a.b "p2"', 'publish a.b "p3"', REST_CALL],
  },
  {
    name: "end at another subject of the same length",
    input:
      series(["PUB a.b 1", "1"], ["PUB a.b 1", "2"], ["PUB a.c 1", "3"], ["PUB a.b 1", "4"]) + REST,
    calls: ['publish a.b "1"', 'publish a.b "2"', 'publish a.c "3"', 'publish a.b "4"', REST_CALL],
  },
  {
    name: "end at another size of as many digits",
    input:
      series(["PUB a 1", "1"], ["PUB a 1", "2"], ["PUB a 3", "333"], ["PUB a 3", "444"]) + REST,
    calls: ['publish a "1"', 'publish a "2"', 'publish a "333"', 'publish a "444"', REST_CALL],
  },
  {
    name: "end at a longer subject, number or line",
    input:
      series(["PUB a 1", "1"], ["PUB a 1", "2"], ["PUB ab 1", "3"]) +
      series(["PUB a 1", "4"], ["PUB a 1", "5"], ["PUB a 11", "66666666666"]) +
      series(["PUB a 1", "7"], ["PUB a 1", "8"], ["PUB a r 1", "9"]) +
      REST,
    calls: [
      ...['publish a "1"', 'publish a "2"', 'publish ab "3"', 'publish a "4"', 'publish a "5"'],
      ...['publish a "66666666666"', 'publish a "7"', 'publish a "8"', 'publish a reply r "9"'],
      REST_CALL,
    ],
  },
  {
    name: "may have reply subjects",
    input: series(["PUB a r 1", "1"], ["PUB a r 1", "2"], ["PUB a s 1", "3"]) + REST,
    calls: ['publish a reply r "1"', 'publish a reply r "2"', 'publish a reply s "3"', REST_CALL],
  },
  {
    name: "may be long",
    input: series(...[1, 2, 3].map((n) => [`PUB ${"x".repeat(70)} 1`, `${n}`] as const)) + REST,
    calls: [1, 2, 3].map((n) => `publish ${"x".repeat(70)} "${n}"`).concat(REST_CALL),
  },
  {
    name: "may be interrupted by other operations",
    input: `${series(["PUB a 1", "1"], ["PUB a 1", "2"])}PING\r\n${series(["PUB a 1", "3"])}${REST}`,
    calls: ['publish a "1"', 'publish a "2"', "ping", 'publish a "3"', REST_CALL],
  },
  {
    name: "may be interrupted by odd spellings of the same",
    input: series(["PUB a 1", "1"], ["PUB a 1", "2"], ["PUB  a 1", "3"], ["pub a 1", "4"]) + REST,
    calls: ['publish a "1"', 'publish a "2"', 'publish a "3"', 'publish a "4"', REST_CALL],
  },
  {
    name: "may have headers",
    input:
      series(
        ...[1, 2, 3].map(
          (n) => [`HPUB a ${HEADER_BYTES} ${HEADER_BYTES + 1}`, `${HEADERS}${n}`] as const,
        ),
      ) +
      series(
        [`HPUB b ${HEADER_BYTES} ${HEADER_BYTES + 1}`, `${HEADERS}4`],
        ["PUB a 19", "5".repeat(19)],
      ) +
      REST,
    calls: [
      ...[1, 2, 3].map((n) => `publish a headers ${quoted(HEADERS)} "${n}"`),
      `publish b headers ${quoted(HEADERS)} "4"`,
      `publish a "${"5".repeat(19)}"`,
      REST_CALL,
    ],
  },
  {
    name: "end at another header size",
    input:
      series(
        ...[1, 2].map(
          (n) =>
            [
              `HPUB a ${HEADER_BYTES} 30`,
              `${HEADERS}${String(n).repeat(30 - HEADER_BYTES)}`,
            ] as const,
        ),
      ) +
      series(["HPUB a 12 30", "NATS/1.0\r\n\r\n" + "3".repeat(18)]) +
      REST,
    calls: [
      ...[1, 2].map(
        (n) => `publish a headers ${quoted(HEADERS)} "${String(n).repeat(30 - HEADER_BYTES)}"`,
      ),
      `publish a headers ${quoted("NATS/1.0\r\n\r\n")} "${"3".repeat(18)}"`,
      REST_CALL,
    ],
  },
  {
    name: "must each end with CRLF",
    input: `${series(["PUB a 1", "1"], ["PUB a 1", "2"])}PUB a 1\r\n3xPUB a 1\r\n4\r\n${REST}`,
    calls: ['publish a "1"', 'publish a "2"', UNKNOWN],
  },
]);

test("a lower limit of lines holds for repeated ones too", () => {
  const line = "PUB a.subject.of.some.length 1\r\nx\r\n";
  const bench = new ParserBench();
  const before = bench.record([line.repeat(3) + REST]);
  expect(before).toHaveLength(4);
  bench.parser.maxControlLineBytes = 10;
  expect(bench.record([line.repeat(3) + REST]).slice(4)).toEqual([TOO_LONG]);
});

test("headers that are no longer accepted are refused in a series too", () => {
  const line = `HPUB a ${HEADER_BYTES} ${HEADER_BYTES}\r\n${HEADERS}\r\n`;
  const bench = new ParserBench();
  expect(bench.record([line.repeat(6)])).toHaveLength(6);
  bench.parser.acceptsHeaders = false;
  const refused = new ParserBench({ acceptsHeaders: false }).record([line.repeat(6)]);
  expect(bench.record([line.repeat(6)]).slice(6)).toEqual([...refused]);
});
