/** Files that include other files: where these are, what they see and what they define. */
import { describe, expect, test } from "bun:test";
import { MAX_INCLUDE_CHAIN, MAX_INCLUDED_FILES, parseConfig } from "../../../src/config/parser.ts";
import {
  nodeAt,
  parse,
  place,
  problemIn,
  problemOf,
  type Texts,
  valuesOf,
} from "./config-texts.ts";

describe("an include", () => {
  const rows: readonly (readonly [string, string, Texts["files"], unknown])[] = [
    [
      "is looked for in the folder of the including file",
      "include users.conf",
      { "etc/users.conf": "a 1" },
      { a: 1n },
    ],
    [
      "may climb and descend",
      "include '../x/./y/../users.conf'",
      { "x/users.conf": "a 1" },
      { a: 1n },
    ],
    [
      "may be absolute",
      'include "/var/users.conf"',
      { "/var/users.conf": "include more.conf", "/var/more.conf": "a 1" },
      { a: 1n },
    ],
    [
      "is relative to the file that it stands in",
      "include sub/one.conf",
      { "etc/sub/one.conf": "include two.conf\nb 2", "etc/sub/two.conf": "a 1" },
      { a: 1n, b: 2n },
    ],
    [
      "may stand in a map, and in braces around the file",
      "{ include one.conf; b { include 'one.conf' }, c { d 1; include one.conf} }",
      { "etc/one.conf": "a 1" },
      { a: 1n, b: { a: 1n }, c: { d: 1n, a: 1n } },
    ],
    [
      "may stand in a map in an array",
      "x [ { include one.conf } ]",
      { "etc/one.conf": "a 1" },
      { x: [{ a: 1n }] },
    ],
    [
      "is a word in any case, but not if quoted or followed by a separator",
      "INCLUDE one.conf\n'include' 2",
      { "etc/one.conf": "Include: 1" },
      { Include: 1n, include: 2n },
    ],
    [
      "overrides keys before it, and is overridden by keys behind it",
      "a 1; b 1\ninclude one.conf\nb 3",
      { "etc/one.conf": "a 2; b 2; c 2" },
      { a: 2n, c: 2n, b: 3n },
    ],
    [
      "may be empty, or JSON",
      "include empty.conf\nx { include one.json }",
      { "etc/empty.conf": "# nothing\n", "etc/one.json": '{ "a": [{"b": 1}] }' },
      { x: { a: [{ b: 1n }] } },
    ],
    [
      "may be repeated",
      "a { include one.conf }\nb { include one.conf }\ninclude one.conf\ninclude one.conf",
      { "etc/one.conf": "x 1" },
      { a: { x: 1n }, b: { x: 1n }, x: 1n },
    ],
    [
      "has its own keys only as variables, and gives them to the including file",
      "include one.conf\nc = $a",
      { "etc/one.conf": "a 1; b $a" },
      { a: 1n, b: 1n, c: 1n },
    ],
  ];
  for (const [title, text, files = {}, expected] of rows) {
    test(title, () => expect(valuesOf(text, { files })).toEqual(expected));
  }

  test("takes the place of its last definition", () => {
    const root = parse("a 1; b 1\ninclude one.conf\nc 1", {
      files: { "etc/one.conf": "a 2; d 2" },
    });
    expect([...root.entries.keys()]).toEqual(["b", "a", "d", "c"]);
  });

  test("keeps the places of what is in it", () => {
    const files = { "etc/sub/one.conf": "\n a { b 1 }" };
    const root = parse("x {\n include sub/one.conf }", { files });
    expect(place(nodeAt(root, "x", "a").position)).toBe("etc/sub/one.conf:2:2");
    expect(place(nodeAt(root, "x", "a", "b").position)).toBe("etc/sub/one.conf:2:6");
  });
});

describe("an include is refused", () => {
  const rows: readonly (readonly [string, string, Texts["files"], string])[] = [
    [
      "if the file is missing",
      "a 1\n include none.conf",
      {},
      "2:2: error parsing include file 'none.conf', " +
        "open etc/none.conf: no such file or directory",
    ],
    [
      "if the path is empty",
      "include ''",
      {},
      "1:0: error parsing include file '', open etc: no such file or directory",
    ],
    [
      "if a file that it includes is missing, at that place",
      "include one.conf",
      { "etc/one.conf": "\n\ninclude ../none.conf" },
      "etc/one.conf:3:1: error parsing include file '../none.conf', " +
        "open none.conf: no such file or directory",
    ],
    [
      "for an error in the file, at that place",
      "include one.conf",
      { "etc/one.conf": "a 1\nb = .5" },
      "etc/one.conf:2:5: Floats must start with a digit",
    ],
    [
      "if the file ends with a key",
      "a { include one.conf }",
      { "etc/one.conf": "????" },
      "etc/one.conf:1:4: config is invalid",
    ],
    [
      "if the file expects variables of the including file",
      "a 1\ninclude one.conf",
      { "etc/one.conf": "b $a" },
      "etc/one.conf:1:3: variable reference for 'a' on line 1 can not be found",
    ],
    [
      "if the file includes itself",
      "include ./main.conf",
      {},
      "1:0: error parsing include file './main.conf', " +
        "which includes itself: etc/main.conf -> etc/main.conf",
    ],
    [
      "if files include each other",
      "x { include sub/one.conf }",
      { "etc/sub/one.conf": "include two.conf", "etc/sub/two.conf": "a 1\ninclude ../main.conf" },
      "etc/sub/two.conf:2:1: error parsing include file '../main.conf', which includes itself: " +
        "etc/main.conf -> etc/sub/one.conf -> etc/sub/two.conf -> etc/main.conf",
    ],
    [
      "in place of an item of an array",
      "a [ include one.conf ]",
      {},
      '1:12: Expected an array value terminator "," or an array terminator "]", ' +
        "but got 'o' instead.",
    ],
    ["without a path", "include\na 1", {}, "2:0: Expected include value but found new line"],
    [
      "with a number for a path",
      "include 1",
      {},
      "1:8: Expected include value but found start of a number",
    ],
    ["with an open quote", "a { include 'b\n}", {}, "2:2: Unexpected EOF in quoted include"],
    [
      "with an open double quote",
      'include "b',
      {},
      "1:10: Unexpected EOF in double quoted include",
    ],
    [
      "with something behind it",
      "include one.conf two.conf",
      { "etc/one.conf": "" },
      "1:17: Expected a top-level value to end with a new line, comment or EOF, " +
        "but got 't' instead.",
    ],
  ];
  for (const [title, text, files = {}, problem] of rows) {
    test(title, () => expect(problemOf(text, { files })).toBe(problem));
  }

  test(`if more than ${MAX_INCLUDE_CHAIN} files include each other`, () => {
    const chain = (length: number) => {
      const files: Record<string, string> = { [`etc/f${length}.conf`]: "a 1" };
      for (let i = 1; i < length; i++) files[`etc/f${i}.conf`] = `include f${i + 1}.conf`;
      return { files };
    };
    expect(valuesOf("include f1.conf", chain(MAX_INCLUDE_CHAIN))).toEqual({ a: 1n });
    expect(problemOf("include f1.conf", chain(MAX_INCLUDE_CHAIN + 1))).toBe(
      `etc/f${MAX_INCLUDE_CHAIN}.conf:1:0: error parsing include file ` +
        `'f${MAX_INCLUDE_CHAIN + 1}.conf', more than ${MAX_INCLUDE_CHAIN} files include each other`,
    );
  });

  test(`if more than ${MAX_INCLUDED_FILES} files are included, however they are nested`, () => {
    const files: Record<string, string> = { "etc/f8.conf": "a 1" };
    for (let i = 0; i < 8; i++) files[`etc/f${i}.conf`] = `include f${i + 1}.conf\n`.repeat(10);
    expect(problemOf("include f0.conf", { files })).toEndWith(
      `.conf', more than ${MAX_INCLUDED_FILES} files are included`,
    );
  });
});

test("a file in the working folder includes its neighbours", () => {
  const files = new Map([
    ["./main.conf", "include other.conf"],
    ["other.conf", "include ./main.conf"],
  ]);
  const source = { read: (path: string) => files.get(path) ?? "", environment: () => undefined };
  expect(problemIn(() => parseConfig("./main.conf", source))).toBe(
    "other.conf:1:0: error parsing include file './main.conf', " +
      "which includes itself: main.conf -> other.conf -> main.conf",
  );
});
