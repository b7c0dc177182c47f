/** The words of the language one at a time: what they become, where they are, what is refused. */
import { describe, expect, test } from "bun:test";
import { ConfigLexer, type KeyErrors, type ValueToken } from "../../../src/config/lexer.ts";
import { place, problemIn, ROOT } from "./config-texts.ts";

const KEY_ERRORS: KeyErrors = {
  singleQuoted: "open single quote",
  doubleQuoted: "open double quote",
};

function lexer(text: string): ConfigLexer {
  return new ConfigLexer(text, ROOT);
}

/** The first value, and what is left of the text behind it. */
function read(text: string, isItem = false): [ValueToken["kind"], string, string] {
  const words = lexer(text);
  const { kind, text: value } = words.readValue(isItem);
  return [kind, value, text.slice(words.offset)];
}

function refusal(text: string): string {
  return problemIn(() => lexer(text).readValue(false));
}

describe("a value is read as", () => {
  const cases: readonly (readonly [string, ValueToken["kind"], string, string?])[] = [
    // Booleans
    ["true", "boolean", "true"],
    ["YES", "boolean", "YES"],
    ["On", "boolean", "On"],
    ["false,", "boolean", "false", ","],
    ["no}", "boolean", "no", "}"],
    ["oFF\n", "boolean", "oFF", "\n"],
    ["truely", "string", "truely"],
    ["'true'", "string", "true"],
    ["true'", "string", "true"],
    // Integers
    ["123", "integer", "123"],
    ["-123", "integer", "-123"],
    ["0", "integer", "0"],
    ["1k", "integer", "1k"],
    ["64MiB;", "integer", "64MiB", ";"],
    ["-1GB ", "integer", "-1GB", " "],
    ["1mbbii", "integer", "1mbbii"],
    ["1m30s", "integer", "1m", "30s"],
    ["-1x", "integer", "-1", "x"],
    // Floats and addresses
    ["1.5", "float", "1.5"],
    ["-1.5,", "float", "-1.5", ","],
    ["1.5k", "float", "1.5", "k"],
    ["1.2.3.4", "string", "1.2.3.4"],
    ["127.0.0.1:4222", "string", "127.0.0.1:4222"],
    ["10.0.0.1:-1 ", "string", "10.0.0.1:-1", " "],
    ["1.2.3.4/8", "string", "1.2.3.4", "/8"],
    // Dates
    ["2016-05-04T18:53:41Z", "datetime", "2016-05-04T18:53:41Z"],
    // Bare texts that begin like numbers
    ["3xyz", "string", "3xyz"],
    ["30s", "string", "30s"],
    ["1Ghz,", "string", "1Ghz", ","],
    ["2Pie", "string", "2Pie"],
    ["-2kx", "string", "-2kx"],
    ["4Gø", "string", "4Gø"],
    ["4😀 ", "string", "4😀", " "],
    ["1'2,", "string", "1'2", ","],
    ["1\\n", "string", "1\\n"],
    ["1]2", "string", "1]2"],
    // Bare texts
    ["foo", "string", "foo"],
    ["foo bar", "string", "foo", " bar"],
    ["foo\tbar", "string", "foo", "\tbar"],
    ["foo\r\n", "string", "foo", "\r\n"],
    ["foo;", "string", "foo", ";"],
    ["foo]", "string", "foo", "]"],
    ["foo'bar", "string", "foo", "bar"],
    ['foo"bar"', "string", 'foo"bar"'],
    ["a{[(#//:=b", "string", "a{[(#//:=b"],
    ["nats://a:1", "string", "nats://a:1"],
    ["a\u00a0b", "string", "a\u00a0b"],
    ["", "string", ""],
    [";", "string", "", ";"],
    ["# no comment", "string", "#", " no comment"],
    // Escapes
    ['"a\\tb\\n\\r\\"\\\\c"', "string", 'a\tb\n\r"\\c'],
    ["a\\tb c", "string", "a\tb", " c"],
    ["\\x65", "string", "e"],
    ['"\\xC3\\xa9"', "string", "é"],
    ['"é\\xe9"', "string", "é\ufffd"],
    ["t\\x72ue", "string", "true"],
    ["\\x24foo", "string", "$foo"],
    // Quoted texts
    ["'a\\t\"#{'", "string", 'a\\t"#{'],
    ["'two\nlines'", "string", "two\nlines"],
    ['"two\r\nlines"', "string", "two\r\nlines"],
    ["''", "string", ""],
    ['""', "string", ""],
    ['"it\'s"', "string", "it's"],
    // Blocks
    ["(\nfoo\n)\n", "string", "\nfoo\n", "\n"],
    ["(\nfoo\n)", "string", "\nfoo\n"],
    ["(\nfoo\n)\0", "string", "\nfoo\n", "\0"],
    ["(\r\nfoo\r\n)\r\n", "string", "\r\nfoo\r\n", "\r\n"],
    ["(\n 12(34)\n )\n)x\n)\n", "string", "\n 12(34)\n )\n)x\n", "\n"],
    // Variables
    ["$foo", "reference", "foo"],
    ["$foo}", "reference", "foo", "}"],
    ["$2a$11$ab/c.", "reference", "2a$11$ab/c."],
    ["$", "reference", ""],
    ["$foo'", "string", "$foo"],
    ["$foo\\n", "string", "$foo\n"],
    ["a$foo", "string", "a$foo"],
  ];
  for (const [text, kind, value, rest = ""] of cases) {
    test(`${kind} ${JSON.stringify(value)} from ${JSON.stringify(text)}`, () => {
      expect(read(text)).toEqual([kind, value, rest]);
    });
  }

  test("a number before the bracket that closes an array", () => {
    expect(read("1]", true)).toEqual(["integer", "1", "]"]);
    expect(read("2kb]", true)).toEqual(["integer", "2kb", "]"]);
    expect(read("-3]", true)).toEqual(["integer", "-3", "]"]);
    expect(read("3xyz]", true)).toEqual(["string", "3xyz", "]"]);
  });
});

const ESCAPE_RULE =
  'Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\", \\\\.';
const HEXADECIMAL = "Expected two hexadecimal digits after '\\x', but";

describe("a value is refused:", () => {
  const cases: readonly (readonly [string, string])[] = [
    [".5", "1:0: Floats must start with a digit"],
    ["-.5", "1:1: Floats must start with a digit, not '.'."],
    ["-x", "1:1: Expected a digit but got 'x'."],
    ["-", "1:1: Expected a digit but got '\0'."],
    ["1.x", "1:2: Floats must have a digit after the '.', but got 'x' instead."],
    ["1.\n", "2:0: Floats must have a digit after the '.', but got '\\n' instead."],
    ["1.😀", "1:2: Floats must have a digit after the '.', but got '😀' instead."],
    ["123-4", "1:3: All ISO8601 dates must be in full Zulu form."],
    ["12345-", "1:5: All ISO8601 dates must be in full Zulu form."],
    ["2016-x", "1:5: Expected digit in ISO8601 datetime, but found 'x' instead."],
    ["2016-05-04 ", "1:10: Expected 'T' in ISO8601 datetime, but found ' ' instead."],
    ["2016-05-04T18:53:41+", "1:19: Expected 'Z' in ISO8601 datetime, but found '+' instead."],
    ["\n", "2:0: Expected value but found new line"],
    ["\r", "1:0: Expected value but found new line"],
    ["'foo\nbar", "2:4: Unexpected EOF."],
    ['"foo\\t', "1:6: Unexpected EOF."],
    ["'foo\0'", "1:4: Unexpected EOF."],
    ['"', "1:1: Unexpected EOF."],
    ["(\nfoo\n) \n", "4:1: Unexpected EOF processing block."],
    ["(foo)\n", "2:1: Unexpected EOF processing block."],
    ['"\\q"', `1:2: Invalid escape character 'q'. ${ESCAPE_RULE}`],
    ["a\\'b", `1:2: Invalid escape character '''. ${ESCAPE_RULE}`],
    ['"\\\n"', `2:0: Invalid escape character '\\n'. ${ESCAPE_RULE}`],
    ['"[\\x]"', `1:4: ${HEXADECIMAL} got ']"'`],
    ['"[\\xe]"', `1:4: ${HEXADECIMAL} got 'e]'`],
    ["a\\x\n", `2:0: ${HEXADECIMAL} hit end of line`],
    ["a\\xF\r\n", `1:4: ${HEXADECIMAL} hit end of line`],
  ];
  for (const [text, problem] of cases) {
    test(`${JSON.stringify(text)}, ${JSON.stringify(problem)}`, () => {
      expect(refusal(text)).toBe(problem);
    });
  }
});

describe("a key", () => {
  const cases: readonly (readonly [string, "key" | "include", string, string, string])[] = [
    ["foo = 1", "key", "foo", "1:0", " = 1"],
    ["foo:1", "key", "foo", "1:0", ":1"],
    ["a.b-c/d{x 1", "key", "a.b-c/d{x", "1:0", " 1"],
    ["foo$bar\u00a0x", "key", "foo$bar", "1:0", "\u00a0x"],
    ["foo", "key", "foo", "1:0", ""],
    ["'a b'=1", "key", "a b", "1:1", "=1"],
    ['"a\\tb" 1', "key", "a\\tb", "1:1", " 1"],
    ["'' 1", "key", "", "1:1", " 1"],
    ["\ufefffoo=1", "key", "\ufefffoo", "1:0", "=1"],
    ["include x", "include", "include", "1:0", " x"],
    ["INCLUDE\nx", "include", "INCLUDE", "1:0", "\nx"],
    ["include=x", "key", "include", "1:0", "=x"],
    ["include", "key", "include", "1:0", ""],
    ["'include' x", "key", "include", "1:1", " x"],
    ["includes x", "key", "includes", "1:0", " x"],
  ];
  for (const [text, kind, key, position, rest] of cases) {
    test(`${JSON.stringify(key)} is read from ${JSON.stringify(text)}`, () => {
      const words = lexer(text);
      const token = words.readKey(KEY_ERRORS);
      expect([token.kind, token.text, place(token.position)]).toEqual([kind, key, position]);
      expect(text.slice(words.offset)).toBe(rest);
    });
  }

  test("needs its closing quote", () => {
    const problem = (text: string) => problemIn(() => lexer(text).readKey(KEY_ERRORS));
    expect(problem("'a\nb")).toBe("2:2: open single quote");
    expect(problem('"a\0"')).toBe("1:2: open double quote");
  });
});

describe("the path of an include", () => {
  const paths: readonly (readonly [string, string, string])[] = [
    [" 'a b.conf' x", "a b.conf", " x"],
    ['\t"a;}.conf"', "a;}.conf", ""],
    [" ./a,b.conf}", "./a,b.conf", "}"],
    [" a.conf;", "a.conf", ";"],
    [" a.conf\r\n", "a.conf", "\r\n"],
    [" a.conf'b", "a.conf", "b"],
    ["", "", ""],
  ];
  for (const [text, path, rest] of paths) {
    test(`is ${JSON.stringify(path)} in ${JSON.stringify(text)}`, () => {
      const words = lexer(text);
      expect(words.readIncludePath()).toBe(path);
      expect(text.slice(words.offset)).toBe(rest);
    });
  }

  const refusals: readonly (readonly [string, string])[] = [
    [" [", "1:1: Expected include value but found start of an array"],
    [" {", "1:1: Expected include value but found start of a map"],
    [" (", "1:1: Expected include value but found start of a block"],
    [" 1.conf", "1:1: Expected include value but found start of a number"],
    [" -a", "1:1: Expected include value but found start of a number"],
    [" \\a", "1:1: Expected include value but found escape sequence"],
    [" \na", "2:0: Expected include value but found new line"],
    [" 'a", "1:3: Unexpected EOF in quoted include"],
    [' "a', "1:3: Unexpected EOF in double quoted include"],
  ];
  for (const [text, problem] of refusals) {
    test(`is refused: ${JSON.stringify(text)}, ${problem}`, () => {
      expect(problemIn(() => lexer(text).readIncludePath())).toBe(problem);
    });
  }
});

describe("the place of a word", () => {
  test("is behind its quote or dollar sign", () => {
    const at = (text: string) => place(lexer(text).readValue(false).position);
    expect(at("foo")).toBe("1:0");
    expect(at("-1")).toBe("1:0");
    expect(at("'foo'")).toBe("1:1");
    expect(at('"foo"')).toBe("1:1");
    expect(at("(\n)\n")).toBe("1:1");
    expect(at("$foo")).toBe("1:1");
  });

  test("counts lines by line feeds and columns by bytes of UTF-8", () => {
    const at = (text: string) => {
      const words = lexer(`${text} x`);
      while (words.peek() !== "x") {
        words.skipSpacesAndComments();
        if (words.peek() !== "x") words.readValue(false);
      }
      return place(words.position());
    };
    expect(at("")).toBe("1:1");
    expect(at("a\n\n")).toBe("3:2");
    expect(at("a\r\n b")).toBe("2:4");
    expect(at("a\rb")).toBe("1:4");
    expect(at("é")).toBe("1:3");
    expect(at("a\n'€'")).toBe("2:7");
    expect(at("\n4😀")).toBe("2:7");
    expect(at("(\né\n)\n")).toBe("4:2");
  });
});

test("comments end with their line", () => {
  for (const text of ["# a\nb", "// a\nb", "//\r\nb", "# a # b // c\rb", " \t\n#\n //\nb"]) {
    const words = lexer(text);
    words.skipSpacesAndComments();
    expect(text.slice(words.offset)).toBe("b");
  }
  const slash = lexer("/ a");
  slash.skipSpacesAndComments();
  expect(slash.offset).toBe(0);
});

test("spaces are those of Unicode, without the byte order mark", () => {
  const words = lexer("\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff");
  words.skipSpaces();
  expect(words.peek()).toBe("\ufeff");
});
