/**
 * Durations in Go's notation ("100ms", "1m30s"), the one nats-server's flags, files and logs use.
 * Called by the option kinds and wherever a duration is shown. Inside midge they are milliseconds.
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Thrown by `parseDuration`; the message is the one Go's `time.ParseDuration` gives. */
export class DurationError extends Error {
  override readonly name = "DurationError";
}

/**
 * Reads `[+-]` and one or more decimal numbers with a unit (`ns us µs ms s m h`); "0" needs none.
 * Returns milliseconds, with fractions; throws `DurationError`.
 */
export function parseDuration(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === "0") return 0;
  const quoted = JSON.stringify(text);
  const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
  let totalMs = 0;
  do {
    const match = part.exec(body);
    if (match === null) throw new DurationError(`time: invalid duration ${quoted}`);
    const unit = match[2]!;
    if (unit === "") throw new DurationError(`time: missing unit in duration ${quoted}`);
    const unitMs = UNIT_MS[unit];
    if (unitMs === undefined) {
      throw new DurationError(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    }
    totalMs += Number(match[1]) * unitMs;
  } while (part.lastIndex < body.length);
  return sign * roundToNs(totalMs);
}

/** Writes milliseconds as Go prints a duration: "2m0s", "1.5s", "100ms", "0s". */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? "-" : "";
  const ns = Math.round(Math.abs(ms) * 1e6);
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${ns / 1e3}\u00b5s`;
  if (ns < 1e9) return `${sign}${ns / 1e6}ms`;
  const minutes = Math.floor(ns / 60e9);
  const seconds = `${(ns - minutes * 60e9) / 1e9}s`;
  if (minutes === 0) return `${sign}${seconds}`;
  if (minutes < 60) return `${sign}${minutes}m${seconds}`;
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

function roundToNs(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}
