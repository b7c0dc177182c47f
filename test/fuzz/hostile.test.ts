/**
 * Peers that break the protocol or overdo it, over real sockets. Each attack ends as it does with
 * nats-server; meanwhile and afterwards a well-behaved pair of clients is served (see `siege.ts`).
 */
import { describe, expect, test } from "bun:test";
import { SIEGE_SEED, Siege, expectEnd } from "../support/siege.ts";

const TIMEOUT_MS = 60_000;
const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n';
const UNKNOWN = "Unknown Protocol Operation";
const TOO_LONG = "maximum control line exceeded";
const TOO_LARGE = "Maximum Payload Violation";
const MiB = 1024 * 1024;

describe(`random input, seed ${SIEGE_SEED}`, () => {
  test("of any bytes ends with an error", () =>
    Siege.run({}, async (siege) => {
      for (let i = 0; i < 200; i++) {
        const peer = await siege.attacker();
        await peer.send(Buffer.concat([siege.bytes(siege.between(1, 4000)), Buffer.from("~\r\n")]));
        await expectEnd(peer, UNKNOWN);
      }
    }));

  test(
    "of damaged conversations does no harm",
    () =>
      Siege.run({}, async (siege) => {
        for (let i = 0; i < 400; i++) {
          const peer = await siege.attacker();
          const input = damaged(siege, conversation(siege));
          const middle = siege.between(0, input.length);
          await peer.send(input.subarray(0, middle));
          if (i % 4 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
          await peer.send(input.subarray(middle));
          if (i % 3 === 0) peer.terminate();
          else peer.end();
        }
      }),
    TIMEOUT_MS,
  );
});

describe("a line without an end", () => {
  for (const start of [
    "CONNECT ",
    "CONNECT{",
    "PUB ",
    "HPUB ",
    "SUB ",
    "UNSUB ",
    "INFO ",
    "-ERR ",
  ]) {
    test(`after ${start}is cut off at the limit`, () =>
      Siege.run({}, async (siege) => {
        const exact = await siege.attacker();
        await exact.send(start + "a".repeat(4097));
        await expectEnd(exact, TOO_LONG);
        const slow = await siege.attacker();
        await slow.send(start);
        for (let i = 0; i < 4097; i += 17) await slow.send("b".repeat(17));
        await slow.closed();
        const endless = await siege.attacker();
        let sentBytes = 0;
        while (await endless.send("c".repeat(65_536))) sentBytes += 65_536;
        expect(sentBytes).toBeLessThan(64 * MiB);
      }));
  }

  test("of blanks costs no memory, and the operation behind them counts", () =>
    Siege.run({ growthBytes: 64 * MiB }, async (siege) => {
      for (const [start, end, answer] of [
        ["PUB", " a 2\r\nhi\r\nPING\r\n", "PONG\r\n"],
        ["SUB\t", "a 1\r\nPING\r\n", "PONG\r\n"],
        ["CONNECT", '{"verbose":true}\r\n', "+OK\r\n"],
        ["PING", "\r\n", "PONG\r\n"],
        ["+OK", "\r\nPING\r\n", "PONG\r\n"],
      ] as const) {
        const peer = await siege.attacker();
        await peer.send(start);
        for (let i = 0; i < 128; i++) await peer.send(" \t".repeat(65_536));
        await peer.send(end);
        await peer.until(answer, () => peer.received.endsWith(answer));
        peer.end();
      }
    }));

  test("of blanks between arguments is cut off at the limit", () =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      await peer.send(`SUB a${" ".repeat(5000)}`);
      await expectEnd(peer, TOO_LONG);
    }));
});

describe("sizes that cannot be", () => {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["PUB a 1048577", TOO_LARGE],
    ["PUB a 999999999", TOO_LARGE],
    ["PUB a 9999999999", undefined],
    ["PUB a 99999999999999999999999999", undefined],
    ["PUB a -1", undefined],
    ["PUB a 0x10", undefined],
    ["PUB a 1e3", undefined],
    ["PUB a", undefined],
    ["PUB a b c 1", undefined],
    ["HPUB a 1048577 1048577", TOO_LARGE],
    ["HPUB a 999999999 999999999", TOO_LARGE],
    ["HPUB a 5 3", undefined],
    ["HPUB a -1 3", undefined],
    ["HPUB a 9999999999 3", undefined],
    ["HPUB a 3", undefined],
    ["UNSUB", undefined],
    ["SUB a", undefined],
    ["SUB a b c d", undefined],
  ];
  for (const [line, error] of lines) {
    test(`${line} ends with ${error ?? "a close without a word"}`, () =>
      Siege.run({}, async (siege) => {
        const peer = await siege.attacker();
        await peer.send(`${CONNECT}${line.padEnd(6)}\r\nxxx\r\n`);
        await expectEnd(peer, error);
      }));
  }

  test("are refused before the payload comes, and an announced size reserves nothing", () =>
    Siege.run({ growthBytes: 48 * MiB }, async (siege) => {
      const peers = await siege.attackers(500);
      for (const peer of peers) await peer.send("PUB a 1048576\r\nx");
      for (const peer of peers) expect(peer.isClosed).toBe(false);
    }));
});

describe("headers", () => {
  test("that are none at all pass through, and are cut for those who take none", () =>
    Siege.run({}, async (siege) => {
      const [sender, plain] = await siege.attackers(2);
      await plain!.send('CONNECT {"verbose":false}\r\nSUB h 1\r\n');
      await sender!.send(`${CONNECT}SUB h 9\r\n`);
      await Promise.all([plain!.synchronise(), sender!.synchronise()]);
      const before = [sender!.receivedBytes, plain!.receivedBytes] as const;
      const messages = ["0 2\r\nhi\r\n", "2 2\r\n\0\0\r\n", "4 6\r\n\r\n\r\nhi\r\n"];
      await sender!.send(messages.map((message) => `HPUB h ${message}`).join(""));
      await sender!.synchronise();
      await plain!.synchronise();
      expect(sender!.receivedSince(before[0])).toBe(
        "MSG h 9 2\r\nhi\r\nHMSG h 9 2 2\r\n\0\0\r\nHMSG h 9 4 6\r\n\r\n\r\nhi\r\nPONG\r\n",
      );
      expect(plain!.receivedSince(before[1])).toBe(
        "MSG h 1 2\r\nhi\r\nMSG h 1 0\r\n\r\nMSG h 1 2\r\nhi\r\nPONG\r\n",
      );
    }));

  test("without having been agreed on end the connection", () =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      await peer.send("HPUB a 2 2\r\nhi\r\n");
      await expectEnd(peer, undefined);
    }));
});

describe("CONNECT", () => {
  test.each([
    ["nested two thousand deep", `{"x":${"[".repeat(2000)}${"]".repeat(2000)}}`],
    ["nested objects", `{"x":${'{"a":'.repeat(600)}1${"}".repeat(600)}}`],
    ["with reserved names", '{"__proto__":{"echo":false},"constructor":1,"toString":2}'],
    ["with the same field often", `{${'"name":"a",'.repeat(300)}"name":"b"}`],
    ["with a long name", `{"name":"${"n".repeat(4000)}"}`],
  ])("%s is taken", (_name, json) =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      await peer.send(`CONNECT ${json}\r\n`);
      await peer.synchronise();
    }),
  );

  test.each([
    ["not JSON", "{"],
    ["nested without an end", `{"x":${"[".repeat(4000)}`],
    ["an array", "[]"],
    ["a number", "1"],
    ["a field of the wrong type", '{"verbose":1}'],
    ["a broken escape", '{"name":"\\u12"}'],
    ["bytes that are not UTF-8 outside a string", '{"a":\xff}'],
  ])("with %s ends without a word", (_name, json) =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      await peer.send(`CONNECT ${json}\r\n`);
      await expectEnd(peer, undefined);
    }),
  );

  test("of a megabyte is parsed or refused, as deep as it may be", () =>
    Siege.run({ args: ["--max_control_line", String(MiB)] }, async (siege) => {
      for (const depth of [9000, 100_000, 500_000]) {
        const peer = await siege.attacker();
        await peer.send(`CONNECT {"x":${"[".repeat(depth)}${"]".repeat(depth)}}\r\nPING\r\n`);
        await peer.until("an end", () => peer.isClosed || peer.received.endsWith("PONG\r\n"));
      }
      const large = await siege.attacker();
      await large.send(`CONNECT {"verbose":false,"name":"${"n".repeat(1_000_000)}"}\r\n`);
      await large.synchronise();
    }));

  test("ten thousand times over is taken, and drops the subscriptions each time", () =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      await peer.send(`${CONNECT}SUB a 1\r\nSUB b.* 2\r\n`.repeat(10_000));
      await peer.synchronise();
      const { subscriptions } = await siege.server.varz();
      expect(subscriptions).toBe(siege.baseline.subscriptions + 2);
    }));
});

test("other protocols are turned away", () =>
  Siege.run({}, async (siege) => {
    for (const greeting of [
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "\x10\x10\x00\x04MQTT\x04\x02\x00<\x00\x04test",
      "RMSG $G a 2\r\nhi\r\n",
      "LS+ a\r\n",
      "A+ a\r\n",
      "HMSG a 1 0 0\r\n\r\n",
      "MSG a 1 2\r\nhi\r\n",
    ]) {
      const peer = await siege.attacker();
      await peer.send(greeting);
      await expectEnd(peer, UNKNOWN);
    }
  }));

/** What a client might say: a few operations of all kinds. */
function conversation(siege: Siege): Buffer {
  const operations = [
    CONNECT,
    "SUB fuzz.* 1\r\n",
    "SUB fuzz.> queue 2\r\n",
    "PUB fuzz.a 5\r\nhello\r\n",
    "PUB fuzz.b reply.to 3\r\nabc\r\n",
    "HPUB fuzz.c 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
    "UNSUB 1 5\r\n",
    "UNSUB 2\r\n",
    "PING\r\n",
    "PONG\r\n",
    "+OK\r\n",
    "INFO {}\r\n",
  ];
  const chosen = Array.from(
    { length: 12 },
    () => operations[siege.random.below(operations.length)],
  );
  return Buffer.from(CONNECT + chosen.join(""), "latin1");
}

/** The same with a few bytes changed, left out, repeated or moved. */
function damaged(siege: Siege, input: Buffer): Buffer {
  let bytes = input;
  for (let i = siege.between(1, 4); i > 0; i--) {
    const start = siege.random.below(bytes.length);
    const end = Math.min(bytes.length, start + siege.between(1, 20));
    const [head, part, tail] = [
      bytes.subarray(0, start),
      bytes.subarray(start, end),
      bytes.subarray(end),
    ];
    const kinds = [
      [head, siege.bytes(part.length), tail],
      [head, tail],
      [head, part, part, part, tail],
      [tail, head, part],
      [head, Buffer.from(" \t\r\n0".charAt(siege.random.below(5))), part, tail],
    ];
    bytes = Buffer.concat(kinds[siege.random.below(kinds.length)]!);
    if (bytes.length === 0) return input;
  }
  return bytes;
}
