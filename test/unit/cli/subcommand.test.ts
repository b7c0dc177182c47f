/** How the arguments of a command are read, and the table of commands. */
import { describe, expect, test } from "bun:test";
import type { ArgsDef } from "citty";
import { MisuseError } from "../../../src/cli/flag-reader.ts";
import { SubcommandArguments } from "../../../src/cli/subcommand.ts";
import { subcommandUsage } from "../../../src/cli/subcommand-usage.ts";
import { SUBCOMMANDS } from "../../../src/cli/subcommands.ts";

const ARGS: ArgsDef = {
  name: { type: "string", alias: ["n"] },
  loud: { type: "boolean", alias: "l" },
  first: { type: "positional" },
  second: { type: "positional" },
};

function read(...argv: string[]): SubcommandArguments {
  return SubcommandArguments.read(ARGS, argv);
}

describe("arguments", () => {
  test.each([[["-n", "x"]], [["--name", "x"]], [["-name=x"]], [["-n=y", "--name=x"]]])(
    "%j gives the flag its value",
    (argv) => expect(read(...argv).text("name")).toBe("x"),
  );

  test("are flags and words in any order", () => {
    const given = read("a", "-l", "b", "-n", "x");
    expect([given.text("first"), given.text("second")]).toEqual(["a", "b"]);
    expect(given.isOn("loud")).toBe(true);
    expect(given.text("name")).toBe("x");
  });

  test("may have words that start with a dash after two dashes", () => {
    expect(read("--", "-n").text("first")).toBe("-n");
    expect(read("-").text("first")).toBe("-");
  });

  test("leave unset what is not given", () => {
    expect(read().text("name")).toBeUndefined();
    expect(read("-l=false").isOn("loud")).toBe(false);
  });

  test.each([
    [["-zz"], "flag provided but not defined: -zz"],
    [["-n"], "flag needs an argument: -n"],
    [["-l=maybe"], 'invalid boolean value "maybe" for -l: parse error'],
    [["a", "b", "c"], 'unexpected argument: "c"'],
    [["--first=a"], "flag provided but not defined: -first"],
  ])("%j cannot be read", (argv, reason) => {
    expect(() => read(...argv)).toThrow(new MisuseError(reason));
  });
});

describe.each(SUBCOMMANDS.map((row) => [row.name, row] as const))("the command %s", (name, row) => {
  test("is defined under its name, with flags of their own", async () => {
    const { meta, args } = await row.load();
    expect(meta.name).toBe(name);
    expect(name).toBe(name.toLowerCase());
    expect(Object.keys(args)).not.toContain("help");
  });

  test("has a help text of at most 100 columns that names every argument", async () => {
    const subcommand = await row.load();
    const usage = subcommandUsage(subcommand);
    expect(usage).toStartWith(`\nUsage: midge ${name} `);
    for (const line of usage.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    for (const argument of Object.keys(subcommand.args)) expect(usage).toContain(argument);
  });
});
