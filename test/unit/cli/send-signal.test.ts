/** Which processes an expression of --signal stands for. */
import { describe, expect, test } from "bun:test";
import { chosenPids } from "../../../src/cli/send-signal.ts";

const nobody = (): number[] => [];

function unasked(): never {
  throw new Error("the list of processes was asked for");
}

describe("a process id", () => {
  test("stands for itself, whatever else is running", () => {
    expect(chosenPids("123", unasked)).toEqual([123]);
    expect(chosenPids("0123", unasked)).toEqual([123]);
  });

  test.each(["abc", "0", "-1", "+5", "1.5", "12a*", "-*", "1 2"])("is not %j", (expression) => {
    const shown = expression.replace(/\*$/, "");
    expect(() => chosenPids(expression, unasked)).toThrow(`invalid pid: ${shown}`);
  });
});

describe("no id", () => {
  test("stands for the only process", () => {
    expect(chosenPids("", () => [42])).toEqual([42]);
  });

  test("is not enough if there are several", () => {
    expect(() => chosenPids("", () => [42, 99])).toThrow(
      "multiple midge processes running:\n42\n99",
    );
  });

  test("or a pattern says so if there is none", () => {
    expect(() => chosenPids("", nobody)).toThrow("no midge processes running");
    expect(() => chosenPids("*", nobody)).toThrow("no midge processes running");
    expect(() => chosenPids("12*", nobody)).toThrow("no midge processes running");
  });
});

describe("a pattern", () => {
  test("stands for all processes, or those whose ids start so", () => {
    const running = (): number[] => [12, 123, 312];
    expect(chosenPids("*", running)).toEqual([12, 123, 312]);
    expect(chosenPids("12*", running)).toEqual([12, 123]);
    expect(chosenPids("9*", running)).toEqual([]);
  });
});
