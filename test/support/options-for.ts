/** The options that a command line stands for, without a configuration file. */
import { parseArguments } from "../../src/cli/arguments.ts";
import { type Options, defaultOptions, withValues } from "../../src/config/options.ts";

export function optionsFor(argv: readonly string[]): Options {
  const invocation = parseArguments(argv);
  if (invocation.kind !== "run")
    throw new Error(`${argv.join(" ")}: ${JSON.stringify(invocation)}`);
  return withValues(defaultOptions(), invocation.sources.flags);
}
