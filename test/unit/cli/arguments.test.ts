/** Command lines to options: every flag of the table, Go's ways to write them, and precedence. */
import { describe, expect, test } from "bun:test";
import { parseArguments } from "../../../src/cli/arguments.ts";
import { sampleOf } from "../../support/option-samples.ts";
import { optionsFor } from "../../support/options-for.ts";
import { allFlags } from "../../../src/cli/command.ts";
import {
  type Options,
  OPTION_NAMES,
  defaultOptions,
  flagsOf,
  optionRow,
} from "../../../src/config/options.ts";

function optionsOf(...argv: string[]): Options {
  return optionsFor(argv);
}

/** What `argv` changes against the defaults. */
function changesOf(...argv: string[]): Partial<Options> {
  const defaults = new Map<string, unknown>(Object.entries(defaultOptions()));
  const entries = Object.entries(optionsOf(...argv));
  return Object.fromEntries(
    entries.filter(([name, value]) => !Bun.deepEquals(value, defaults.get(name))),
  );
}

describe.each([...OPTION_NAMES])("the option %s", (name) => {
  const { flag: written = "", value } = sampleOf(name);
  const isTrace = name === "traceVerbose" || name === "traceHeaders";
  const expected = isTrace ? { trace: true, [name]: value } : { [name]: value };

  test.each([...flagsOf(optionRow(name))])("is set by -%s, in each form", (flag) => {
    expect<object>(changesOf(`-${flag}=${written}`)).toEqual(expected);
    expect<object>(changesOf(`--${flag}=${written}`)).toEqual(expected);
    if (typeof value === "boolean") return;
    expect<object>(changesOf(`-${flag}`, written)).toEqual(expected);
    expect<object>(changesOf(`--${flag}`, written)).toEqual(expected);
  });
});

describe("flags", () => {
  test("have names that nothing else has", () => {
    const names = allFlags().flatMap((flag) => flag.names);
    expect(names.length).toBe(new Set(names).size);
  });

  test("given twice count the last time", () => {
    expect(optionsOf("-p", "1", "--port=2").port).toBe(2);
  });

  test("that are switches take no value from the next argument", () => {
    expect(parseArguments(["-D", "false"])).toEqual({
      kind: "unknown-command",
      reason: 'unrecognized command: "false"',
    });
  });

  test("that need a value take the next argument whatever it looks like", () => {
    expect(optionsOf("-p", "-1").port).toBe(-1);
    expect(optionsOf("-n", "-D").serverName).toBe("-D");
  });

  test("may have an empty value or one with an equals sign", () => {
    expect(optionsOf("-a=").host).toBe("");
    expect(optionsOf("--pass=a=b").password).toBe("a=b");
  });

  test("end at two dashes, a single dash and the first word", () => {
    expect(parseArguments(["--", "-p"]).kind).toBe("unknown-command");
    expect(parseArguments(["-", "-zz"]).kind).toBe("unknown-command");
    expect(parseArguments(["serve", "-zz"]).kind).toBe("unknown-command");
    expect(parseArguments(["-D", "--"]).kind).toBe("run");
  });

  test("are told apart by case", () => {
    expect(parseArguments(["-d"])).toEqual({
      kind: "misuse",
      reason: "flag provided but not defined: -d",
    });
  });
});

describe("combined switches", () => {
  test.each([
    ["-DV", { debug: true, trace: true }],
    ["-VV", { trace: true, traceVerbose: true }],
    ["-DVV", { debug: true, trace: true, traceVerbose: true }],
  ])("%s sets what it is made of", (flag, expected) => {
    expect(changesOf(flag)).toEqual(expected);
  });

  test("win over single ones, wherever they stand", () => {
    expect(changesOf("-DV", "-D=false")).toEqual({ debug: true, trace: true });
    expect(changesOf("-D", "-DV=false")).toEqual({});
  });
});

describe("help and version", () => {
  test("are asked for by flag or by word", () => {
    expect(parseArguments(["-D", "-h"])).toEqual({ kind: "help" });
    expect(parseArguments(["Version"])).toEqual({ kind: "version" });
    expect(parseArguments(["-h=false"]).kind).toBe("run");
  });

  test("version wins over help, and both over a stray word", () => {
    expect(parseArguments(["-h", "-v", "word"])).toEqual({ kind: "version" });
  });

  test("do not hide a flag that cannot be read", () => {
    expect(parseArguments(["-h", "-zz"]).kind).toBe("misuse");
    expect(parseArguments(["-p", "x", "-zz"])).toEqual({
      kind: "misuse",
      reason: 'invalid value "x" for flag -p: parse error',
    });
  });
});
