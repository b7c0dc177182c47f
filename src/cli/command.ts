/**
 * The `midge` command and its flags, as a citty definition made from the table of options.
 * `arguments.ts` reads a command line against it and `usage.ts` prints it. citty's own parser is
 * left out of the executable: it does not know Go's single-dash flags, and what it loads to parse
 * takes 3 ms and 3 MB at every start.
 */
import { type ArgDef, type ArgsDef, defineCommand } from "citty";
import {
  OPTION_NAMES,
  type OptionGroup,
  type OptionName,
  flagsOf,
  optionRow,
} from "../config/options.ts";
import { MIDGE_VERSION } from "../util/version.ts";

/** How the command names itself in messages. */
export const COMMAND_NAME = "midge";

/** What a flag does: gives an option its value, turns several on or off, or asks for a text. */
export type FlagEffect =
  | { readonly kind: "option"; readonly option: OptionName }
  | { readonly kind: "switches"; readonly options: readonly OptionName[] }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

export interface Flag {
  /** As it is typed, without dashes; the first is the flag's name in the definition. */
  readonly names: readonly [string, ...string[]];
  readonly section: OptionGroup | "Common";
  readonly effect: FlagEffect;
  readonly definition: ArgDef;
}

/** Flags that stand for several switches, applied after all others. */
const SWITCHES: readonly Flag[] = [
  switches("VV", ["trace", "traceVerbose"], "Trace with the system account"),
  switches("DV", ["debug", "trace"], "Debug and trace"),
  switches("DVV", ["debug", "trace", "traceVerbose"], "Debug and trace with the system account"),
];

const COMMON: readonly Flag[] = [
  common(["h", "help"], { kind: "help" }, "Show this text"),
  common(["v", "version"], { kind: "version" }, "Show the version"),
];

/** Every flag, in the order of the help text. */
export const flags: readonly Flag[] = [...OPTION_NAMES.map(optionFlag), ...SWITCHES, ...COMMON];

/** The whole definition, in citty's terms. */
export const command = defineCommand<ArgsDef>({
  meta: { name: COMMAND_NAME, version: MIDGE_VERSION, description: "NATS message broker" },
  args: Object.fromEntries(flags.map((flag) => [flag.names[0], flag.definition])),
});

function optionFlag(option: OptionName): Flag {
  const row = optionRow(option);
  const [name, ...alias] = flagsOf(row);
  const { valueName } = row.kind;
  const shared = { alias, description: row.help };
  return {
    names: [name!, ...alias],
    section: row.group,
    effect: { kind: "option", option },
    definition:
      valueName === ""
        ? { ...shared, type: "boolean" }
        : { ...shared, type: "string", valueHint: valueName },
  };
}

function switches(name: string, options: readonly OptionName[], description: string): Flag {
  const definition: ArgDef = { type: "boolean", description };
  return { names: [name], section: "Logging", effect: { kind: "switches", options }, definition };
}

function common(names: [string, string], effect: FlagEffect, description: string): Flag {
  const definition: ArgDef = { type: "boolean", alias: names[1], description };
  return { names, section: "Common", effect, definition };
}
