/**
 * The `midge` command and its flags, as a citty definition made from the table of options.
 * `arguments.ts` reads a command line against it and `usage.ts` prints it. citty's own parser is
 * left out of the executable: it does not know Go's single-dash flags, and what it loads to parse
 * takes 3 ms and 3 MB at every start.
 */
import { type ArgDef, type ArgsDef, type CommandDef, defineCommand } from "citty";
import { type OptionGroup } from "../config/option-row.ts";
import {
  OPTION_NAMES,
  type OptionName,
  flagsOf,
  optionOfFlag,
  optionRow,
} from "../config/options.ts";
import type { TlsFlags } from "../config/tls-flags.ts";
import { MIDGE_VERSION } from "../util/version.ts";

/** How the command names itself in messages. */
export const COMMAND_NAME = "midge";

/**
 * What a flag does: gives an option its value, turns several on or off, says what to do at all.
 */
export type FlagEffect =
  | { readonly kind: "option"; readonly option: OptionName }
  | { readonly kind: "switches"; readonly options: readonly OptionName[] }
  | { readonly kind: "signal" }
  /** Names the configuration file. */
  | { readonly kind: "config" }
  /** Checks the configuration instead of running. */
  | { readonly kind: "test" }
  /** Asks for something of nats-server that midge does not have; `feature` says what. */
  | { readonly kind: "unsupported"; readonly feature: string }
  /** Says one thing about the TLS of the client port. */
  | { readonly kind: "tls"; readonly field: keyof TlsFlags }
  | { readonly kind: "help" }
  | { readonly kind: "help-tls" }
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

const SIGNAL: Flag = {
  names: ["sl", "signal"],
  section: "Server",
  effect: { kind: "signal" },
  definition: {
    type: "string",
    alias: ["signal"],
    valueHint: "signal[=pid]",
    description: "Send ldm, stop, quit, term, reopen or reload",
  },
};

/** About the TLS of the client port. */
function tlsFlags(): readonly Flag[] {
  return [
    tlsFlag("tls", "isWanted", "", "Use TLS, false to do without"),
    tlsFlag("tlscert", "certFile", "file", "Certificate of this server"),
    tlsFlag("tlskey", "keyFile", "file", "Private key of that certificate"),
    tlsFlag("tlsverify", "verify", "", "Let in only clients with a certificate"),
    tlsFlag("tlscacert", "caFile", "file", "Who signs the certificates of clients"),
  ];
}

const COMMON: readonly Flag[] = [
  common(["h", "help"], { kind: "help" }, "Show this text"),
  common(["help_tls"], { kind: "help-tls" }, "Show what a tls block may say"),
  common(["v", "version"], { kind: "version" }, "Show the version"),
];

const CONFIG: readonly Flag[] = [
  {
    names: ["c", "config"],
    section: "Server",
    effect: { kind: "config" },
    definition: {
      type: "string",
      alias: ["config"],
      valueHint: "file",
      description: "Configuration file",
    },
  },
  {
    names: ["t"],
    section: "Server",
    effect: { kind: "test" },
    definition: { type: "boolean", description: "Check the configuration and exit" },
  },
];

/** nats-server's flags for things that midge does not have. They are not in the help text. */
function unsupportedFlags(): readonly Flag[] {
  return [
    ...["js", "jetstream"].map((name) => unsupported(name, "JetStream", "boolean")),
    ...["sd", "store_dir"].map((name) => unsupported(name, "JetStream", "string")),
    unsupported("no_advertise", "clustering", "boolean"),
    ...["routes", "cluster", "cluster_name", "cluster_listen", "cluster_advertise"].map((name) => {
      return unsupported(name, "clustering", "string");
    }),
    unsupported("connect_retries", "clustering", "string"),
  ];
}

/** Every flag that the help text shows, in its order. Takes a while, so not at start. */
export function allFlags(): readonly Flag[] {
  const options = OPTION_NAMES.filter((name) => {
    const row = optionRow(name);
    return flagsOf(row).length > 0 && row.unavailable !== true;
  });
  return [...options.map(optionFlag), ...tlsFlags(), ...CONFIG, SIGNAL, ...SWITCHES, ...COMMON];
}

/** The flag of that name, written without dashes; undefined if there is none. */
export function flagNamed(name: string): Flag | undefined {
  const option = optionOfFlag(name);
  if (option !== undefined) return optionFlag(option);
  for (const flag of [...CONFIG, SIGNAL, ...SWITCHES, ...COMMON]) {
    if (flag.names.includes(name)) return flag;
  }
  return [...tlsFlags(), ...unsupportedFlags()].find((flag) => flag.names.includes(name));
}

/** The whole definition, in citty's terms. */
export function commandDefinition(): CommandDef<ArgsDef> {
  return defineCommand<ArgsDef>({
    meta: { name: COMMAND_NAME, version: MIDGE_VERSION, description: "NATS message broker" },
    args: Object.fromEntries(allFlags().map((flag) => [flag.names[0], flag.definition])),
  });
}

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

function common(names: Flag["names"], effect: FlagEffect, description: string): Flag {
  const definition: ArgDef = { type: "boolean", alias: names.slice(1), description };
  return { names, section: "Common", effect, definition };
}

function tlsFlag(name: string, field: keyof TlsFlags, value: string, description: string): Flag {
  const definition: ArgDef =
    value === ""
      ? { type: "boolean", description }
      : { type: "string", valueHint: value, description };
  return { names: [name], section: "TLS", effect: { kind: "tls", field }, definition };
}

function unsupported(name: string, feature: string, type: "boolean" | "string"): Flag {
  const definition: ArgDef = { type, description: "" };
  return { names: [name], section: "Server", effect: { kind: "unsupported", feature }, definition };
}
