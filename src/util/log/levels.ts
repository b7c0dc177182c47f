/**
 * What a statement of the log is about (a subsystem) and how much it matters (a level), and which
 * statements print. Used by the logger and its layouts; option rows take their choices from here.
 */

export const LOG_LEVELS = ["info", "warn", "error", "debug", "trace", "fatal"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The parts of the server that can have a level of their own. */
export const LOG_SUBSYSTEMS = [
  "server",
  "client",
  "auth",
  "config",
  "tls",
  "websocket",
  "mqtt",
  "monitor",
] as const;

export type LogSubsystem = (typeof LOG_SUBSYSTEMS)[number];

/** Levels of a subsystem, each printing what those before it print, and its own statements. */
export const LOG_THRESHOLDS = ["error", "warn", "info", "debug", "trace"] as const;

export type LogThreshold = (typeof LOG_THRESHOLDS)[number];

/** Which statements print. */
export interface LogSwitches {
  readonly debug: boolean;
  /** Independent of `debug`. */
  readonly trace: boolean;
  /** For a subsystem named here both switches do not count. */
  readonly logLevels?: Readonly<Partial<Record<LogSubsystem, LogThreshold>>>;
}

/** Whether statements of `level` print. Fatal ones always do. */
export function prints(level: LogLevel, subsystem: LogSubsystem, switches: LogSwitches): boolean {
  if (level === "fatal") return true;
  const threshold = switches.logLevels?.[subsystem];
  if (threshold !== undefined) {
    return LOG_THRESHOLDS.indexOf(level) <= LOG_THRESHOLDS.indexOf(threshold);
  }
  if (level === "debug") return switches.debug;
  return level !== "trace" || switches.trace;
}
