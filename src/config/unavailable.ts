/**
 * Options that midge knows from nats-server and does not have yet. A server asked for one of
 * them does not start: what it would do without is often security.
 */
import { type OptionName, type Options, optionRow } from "./options.ts";

/** Says so of an option, named as it was given. */
export function unavailableText(name: string): string {
  return `"${name}" is not available in this version of midge`;
}

/** The same of several. */
export function unavailableTexts(names: readonly string[]): readonly string[] {
  const texts: string[] = [];
  for (const name of names) texts.push(unavailableText(name));
  return texts;
}

/** Those that the flags ask for, one line each. */
export function unavailableFlags(
  options: Options,
  flags: ReadonlyMap<OptionName, unknown>,
): readonly string[] {
  const lines: string[] = [];
  for (const name of flags.keys()) {
    const row = optionRow(name);
    if (row.unavailable !== true || Bun.deepEquals(options[name], row.default)) continue;
    lines.push(unavailableText(row.keys[0]));
  }
  return lines;
}
