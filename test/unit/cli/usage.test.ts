/** The help text and the README's list of flags, which are the same table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { allFlags } from "../../../src/cli/command.ts";
import { usageText } from "../../../src/cli/usage.ts";
import { flagTable } from "../../support/flag-table.ts";

const README = join(import.meta.dir, "../../../README.md");

test("the help text names every flag with its explanation", () => {
  const usage = usageText();
  for (const flag of allFlags()) {
    for (const name of flag.names) expect(usage).toMatch(new RegExp(`[ -]-${name}\\b`));
    expect(usage).toContain(flag.definition.description!);
  }
});

test("the help text fits into 100 columns", () => {
  for (const line of usageText().split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

/** Without the blanks and dashes that the formatter aligns tables with. */
function unaligned(markdown: string): string {
  return markdown.replace(/ +/g, " ").replace(/-{3,}/g, "---");
}

test("README.md lists the flags as they are", () => {
  expect(unaligned(readFileSync(README, "utf8"))).toContain(unaligned(`\n${flagTable()}\n`));
});
