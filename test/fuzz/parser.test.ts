/**
 * Random conversations, damaged at random, cut at random: the parser must never throw anything but
 * a `ProtocolError`, take all input unless it is told to halt, and see the same for every way of
 * cutting. Run with SEED=n to repeat a failure.
 */
import { expect, test } from "bun:test";
import { Random } from "../../src/util/random.ts";
import { atRandom, byteByByte } from "../support/chunking.ts";
import { ParserBench } from "../support/recording-sink.ts";
import type { ParserSettings } from "../support/recording-sink.ts";

const CASES = 12_000;
const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

const TOKENS = ["a", "foo", "b.c", "*", ">", "_INBOX.x1", "q", "12", "\xff\x01", "a..b"];
const NUMBERS = [
  "0",
  "1",
  "2",
  "5",
  "007",
  "17",
  "300",
  "4097",
  "99999",
  "123456789",
  "1234567890",
];
const BLANKS = [" ", "  ", "\t", " \t ", " ".repeat(60)];
const JUNK = [
  "",
  "x".repeat(60),
  " ".repeat(60),
  "\r\n",
  "\n",
  "\r",
  " ",
  "PUB",
  "\0",
  "{}",
  '{"a":1}',
  "-1",
  "+OK",
  "\r\n\r\n",
];

class Writer {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  pick(choices: readonly string[]): string {
    return choices[this.#random.below(choices.length)]!;
  }

  conversation(): string {
    return Array.from({ length: 1 + this.below(8) }, () => this.#operation()).join("");
  }

  #operation(): string {
    const end = this.below(8) === 0 ? "\n" : "\r\n";
    const parts = this.#parts();
    const [name = "", ...rest] =
      this.below(6) === 0 ? parts.map((part) => part.toLowerCase()) : parts;
    const blank = () => (this.below(6) === 0 ? this.pick(BLANKS) : " ");
    const line = rest.reduce((text, part) => text + blank() + part, name) + end;
    return line + this.#body(name.toUpperCase(), rest);
  }

  #parts(): readonly string[] {
    const subject = this.pick(TOKENS);
    const reply = this.below(2) === 0 ? [] : [this.pick(TOKENS)];
    const size = String(this.below(this.below(10) === 0 ? 1000 : 12));
    switch (this.below(8)) {
      case 0:
        return ["CONNECT", '{"verbose":false}'];
      case 1:
        return ["PING"];
      case 2:
        return ["PONG"];
      case 3:
        return ["SUB", subject, ...reply, String(this.below(100))];
      case 4:
        return ["UNSUB", String(this.below(100)), ...(reply.length > 0 ? [size] : [])];
      case 5:
        return ["HPUB", subject, ...reply, String(this.below(Number(size) + 1)), size];
      case 6:
        return this.below(4) === 0 ? ["INFO", "{}"] : ["+OK"];
      default:
        return ["PUB", subject, ...reply, size];
    }
  }

  #body(name: string, rest: readonly string[]): string {
    if (name !== "PUB" && name !== "HPUB") return "";
    const size = Number(rest.at(-1));
    return `${Array.from({ length: size }, () => this.pick(["x", "\r", "\n", "P", " "])).join("")}\r\n`;
  }

  /** Flips bits, cuts, repeats and inserts, a few times. */
  damage(text: string): string {
    let damaged = text;
    for (let times = this.below(4); times > 0; times--) {
      const at = this.below(damaged.length + 1);
      const end = Math.min(damaged.length, at + 1 + this.below(20));
      const before = damaged.slice(0, at);
      switch (this.below(6)) {
        case 0: {
          const flipped = (damaged.charCodeAt(at) || 0) ^ (1 << this.below(8));
          damaged = before + String.fromCharCode(flipped) + damaged.slice(at + 1);
          break;
        }
        case 1:
          damaged = before;
          break;
        case 2:
          damaged = before + damaged.slice(end);
          break;
        case 3:
          damaged =
            before + damaged.slice(at, end).repeat(2 + this.below(300)) + damaged.slice(end);
          break;
        case 4:
          damaged = before + this.pick(JUNK) + damaged.slice(at);
          break;
        default:
          damaged = before + this.pick(NUMBERS) + damaged.slice(at);
      }
    }
    return damaged;
  }
}

function settingsFor(writer: Writer): Partial<ParserSettings> {
  return {
    maxControlLineBytes: writer.below(2) === 0 ? 4096 : 30,
    maxPayloadBytes: writer.below(2) === 0 ? 1_048_576 : 300,
    expectsConnect: writer.below(10) === 0,
    acceptsHeaders: writer.below(5) > 0,
    isPedantic: writer.below(2) === 0,
  };
}

function check(seed: number): void {
  const writer = new Writer(seed);
  const input = writer.damage(writer.conversation());
  const settings = settingsFor(writer);
  const expected = new ParserBench(settings).record([input]);
  for (const chunking of [byteByByte, atRandom(seed), atRandom(seed + 1), atRandom(seed + 2)]) {
    const bench = new ParserBench(settings);
    const calls = bench.record(chunking.cut(input));
    if (!Bun.deepEquals(calls, expected)) {
      expect({ chunking: chunking.name, input, calls }).toEqual({
        chunking: chunking.name,
        input,
        calls: [...expected],
      });
    }
    bench.parser.discard();
    if (bench.pool.lentBytes !== 0)
      throw new Error(`${bench.pool.lentBytes} bytes are not returned`);
  }
}

test(`${CASES} damaged conversations parse alike for all cuts (SEED=${firstSeed})`, () => {
  for (let i = 0; i < CASES; i++) {
    try {
      check(firstSeed + i);
    } catch (error) {
      throw new Error(`SEED=${firstSeed + i}: ${String(error)}`, { cause: error });
    }
  }
}, 60_000);
