/**
 * The kinds of values an option can have: how one is read from a text and written back.
 * Used by the table in `options.ts`; everything that reads or shows an option goes through its
 * kind.
 */
import { DurationError, formatDuration, parseDuration } from "../util/duration.ts";

/**
 * Why a text is no value of a kind; `message` is the reason alone, in Go's words where it has some.
 */
export class OptionValueError extends Error {
  override readonly name = "OptionValueError";
}

export interface OptionKind<Value> {
  /** What usage shows between angle brackets; "" for a switch, which can stand without a value. */
  readonly valueName: string;
  /** Reads a value as written on the command line; throws `OptionValueError`. */
  parse(text: string): Value;
  /** Writes a value as usage shows it; "" if there is nothing to show. */
  format(value: Value): string;
}

const PARSE_ERROR = "parse error";
const OUT_OF_RANGE = "value out of range";

const TRUE_TEXTS: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE_TEXTS: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** On or off. */
export function toggle(): OptionKind<boolean> {
  return {
    valueName: "",
    parse(text) {
      if (TRUE_TEXTS.has(text)) return true;
      if (FALSE_TEXTS.has(text)) return false;
      throw new OptionValueError(PARSE_ERROR);
    },
    format: (value) => (value ? "true" : ""),
  };
}

/** Any text; "" means that it is not set. */
export function text(valueName: string): OptionKind<string> {
  return { valueName, parse: (written) => written, format: (value) => value };
}

/** A whole number from `min` to `max`, both included. `zero` is what usage shows for 0. */
export function integer(bounds: {
  valueName: string;
  min: number;
  max: number;
  zero?: string;
}): OptionKind<number> {
  return {
    valueName: bounds.valueName,
    parse: (written) => within(parseInteger(written), bounds.min, bounds.max),
    format: (value) => (value === 0 ? (bounds.zero ?? "0") : String(value)),
  };
}

/** A number of things; 0 stands for no limit, and what is below 0 is read as 0. */
export function limit(valueName: string): OptionKind<number> {
  return {
    valueName,
    parse: (written) => Math.max(0, within(parseInteger(written), -MAX_INT, MAX_INT)),
    format: (value) => (value === 0 ? "unlimited" : String(value)),
  };
}

/** A TCP port; -1 asks the system for a free one. `zero` says what 0 means. */
export function port(zero?: string): OptionKind<number> {
  return integer({ valueName: "port", min: -1, max: 65535, zero });
}

/** A size in bytes from 1 to `max`, or 0; takes the suffixes of the configuration language. */
export function bytes(bounds: { max: number }): OptionKind<number> {
  return {
    valueName: "bytes",
    parse: (written) => within(parseSize(written), 0, bounds.max),
    format: formatSize,
  };
}

/** A span of time, in milliseconds; written as in Go ("1m30s") or as a bare number of seconds. */
export function duration(): OptionKind<number> {
  return {
    valueName: "duration",
    parse: (written) => within(parseSpan(written), 0, Infinity),
    format: formatDuration,
  };
}

/** One of a few words; `reason` is what is said about any other. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  reason: string,
): OptionKind<Word> {
  return {
    valueName: words.join("|"),
    parse(written) {
      const word = words.find((candidate) => candidate === written);
      if (word === undefined) throw new OptionValueError(reason);
      return word;
    },
    format: (value) => value,
  };
}

export const KiB = 1024;
export const MiB = 1024 * KiB;
/** The largest number an int32 field of nats-server takes, such as max_payload. */
export const MAX_INT32 = 2 ** 31 - 1;
/** The largest whole number midge can count exactly. */
export const MAX_INT = Number.MAX_SAFE_INTEGER;

function within(value: number, min: number, max: number): number {
  if (value < min || value > max) throw new OptionValueError(OUT_OF_RANGE);
  return value;
}

/** Go's integer literals: decimal, 0x, 0o or a leading 0, 0b, with a sign. */
function parseInteger(written: string): number {
  const match = /^([+-]?)(0x[\da-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i.exec(written);
  if (match === null) throw new OptionValueError(PARSE_ERROR);
  const digits = match[2]!.replace(/^0(?=[0-7])/, "0o");
  const value = Number(digits);
  return match[1] === "-" ? -value : value;
}

function parseSize(written: string): number {
  const match = /^([+-]?\d+)([a-z]*)$/i.exec(written);
  const factor = match === null ? undefined : sizeFactor(match[2]!.toLowerCase());
  if (match === null || factor === undefined) throw new OptionValueError(PARSE_ERROR);
  return Number(match[1]) * factor;
}

/** "k" is 1000 and "kb", "ki", "kib" are 1024; m, g, t and p likewise. */
function sizeFactor(suffix: string): number | undefined {
  if (suffix === "") return 1;
  const power = "kmgtp".indexOf(suffix[0]!) + 1;
  if (power === 0) return undefined;
  if (suffix.length === 1) return 1000 ** power;
  return ["b", "i", "ib"].includes(suffix.slice(1)) ? 1024 ** power : undefined;
}

function formatSize(value: number): string {
  for (const [unit, size] of [
    ["MiB", MiB],
    ["KiB", KiB],
  ] as const) {
    if (value >= size && value % size === 0) return `${value / size}${unit}`;
  }
  return String(value);
}

function parseSpan(written: string): number {
  if (/^\d+(\.\d+)?$/.test(written)) return Number(written) * 1000;
  try {
    return parseDuration(written);
  } catch (error) {
    if (error instanceof DurationError) throw new OptionValueError(PARSE_ERROR);
    throw error;
  }
}
