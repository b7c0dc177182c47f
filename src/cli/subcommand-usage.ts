/**
 * The text of `midge <command> --help`, made from the command's definition in the layout of
 * `midge --help`. Called by `run-subcommand.ts`, which prints it on stdout.
 */
import type { ArgsDef } from "citty";
import { COMMAND_NAME } from "./command.ts";
import { HELP_FLAG, type Subcommand, aliasesOf } from "./subcommand.ts";
import { dashed, helpLine, optionLine } from "./usage.ts";

/** The whole text; starts and ends with an empty line. */
export function subcommandUsage({ meta, args }: Subcommand): string {
  const all: ArgsDef = { ...args, ...HELP_FLAG };
  const words = Object.entries(args).filter(([, { type }]) => type === "positional");
  const flags = Object.entries(all).filter(([, { type }]) => type !== "positional");
  const places = words.map(([name]) => ` [${name}]`).join("");
  const usage = `\nUsage: ${COMMAND_NAME} ${meta.name} [options]${places}\n\n${meta.description}\n`;
  const wordLines = words.map(([name, one]) => helpLine(`    ${name}`, describe(one)));
  const flagLines = flags.map(([name, one]) =>
    optionLine([...aliasesOf(all, name), name].map(dashed), one.valueHint ?? "", describe(one)),
  );
  return [usage, section("Arguments", wordLines), section("Options", flagLines)].join("");
}

function describe(one: { readonly description?: string; readonly default?: unknown }): string {
  const shown = one.default === undefined ? "" : ` (default: ${one.default})`;
  return `${one.description ?? ""}${shown}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n${title}:\n${lines.join("\n")}\n`;
}
