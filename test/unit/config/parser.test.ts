/** Whole texts: how words make up maps and arrays, where values are, and what is refused. */
import { describe, expect, test } from "bun:test";
import { goTypeName } from "../../../src/config/config-node.ts";
import { parseConfig } from "../../../src/config/parser.ts";
import { nodeAt, parse, place, problemIn, problemOf, valuesOf } from "./config-texts.ts";

type Row = readonly [string, unknown];

const expectedAtTop = (found: string) =>
  "Expected a top-level value to end with a new line, comment or EOF, " +
  `but got '${found}' instead.`;
const expectedInBraces = (found: string) =>
  "Expected a block-level value to end with a new line, comment or EOF, " +
  `but got '${found}' instead.`;
const expectedBehindBraces = (found: string) =>
  `Expected a block-level to end with a '}', but got '${found}' instead.`;
const expectedInMap = (found: string) =>
  'Expected a map value terminator "," or a map terminator "}", ' + `but got '${found}' instead.`;
const expectedInArray = (found: string) =>
  'Expected an array value terminator "," or an array terminator "]", ' +
  `but got '${found}' instead.`;

function readsAs(rows: readonly Row[]): void {
  for (const [text, expected] of rows) {
    test(JSON.stringify(text), () => expect(valuesOf(text)).toEqual(expected));
  }
}

function refuses(rows: readonly (readonly [string, string])[]): void {
  for (const [text, problem] of rows) {
    test(`${JSON.stringify(text)}, ${JSON.stringify(problem)}`, () =>
      expect(problemOf(text)).toBe(problem));
  }
}

describe("keys and values may be written as", () => {
  readsAs([
    ["", {}],
    ["\n # only\n // comments", {}],
    ["foo = 2", { foo: 2n }],
    ["foo:2", { foo: 2n }],
    ["foo 2", { foo: 2n }],
    ["foo\n\n= 2", { foo: 2n }],
    ["foo\n2", { foo: 2n }],
    ["foo{a 1}", { "foo{a": 1n }],
    ["foo {a 1}", { foo: { a: 1n } }],
    ["foo [a]", { foo: ["a"] }],
    ["foo (\n)\n", { foo: "\n" }],
    ["'a b' = 1; \"c=d\": 2", { "a b": 1n, "c=d": 2n }],
    ["a=1;b=2,c=3\nd=4\re=5", { a: 1n, b: 2n, c: 3n, d: 4n, e: 5n }],
    ["a=1 # one\nb=2 // two", { a: 1n, b: 2n }],
    ["a=1//x\nb=c#x\nd=e//x", { a: "1//x", b: "c#x", d: "e//x" }],
    ["a=bar#x", { a: "bar#x" }],
    ["a='b'#x\nc=d", { a: "b", c: "d" }],
    ["a=", { a: "" }],
    ["a=;b=,", { a: "", b: "" }],
    ["Port = 1; port = 2", { Port: 1n, port: 2n }],
    ["a = 1\0b = 2", { a: 1n, b: 2n }],
    ["\ufeffa = 1", { "\ufeffa": 1n }],
    ["a = bar'\nb 'c'", { a: "bar", b: "c" }],
    ["a = 1\r\nb = 'c'\r\nd {\r\n e: f\r\n}\r\n", { a: 1n, b: "c", d: { e: "f" } }],
  ]);
});

describe("values have their type:", () => {
  const date = new Date("2016-05-04T18:53:41Z");
  readsAs([
    ["a = true, b = YES, c = on", { a: true, b: true, c: true }],
    ["a = FALSE, b = no, c = oFF", { a: false, b: false, c: false }],
    ["a = 'true'; b = \"on\"", { a: "true", b: "on" }],
    ["a = 007; b = -0; c = -12", { a: 7n, b: 0n, c: -12n }],
    ["a = 9223372036854775807", { a: 9223372036854775807n }],
    ["a = -9223372036854775808", { a: -9223372036854775808n }],
    ["a = 00000000000000000000000001", { a: 1n }],
    ["a = 1.5; b = -0.25; c = 1.0", { a: 1.5, b: -0.25, c: 1 }],
    ["a = 2016-05-04T18:53:41Z", { a: date }],
    ["a = 0000-01-01T00:00:00Z", { a: new Date("0000-01-01T00:00:00Z") }],
    ["a = 2024-02-29T23:59:59Z", { a: new Date("2024-02-29T23:59:59Z") }],
    ["a = 1.2.3.4", { a: "1.2.3.4" }],
    ["a = 30s; b = 2h", { a: "30s", b: "2h" }],
  ]);

  const sizes: readonly (readonly [string, bigint])[] = [
    ["1k", 1000n],
    ["1m", 1000n ** 2n],
    ["1g", 1000n ** 3n],
    ["1t", 1000n ** 4n],
    ["1p", 1000n ** 5n],
    ["1e", 1000n ** 6n],
    ["2kb", 2n * 1024n],
    ["2Ki", 2n * 1024n],
    ["2KiB", 2n * 1024n],
    ["2MB", 2n * 1024n ** 2n],
    ["2mi", 2n * 1024n ** 2n],
    ["64MiB", 64n * 1024n ** 2n],
    ["2gb", 2n * 1024n ** 3n],
    ["2Tb", 2n * 1024n ** 4n],
    ["2tib", 2n * 1024n ** 4n],
    ["22PI", 22n * 1024n ** 5n],
    ["2eb", 2n * 1024n ** 6n],
    ["-1kb", -1024n],
    ["-8eib", -(1n << 63n)],
  ];
  for (const [text, value] of sizes) {
    test(`${text} is ${value}`, () => {
      expect(nodeAt(parse(`a = ${text}`), "a")).toMatchObject({ kind: "integer", value, text });
    });
  }

  test("each is named as in Go", () => {
    const root = parse("a [ 'a', 1, 1.5, yes, 2016-05-04T18:53:41Z, {}, [] ]");
    const array = nodeAt(root, "a");
    expect(array.kind === "array" && array.items.map(goTypeName)).toEqual([
      "string",
      "int64",
      "float64",
      "bool",
      "time.Time",
      "map[string]interface {}",
      "[]interface {}",
    ]);
  });

  refuses([
    ["a = 9223372036854775808", "1:4: integer '9223372036854775808' is out of the range"],
    ["a = -9223372036854775809", "1:4: integer '-9223372036854775809' is out of the range"],
    ["a = 9eb", "1:4: integer '9eb' is out of the range"],
    ["a = 1mbb", "1:4: expected integer, but got '1mbb'"],
    ["a = 1kbi", "1:4: expected integer, but got '1kbi'"],
    [`a = ${"9".repeat(400)}.0`, `1:4: float '${"9".repeat(400)}.0' is out of the range`],
    [
      "a = 2016-13-04T18:53:41Z",
      "1:4: expected Zulu formatted DateTime, but got '2016-13-04T18:53:41Z'",
    ],
    [
      "a = 2023-02-29T00:00:00Z",
      "1:4: expected Zulu formatted DateTime, but got '2023-02-29T00:00:00Z'",
    ],
    [
      "a = 2016-05-04T24:00:00Z",
      "1:4: expected Zulu formatted DateTime, but got '2016-05-04T24:00:00Z'",
    ],
  ]);
});

describe("maps may be written as", () => {
  readsAs([
    ["a {}", { a: {} }],
    ["a = { }\n", { a: {} }],
    ["a: {b: 1}", { a: { b: 1n } }],
    ["a {b 1, c 2; d 3\n e 4,}", { a: { b: 1n, c: 2n, d: 3n, e: 4n } }],
    ["a { b\n=\n1 }", { a: { b: 1n } }],
    ["a { b = \n\n 1 }", { a: { b: 1n } }],
    ["a { # one\n b 1 # two\n // three\n }", { a: { b: 1n } }],
    ["a { b { c { d 1 } } }", { a: { b: { c: { d: 1n } } } }],
    ["a { 'b c' 1, \"d}\" 2 }", { a: { "b c": 1n, "d}": 2n } }],
    ["a { b = foo}", { a: { b: "foo" } }],
    ["a { /b: 1 }", { a: { "/b": 1n } }],
  ]);
  refuses([
    ["a { b 1", `1:7: ${expectedInMap("\0")}`],
    ["a { b 1 c 2 }", `1:8: ${expectedInMap("c")}`],
    ["a { b 1 / }", `1:8: ${expectedInMap("/")}`],
    ["a { b 'x'y }", `1:9: ${expectedInMap("y")}`],
    ["a { b 1k5 }", `1:8: ${expectedInMap("5")}`],
    ["a { = 1 }", "1:4: Unexpected key separator '='."],
    ["a {\n : 1 }", "2:2: Unexpected key separator ':'."],
    ["a { ] }", "1:4: Unexpected array end ']' processing map."],
    ["a { b = , }", '1:8: Unexpected map value terminator ",".'],
    ["a {\n\n", "3:1: Unexpected EOF processing map."],
    ["a { b 1\n", "2:1: Unexpected EOF processing map."],
    ["a { b 1\0", `1:7: ${expectedInMap("\0")}`],
    ["a {\0}", "1:3: Unexpected EOF processing map."],
    ["a { b", "1:5: Unexpected EOF processing map key."],
    ["a {b}", "1:5: Unexpected EOF processing map key."],
    ["a { 'b }", "1:8: Unexpected EOF processing quoted map key."],
    ['a { "b }', "1:8: Unexpected EOF processing double quoted map key."],
    ["a { b }", "1:6: Expected value but found end of map"],
    ["a { b = }", "1:8: Expected value but found end of map"],
  ]);
});

describe("arrays may be written as", () => {
  readsAs([
    ["a []", { a: [] }],
    ["a = [ ]", { a: [] }],
    ["a = [1,2,3]", { a: [1n, 2n, 3n] }],
    ["a = [1, 2k, 3kb ]", { a: [1n, 2000n, 3072n] }],
    ["a = [1kb]", { a: [1024n] }],
    ["a = [1\n2\n-3]", { a: [1n, 2n, -3n] }],
    ["a = [true,1.5,'b',c]", { a: [true, 1.5, "b", "c"] }],
    ["a = [b, c,\n\n d,]", { a: ["b", "c", "d"] }],
    ["a = [\n# one\nb # two\n// three\nc // four\n]", { a: ["b", "c"] }],
    ["a = [[1], [[2]], []]", { a: [[1n], [[2n]], []] }],
    ["a = [{b 1}, {b 2}]", { a: [{ b: 1n }, { b: 2n }] }],
    ["a = [\n {b 1}\n {b 2}\n]", { a: [{ b: 1n }, { b: 2n }] }],
    ["a = [1.2.3.4:80, localhost:1]", { a: ["1.2.3.4:80", "localhost:1"] }],
    ["a { b [ c ] }", { a: { b: ["c"] } }],
  ]);
  refuses([
    ["a = [,]", "1:5: Unexpected array value terminator ','."],
    ["a = [1,,2]", "1:7: Unexpected array value terminator ','."],
    ["a = [1\n,2]", "2:1: Unexpected array value terminator ','."],
    ["a = [/b]", "1:5: Unexpected array value terminator ','."],
    ["a = [b c]", `1:7: ${expectedInArray("c")}`],
    ["a = [b;c]", `1:6: ${expectedInArray(";")}`],
    ["a = ['b'c]", `1:8: ${expectedInArray("c")}`],
    ["a = [b / c]", `1:7: ${expectedInArray("/")}`],
    ["a = [b", `1:6: ${expectedInArray("\0")}`],
    ["a = [b,", `1:7: ${expectedInArray("\0")}`],
    ["a = [b}", `1:6: ${expectedInArray("}")}`],
    ["a = ['b", "1:7: Unexpected EOF."],
    ["a = ['", "1:6: Unexpected EOF."],
  ]);
});

describe("braces around the file are left out:", () => {
  readsAs([
    ["{}", {}],
    ["{ a }", { a: "" }],
    ["{\n# comment\n}", {}],
    ["{a 1, b 2}", { a: 1n, b: 2n }],
    ["{ a: 1\n}\n# end", { a: 1n }],
    ["{{ a: 1 }}", { a: 1n }],
    ["{\n {\n a: 1 // one\n }\n # two\n}\n# three", { a: 1n }],
    ["{ { a 1 }, b 2 }", { a: 1n, b: 2n }],
    ["{ { a 1 } # one\n b 2 }", { a: 1n, b: 2n }],
    ["{a 1} b 2", { a: 1n, b: 2n }],
    ["{ a { b 1 } }", { a: { b: 1n } }],
    ["a { b [{}]}\n}\n", { a: { b: [{}] } }],
    ["a 1}", { a: 1n }],
    ["a 1 }\n", { a: 1n }],
    ["}", {}],
    ["{ a 1\n", { a: 1n }],
    ["{", {}],
    ["{{ a 1\n", { a: 1n }],
    [
      '{"a":1,"b":[1,2.5,"c",true,{"d":{}}],"e":"\\\\"}',
      {
        a: 1n,
        b: [1n, 2.5, "c", true, { d: {} }],
        e: "\\",
      },
    ],
    [
      '{\n  "http_port": 8222,\n  "debug": false,\n  "x": []\n}\n',
      {
        http_port: 8222n,
        debug: false,
        x: [],
      },
    ],
  ]);
  refuses([
    ["{ a 1", `1:5: ${expectedInBraces("\0")}`],
    ["{ a 1 b 2 }", `1:6: ${expectedInBraces("b")}`],
    ["{ a 1k5 }", `1:6: ${expectedInBraces("5")}`],
    ["{ { a 1 }", `1:9: ${expectedBehindBraces("\0")}`],
    ["{ { a 1 } b 2 }", `1:10: ${expectedBehindBraces("b")}`],
    ["{ /a 1 }", "1:2: Unexpected EOF."],
  ]);
});

describe("the top level refuses", () => {
  refuses([
    ["= 1", "1:0: Unexpected key separator '='"],
    ["a = 1\n : 2", "2:2: Unexpected key separator ':'"],
    ["a = 1 b = 2", `1:6: ${expectedAtTop("b")}`],
    ["a = b c", `1:6: ${expectedAtTop("c")}`],
    ["a = 'b'c", `1:7: ${expectedAtTop("c")}`],
    ["a = b]", `1:5: ${expectedAtTop("]")}`],
    ["a = 1m30s", `1:6: ${expectedAtTop("3")}`],
    ["a = 1 / 2", `1:6: ${expectedAtTop("/")}`],
    ["a = b ; c = 'd' é", `1:16: ${expectedAtTop("é")}`],
    ["a =\n1", "2:0: Expected value but found new line"],
    ["a = \r\n1", "1:4: Expected value but found new line"],
    ["/a = 1", "1:0: Unexpected EOF."],
    ["a = 1\n\0", "2:1: Unexpected EOF."],
    ["'a", "1:2: Unexpected EOF."],
    ['a = 1\n"', "2:2: Unexpected EOF."],
    ["a", "1:1: config is invalid"],
    ["a\0 = 1", "1:1: config is invalid"],
    ["  a  \n\n ", "3:2: config is invalid"],
    ["a = 1\n b\n", "3:1: config is invalid"],
    ["a, b, c", "1:7: config is invalid"],
    ["}}", "1:2: config is invalid"],
    ["a = .5", "1:4: Floats must start with a digit"],
  ]);
});

test("the last definition of a key counts, and takes the last place", () => {
  const root = parse("a 1; b 2; c { d 1; e 2; d 3 }; a 4");
  expect([...root.entries.keys()]).toEqual(["b", "c", "a"]);
  expect(valuesOf("a 1; b 2; c { d 1; e 2; d 3 }; a 4")).toEqual({
    b: 2n,
    c: { e: 2n, d: 3n },
    a: 4n,
  });
});

test("keys may have the names of JavaScript's own properties", () => {
  const root = parse("__proto__ { constructor 1 }; toString 2");
  expect([...root.entries.keys()]).toEqual(["__proto__", "toString"]);
  expect(nodeAt(root, "__proto__", "constructor")).toMatchObject({ value: 1n });
});

describe("errors in a value are reported", () => {
  const text = [
    "a = 1; 'b' 2",
    "c {",
    '  "d": [ e, \'f\', "g\\t", 1, 1.5,',
    "    {h: i}, [j, [] ]",
    "    $a, $2a$x ]",
    "  k = {} # é",
    "  é = 1, l = $a",
    "}",
  ].join("\n");
  const rows: readonly (readonly [string, ...(string | number)[]])[] = [
    ["1:0", "a"],
    ["1:8", "b"],
    ["2:1", "c"],
    ["3:4", "c", "d"],
    ["3:10", "c", "d", 0],
    ["3:14", "c", "d", 1],
    ["3:19", "c", "d", 2],
    ["3:25", "c", "d", 3],
    ["3:28", "c", "d", 4],
    ["4:11", "c", "d", 5],
    ["4:6", "c", "d", 5, "h"],
    ["4:21", "c", "d", 6],
    ["4:14", "c", "d", 6, 0],
    ["4:19", "c", "d", 6, 1],
    ["5:6", "c", "d", 7],
    ["5:10", "c", "d", 8],
    ["6:3", "c", "k"],
    ["7:3", "c", "é"],
    ["7:11", "c", "l"],
  ];
  for (const [expected, ...path] of rows) {
    test(`at ${expected} for ${path.join(".")}`, () => {
      expect(place(nodeAt(parse(text), ...path).position)).toBe(expected);
    });
  }

  test("at the same place for the entry as for its value", () => {
    for (const { position, node } of parse(text).entries.values()) {
      expect(position).toEqual(node.position);
    }
  });
});

test("a file that cannot be read is reported without a place", () => {
  const source = {
    read: (path: string): string => {
      throw new Error(`open ${path}: permission denied`);
    },
    environment: () => undefined,
  };
  const problem = problemIn(() => parseConfig("midge.conf", source));
  expect(problem).toBe("nowhere: open midge.conf: permission denied");
});
