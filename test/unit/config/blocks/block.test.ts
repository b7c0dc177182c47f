/** Walking a block: keys and aliases, values that cannot be read, and keys that nobody knows. */
import { describe, expect, test } from "bun:test";
import {
  field,
  isLeftOut,
  itemsOr,
  mapOr,
  readBlock,
  readEach,
  shownValue,
} from "../../../../src/config/blocks/block.ts";
import { integerOf, stringOf } from "../../../../src/config/node-values.ts";
import { OptionValueError } from "../../../../src/config/option-value-error.ts";
import { ProblemList } from "../../../../src/config/problems.ts";
import { nodeAt, parse } from "../config-texts.ts";

const FIELDS = {
  name: field(["name", "title"], stringOf),
  size: field(["size"], integerOf, "Size given twice"),
};

function read(text: string, unknownText?: (quotedKey: string) => string) {
  const problems = new ProblemList();
  const block = readBlock(parse(text), FIELDS, { key: "", problems }, unknownText);
  return { ...block, errors: problems.errors };
}

describe("readBlock", () => {
  test("finds fields by their name and aliases, in whatever case", () => {
    expect(read("Name: a, SIZE: 2").values).toEqual({ name: "a", size: 2 });
    expect(read("title: a").values).toEqual({ name: "a" });
  });

  test("takes the last of several names of a field", () => {
    expect(read("name: a, title: b").values.name).toBe("b");
    expect(read("title: a, name: b, NAME: c").values.name).toBe("c");
  });

  test("reports the second of several names where only one may be given", () => {
    const { values, errors } = read("size: 1\nSize: 2\n");
    expect(values.size).toBe(1);
    expect(errors).toEqual(["etc/main.conf:2:1: Size given twice"]);
  });

  test("reports each value that cannot be read, and goes on", () => {
    const { values, given, errors } = read("name: 1\nsize: x\ntitle: b\n");
    expect(values).toEqual({ name: "b" });
    expect(given.size?.position.line).toBe(2);
    expect(errors).toEqual([
      "etc/main.conf:1:0: interface conversion: interface {} is int64, not string",
      "etc/main.conf:2:1: interface conversion: interface {} is string, not int64",
    ]);
  });

  test("reports unknown keys with the known one that they resemble", () => {
    expect(read("nmae: a\nother: 1\n").errors).toEqual([
      'etc/main.conf:1:0: unknown field "nmae", did you mean "name"?',
      'etc/main.conf:2:1: unknown field "other"',
    ]);
  });

  test("words unknown keys as asked", () => {
    const errors = read("Titel: a\nother: 1\n", (key) => `Unknown ${key} here`).errors;
    expect(errors).toEqual([
      'etc/main.conf:1:0: Unknown "Titel" here, did you mean "title"?',
      'etc/main.conf:2:1: Unknown "other" here',
    ]);
  });

  test("lets variables stand anywhere", () => {
    const { values, errors } = read("helper: a\nname: $helper\n");
    expect(values.name).toBe("a");
    expect(errors).toEqual([]);
  });

  test("tells where the last key stands", () => {
    expect(read("name: a\nother: 1\n").end).toEqual({ file: "etc/main.conf", line: 2, column: 1 });
    expect(read("").end).toEqual({ file: "etc/main.conf", line: 1, column: 0 });
  });

  test("refuses what is no map, as Go does", () => {
    const problems = new ProblemList();
    const node = nodeAt(parse("a: 1"), "a");
    expect(() => readBlock(node, FIELDS, { key: "", problems })).toThrow(
      new OptionValueError(
        "interface conversion: interface {} is int64, not map[string]interface {}",
      ),
    );
  });
});

test("readEach reports items that cannot be read where they stand, and leaves them out", () => {
  const problems = new ProblemList();
  const node = nodeAt(parse("a: [\n  x\n  1\n  y\n]"), "a");
  const items = itemsOr(node, () => "no array");
  expect(readEach(items, problems, stringOf)).toEqual(["x", "y"]);
  expect(problems.errors).toEqual([
    "etc/main.conf:3:3: interface conversion: interface {} is int64, not string",
  ]);
});

test("itemsOr and mapOr say which type they found instead", () => {
  const node = nodeAt(parse("a: 1.5"), "a");
  const reason = (found: string) => `got ${found}`;
  expect(() => itemsOr(node, reason)).toThrow(new OptionValueError("got float64"));
  expect(() => mapOr(node, reason)).toThrow(new OptionValueError("got float64"));
});

test("isLeftOut holds for texts that are missing or empty, not for unreadable ones", () => {
  const entry = read("name: 1").given.name;
  expect(isLeftOut(undefined, undefined)).toBe(true);
  expect(isLeftOut(entry, "")).toBe(true);
  expect(isLeftOut(entry, undefined)).toBe(false);
  expect(isLeftOut(entry, "a")).toBe(false);
});

test("shownValue writes short values and names the type of long ones", () => {
  const text = "a: x, b: 5k, c: 1.5, d: yes, e: [1 ], f: {}, g: 2016-05-04T18:53:41Z";
  const shown = ["a", "b", "c", "d", "e", "f", "g"].map((key) =>
    shownValue(nodeAt(parse(text), key)),
  );
  expect(shown).toEqual([
    "x",
    "5000",
    "1.5",
    "true",
    "[]interface {}",
    "map[string]interface {}",
    "2016-05-04T18:53:41.000Z",
  ]);
});
