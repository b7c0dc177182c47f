/** The client protocol's grammar: one table, each case whole, byte by byte and in random pieces. */
import { expect, test } from "bun:test";
import { suite } from "../../support/parser-suite.ts";
import { ParserBench } from "../../support/recording-sink.ts";

const UNKNOWN = "error Unknown Protocol Operation, Protocol Violation";
const SILENT = "error without a word, Protocol Violation";
const TOO_LONG = "error maximum control line exceeded, Maximum Control Line Exceeded";
const TOO_LARGE = "error Maximum Payload Violation, Maximum Message Payload Exceeded";
const UNAUTHORIZED = "error Authorization Violation, Authentication Failure";

const HEADERS = "NATS/1.0\r\nA: b\r\n\r\n";
const HEADER_BYTES = HEADERS.length;
const quoted = JSON.stringify;

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
    calls: ['publish a sizes 000000002 "hi"'],
  },
  {
    name: "sizes keep their digits however the line is spelled",
    input: "PUB  a 02\r\nhi\r\nHPUB a r 01 002\r\nhi\r\nhpub a 01 002\r\nhi\r\n",
    calls: [
      'publish a sizes 02 "hi"',
      'publish a reply r headers "h" sizes 01 002 "i"',
      'publish a headers "h" sizes 01 002 "i"',
    ],
  },
  {
    name: "PUB with a reply of digits",
    input: "PUB a 12 2\r\nhi\r\nPUB a 1x 2\r\nhi\r\n",
    calls: ['publish a reply 12 "hi"', 'publish a reply 1x "hi"'],
  },
  {
    name: "a payload that looks like operations",
    input: "PUB a 15\r\nPING\r\nPUB a 1\r\n\r\nPING\r\n",
    calls: [`publish a ${quoted("PING\r\nPUB a 1\r\n")}`, "ping"],
  },
  {
    name: "a payload of all byte values",
    input: `PUB a 256\r\n${allBytes()}\r\nPING\r\n`,
    calls: [`publish a ${quoted(allBytes())}`, "ping"],
  },
  {
    name: "subjects of any bytes but blanks and line ends",
    input: "PUB a\x01\xff.* 1\r\nx\r\nPUB > r\x7f\x02 0\r\n\r\n",
    calls: ['publish a\x01\xff.* "x"', 'publish > reply r\x7f\x02 ""'],
  },
  {
    name: "a carriage return within the arguments costs their last byte",
    input: "PUB a\rb 12\nx\r\n",
    calls: ['publish a\rb "x"'],
  },
  {
    name: "HPUB",
    input: `HPUB a.b ${HEADER_BYTES} ${HEADER_BYTES + 2}\r\n${HEADERS}hi\r\n`,
    calls: [`publish a.b headers ${quoted(HEADERS)} "hi"`],
  },
  {
    name: "HPUB with a reply subject",
    input: `HPUB a.b r ${HEADER_BYTES} ${HEADER_BYTES + 2}\r\n${HEADERS}hi\r\n`,
    calls: [`publish a.b reply r headers ${quoted(HEADERS)} "hi"`],
  },
  {
    name: "HPUB with odd spelling",
    input: `hPuB\ta  r \t${HEADER_BYTES}\t${HEADER_BYTES} \n${HEADERS}\r\n`,
    calls: [`publish a reply r headers ${quoted(HEADERS)} ""`],
  },
  {
    name: "HPUB with two blanks in any place",
    input:
      "HPUB  a r 1 2\r\nhi\r\nHPUB a  1 2\r\nhi\r\nHPUB a 1  2\r\nhi\r\nHPUB a r  1 2\r\nhi\r\n",
    calls: [
      'publish a reply r headers "h" "i"',
      'publish a headers "h" "i"',
      'publish a headers "h" "i"',
      'publish a reply r headers "h" "i"',
    ],
  },
  {
    name: "HPUB with a header size of 0 has no headers",
    input: "HPUB a 0 2\r\nhi\r\nHPUB a r 0 0\r\n\r\n",
    calls: ['publish a "hi"', 'publish a reply r ""'],
  },
  {
    name: "the header block is not looked into",
    input: "HPUB a 2 3\r\n\r\nx\r\n",
    calls: [`publish a headers ${quoted("\r\n")} "x"`],
  },
  {
    name: "many operations in a row",
    input: `SUB a 1\r\n${"PUB a 2\r\nhi\r\n".repeat(5)}UNSUB 1\r\nPING\r\n`,
    calls: [
      "subscribe a sid 1",
      ...Array<string>(5).fill('publish a "hi"'),
      "unsubscribe 1 max -1",
      "ping",
    ],
  },
  {
    name: "a payload larger than the pool's blocks",
    input: `PUB a r 100000\r\n${"0123456789".repeat(10_000)}\r\nPING\r\n`,
    calls: [`publish a reply r ${quoted("0123456789".repeat(10_000))}`, "ping"],
  },
]);

/** Operations that clients may not send, or not like this. */
const UNKNOWN_INPUTS: readonly string[] = [
  "\r\n",
  " PING\r\n",
  "X",
  "PIX",
  "PO X",
  "PUBX",
  "PUB\r\n",
  "PUB\n",
  "SUBa 1\r\n",
  "UNSUB\r\n",
  "HPUB\r\n",
  "HMSG a 1 0 0\r\n\r\n",
  "MSG a 1 0\r\n\r\n",
  "RS+ a\r\n",
  "LS+ a\r\n",
  "A+ a\r\n",
  "+X",
  "-ERRx",
  "INFX",
  "COMMIT\r\n",
];

/** Lines that are refused without an answer. */
const SILENT_INPUTS: readonly string[] = [
  "PUB a\r\n",
  "PUB \r\n",
  "PUB a r 1 2\r\n",
  "PUB a x\r\n",
  "PUB a -1\r\n",
  "PUB a +1\r\n",
  "PUB a 0x1\r\n",
  "PUB a 1234567890\r\n",
  "PUB a 5x\r\n",
  "HPUB a 1\r\n",
  "HPUB a r 1 2 3\r\n",
  "HPUB a x 2\r\n",
  "HPUB a 2 x\r\n",
  "HPUB a 3 2\r\n",
  "HPUB a -1 2\r\n",
  "HPUB a 1 -2\r\n",
  "SUB a\r\n",
  "SUB \r\n",
  "SUB a q 1 2\r\n",
  "UNSUB 1 2 3\r\n",
  "UNSUB \r\n",
  "INFO {\r\n",
  "INFO x\r\n",
];

suite("what clients may not send", [
  ...UNKNOWN_INPUTS.map((input) => ({
    name: `${quoted(input)} is an unknown operation`,
    input: `PING\r\n${input}`,
    calls: ["ping", UNKNOWN],
  })),
  ...SILENT_INPUTS.map((input) => ({
    name: `${quoted(input)} is refused without a word`,
    input: `PING\r\n${input}PING\r\n`,
    calls: ["ping", SILENT],
  })),
  {
    name: "-ERR ends the connection as a parse error",
    input: "-ERR 'x'\r\nPING\r\n",
    calls: ["error without a word, Parse Error"],
  },
  {
    name: "a payload that is not followed by CRLF",
    input: "PUB a 2\r\nhixx",
    calls: [UNKNOWN],
  },
  {
    name: "a payload that is shorter than announced",
    input: "PUB a 3\r\nhi\r\nPING\r\n",
    calls: [UNKNOWN],
  },
  {
    name: "a payload that is followed by a lone line feed",
    input: "PUB a 2\r\nhi\nPING\r\n",
    calls: [UNKNOWN],
  },
  {
    name: "HPUB of a client without headers",
    input: "HPUB a 0 0\r\n\r\n",
    calls: [SILENT],
    settings: { acceptsHeaders: false },
  },
]);

suite("limits", [
  {
    name: "a payload as large as allowed",
    input: "PUB a 10\r\n0123456789\r\nHPUB a 4 10\r\n0123456789\r\n",
    calls: ['publish a "0123456789"', 'publish a headers "0123" "456789"'],
    settings: { maxPayloadBytes: 10 },
  },
  {
    name: "a payload larger than allowed is refused with its line, before it arrives",
    input: "PUB a r 11\r\n",
    calls: [TOO_LARGE],
    settings: { maxPayloadBytes: 10 },
  },
  {
    name: "headers count as payload",
    input: "HPUB a 4 11\r\n",
    calls: [TOO_LARGE],
    settings: { maxPayloadBytes: 10 },
  },
  {
    name: "a bad size comes before a size too large",
    input: "HPUB a 12 11\r\n",
    calls: [SILENT],
    settings: { maxPayloadBytes: 10 },
  },
  {
    name: "arguments as long as allowed, without operation, blanks before them and CRLF",
    input: "SUB   23456789 1\r\nPUB 2345678 0\r\n\r\nCONNECT \t 0123456789\n",
    calls: ["subscribe 23456789 sid 1", 'publish 2345678 ""', "connect 0123456789"],
    settings: { maxControlLineBytes: 10 },
  },
  ...[
    "SUB 234567890 1\r\n",
    "PUB 234567890 0\r\n\r\n",
    "CONNECT 0123456789x\n",
    "UNSUB 1         2\r\n",
  ].map((input) => ({
    name: `${quoted(input)} is one byte too long for 10`,
    input: `PING\r\n${input}`,
    calls: ["ping", TOO_LONG],
    settings: { maxControlLineBytes: 10 },
  })),
  {
    name: "a line too long is refused before it ends",
    input: "SUB 12345678901",
    calls: [TOO_LONG],
    settings: { maxControlLineBytes: 10 },
  },
  {
    name: "what is ignored behind PING, PONG and +OK has no limit",
    input: `PING${"x".repeat(50)}\r\nPONG ${" ".repeat(50)}\r\n+OK${"y".repeat(50)}\r\nPING\r\n`,
    calls: ["ping", "pong", "ping"],
    settings: { maxControlLineBytes: 10 },
  },
]);

suite("while CONNECT is expected", [
  {
    name: "CONNECT may come in any case",
    input: "connect {}\r\n",
    calls: ["connect {}"],
    settings: { expectsConnect: true },
  },
  ...["PING\r\n", "p", "PUB a 0\r\n\r\n", "SUB a 1\r\n", "\r\n", "+OK\r\n"].map((input) => ({
    name: `the first byte of ${quoted(input)} is refused`,
    input,
    calls: [UNAUTHORIZED],
    settings: { expectsConnect: true },
  })),
  {
    name: "another operation with the letter C is unknown",
    input: "CO X",
    calls: [UNKNOWN],
    settings: { expectsConnect: true },
  },
]);

suite("in pedantic mode", [
  {
    name: "each publish's line is shown once, before the payload",
    input: "PUB a 2\r\nhi\r\npub  b r 0\r\n\r\nHPUB c 1 2\r\nhi\r\nPUB d 9\r\n",
    calls: [
      "line a",
      'publish a "hi"',
      "line b",
      'publish b reply r ""',
      "line c",
      'publish c headers "h" "i"',
      "line d",
    ],
    settings: { isPedantic: true },
  },
  {
    name: "a payload too large comes before the line",
    input: "PUB a 11\r\n",
    calls: [TOO_LARGE],
    settings: { isPedantic: true, maxPayloadBytes: 10 },
  },
]);

test("control lines are traced with their arguments while tracing is on, publishes are not", () => {
  const bench = new ParserBench();
  bench.parse("SUB a 1\r\n");
  bench.parser.isTracing = true;
  bench.parse('CONNECT {"a":1}\r\nSUB  a q 1 \r\nUNSUB 1 2\r\nPUB a 0\r\n\r\nPING\r\n');
  expect(bench.sink.traced).toEqual(['CONNECT {"a":1}', "SUB a q 1 ", "UNSUB 1 2", "PING "]);
});

function allBytes(): string {
  return String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
}
