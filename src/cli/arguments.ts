/**
 * The command line: `argv` in, what to do out. Reads flags the way Go's flag package does, since
 * scripts and service units written for nats-server are full of them: `-port 4222`, `--port=4222`,
 * `-DV`, `-T=false`; the first argument that is no flag ends them and names a command. Later
 * values of a flag win.
 */
import { toggle } from "../config/option-kinds.ts";
import { OptionValueError } from "../config/option-value-error.ts";
import { type OptionName, optionRow, parseOptionValue } from "../config/options.ts";
import type { OptionSources } from "../config/resolve.ts";
import type { TlsFlags } from "../config/tls-flags.ts";
import { type Flag, type FlagEffect, flagNamed } from "./command.ts";
import { MisuseError, readFlags, valueProblem } from "./flag-reader.ts";
import { subcommandNamed } from "./subcommands.ts";

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: "run"; readonly sources: OptionSources }
  /** `-t`: say what is wrong with the configuration, and run nothing. */
  | { readonly kind: "test"; readonly sources: OptionSources }
  | { readonly kind: "help" }
  | { readonly kind: "help-tls" }
  | { readonly kind: "version" }
  /** `--signal`: what to send, and to whom, as it was written. */
  | { readonly kind: "signal"; readonly request: string }
  /** A row of `subcommands.ts`, with the arguments after it. */
  | { readonly kind: "subcommand"; readonly name: string; readonly argv: readonly string[] }
  /** A flag that does not exist or cannot be read; `reason` is Go's sentence about it. */
  | { readonly kind: "misuse"; readonly reason: string }
  /** An argument that is neither a flag nor a command, or a command after flags of the server. */
  | { readonly kind: "unknown-command"; readonly reason: string };

/** A flag as it was given, with its value read. */
interface GivenFlag {
  readonly effect: FlagEffect;
  readonly value: unknown;
}

const SWITCH_VALUE = toggle();

/** Reads the arguments after the program's name. */
export function parseArguments(argv: readonly string[]): Invocation {
  try {
    const given: GivenFlag[] = [];
    const [word, ...others] = readFlags(argv, {
      find: flagNamed,
      isSwitch,
      take: (flag, name, written) =>
        given.push({ effect: flag.effect, value: readValue(flag, name, written) }),
    });
    if (isAsked(given, "version")) return { kind: "version" };
    if (isAsked(given, "help")) return { kind: "help" };
    if (isAsked(given, "help-tls")) return { kind: "help-tls" };
    if (word !== undefined) return commandNamed(word, others, given.length > 0);
    const request = lastText(given, "signal");
    if (request !== "") return { kind: "signal", request };
    return { kind: isAsked(given, "test") ? "test" : "run", sources: sourcesOf(given) };
  } catch (error) {
    if (error instanceof MisuseError) return { kind: "misuse", reason: error.message };
    throw error;
  }
}

function commandNamed(word: string, rest: readonly string[], followsFlags: boolean): Invocation {
  const name = word.toLowerCase();
  if (name === "version") return { kind: "version" };
  if (name === "help") {
    const topic = rest[0]?.toLowerCase() ?? "";
    if (subcommandNamed(topic) === undefined) return { kind: "help" };
    return { kind: "subcommand", name: topic, argv: ["--help"] };
  }
  if (subcommandNamed(name) === undefined) {
    return { kind: "unknown-command", reason: `unrecognized command: ${JSON.stringify(word)}` };
  }
  if (followsFlags) {
    return { kind: "unknown-command", reason: `no flags of the server go before "${name}"` };
  }
  return { kind: "subcommand", name, argv: rest };
}

function readValue(flag: Flag, name: string, written: string): unknown {
  try {
    if (flag.effect.kind !== "option")
      return isSwitch(flag) ? SWITCH_VALUE.parse(written) : written;
    return parseOptionValue(optionRow(flag.effect.option), written);
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    throw new MisuseError(valueProblem(name, written, isSwitch(flag), error.message));
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

/** What the flags say about options. */
function sourcesOf(given: readonly GivenFlag[]): OptionSources {
  const configPath = lastText(given, "config");
  const unsupportedFlags: string[] = [];
  for (const { effect, value } of given) {
    if (effect.kind !== "unsupported" || value === false) continue;
    unsupportedFlags.push(`midge has no ${effect.feature}, it is one server`);
  }
  return {
    configPath: configPath === "" ? undefined : configPath,
    flags: valuesOf(given),
    tlsFlags: tlsFlagsOf(given),
    unsupportedFlags: [...new Set(unsupportedFlags)],
  };
}

/** What the flags say about TLS; undefined if they say nothing. */
function tlsFlagsOf(given: readonly GivenFlag[]): TlsFlags | undefined {
  let flags: TlsFlags | undefined;
  for (const { effect, value } of given) {
    if (effect.kind === "tls") flags = { ...flags, [effect.field]: value };
  }
  return flags;
}

/** What the flag of that kind was given last; "" without one. */
function lastText(given: readonly GivenFlag[], kind: "signal" | "config"): string {
  return String(lastOf(given, kind)?.value ?? "");
}

type AskedKind = "help" | "help-tls" | "version" | "test";

function isAsked(given: readonly GivenFlag[], kind: AskedKind): boolean {
  return lastOf(given, kind)?.value === true;
}

function lastOf(given: readonly GivenFlag[], kind: FlagEffect["kind"]): GivenFlag | undefined {
  let last: GivenFlag | undefined;
  for (const one of given) if (one.effect.kind === kind) last = one;
  return last;
}

function isSwitch(flag: Flag): boolean {
  return flag.definition.type === "boolean";
}
