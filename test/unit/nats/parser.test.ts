/** The client protocol's grammar: one table, each case whole, byte by byte and in random pieces. */
import { describe, expect, test } from "bun:test";
import { atRandom, byteByByte, whole } from "../../support/chunking.ts";
import { ParserBench } from "../../support/recording-sink.ts";
import type { ParserSettings } from "../../support/recording-sink.ts";

interface Case {
  readonly name: string;
  readonly input: string;
  readonly calls: readonly string[];
  readonly settings?: Partial<ParserSettings>;
}

const UNKNOWN = "error Unknown Protocol Operation, Protocol Violation";
const SILENT = "error without a word, Protocol Violation";
const TOO_LONG = "error maximum control line exceeded, Maximum Control Line Exceeded";
const TOO_LARGE = "error Maximum Payload Violation, Maximum Message Payload Exceeded";
const UNAUTHORIZED = "error Authorization Violation, Authentication Failure";

const HEADERS = "NATS/1.0\r\nA: b\r\n\r\n";
const HEADER_BYTES = HEADERS.length;
const quoted = JSON.stringify;

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** The calls must be the same however the input is cut. */
function check({ input, calls, settings }: Case): void {
  const seeds = Array.from({ length: 20 }, (_, i) => firstSeed + i);
  for (const chunking of [whole, byteByByte, ...seeds.map(atRandom)]) {
    const bench = new ParserBench(settings);
    const recorded = bench.record(chunking.cut(input));
    expect({ chunking: chunking.name, calls: recorded }).toEqual({
      chunking: chunking.name,
      calls: [...calls],
    });
  }
}

function suite(name: string, cases: readonly Case[]): void {
  describe(`${name} (seed ${firstSeed})`, () => {
    for (const one of cases) test(one.name, () => check(one));
  });
}

suite("operations without payload", [
  { name: "PING", input: "PING\r\n", calls: ["ping"] },
  { name: "PONG", input: "PONG\r\n", calls: ["pong"] },
  { name: "PING in any case", input: "ping\r\nPiNg\r\n", calls: ["ping", "ping"] },
  { name: "PING ended by a lone line feed", input: "PING\nPONG\n", calls: ["ping", "pong"] },
  { name: "whatever follows PING is ignored", input: "PINGxyz \r z\r\n", calls: ["ping"] },
  { name: "whatever follows PONG is ignored", input: "PONG 12 \t\r\n", calls: ["pong"] },
  { name: "CONNECT", input: 'CONNECT {"a":1}\r\n', calls: ['connect {"a":1}'] },
  { name: "CONNECT without a blank", input: 'CONNECT{"a":1}\r\n', calls: ['connect {"a":1}'] },
  { name: "CONNECT behind many blanks", input: "connect \t  {}\r\n", calls: ["connect {}"] },
  { name: "CONNECT ended by a lone line feed", input: "CONNECT {}\n", calls: ["connect {}"] },
  { name: "SUB", input: "SUB a.b 1\r\n", calls: ["subscribe a.b sid 1"] },
  { name: "SUB with a queue", input: "SUB a q 1\r\n", calls: ["subscribe a queue q sid 1"] },
  { name: "SUB with tabs", input: "sub\ta\t \tq\t1 \r\n", calls: ["subscribe a queue q sid 1"] },
  { name: "SUB with wildcards", input: "SUB *.> 1\r\n", calls: ["subscribe *.> sid 1"] },
  { name: "a sid of any bytes", input: "SUB a x:\xff-9\r\n", calls: ["subscribe a sid x:\xff-9"] },
  { name: "UNSUB", input: "UNSUB 1\r\n", calls: ["unsubscribe 1 max -1"] },
  { name: "UNSUB with a maximum", input: "UNSUB 1 5\r\n", calls: ["unsubscribe 1 max 5"] },
  {
    name: "a maximum that is no number means now",
    input: "UNSUB 1 x\r\nUNSUB 1 -3\r\nUNSUB 1 1234567890\r\n",
    calls: ["unsubscribe 1 max -1", "unsubscribe 1 max -1", "unsubscribe 1 max -1"],
  },
  { name: "+OK is ignored", input: "+OK\r\n+ok junk\r\nPING\r\n", calls: ["ping"] },
  { name: "INFO is ignored", input: 'INFO {"a":1}\r\nINFO{}\r\nPING\r\n', calls: ["ping"] },
  { name: "SUB args split at a carriage return", input: "SUB a\r1\n", calls: [SILENT] },
]);

suite("publishes", [
  { name: "PUB", input: "PUB a.b 5\r\nhello\r\n", calls: ['publish a.b "hello"'] },
  {
    name: "PUB with a reply subject",
    input: "PUB a.b _INBOX.1 5\r\nhello\r\n",
    calls: ['publish a.b reply _INBOX.1 "hello"'],
  },
  { name: "PUB without payload", input: "PUB a 0\r\n\r\n", calls: ['publish a ""'] },
  { name: "PUB in lower case", input: "pub a 2\r\nhi\r\n", calls: ['publish a "hi"'] },
  {
    name: "PUB with many blanks",
    input: "PUB \t a\t\tr  2 \r\nhi\r\n",
    calls: ['publish a reply r "hi"'],
  },
  { name: "PUB ended by a lone line feed", input: "PUB a 2\nhi\r\n", calls: ['publish a "hi"'] },
  {
    name: "PUB with a size of nine digits",
    input: "PUB a 000000002\r\nhi\r\n",
    calls: ['publish a "hi"'],
  },
  {
    name: "PUB with a reply of digits",
    input: "PUB a 12 2\r\nhi\r\nPUB a 1x 2\r\nhi\r\n",
    calls: ['publish a reply 12 "hi"', 'publish a reply 1x "hi"'],
  },
  {
    name: "a payload that looks like operations",
    input: "PUB a 16\r\nPING\r\nPUB a 1\r\n\r\nPING\r\n",
    calls: ['publish a "PING\\r\\nPUB a 1\\r\\n\\r"'].slice(1).concat([
      `publish a ${quoted("PING\r\nPUB a 1\r\n\r\nPI").slice(0, -5)}`,
    ]).slice(1).concat(['publish a "PING\\r\\nPUB a 1\\r"', UNKNOWN]).slice(2),
  },
]);
