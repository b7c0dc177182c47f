/**
 * Texts that nobody writes: random ones, damaged ones and very large ones. Whatever the text, the
 * parser makes a tree of it or throws `ConfigSyntaxError`, in time in proportion to its length.
 * Run with SEED=n to repeat a failure.
 */
import { describe, expect, test } from "bun:test";
import { configDigest } from "../../../src/config/digest.ts";
import { MAX_NESTING_DEPTH, MAX_VALUES } from "../../../src/config/parser.ts";
import { Random } from "../../../src/util/random.ts";
import { parse, problemIn, problemOf, type Texts, valuesOf } from "./config-texts.ts";

const CASES = 5_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

const TEXTS: Texts = {
  files: {
    "etc/one.conf": "i 1; include two.conf",
    "etc/two.conf": "{ j [ {k $X} ] }",
    "etc/self.conf": "include self.conf",
  },
  environment: { X: "12k", Y: "{p: [1.5, $X]}", Z: "$Z" },
};

const VALID = `
listen: 127.0.0.1:4222 # clients
http = 8222; max_payload: 1MB
debug off
authorization {
  token = $2a$11$abc, timeout: 0.5
  TEAM = [ {user: ann, password: "x\\ty"}, {user 'bob'; nkey $X} ]
  users = $TEAM
  include one.conf
}
text (
 (one) # two
)
since 2016-05-04T18:53:41Z
{ "json": { "é😀": [1, 2.5, true, "a\\\\b", $Y ] } }
`;

const BITS = [
  ..."{}[]()=:,;#/'\"\\$ \t\n\r\0.-+1k\u00a0\u2028\ufeffé😀",
  "//",
  "\\x4",
  "$a",
  "$X",
  "$Y",
  "$Z",
  "$2a$",
  "(\n",
  "\n)\n",
  "2016-05-04T",
  "1mbb",
  "include one.conf\n",
  "include self.conf\n",
  "include ",
  "a = 1\n",
  "b { c [",
  "true",
];

class Writer extends Random {
  bit(): string {
    return BITS[this.below(BITS.length)]!;
  }

  bits(): string {
    return Array.from({ length: this.below(30) }, () => this.bit()).join("");
  }

  /** Bytes read as UTF-8, as a file would be. */
  bytes(): string {
    const bytes = Uint8Array.from({ length: this.below(60) }, () => this.below(256));
    return Buffer.from(bytes).toString();
  }

  damaged(text: string): string {
    const at = this.below(text.length + 1);
    const until = at + this.below(text.length + 1 - at);
    const kinds = [
      text.slice(0, at),
      text.slice(0, at) + text.slice(at + this.below(4)),
      text.slice(0, at) + this.bit() + text.slice(at + this.below(2)),
      text.slice(0, until) + text.slice(at, until) + text.slice(until),
    ];
    return kinds[this.below(kinds.length)]!;
  }
}

/** Parses `text`; fails the test, with the seed, if anything but a syntax error comes of it. */
function attempt(text: string): string {
  try {
    return problemIn(() => configDigest(parse(text, TEXTS)));
  } catch (error) {
    throw new Error(`SEED=${seed}: ${JSON.stringify(text)}`, { cause: error });
  }
}

describe(`with seed ${seed}, nothing but a syntax error comes of`, () => {
  const writer = new Writer(seed);
  const kinds: readonly (readonly [string, () => string])[] = [
    ["random bytes", () => writer.bytes()],
    ["random pieces of the language", () => writer.bits()],
    ["a damaged file", () => writer.damaged(VALID)],
    ["a file damaged three times", () => writer.damaged(writer.damaged(writer.damaged(VALID)))],
  ];
  for (const [title, write] of kinds) {
    test(title, () => {
      const problems = new Set<string>();
      for (let i = 0; i < CASES; i++) problems.add(attempt(write()));
      expect(problems.size).toBeGreaterThan(1);
    });
  }
});

test("the file that is damaged is valid", () => expect(attempt(VALID)).toBe("nothing"));

test("every beginning of a file is valid or ends in a syntax error at or before its end", () => {
  for (let length = 0; length <= VALID.length; length++) {
    const text = VALID.slice(0, length);
    const line = Number(/^\d+/.exec(attempt(text))?.[0] ?? 0);
    expect(line).toBeLessThanOrEqual(text.split("\n").length);
  }
});

describe("nesting is limited", () => {
  const tooDeep = `maps and arrays are nested more than ${MAX_NESTING_DEPTH} deep`;

  test("for arrays", () => {
    const nested = (depth: number) => `a ${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(problemOf(nested(MAX_NESTING_DEPTH))).toBe("nothing");
    expect(problemOf(nested(1e6))).toBe(`1:${MAX_NESTING_DEPTH + 2}: ${tooDeep}`);
  });

  test("for maps", () => {
    const nested = (depth: number) => "a {".repeat(depth) + "}".repeat(depth);
    expect(problemOf(nested(MAX_NESTING_DEPTH))).toBe("nothing");
    expect(problemOf(nested(1e6))).toEndWith(tooDeep);
  });

  test("for includes in maps", () => {
    const files: Record<string, string> = { "etc/f8.conf": "a ".concat("{a ".repeat(40)) };
    for (let i = 0; i < 8; i++)
      files[`etc/f${i}.conf`] = `${"a {".repeat(40)}include f${i + 1}.conf`;
    expect(problemOf("include f0.conf", { files })).toEndWith(tooDeep);
  });

  test("but not for braces around the file, which nest nothing", () => {
    expect(valuesOf(`${"{".repeat(1e5)}a 1${"}".repeat(1e5)}`)).toEqual({ a: 1n });
  });
});

describe("very long texts are read without delay:", () => {
  const COUNT = 300_000;
  const rows: readonly (readonly [string, string])[] = [
    ["spaces", " ".repeat(COUNT)],
    ["line feeds", "\n".repeat(COUNT)],
    ["comments", "#\n".repeat(COUNT)],
    ["digits", `a ${"1".repeat(COUNT)}`],
    ["zeros", `a ${"0".repeat(COUNT)}1`],
    ["zeros with a wrong suffix", `a ${"0".repeat(COUNT)}kbi`],
    ["letters of a suffix", `a 1k${"b".repeat(COUNT)}`],
    ["digits of a float", `a 1.${"1".repeat(COUNT)}`],
    ["dots", `a 1.1.1${".".repeat(COUNT)}`],
    ["a key", "k".repeat(COUNT)],
    ["a bare text", `a ${"x".repeat(COUNT)}`],
    ["an open quote", `a "${"x".repeat(COUNT)}`],
    ["escapes", `a "${"\\t\\xe9".repeat(COUNT)}"`],
    ["parentheses", `a (${")\n) ".repeat(COUNT)}`],
    ["one key again and again", "a=1\n".repeat(COUNT)],
    ["keys on one line", `m {${"é=1,".repeat(COUNT)}}`],
    ["items on one line", `a [${"'é',".repeat(COUNT)}]`],
    ["references", `a 1\n${"b=$a\n".repeat(COUNT)}`],
    ["braces", "{}".repeat(COUNT)],
  ];
  for (const [title, text] of rows) test(title, () => void attempt(text));
});

test(`a configuration has at most ${MAX_VALUES} values, those of references included`, () => {
  let text = "a0 [1]\n";
  for (let i = 1; i < 20; i++) text += `a${i} [$a${i - 1}, $a${i - 1}]\n`;
  text += "b $a18\nc $a16\n";
  expect(attempt(text)).toBe("nothing");
  expect(attempt(`${text}d [${"1,".repeat(100_000)}]`)).toEndWith(`more than ${MAX_VALUES} values`);
});
