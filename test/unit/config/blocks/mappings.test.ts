/** Subject mappings: the forms of destinations, and which destinations fit their source. */
import { describe, expect, test } from "bun:test";
import { type Refusal, readUserBlocks } from "./user-blocks.ts";

function mappingsIn(text: string): unknown {
  const { mappings, errors } = readUserBlocks(`mappings { ${text} }`);
  expect(errors).toEqual([]);
  return mappings;
}

function destination(subject: string, weightPercent = 100, cluster?: string) {
  return { subject, weightPercent, cluster };
}

describe("mappings", () => {
  test("send a subject to another one", () => {
    expect(mappingsIn('a: b, "c.*": "d.$1"')).toEqual([
      { source: "a", destinations: [destination("b")] },
      { source: "c.*", destinations: [destination("d.$1")] },
    ]);
  });

  test("send a part of the messages to each of several subjects", () => {
    const list =
      '[ {dest: b, weight: 20}, {destination: c, weight: "30%"}, {dest: d, weight: "5"} ]';
    expect(mappingsIn(`a: ${list}`)).toEqual([
      {
        source: "a",
        destinations: [destination("b", 20), destination("c", 30), destination("d", 5)],
      },
    ]);
  });

  test("have a single weighted destination without a list", () => {
    expect(mappingsIn("a: { dest: b, weight: 0 }")).toEqual([
      { source: "a", destinations: [destination("b", 0)] },
    ]);
  });

  test("add the weights of each cluster up on their own", () => {
    const list = "[ {dest: b, weight: 100}, {dest: c, weight: 100, cluster: east} ]";
    expect(mappingsIn(`a: ${list}`)).toEqual([
      { source: "a", destinations: [destination("b"), destination("c", 100, "east")] },
    ]);
  });

  test("may have no destination", () => {
    expect(mappingsIn("a: []")).toEqual([{ source: "a", destinations: [] }]);
  });

  test('may be called "maps", and stand in an account', () => {
    expect(readUserBlocks("maps { a: b }").mappings).toHaveLength(1);
    for (const key of ["mappings", "maps"]) {
      const [account] = readUserBlocks(`accounts { A { ${key} { a: b } } }`).accounts;
      expect(account?.mappings).toEqual([{ source: "a", destinations: [destination("b")] }]);
    }
  });
});

describe("mappings: these fit their source", () => {
  const fitting: readonly (readonly [string, string])[] = [
    ["foo", "bar"],
    ["foo", "foo"],
    ["foo.*.*", "bar.$2.$1"],
    ["foo.*.*", "bar.$1"],
    ["foo.*", "bar.$x.$"],
    ["foo.>", "bar.>"],
    ["foo.*.>", "bar.$1.>"],
    [">", "all.>"],
    ["foo.*", "bar.{{wildcard(1)}}.{{ Wildcard( 1 ) }}"],
    ["foo.*.*", "bar.{{partition(3,1,2)}}.{{Partition(10, 1)}}"],
    ["foo", "bar.{{partition(3)}}"],
    ["foo", "bar.{{partition(3,1)}}"],
    ["foo", "bar.{{random(5)}}"],
    ["foo.*", "bar.{{Random(5)}}"],
    ["foo.*", "bar.{{splitFromLeft(1,2)}}.{{SplitFromRight(1, -2)}}"],
    ["foo.*", "bar.{{sliceFromLeft(1,2)}}.{{SliceFromRight(1,2)}}"],
    ["foo.*", "bar.{{split(1,-)}}"],
    ["foo.*", "bar.{{x"],
  ];
  for (const [source, target] of fitting) {
    test(`${source} to ${target}`, () => {
      const text = `mappings { "${source}": "${target}" }`;
      expect(readUserBlocks(text).errors).toEqual([]);
    });
  }
});

describe("mappings: these do not fit their source", () => {
  const invalid = "invalid mapping destination";
  const misfits: readonly (readonly [string, string, string])[] = [
    ["foo.*", "", `${invalid}: invalid transform`],
    ["foo.*", "bar..$1", `${invalid}: invalid transform`],
    ["foo.*", "bar. x.$1", `${invalid}: invalid transform`],
    ["foo.>", "bar.>.x", `${invalid}: invalid transform in x`],
    ["foo.*", "bar.*", "invalid subject"],
    ["foo", "bar.>", "invalid subject"],
    ["foo.>", "bar", "invalid subject"],
    ["foo.*", "bar.$2", `${invalid}: wildcard index out of range in $2: [2]`],
    ["foo", "bar.$1", `${invalid}: wildcard index out of range in $1`],
    [
      "foo.*",
      "bar.{{wildcard(2)}}",
      `${invalid}: wildcard index out of range in {{wildcard(2)}}: [2]`,
    ],
    [
      "foo.*",
      "bar.{{partition(3,1,5)}}",
      `${invalid}: wildcard index out of range in {{partition(3,1,5)}}: [5]`,
    ],
    [
      "foo",
      "bar.{{splitfromleft(1,2)}}",
      `${invalid}: wildcard index out of range in {{splitfromleft(1,2)}}`,
    ],
    ["foo.*", "bar.{{nothing(1)}}", `${invalid}: unknown function in {{nothing(1)}}`],
    ["foo.*", "bar.{{WILDCARD(1)}}", `${invalid}: unknown function in {{WILDCARD(1)}}`],
    ["foo.*", "bar.{{left(1,2)}}", `${invalid}: unknown function in {{left(1,2)}}`],
    ["foo.*", "bar.{{right(1,2)}}", `${invalid}: unknown function in {{right(1,2)}}`],
    ["foo.*", "bar.{{}}}", `${invalid}: unknown function in {{}}}`],
    [
      "foo.*",
      "bar.{{wildcard()}}",
      `${invalid}: not enough arguments passed to the function in {{wildcard()}}`,
    ],
    [
      "foo.*",
      "bar.{{wildcard(1,2)}}",
      `${invalid}: too many arguments passed to the function in {{wildcard(1,2)}}`,
    ],
    [
      "foo.*",
      "bar.{{wildcard(a)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{wildcard(a)}}`,
    ],
    [
      "foo.*",
      "bar.{{partition()}}",
      `${invalid}: function argument is invalid or in the wrong format in {{partition()}}`,
    ],
    [
      "foo.*",
      "bar.{{partition(2,a)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{partition(2,a)}}`,
    ],
    [
      "foo.*",
      "bar.{{partition(2147483648,1)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{partition(2147483648,1)}}`,
    ],
    [
      "foo.*",
      "bar.{{random(1,2)}}",
      `${invalid}: not enough arguments passed to the function in {{random(1,2)}}`,
    ],
    [
      "foo.*",
      "bar.{{random(x)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{random(x)}}`,
    ],
    [
      "foo.*",
      "bar.{{split(1)}}",
      `${invalid}: not enough arguments passed to the function in {{split(1)}}`,
    ],
    [
      "foo.*",
      "bar.{{split(1,-,2)}}",
      `${invalid}: too many arguments passed to the function in {{split(1,-,2)}}`,
    ],
    [
      "foo.*",
      "bar.{{split(a,-)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{split(a,-)}}`,
    ],
    [
      "foo.*",
      "bar.{{split(1,a b)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{split(1,a b)}}`,
    ],
    [
      "foo.*",
      "bar.{{slicefromleft(1)}}",
      `${invalid}: not enough arguments passed to the function in {{slicefromleft(1)}}`,
    ],
    [
      "foo.*",
      "bar.{{slicefromleft(1,2,3)}}",
      `${invalid}: too many arguments passed to the function in {{slicefromleft(1,2,3)}}`,
    ],
    [
      "foo.*",
      "bar.{{slicefromleft(1,x)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{slicefromleft(1,x)}}`,
    ],
    [
      "foo.*",
      "bar.{{slicefromleft(1,2147483648)}}",
      `${invalid}: function argument is invalid or in the wrong format in {{slicefromleft(1,2147483648)}}`,
    ],
  ];
  for (const [source, target, reason] of misfits) {
    test(`${source} to ${target}`, () => {
      const text = `mappings { "${source}": "${target}" }`;
      const line = `1:12: Error adding mapping for "${source}" to "${target}" : ${reason}`;
      expect(readUserBlocks(text).errors).toEqual([line]);
    });
  }
});

const REFUSALS: readonly Refusal[] = [
  {
    what: "mappings that are no map",
    text: "mappings: [a]",
    errors: [
      "1:0: interface conversion: interface {} is []interface {}, not map[string]interface {}",
    ],
  },
  {
    what: "sources that are no subjects",
    text: 'mappings {\n  "a..b": c\n  "d.": e\n}',
    errors: [
      '1:0: Subject "a..b" is not a valid subject',
      '1:0: Subject "d." is not a valid subject',
    ],
  },
  {
    what: "destinations of the wrong type",
    text: "mappings {\n  a: 5\n  b: [ c, 5 ]\n}",
    errors: [
      "2:3: Expected an entry for the mapping destination",
      "3:8: Expected an entry for the mapping destination",
      "3:11: Expected an entry for the mapping destination",
    ],
  },
  {
    what: "missing weights",
    text: "mappings {\n  a: { dest: b }\n  c: [ { dest: d } ]\n}",
    errors: [
      '2:3: Missing weight for mapping destination "b"',
      '3:19: Missing weight for mapping destination "d"',
    ],
  },
  {
    what: "weights that are out of range",
    text: 'mappings {\n  a: { dest: b, weight: 101 }\n  c: { dest: d, weight: "-1%" }\n}',
    errors: [
      "2:17: Invalid weight 101 for mapping destination",
      "3:17: Invalid weight -1 for mapping destination",
    ],
  },
  {
    what: "weights that are no numbers",
    text: 'mappings {\n  a: { dest: b, weight: "much%" }\n  c: { dest: d, weight: 1.5 }\n}',
    errors: [
      '2:17: Invalid weight "much" for mapping destination',
      "3:17: Unknown entry type for weight of 1.5",
    ],
  },
  {
    what: "unknown fields of destinations",
    text: "mappings { a: { dest: b, weight: 1, wait: 2 } }",
    errors: ['1:36: Unknown field "wait" for mapping destination'],
  },
  {
    what: "destinations that are no texts",
    text: "mappings { a: { dest: 5, weight: 1 } }",
    errors: ["1:16: interface conversion: interface {} is int64, not string"],
  },
  {
    what: "destinations given twice",
    text: "mappings { a: [ {dest: b, weight: 1}, {dest: b, weight: 1} ] }",
    errors: ['1:11: Error adding mapping for "a" : duplicate entry for "b"'],
  },
  {
    what: "weights of more than a hundred in all",
    text: "mappings { a: [ {dest: b, weight: 60}, {dest: c, weight: 60} ] }",
    errors: ['1:11: Error adding mapping for "a" : total weight needs to be <= 100'],
  },
  {
    what: "weighted destinations that do not fit",
    text: 'mappings { a: { dest: "b.*", weight: 60} }',
    errors: ['1:11: Error adding mapping for "a" : invalid subject'],
  },
  {
    what: "weighted destinations without a subject",
    text: "mappings { a: { weight: 60} }",
    errors: ['1:11: Error adding mapping for "a" : invalid mapping destination: invalid transform'],
  },
];

describe("mappings: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readUserBlocks(text).errors).toEqual(errors));
  }
});
