/**
 * The tokens of destinations: which are calls, what is wrong with them, and placeholders put into
 * subjects and taken out again. What calls result in is tested with the transforms.
 */
import { describe, expect, test } from "bun:test";
import {
  functionCalledIn,
  looksLikeCall,
  readDestinationToken,
  withPlaceholders,
  withoutPlaceholders,
} from "../../../src/subject/transform-tokens.ts";

/** The arguments, the fault, or undefined for text. */
function read(token: string): unknown {
  const result = readDestinationToken(token);
  return typeof result === "object" ? result.given : result;
}

describe("readDestinationToken", () => {
  const calls: readonly (readonly [string, number[], number, string])[] = [
    ["$1", [1], 0, ""],
    ["$-1", [-1], 0, ""],
    ["{{wildcard(2)}}", [2], 0, ""],
    ["{{ Partition (10,1,2, 3 ) }}", [1, 2, 3], 10, ""],
    ["{{partition(2147483647)}}", [], 2147483647, ""],
    ["{{SplitFromLeft(2,1)}}", [2], 1, ""],
    ["{{SplitFromRight(3,2)}}", [3], 2, ""],
    ["{{SliceFromLeft(2,-2147483648)}}", [2], -2147483648, ""],
    ["{{SliceFromRight(2,2)}}", [2], 2, ""],
    ["{{Left(3,2)}}", [3], 2, ""],
    ["{{Right(3,2)}}", [3], 2, ""],
    ["{{split(1,-)}}", [1], 0, "-"],
    ["{{split(1, --)}}", [1], 0, "--"],
    ["{{random(6)}}", [], 6, ""],
  ];
  test.each(calls)("finds the arguments of %s", (token, indexes, amount, delimiter) => {
    expect(read(token)).toEqual({ indexes, amount, delimiter });
  });

  const texts = ["foo", "$", "$x", "$1x", "$ 1", "$9223372036854775808", "{{}}", "{{x", "x}}"];
  test.each(texts)("leaves %j as it is", (token) => expect(read(token)).toBeUndefined());

  const faults = [
    ["{{}}}", "unknownFunction"],
    ["{{nothing(1)}}", "unknownFunction"],
    ["{{WILDCARD(1)}}", "unknownFunction"],
    ["{{ wildcard5) }}", "unknownFunction"],
    ["{{wildcard()}}", "tooFewArguments"],
    ["{{wildcard(1,2)}}", "tooManyArguments"],
    ["{{wildcard(x)}}", "badArgument"],
    ["{{wildcard(9223372036854775808)}}", "badArgument"],
    ["{{partition()}}", "badArgument"],
    ["{{partition(2,x)}}", "badArgument"],
    ["{{partition(2147483648)}}", "badArgument"],
    ["{{random()}}", "badArgument"],
    ["{{random(1,2)}}", "tooFewArguments"],
    ["{{random(2147483648)}}", "badArgument"],
    ["{{splitfromleft(1)}}", "tooFewArguments"],
    ["{{slicefromright(1,2,3)}}", "tooManyArguments"],
    ["{{left(1,2147483648)}}", "badArgument"],
    ["{{right(1,-2147483649)}}", "badArgument"],
    ["{{split(1)}}", "tooFewArguments"],
    ["{{split(1,-,-)}}", "tooManyArguments"],
    ["{{split(x,-)}}", "badArgument"],
    ["{{split(1,- )}}", "badArgument"],
  ] as const;
  test.each(faults)("%s: %s", (token, fault) => expect(read(token)).toBe(fault));

  test("reads one call out of several in a token", () => {
    expect(read("{{random(5)}}{{wildcard(1)}}")).toEqual({
      indexes: [1],
      amount: 0,
      delimiter: "",
    });
    expect(read("{{left({{wildcard(1)}})}}")).toBe("badArgument");
  });
});

test("a call is told by its braces, and its function by the name", () => {
  expect(["{{x}}", "{{}}", "{{x}", "a{{x}}"].filter(looksLikeCall)).toEqual(["{{x}}"]);
  expect(functionCalledIn("{{split(1,-)}}")?.isForMappings).toBe(true);
  expect(functionCalledIn("{{left(1,2)}}")?.isForMappings).toBe(false);
  expect(functionCalledIn("{{x(1)}}")).toBeUndefined();
});

describe("placeholders", () => {
  test("take the places of wildcards in order", () => {
    expect(withPlaceholders("foo.*.bar.*.>")).toBe("foo.$1.bar.$2.>");
    expect(withPlaceholders("foo.a*.$x")).toBe("foo.a*.$x");
  });

  test("become wildcards again, in either form", () => {
    expect(withoutPlaceholders("bar")).toBe("bar");
    expect(withoutPlaceholders("foo.$2.$1.>")).toBe("foo.*.*.>");
    expect(withoutPlaceholders("foo.{{wildcard(2)}}.{{ Wildcard( 1 ) }}")).toBe("foo.*.*");
  });

  test("are told by how they begin, not by their number", () => {
    expect(withoutPlaceholders("$1x.$0.$x.$")).toBe("*.$0.$x.$");
    expect(
      withoutPlaceholders("{{wildcard()}}.{{wildcard(1,2)}}.{{wildcard(x)}}.{{random(1)}}"),
    ).toBe("{{wildcard()}}.{{wildcard(1,2)}}.*.{{random(1)}}");
  });
});
