/**
 * `midge options`: the reference of all options, made from the option table; Markdown for people
 * and documents, JSON for programs. Nothing in it is written twice: what a row says is what the
 * server does.
 */
import { ADDRESS_KEYS } from "../../config/address-keys.ts";
import { OPTION_GROUPS, type OptionGroup, type ReloadEffect } from "../../config/option-row.ts";
import { type AnyOptionRow, OPTION_NAMES, flagsOf, optionRow } from "../../config/options.ts";
import { IGNORED_KEYS, UNSUPPORTED_KEYS } from "../../config/out-of-scope.ts";
import { MIDGE_VERSION, NATS_VERSION } from "../../util/version.ts";
import type { Subcommand } from "../subcommand.ts";

/** One option, as programs read it. */
export interface OptionEntry {
  /** Names in a configuration file: the one that messages use, then its aliases. */
  readonly keys: readonly string[];
  /** The block of the file in which the keys stand; null at the top level. */
  readonly block: string | null;
  /** As they are typed; none if it can only be set in a file. */
  readonly flags: readonly string[];
  /** What stands for the value in help texts, such as `port` or `default|close|retry`. */
  readonly value: string;
  /** As in a file: durations as texts, sizes in bytes, "" if not set; null for what has no flag. */
  readonly default: unknown;
  /** As help texts have it, such as `1MiB` or `unlimited`; "" if there is nothing to show. */
  readonly defaultText: string;
  readonly group: OptionGroup;
  readonly reload: ReloadEffect;
  /** Whether a reload changes it here and not in nats-server. */
  readonly reloadableHere: boolean;
  /** Never shown or logged. */
  readonly secret: boolean;
  /** Whether this version has it; one with an option that it does not have does not start. */
  readonly available: boolean;
  readonly help: string;
}

export interface OptionReference {
  readonly version: string;
  readonly natsVersion: string;
  /** What a reload does about an option, by its `reload`. */
  readonly reloads: Readonly<Record<ReloadEffect, string>>;
  readonly options: readonly OptionEntry[];
  /** Keys of a file that set a host and a port in one. */
  readonly addresses: readonly { readonly key: string; readonly sets: readonly string[] }[];
  /** Keys of nats-server that keep midge from starting unless told to ignore them. */
  readonly unsupported: readonly { readonly key: string; readonly feature: string }[];
  /** Keys of nats-server that have no effect. */
  readonly ignored: readonly string[];
}

const RELOADS: Readonly<Record<ReloadEffect, string>> = {
  live: "Read where it is used, so the new value counts at once",
  logging: "The log is set up again",
  auth: "Every connection's login is checked again",
  tls: "Connections keep theirs, new ones get the new; those with keys not pinned are closed",
  limits: "Every connection takes it over, and those beyond max_connections are closed",
  identity: "What the server says about itself from then on",
  metrics: "What is counted for it is counted anew",
  files: "The file is written again, in its new place",
  restart: "A reload that changes it is refused as a whole",
};

export const options: Subcommand = {
  meta: {
    name: "options",
    description:
      "Prints every option with its keys, flags and default, and what a reload does about it: tables\n" +
      "in Markdown, or JSON.",
  },
  args: {
    json: { type: "boolean", description: "Print JSON" },
  },
  async run(given) {
    const reference = optionReference();
    const isJson = given.isOn("json");
    console.log(isJson ? JSON.stringify(reference, undefined, 2) : markdown(reference));
    return 0;
  },
};

export function optionReference(): OptionReference {
  return {
    version: MIDGE_VERSION,
    natsVersion: NATS_VERSION,
    reloads: RELOADS,
    options: OPTION_NAMES.map((name) => entryOf(optionRow(name))),
    addresses: [...ADDRESS_KEYS].map(([key, { host, port }]) => {
      return { key, sets: [optionRow(host).keys[0], optionRow(port).keys[0]] };
    }),
    unsupported: [...UNSUPPORTED_KEYS].map(([key, feature]) => ({ key, feature })),
    ignored: [...IGNORED_KEYS],
  };
}

function entryOf(row: AnyOptionRow): OptionEntry {
  const { kind, keys, block = null, group, reload, help } = row;
  return {
    keys,
    block,
    flags: flagsOf(row).map((name) => (name.length <= 2 ? `-${name}` : `--${name}`)),
    value: kind.valueName === "" ? "true|false" : kind.valueName,
    default: defaultOf(row),
    defaultText: row.default === false ? "false" : kind.format(row.default),
    group,
    reload,
    reloadableHere: row.field !== undefined && reload !== "restart",
    secret: row.secret === true,
    available: row.unavailable !== true,
    help,
  };
}

function defaultOf({ kind, default: value }: AnyOptionRow): unknown {
  if (kind.isFileOnly === true) return null;
  return kind.valueName === "duration" ? kind.format(value) : value;
}

/** The whole reference as one document, which ends without a line end. */
function markdown({ options: entries, unsupported, ignored, ...about }: OptionReference): string {
  const groups = OPTION_GROUPS.map((group) => {
    const rows = entries.filter((entry) => entry.group === group).map(cellsOf);
    return rows.length === 0
      ? ""
      : `## ${group}\n\n${table(["key", "flags", "value", "default", "reload", "meaning"], rows)}\n\n`;
  });
  const addresses = about.addresses.map(({ key, sets }) => {
    return [key, "port or host:port", sets.join(" and ")];
  });
  const reloads = Object.entries(about.reloads).map(([name, effect]) => [name, effect]);
  return `# Options of midge ${about.version}

For the command line and for configuration files. \`block.key\` stands in a block of a file.

${groups.join("")}## Addresses in one

${table(["key", "value", "sets"], addresses)}

## What a reload does

${table(["reload", "effect"], reloads)}

"nats-server: restart" marks what nats-server only takes over when it starts.

## Keys of nats-server that midge does not have

midge does not start with these unless \`ignore_unsupported\` is set:

${table(
  ["key", "feature"],
  unsupported.map(({ key, feature }) => [code(key), feature]),
)}

These have no effect: ${ignored.map(code).join(", ")}.`;
}

function cellsOf(entry: OptionEntry): string[] {
  const prefix = entry.block === null ? "" : `${entry.block}.`;
  return [
    entry.keys.map((key) => code(prefix + key)).join(" "),
    entry.flags.map(code).join(" "),
    entry.value,
    entry.defaultText,
    entry.reloadableHere ? `${entry.reload} (nats-server: restart)` : entry.reload,
    entry.help + remarksOn(entry),
  ];
}

function remarksOn({ available, secret }: OptionEntry): string {
  const remarks: string[] = [];
  if (!available) remarks.push(" (not available in this version)");
  if (secret) remarks.push(" (secret: never shown)");
  return remarks.join("");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table whose columns stand one below the other. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const [titles, ...body] = cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)));
  const rule = widths.map((width) => "-".repeat(width));
  return [titles!, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
