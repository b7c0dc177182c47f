/** References: where the value of a variable comes from, what it costs, and what is refused. */
import { describe, expect, test } from "bun:test";
import {
  MAX_NESTING_DEPTH,
  MAX_REFERENCED_CHARACTERS,
  MAX_VALUES,
  MAX_VARIABLE_CHAIN,
} from "../../../src/config/parser.ts";
import { nodeAt, parse, place, problemOf, type Texts, valuesOf } from "./config-texts.ts";

type Environment = Texts["environment"];

describe("a variable is", () => {
  const rows: readonly (readonly [string, string, unknown])[] = [
    ["an earlier key of the same map", "a 1; b $a", { a: 1n, b: 1n }],
    [
      "of any type",
      "a {x [1, {y 2}]}; b $a",
      { a: { x: [1n, { y: 2n }] }, b: { x: [1n, { y: 2n }] } },
    ],
    ["the key as it was last defined before", "a 1; b $a; a 2; c $a", { b: 1n, a: 2n, c: 2n }],
    [
      "the key of the innermost map",
      "a 1; b { a 2; c $a }; d $a",
      { a: 1n, b: { a: 2n, c: 2n }, d: 1n },
    ],
    ["a key of an outer map", "a 1; b { c { d [ [ $a ] ] } }", { a: 1n, b: { c: { d: [[1n]] } } }],
    [
      "a key of the map that holds the array",
      "m { a 1; b [ { c $a } ] }",
      { m: { a: 1n, b: [{ c: 1n }] } },
    ],
    ["its own key as defined before", "a 1; a [$a, $a]", { a: [1n, 1n] }],
    ["a reference in turn", "a 1; b $a; c $b", { a: 1n, b: 1n, c: 1n }],
    ["named in the case of the key", "Foo 1; b $Foo", { Foo: 1n, b: 1n }],
    ["an item of an array", "a 1; b [ $a, $a\n$a]", { a: 1n, b: [1n, 1n, 1n] }],
    ["not meant by a quoted text", "a 1; b '$a'; c \"$a\"", { a: 1n, b: "$a", c: "$a" }],
    ["not meant in the middle of a text", "a 1; b x$a", { a: 1n, b: "x$a" }],
    ["not meant by a bcrypt hash", "p $2a$11$ab/c.d", { p: "$2a$11$ab/c.d" }],
  ];
  for (const [title, text, expected] of rows) {
    test(title, () => expect(valuesOf(text)).toEqual(expected));
  }
});

describe("an environment variable", () => {
  const rows: readonly (readonly [string, string, Environment, unknown])[] = [
    ["is read as a value: an integer", "a $X", { X: "22" }, { a: 22n }],
    ["is read as a value: a size", "a $X", { X: "1kb" }, { a: 1024n }],
    ["is read as a value: a boolean", "a $X", { X: "true" }, { a: true }],
    ["is read as a value: a text", "a $X", { X: "xyz" }, { a: "xyz" }],
    ["is read as a value: an address", "a $X", { X: "1.2.3.4:80" }, { a: "1.2.3.4:80" }],
    ["is read as a value: a quoted text", "a $X", { X: "'3 x'" }, { a: "3 x" }],
    ["is read as a value: a map", "a $X", { X: "{b [1,2]}" }, { a: { b: [1n, 2n] } }],
    ["is read as a value: nothing", "a $X", { X: "" }, { a: "" }],
    ["is a bcrypt hash as it is", "a $X", { X: "$2a$11$abc" }, { a: "$2a$11$abc" }],
    ["may refer to another", "a $X", { X: "[$Y, $Y]", Y: "1" }, { a: [1n, 1n] }],
    ["does not see keys of the file", "Y 2; a $X", { X: "$Y", Y: "1" }, { Y: 2n, a: 1n }],
    ["gives way to a key", "X 1; a $X", { X: "2" }, { X: 1n, a: 1n }],
    ["is used until the key is defined", "a $X; X 1; b $X", { X: "2" }, { a: 2n, X: 1n, b: 1n }],
  ];
  for (const [title, text, environment = {}, expected] of rows) {
    test(title, () => expect(valuesOf(text, { environment })).toEqual(expected));
  }

  test("is at the place of the reference, with all that is in it", () => {
    const root = parse("a 1\n b { c [ $X ] }", { environment: { X: "{y [1]}" } });
    expect(place(nodeAt(root, "b", "c", 0).position)).toBe("2:11");
    expect(place(nodeAt(root, "b", "c", 0, "y", 0).position)).toBe("2:11");
  });

  test("is read once, however often it is referred to", () => {
    let reads = 0;
    const environment = {
      get X() {
        reads++;
        return "{y 1}";
      },
    };
    expect(valuesOf("a [$X, $X]; b $X", { environment })).toEqual({
      a: [{ y: 1n }, { y: 1n }],
      b: { y: 1n },
    });
    expect(reads).toBe(1);
  });
});

describe("a reference is refused", () => {
  const rows: readonly (readonly [string, string, Environment, string])[] = [
    [
      "if there is no such variable",
      "\n a $X",
      {},
      "2:5: variable reference for 'X' on line 2 can not be found",
    ],
    [
      "if the key comes later",
      "a $b; b 1",
      {},
      "1:3: variable reference for 'b' on line 1 can not be found",
    ],
    [
      "if the key is in a map beside",
      "a {b 1}; c $b",
      {},
      "1:12: variable reference for 'b' on line 1 can not be found",
    ],
    [
      "if the case differs",
      "a 1; b $A",
      {},
      "1:8: variable reference for 'A' on line 1 can not be found",
    ],
    [
      "to the map that it is in",
      "a { b $a }",
      {},
      "1:7: variable reference for 'a' on line 1 can not be found",
    ],
    ["without a name", "a $", {}, "1:3: variable reference for '' on line 1 can not be found"],
    [
      "to other hashes, which need quotes",
      "a $2b$11$x",
      {},
      "1:3: variable reference for '2b$11$x' on line 1 can not be found",
    ],
    [
      "if the environment holds no value",
      "a 1\nb $X",
      { X: "x y" },
      "2:4: variable reference for 'X' on line 2 could not be parsed: Expected a top-level " +
        "value to end with a new line, comment or EOF, but got 'y' instead.",
    ],
    [
      "if the environment holds a broken value",
      "a [ $X ]",
      { X: "\n1" },
      "1:5: variable reference for 'X' on line 1 could not be parsed: " +
        "Expected value but found new line",
    ],
    [
      "to an environment variable that refers to itself",
      "a $X",
      { X: "$X" },
      "1:3: variable reference for 'X' on line 1 could not be parsed: variable reference for 'X' " +
        "on line 1 could not be parsed: variable reference cycle for 'X'",
    ],
    [
      "to environment variables that refer to each other",
      "a $X",
      { X: "[$Y]", Y: "{z $X}" },
      "1:3: variable reference for 'X' on line 1 could not be parsed: variable reference for 'Y' " +
        "on line 1 could not be parsed: variable reference for 'X' on line 1 could not be " +
        "parsed: variable reference cycle for 'X'",
    ],
    [
      "if a variable of the environment refers to a missing one",
      "a $X",
      { X: "$Y" },
      "1:3: variable reference for 'X' on line 1 could not be parsed: " +
        "variable reference for 'Y' on line 1 can not be found",
    ],
  ];
  for (const [title, text, environment = {}, problem] of rows) {
    test(title, () => expect(problemOf(text, { environment })).toBe(problem));
  }
});

describe("an entry is used", () => {
  const isUsed = (text: string, ...keys: string[]) => {
    const { entries } = parse(text, { files: { "etc/one.conf": "i 1; j $i" } });
    return keys.map((key) => entries.get(key)?.isUsed);
  };

  test("if a variable refers to it", () => {
    expect(isUsed("a 1; b 2; c $a", "a", "b", "c")).toEqual([true, false, false]);
    expect(isUsed("a 1; b {c [$a]}", "a", "b")).toEqual([true, false]);
    expect(isUsed("a 1; b $a; c $b", "a", "b", "c")).toEqual([true, true, false]);
  });

  test("until it is defined again", () => {
    expect(isUsed("a 1; b $a; a 2", "a")).toEqual([false]);
  });

  test("if an included file or the including file refers to it", () => {
    expect(isUsed("include one.conf\na $j", "i", "j", "a")).toEqual([true, true, false]);
  });

  test("only where the reference finds it", () => {
    const root = parse("a 1; b { a 2; c $a }");
    expect(root.entries.get("a")?.isUsed).toBe(false);
    const inner = nodeAt(root, "b");
    expect(inner.kind === "map" && inner.entries.get("a")?.isUsed).toBe(true);
  });
});

describe("references are limited", () => {
  const problem = (text: string, environment: Environment = {}) =>
    problemOf(text, { environment }).replace(/^[\d:]+ /, "");

  test(`to ${MAX_VALUES} values in all`, () => {
    let text = "a0 [1]\n";
    for (let i = 1; i < 60; i++) text += `a${i} [$a${i - 1}, $a${i - 1}]\n`;
    expect(problem(text)).toBe(`more than ${MAX_VALUES} values`);
  });

  test(`to ${MAX_VALUES} values in all, also in the environment`, () => {
    const environment: Record<string, string> = { A0: "1" };
    for (let i = 1; i < 30; i++) environment[`A${i}`] = `[$A${i - 1}, $A${i - 1}]`;
    expect(problem("a $A29", environment)).toEndWith(`more than ${MAX_VALUES} values`);
  });

  test(`to ${MAX_REFERENCED_CHARACTERS} characters in all`, () => {
    const times = 32;
    const long = "x".repeat(MAX_REFERENCED_CHARACTERS / times);
    expect(problem(`a ${long}\nb [${"$a,".repeat(times)}]`)).toBe("nothing");
    expect(problem(`a { ${long} 1 }\nb [${"$a,".repeat(times + 1)}]`)).toBe(
      `variables stand for more than ${MAX_REFERENCED_CHARACTERS} characters`,
    );
  });

  test(`to values nested ${MAX_NESTING_DEPTH} deep`, () => {
    const half = MAX_NESTING_DEPTH / 2;
    const nested = (depth: number, inner: string) => "[".repeat(depth) + inner + "]".repeat(depth);
    expect(problem(`a ${nested(half, "")}\nb ${nested(half, "$a")}`)).toBe("nothing");
    expect(problem(`a ${nested(half, "")}\nb ${nested(half + 1, "$a")}`)).toBe(
      `maps and arrays are nested more than ${MAX_NESTING_DEPTH} deep`,
    );
  });

  test(`to chains of ${MAX_VARIABLE_CHAIN} environment variables`, () => {
    const chain = (length: number) => {
      const environment: Record<string, string> = { [`V${length}`]: "1" };
      for (let i = 1; i < length; i++) environment[`V${i}`] = `$V${i + 1}`;
      return environment;
    };
    expect(valuesOf("a $V1", { environment: chain(MAX_VARIABLE_CHAIN) })).toEqual({ a: 1n });
    expect(problem("a $V1", chain(MAX_VARIABLE_CHAIN + 1))).toEndWith(
      `: more than ${MAX_VARIABLE_CHAIN} variables refer to each other`,
    );
  });
});
