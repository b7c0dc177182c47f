/**
 * The options a server runs with: built-in defaults, then the configuration file, then the flags,
 * which win also when the file is read again. Called at start and by each reload.
 */
import { checkOptions } from "./check.ts";
import type { FileView } from "./blocks/named-files.ts";
import type { ConfigSource } from "./parser.ts";
import { type OptionName, type Options, defaultOptions, withValues } from "./options.ts";

import { unavailableFlags, unavailableTexts } from "./unavailable.ts";

/** What the command line says about options. */
export interface OptionSources {
  /** As given with `-c`; undefined without a file. */
  readonly configPath: string | undefined;
  /** Values of flags. */
  readonly flags: ReadonlyMap<OptionName, unknown>;
  /** Names of flags, no options, for what midge does not have yet. */
  readonly unavailableFlags: readonly string[];
  /** Flags for things that midge does not have, in words: problems unless ignored. */
  readonly unsupportedFlags: readonly string[];
}

/** The file that options came from. */
export interface ConfigOrigin {
  readonly path: string;
  readonly digest: string;
}

export interface ResolvedOptions {
  readonly options: Options;
  /** Undefined without a file. */
  readonly origin: ConfigOrigin | undefined;
  /** What is said of a file that is empty; "" of any other. A reload does not accept it. */
  readonly emptiness: string;
  /** Why a server must not run with these options; one line each. */
  readonly errors: readonly string[];
  /** About the file as it is written; `-t` does not accept them. */
  readonly warnings: readonly string[];
  /** For the log: what has no effect. */
  readonly notices: readonly string[];
}

/** Reads the file, if there is one. Problems are in the result; never rejects. */
export async function resolveOptions(
  sources: OptionSources,
  source: ConfigSource & FileView,
): Promise<ResolvedOptions> {
  const { configPath, flags } = sources;
  if (configPath === undefined) {
    const options = withValues(defaultOptions(), flags);
    const problems = supportProblems(options, sources.unsupportedFlags);
    const unavailable = unavailableIn(sources, options);
    return {
      options,
      origin: undefined,
      emptiness: "",
      errors: [...problems.errors, ...unavailable, ...checkOptions(options)],
      warnings: [],
      notices: problems.notices,
    };
  }
  // A server without a file has no use for the parser.
  const { emptyText, loadConfig } = await import("./load.ts");
  const file = loadConfig(configPath, source);
  const options = withValues(withValues(defaultOptions(), file.values), flags);
  const support = supportProblems(options, [...file.unsupported, ...sources.unsupportedFlags]);
  // Rules between options say little while some of them could not be read.
  const violations = file.errors.length > 0 ? [] : checkOptions(options);
  return {
    options,
    origin: { path: configPath, digest: file.digest },
    emptiness: file.isEmpty ? emptyText(configPath) : "",
    errors: [
      ...file.errors,
      ...support.errors,
      ...file.unavailable,
      ...unavailableIn(sources, options),
      ...violations,
    ],
    warnings: file.warnings,
    notices: [...file.ignored, ...support.notices],
  };
}

function unavailableIn(sources: OptionSources, options: Options): readonly string[] {
  return [
    ...unavailableTexts(sources.unavailableFlags),
    ...unavailableFlags(options, sources.flags),
  ];
}

function supportProblems(
  options: Options,
  unsupported: readonly string[],
): { readonly errors: readonly string[]; readonly notices: readonly string[] } {
  if (options.ignoreUnsupported) return { errors: [], notices: unsupported };
  return { errors: unsupported, notices: [] };
}
