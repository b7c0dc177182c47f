/** Each kind of option value: texts it reads, texts it refuses and how it writes a value. */
import { describe, expect, test } from "bun:test";
import {
  MAX_INT32,
  type OptionKind,
  bytes,
  duration,
  integer,
  limit,
  oneOf,
  port,
  text,
  toggle,
} from "../../../src/config/option-kinds.ts";
import { OptionValueError } from "../../../src/config/option-value-error.ts";

interface KindCase {
  readonly name: string;
  readonly kind: OptionKind<unknown>;
  readonly reads: readonly (readonly [string, unknown])[];
  readonly refuses: readonly (readonly [string, string])[];
  readonly writes: readonly (readonly [unknown, string])[];
}

const PARSE = "parse error";
const RANGE = "value out of range";

const CASES: readonly KindCase[] = [
  {
    name: "toggle",
    kind: toggle(),
    reads: [
      ["true", true],
      ["T", true],
      ["1", true],
      ["False", false],
      ["0", false],
    ],
    refuses: [
      ["", PARSE],
      ["yes", PARSE],
      ["tRUE", PARSE],
    ],
    writes: [
      [true, "true"],
      [false, ""],
    ],
  },
  {
    name: "text",
    kind: text("name"),
    reads: [
      ["", ""],
      [" a b ", " a b "],
    ],
    refuses: [],
    writes: [["a", "a"]],
  },
  {
    name: "integer",
    kind: integer({ valueName: "number", min: -1, max: 255, zero: "off" }),
    reads: [
      ["-1", -1],
      ["+7", 7],
      ["0x1F", 31],
      ["0b11", 3],
      ["0o17", 15],
      ["017", 15],
    ],
    refuses: [
      ["", PARSE],
      ["1.5", PARSE],
      ["1k", PARSE],
      ["089", PARSE],
      [" 1", PARSE],
      ["-2", RANGE],
      ["256", RANGE],
      ["99999999999999999999", RANGE],
    ],
    writes: [
      [0, "off"],
      [12, "12"],
    ],
  },
  {
    name: "limit",
    kind: limit("number"),
    reads: [
      ["-1", 0],
      ["0", 0],
      ["10", 10],
    ],
    refuses: [["ten", PARSE]],
    writes: [
      [0, "unlimited"],
      [10, "10"],
    ],
  },
  {
    name: "port",
    kind: port("off"),
    reads: [
      ["-1", -1],
      ["65535", 65535],
    ],
    refuses: [
      ["65536", RANGE],
      ["-2", RANGE],
      ["http", PARSE],
    ],
    writes: [[0, "off"]],
  },
  {
    name: "bytes",
    kind: bytes({ max: MAX_INT32 }),
    reads: [
      ["0", 0],
      ["1024", 1024],
      ["1k", 1000],
      ["1K", 1000],
      ["1kb", 1024],
      ["1KiB", 1024],
      ["2Mi", 2 * 1024 * 1024],
      ["1g", 1e9],
    ],
    refuses: [
      ["1mbb", PARSE],
      ["1x", PARSE],
      ["1.5k", PARSE],
      ["k", PARSE],
      ["-1", RANGE],
      ["2gb", RANGE],
      ["1t", RANGE],
    ],
    writes: [
      [0, "0"],
      [4096, "4KiB"],
      [1000, "1000"],
      [1024 * 1024, "1MiB"],
      [1024 * 1024 + 1024, "1025KiB"],
    ],
  },
  {
    name: "duration",
    kind: duration(),
    reads: [
      ["100ms", 100],
      ["1m30s", 90_000],
      ["2", 2000],
      ["0.5", 500],
    ],
    refuses: [
      ["", PARSE],
      ["1d", PARSE],
      ["soon", PARSE],
      ["-1s", RANGE],
    ],
    writes: [[120_000, "2m0s"]],
  },
  {
    name: "oneOf",
    kind: oneOf(["close", "retry"], "must be 'close' or 'retry'"),
    reads: [["retry", "retry"]],
    refuses: [
      ["", "must be 'close' or 'retry'"],
      ["Close", "must be 'close' or 'retry'"],
    ],
    writes: [["close", "close"]],
  },
];

for (const { name, kind, reads, refuses, writes } of CASES) {
  describe(name, () => {
    for (const [written, value] of reads) {
      test(`reads ${JSON.stringify(written)}`, () => expect(kind.parse(written)).toEqual(value));
    }
    for (const [written, reason] of refuses) {
      test(`refuses ${JSON.stringify(written)}`, () => {
        expect(() => kind.parse(written)).toThrow(new OptionValueError(reason));
      });
    }
    for (const [value, shown] of writes) {
      test(`writes ${JSON.stringify(value)}`, () => expect(kind.format(value)).toBe(shown));
    }
  });
}
