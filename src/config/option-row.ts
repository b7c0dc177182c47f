/**
 * What the table of options says of each: the form of its rows. The rows are in `options.ts` and,
 * for blocks of a configuration file, in `block-options.ts`.
 */
import type { OptionKind } from "./option-kinds.ts";

/**
 * What has to be done when the value changes while the server runs: nothing (`live`: it is read
 * where it is used), one of the server's steps, or it cannot be changed without a restart.
 */
export type ReloadEffect =
  "live" | "logging" | "auth" | "tls" | "limits" | "identity" | "metrics" | "files" | "restart";

/** The sections of the help text, in its order. */
export const OPTION_GROUPS = [
  "Server",
  "Logging",
  "Authorization",
  "TLS",
  "Limits",
  "Protocol",
  "Slow Consumer",
  "Lame Duck",
  "Profiling",
] as const;

export type OptionGroup = (typeof OPTION_GROUPS)[number];

export interface OptionRow<Value> {
  readonly kind: OptionKind<Value>;
  readonly default: NoInfer<Value>;
  /** Names in a configuration file: the one that messages use, then its aliases. */
  readonly keys: readonly [string, ...string[]];
  /** The block of the file in which the keys stand; the top level when absent. */
  readonly block?: "authorization";
  /**
   * Flags, without dashes, beyond the first key (which is a flag if it stands at the top level).
   */
  readonly flags?: readonly string[];
  readonly reload: ReloadEffect;
  /**
   * nats-server's name of it, if it refuses to change it without a restart; so does midge where
   * `reload` says so.
   */
  readonly field?: string;
  /** What is logged when a reload has changed it, where that is not `Reloaded: key = value`. */
  readonly reloadText?: (value: unknown) => string;
  readonly group: OptionGroup;
  readonly help: string;
  /** midge reads and checks it, and does not start with it: what it asks for is not there yet. */
  readonly unavailable?: true;
  /** Never shown or logged. */
  readonly secret?: true;
  /** 0 means "not set", as it does in nats-server. */
  readonly zeroIsDefault?: true;
}

/** Rows of values of these types, by name. */
export type OptionRows<Values> = { readonly [Name in keyof Values]: OptionRow<Values[Name]> };

/**
 * Declares rows; the kind of each says of which type its default has to be. One call for all of
 * them: a function that is called for every row is compiled at start, for 2 MB of memory.
 */
export function rows<Values>(declared: OptionRows<Values>): OptionRows<Values> {
  return declared;
}
