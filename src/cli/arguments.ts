/**
 * The command line: `argv` in, what to do out. Reads flags the way Go's flag package does, since
 * scripts and service units written for nats-server are full of them: `-port 4222`, `--port=4222`,
 * `-DV`, `-T=false`; the first argument that is no flag ends them. Later values of a flag win.
 */
import { OptionValueError, toggle } from "../config/option-kinds.ts";
import {
  type OptionName,
  type Options,
  defaultOptions,
  optionRow,
  parseOptionValue,
  withValues,
} from "../config/options.ts";
import { type Flag, type FlagEffect, flags } from "./command.ts";

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** A flag that does not exist or cannot be read; `reason` is Go's sentence about it. */
  | { readonly kind: "misuse"; readonly reason: string }
  /** An argument that is no flag, no `help` and no `version`. */
  | { readonly kind: "unknown-command"; readonly reason: string };

/** A flag as it was given, with its value read. */
interface GivenFlag {
  readonly effect: FlagEffect;
  readonly value: unknown;
}

class MisuseError extends Error {}

const SWITCH_VALUE = toggle();

const FLAG_BY_NAME: ReadonlyMap<string, Flag> = new Map(
  flags.flatMap((flag) => flag.names.map((name) => [name, flag] as const)),
);

/** Reads the arguments after the program's name. */
export function parseArguments(argv: readonly string[]): Invocation {
  try {
    const { given, rest } = readFlags(argv);
    if (isAsked(given, "version")) return { kind: "version" };
    if (isAsked(given, "help")) return { kind: "help" };
    const [word] = rest;
    if (word !== undefined) return commandNamed(word);
    return { kind: "run", options: withValues(defaultOptions(), valuesOf(given)) };
  } catch (error) {
    if (error instanceof MisuseError) return { kind: "misuse", reason: error.message };
    throw error;
  }
}

function commandNamed(word: string): Invocation {
  const command = word.toLowerCase();
  if (command === "help" || command === "version") return { kind: command };
  return { kind: "unknown-command", reason: `unrecognized command: ${JSON.stringify(word)}` };
}

/** Takes flags and their values off the front of `argv`; "--" ends them too. */
function readFlags(argv: readonly string[]): { given: GivenFlag[]; rest: readonly string[] } {
  const given: GivenFlag[] = [];
  let at = 0;
  while (at < argv.length) {
    const argument = argv[at]!;
    if (!argument.startsWith("-") || argument === "-") break;
    at++;
    if (argument === "--") break;
    const { name, attached } = splitFlag(argument);
    const flag = FLAG_BY_NAME.get(name);
    if (flag === undefined) throw new MisuseError(`flag provided but not defined: -${name}`);
    let written = attached;
    if (written === undefined) {
      written = isSwitch(flag) ? "true" : argv[at++];
      if (written === undefined) throw new MisuseError(`flag needs an argument: -${name}`);
    }
    given.push({ effect: flag.effect, value: readValue(flag, name, written) });
  }
  return { given, rest: argv.slice(at) };
}

/** `-name`, `--name`, `-name=value` or `--name=value`. */
function splitFlag(argument: string): { name: string; attached: string | undefined } {
  const body = argument.slice(argument.startsWith("--") ? 2 : 1);
  if (body.startsWith("-") || body.startsWith("=")) {
    throw new MisuseError(`bad flag syntax: ${argument}`);
  }
  const equals = body.indexOf("=");
  if (equals < 0) return { name: body, attached: undefined };
  return { name: body.slice(0, equals), attached: body.slice(equals + 1) };
}

function readValue(flag: Flag, name: string, written: string): unknown {
  try {
    if (flag.effect.kind !== "option") return SWITCH_VALUE.parse(written);
    return parseOptionValue(optionRow(flag.effect.option), written);
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    const quoted = JSON.stringify(written);
    const place = isSwitch(flag)
      ? `invalid boolean value ${quoted} for -${name}`
      : `invalid value ${quoted} for flag -${name}`;
    throw new MisuseError(`${place}: ${error.message}`);
  }
}

/** The options that the flags set. Combined switches count last, whatever their place. */
function valuesOf(given: readonly GivenFlag[]): Map<OptionName, unknown> {
  const values = new Map<OptionName, unknown>();
  for (const { effect, value } of given) {
    if (effect.kind === "option") values.set(effect.option, value);
  }
  for (const { effect, value } of given) {
    if (effect.kind !== "switches") continue;
    for (const option of effect.options) values.set(option, value);
  }
  return values;
}

function isAsked(given: readonly GivenFlag[], kind: "help" | "version"): boolean {
  return given.findLast((one) => one.effect.kind === kind)?.value === true;
}

function isSwitch(flag: Flag): boolean {
  return flag.definition.type === "boolean";
}
