/**
 * The options a server runs with: built-in defaults, then the configuration file, then the flags,
 * which win also when the file is read again. Called at start and by each reload.
 */
import { usualAuthTimeoutMs } from "./auth-timeout.ts";
import { checkOptions } from "./check.ts";
import type { FileView } from "./blocks/named-files.ts";
import type { ConfigSource } from "./parser.ts";
import { type OptionName, type Options, defaultOptions, withValues } from "./options.ts";
import type { TlsFlags } from "./tls-flags.ts";
import { unavailableFlags } from "./unavailable.ts";

/** What the command line says about options. */
export interface OptionSources {
  /** As given with `-c`; undefined without a file. */
  readonly configPath: string | undefined;
  /** Values of flags. */
  readonly flags: ReadonlyMap<OptionName, unknown>;
  /** What flags say about TLS; undefined without any. */
  readonly tlsFlags: TlsFlags | undefined;
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
    const { options, problems } = await complete(sources, NO_VALUES, source);
    const support = supportProblems(options, sources.unsupportedFlags);
    const unavailable = unavailableFlags(options, flags);
    return {
      options,
      origin: undefined,
      emptiness: "",
      errors: [...support.errors, ...unavailable, ...problems, ...checkOptions(options)],
      warnings: [],
      notices: support.notices,
    };
  }
  // A server without a file has no use for the parser.
  const { emptyText, loadConfig } = await import("./load.ts");
  const file = loadConfig(configPath, source);
  const { options, problems } = await complete(sources, file.values, source);
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
      ...unavailableFlags(options, flags),
      ...problems,
      ...violations,
    ],
    warnings: file.warnings,
    notices: [...file.ignored, ...support.notices],
  };
}

const NO_VALUES: ReadonlyMap<OptionName, unknown> = new Map();

/** Lays defaults, file and flags over each other. */
async function complete(
  { flags, tlsFlags }: OptionSources,
  inFile: ReadonlyMap<OptionName, unknown>,
  files: FileView,
): Promise<{ readonly options: Options; readonly problems: readonly string[] }> {
  let options = withValues(withValues(defaultOptions(), inFile), flags);
  let problems: readonly string[] = [];
  if (tlsFlags !== undefined) {
    const { withTlsFlags } = await import("./tls-flags.ts");
    const flagged = withTlsFlags(options.tls, tlsFlags, (path) => files.read(path));
    options = { ...options, tls: flagged.tls };
    problems = flagged.problems;
  }
  const hasTimeout = inFile.has("authTimeoutMs") || flags.has("authTimeoutMs");
  if (!hasTimeout) options = { ...options, authTimeoutMs: usualAuthTimeoutMs(options) };
  return { options, problems };
}

function supportProblems(
  options: Options,
  unsupported: readonly string[],
): { readonly errors: readonly string[]; readonly notices: readonly string[] } {
  if (options.ignoreUnsupported) return { errors: [], notices: unsupported };
  return { errors: unsupported, notices: [] };
}
