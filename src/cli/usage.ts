/**
 * The texts of `--help` and `--version`, in nats-server's layout, made from the flags.
 * Called by `run.ts`, which prints them on stdout.
 */
import { OPTION_GROUPS, optionRow } from "../config/options.ts";
import { MIDGE_VERSION, NATS_VERSION } from "../util/version.ts";
import { COMMAND_NAME, type Flag, flags } from "./command.ts";

const SECTIONS = [...OPTION_GROUPS, "Common"] as const;
/** Where the explanations start. */
const HELP_COLUMN = 42;

/** One line with both versions: midge's own and the NATS feature level it answers with. */
export function versionText(): string {
  return `${COMMAND_NAME}: v${MIDGE_VERSION} (NATS ${NATS_VERSION})`;
}

/** The whole help text; starts and ends with an empty line. */
export function usageText(): string {
  const sections = SECTIONS.map((section) => {
    const lines = flags.filter((flag) => flag.section === section).map(flagLine);
    return `${section} Options:\n${lines.join("\n")}\n`;
  });
  return `\nUsage: ${COMMAND_NAME} [options]\n\n${sections.join("\n")}`;
}

function flagLine(flag: Flag): string {
  const hasShort = flag.names.some(isShort);
  const value = valueName(flag);
  const names = flag.names.map(dashed).join(", ");
  const label = (hasShort ? "    " : "        ") + names + (value && ` <${value}>`);
  const shown = defaultText(flag);
  const help = (flag.definition.description ?? "") + (shown && ` (default: ${shown})`);
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

/** Single letters and combinations of capitals such as DV. */
function isShort(name: string): boolean {
  return name.length === 1 || name.toUpperCase() === name;
}
