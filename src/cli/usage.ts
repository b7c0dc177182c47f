/**
 * The texts of `--help` and `--version`, in nats-server's layout, made from the flags.
 * Called by `run.ts`, which prints them on stdout.
 */
import { OPTION_GROUPS } from "../config/option-row.ts";
import { optionRow } from "../config/options.ts";
import { MIDGE_VERSION, NATS_VERSION } from "../util/version.ts";
import { COMMAND_NAME, type Flag, allFlags } from "./command.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

const SECTIONS = [...OPTION_GROUPS, "Common"] as const;
/** Where the explanations start. */
const HELP_COLUMN = 42;

/** One line with both versions: midge's own and the NATS feature level it answers with. */
export function versionText(): string {
  return `${COMMAND_NAME}: v${MIDGE_VERSION} (NATS ${NATS_VERSION})`;
}

/** The whole help text; starts and ends with an empty line. */
export function usageText(): string {
  const flags = allFlags();
  const sections = SECTIONS.flatMap((section) => {
    const lines = flags.filter((flag) => flag.section === section).map(flagLine);
    return lines.length === 0 ? [] : [`${section} Options:\n${lines.join("\n")}\n`];
  });
  const commands = SUBCOMMANDS.map(({ name, help }) => helpLine(`    ${name}`, help));
  const hint = `"${COMMAND_NAME} help <command>" says more about one.`;
  return (
    `\nUsage: ${COMMAND_NAME} [options]\n       ${COMMAND_NAME} <command>\n\n` +
    `${sections.join("\n")}\nCommands:\n${commands.join("\n")}\n\n${hint}\n`
  );
}

function flagLine(flag: Flag): string {
  const shown = defaultText(flag);
  const help = (flag.definition.description ?? "") + (shown && ` (default: ${shown})`);
  return optionLine(flag.names.map(dashed), valueName(flag), help);
}

/** The line of a flag with its names as they are typed; `value` is "" for a switch. */
export function optionLine(names: readonly string[], value: string, help: string): string {
  const hasShort = names.some((name) => !name.startsWith("--"));
  return helpLine(
    `${hasShort ? "" : "    "}    ${names.join(", ")}${value && ` <${value}>`}`,
    help,
  );
}

/** What is explained, and the explanation in its column. */
export function helpLine(label: string, help: string): string {
  const fits = label.length < HELP_COLUMN;
  return fits ? label.padEnd(HELP_COLUMN) + help : `${label}\n${" ".repeat(HELP_COLUMN)}${help}`;
}

/** What stands for the value; "" for a switch. */
export function valueName(flag: Flag): string {
  return flag.definition.valueHint ?? "";
}

/** The default as a text; "" if there is none worth showing. */
export function defaultText(flag: Flag): string {
  if (flag.effect.kind !== "option") return "";
  const row = optionRow(flag.effect.option);
  return row.kind.format(row.default);
}

/** A flag as it is typed. */
export function dashed(name: string): string {
  return (isShort(name) ? "-" : "--") + name;
}

/** One or two letters, and combinations of capitals such as DVV. */
function isShort(name: string): boolean {
  return name.length <= 2 || name.toUpperCase() === name;
}
