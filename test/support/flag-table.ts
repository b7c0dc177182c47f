/**
 * The list of flags in README.md, made from the flags themselves. A test compares the two; run this
 * file to print the list after a change.
 */
import { allFlags } from "../../src/cli/command.ts";
import { dashed, defaultText, valueName } from "../../src/cli/usage.ts";

/** A Markdown table with a row for every flag. */
export function flagTable(): string {
  const rows = allFlags().map((flag) => [
    flag.names.map((name) => `\`${dashed(name)}\``).join(" "),
    valueName(flag),
    defaultText(flag),
    flag.definition.description ?? "",
  ]);
  const table = [["flag", "value", "default", "meaning"], ["---", "---", "---", "---"], ...rows];
  return table.map((row) => `| ${row.map(escaped).join(" | ")} |`).join("\n");
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}

if (import.meta.main) console.log(flagTable());
