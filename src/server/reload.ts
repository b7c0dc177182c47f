/**
 * Reading the configuration again: the difference between two sets of options, the changes that
 * have to wait for a restart, and what is logged of all that. A reload is all or nothing;
 * `server.ts` carries out one that is accepted.
 */
import type { ResolvedOptions } from "../config/resolve.ts";
import type { LogSink } from "../util/log/sink.ts";
import type { Logger } from "../util/logger.ts";
import { type ReloadEffect } from "../config/option-row.ts";
import {
  type AnyOptionRow,
  OPTION_NAMES,
  type OptionName,
  type Options,
  optionRow,
} from "../config/options.ts";
import { tlsChangeLines } from "../config/blocks/tls-changes.ts";
import { messageOf } from "../util/system-error.ts";

export interface OptionChange {
  readonly option: OptionName;
  readonly row: AnyOptionRow;
  readonly before: unknown;
  readonly after: unknown;
}

/** Each effect of a reload but the restart, which is none. */
export type AppliedEffect = Exclude<ReloadEffect, "restart" | "live">;

/** A reload with nothing left that could go wrong. */
export interface AcceptedReload {
  readonly resolved: ResolvedOptions;
  readonly changes: readonly OptionChange[];
  /** The effects that the changes have, each once. */
  readonly effects: readonly AppliedEffect[];
  /** Where the log goes from now on, if that has changed. */
  readonly sink: LogSink | undefined;
}

/** The server, as far as a reload needs it. */
export interface ReloadHost {
  readonly logger: Logger;
  /** Those in force. */
  readonly options: Options;
  /** Reads the configuration; undefined without a file. */
  readonly resolve: (() => Promise<ResolvedOptions>) | undefined;
  /** Opens the log that the options ask for; rejects if it cannot. */
  readonly openLog: ((options: Options) => Promise<LogSink>) | undefined;
  /** Where the server listens; it stays there when any free port is asked for. */
  readonly boundPorts: {
    readonly port: number;
    readonly httpPort: number | undefined;
    readonly profPort: number | undefined;
  };
  /** Loads what the options need; called, and waited for, before `apply`. */
  prepare(options: Options): Promise<void>;
  /** False once the server is about to end. */
  canReload(): boolean;
  apply(reload: AcceptedReload): void;
}

/** Changes of these need another log sink. */
const SINK_OPTIONS: ReadonlySet<OptionName> = new Set<OptionName>([
  "logFile",
  "logSizeLimitBytes",
  "logMaxFiles",
  "syslog",
  "remoteSyslog",
]);

const ENDING = "the server is about to end";

export class Reloader {
  readonly #host: ReloadHost;
  /** The reload under way, so that they come one after the other. */
  #last: Promise<string | undefined>;

  constructor(host: ReloadHost) {
    this.#host = host;
    this.#last = Promise.resolve(undefined);
  }

  /**
   * Resolves when the change is made, or refused with the reasons in the log: to the reasons then.
   */
  reload(): Promise<string | undefined> {
    this.#last = this.#last
      .then(() => this.#reload())
      // One of our own bugs, which must neither end the server nor all later reloads.
      .catch((error: unknown) => this.#refuse([`Internal error: ${messageOf(error)}`]));
    return this.#last;
  }

  async #reload(): Promise<string | undefined> {
    const { resolve, openLog, options, boundPorts } = this.#host;
    if (resolve === undefined) {
      return this.#refuse(["can only reload config when a file is provided using -c or --config"]);
    }
    const resolved = await resolve();
    if (!this.#host.canReload()) return ENDING;
    const after = withBoundPorts(resolved.options, boundPorts);
    const changes = changesBetween(withBoundPorts(options, boundPorts), after);
    // A file that is being written may be empty for a moment; its server must not lose its log-in.
    const isEmptied = resolved.emptiness !== "" && changes.length > 0;
    const unusable = isEmptied ? [resolved.emptiness] : resolved.errors;
    const problems = unusable.length > 0 ? unusable : refusals(changes);
    if (problems.length > 0) return this.#refuse(problems);
    let sink: LogSink | undefined;
    try {
      const isOther = changes.some(({ option }) => SINK_OPTIONS.has(option));
      if (isOther) sink = await openLog?.(resolved.options);
      await this.#host.prepare(resolved.options);
    } catch (error) {
      return this.#refuse([messageOf(error)]);
    }
    if (!this.#host.canReload()) {
      sink?.close?.();
      return ENDING;
    }
    this.#accept({ resolved, changes, effects: effectsOf(changes), sink });
    return undefined;
  }

  #refuse(reasons: readonly string[]): string {
    for (const reason of reasons) {
      const text = `Failed to reload server configuration: ${reason}`;
      this.#host.logger.error(text, { event: "reload_failed" });
    }
    return reasons.join("; ");
  }

  #accept(reload: AcceptedReload): void {
    const { logger } = this.#host;
    for (const notice of reload.resolved.notices) logger.warn(notice);
    const { tls } = this.#host.options;
    for (const change of reload.changes) {
      if (change.option !== "tls") logger.info(appliedLine(change));
    }
    for (const line of tlsChangeLines(tls, reload.resolved.options.tls)) logger.info(line);
    this.#host.apply(reload);
    const digest = reload.resolved.origin?.digest ?? "";
    logger.info(`Reloaded server configuration (${digest})`, { event: "reloaded" });
  }
}

/** With -1, which any port satisfies, replaced by the port that is in use. */
function withBoundPorts(options: Options, bound: ReloadHost["boundPorts"]): Options {
  return {
    ...options,
    port: options.port === -1 ? bound.port : options.port,
    httpPort: options.httpPort === -1 ? (bound.httpPort ?? -1) : options.httpPort,
    profPort: options.profPort === -1 ? (bound.profPort ?? -1) : options.profPort,
  };
}

/** The options whose values differ, in the table's order. */
export function changesBetween(before: Options, after: Options): readonly OptionChange[] {
  const changes: OptionChange[] = [];
  for (const option of OPTION_NAMES) {
    if (Bun.deepEquals(before[option], after[option])) continue;
    const row = optionRow(option);
    changes.push({ option, row, before: before[option], after: after[option] });
  }
  return changes;
}

/** Why these changes need a restart, a line each, in nats-server's words. */
export function refusals(changes: readonly OptionChange[]): readonly string[] {
  return changes
    .filter(({ row }) => row.reload === "restart")
    .map(({ option, row, before, after }) => {
      const values = row.secret === true ? "" : `: old=${shown(before)}, new=${shown(after)}`;
      return `config reload not supported for ${row.field ?? option}${values}`;
    });
}

/** The effects that the changes have, each once. */
export function effectsOf(changes: readonly OptionChange[]): readonly AppliedEffect[] {
  const effects = new Set<AppliedEffect>();
  for (const { reload } of changes.map((change) => change.row)) {
    if (reload !== "restart" && reload !== "live") effects.add(reload);
  }
  return [...effects];
}

/** The log line about a change that was applied. */
export function appliedLine({ option, row, after }: OptionChange): string {
  if (row.reloadText !== undefined) return row.reloadText(after);
  const prefix = row.block === undefined ? "" : `${row.block} `;
  const key = `${prefix}${row.keys[0]}`;
  if (row.secret === true || row.kind.isFileOnly === true) return `Reloaded: ${key}`;
  return `Reloaded: ${key} = ${shownValue(option, after)}`;
}

function shownValue(option: OptionName, value: unknown): string {
  if (typeof value === "boolean") return String(value);
  const { kind } = optionRow(option);
  return typeof value === "number" && kind.valueName !== "duration"
    ? String(value)
    : kind.format(value);
}

function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
