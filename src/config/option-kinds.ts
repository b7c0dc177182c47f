/**
 * The kinds of values an option can have: how one is read from a flag's text and from a
 * configuration file, and written back. Used by the table in `options.ts`; everything that reads or
 * shows an option goes through its kind.
 */
import { Ascii } from "../util/ascii.ts";
import { DurationError, formatDuration, parseDuration } from "../util/duration.ts";
import type { ConfigNode } from "./config-node.ts";
import { booleanOf, entriesOf, integerOf, stringOf } from "./node-values.ts";
import { OptionValueError } from "./option-value-error.ts";
import type { ProblemList } from "./problems.ts";

/** Where in a file a value stands. */
export interface ReadPlace {
  /** The option's key as it is written there. */
  readonly key: string;
  /** Takes warnings, and what is wrong inside a block. */
  readonly problems: ProblemList;
}

/** How a value stands in a configuration file. */
export interface ValueKind<Value> {
  /** Throws `OptionValueError` if the node as a whole is no such value. */
  read(node: ConfigNode, place: ReadPlace): Value;
}

export interface OptionKind<Value> extends ValueKind<Value> {
  /** What usage shows between angle brackets; "" for a switch, which can stand without a value. */
  readonly valueName: string;
  /** Whether there is no flag for it. */
  readonly isFileOnly?: true;
  /** Reads a value as written on the command line; throws `OptionValueError`. */
  parse(text: string): Value;
  /** Writes a value as usage and logs show it; "" if there is nothing to show. */
  format(value: Value): string;
}

const PARSE_ERROR = "parse error";
const OUT_OF_RANGE = "value out of range";

/** Time-outs above this are most likely meant otherwise. */
const LONG_TIMEOUT_MS = 60_000;

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
    read: booleanOf,
    format: (value) => (value ? "true" : ""),
  };
}

/** Any text; "" means that it is not set. */
export function text(valueName: string): OptionKind<string> {
  return { valueName, parse: (written) => written, read: stringOf, format: (value) => value };
}

/**
 * A whole number from `min` to `max`, both included. `zero` is what usage shows for 0.
 */
export function integer(bounds: {
  valueName: string;
  min: number;
  max: number;
  zero?: string;
}): OptionKind<number> {
  return {
    valueName: bounds.valueName,
    parse: (written) => within(parseInteger(written), bounds.min, bounds.max),
    read: (node, { key }) => withinForKey(integerOf(node), key, bounds.min, bounds.max),
    format: (value) => (value === 0 ? (bounds.zero ?? "0") : String(value)),
  };
}

/** A number of things; 0 stands for no limit, and what is below 0 is read as 0. */
export function limit(valueName: string): OptionKind<number> {
  return {
    valueName,
    parse: (written) => Math.max(0, within(parseInteger(written), -MAX_INT, MAX_INT)),
    read: (node) => Math.max(0, integerOf(node)),
    format: (value) => (value === 0 ? "unlimited" : String(value)),
  };
}

/** A TCP port; -1 asks the system for a free one. `zero` says what 0 means. */
export function port(zero?: string): OptionKind<number> {
  return integer({ valueName: "port", min: -1, max: 65535, zero });
}

/**
 * A size in bytes from 1 to `max`, or 0, which usage shows as `zero`; takes the suffixes of the
 * configuration language.
 */
export function bytes(bounds: { max: number; zero?: string }): OptionKind<number> {
  return {
    valueName: "bytes",
    parse: (written) => within(parseSize(written), 0, bounds.max),
    read: (node, { key }) => withinForKey(integerOf(node), key, 0, bounds.max),
    format: (value) => (value === 0 ? (bounds.zero ?? "0") : formatSize(value)),
  };
}

/**
 * A span of time, in milliseconds; written as in Go ("1m30s") or as a number of seconds, which in a
 * file is worth a warning.
 */
export function duration(): OptionKind<number> {
  return {
    valueName: "duration",
    parse: (written) => within(parseSpan(written), 0, Infinity),
    read(node, { key, problems }) {
      if (node.kind === "string")
        return withinForKey(goDuration(node.value, key), key, 0, Infinity);
      problems.warn(node.position, key, `${key} should be converted to a duration`);
      return withinForKey(integerOf(node) * 1000, key, 0, Infinity);
    },
    format: formatDuration,
  };
}

/**
 * A span of time that a file has to give in Go's notation; `check` throws for one that may not be.
 */
export function strictDuration(check: (ms: number) => void): OptionKind<number> {
  const checked = (ms: number) => {
    check(ms);
    return ms;
  };
  return {
    valueName: "duration",
    parse: (written) => checked(parseSpan(written)),
    read: (node, { key }) => checked(goDuration(stringOf(node), key)),
    format: formatDuration,
  };
}

/** As `duration`, with numbers of seconds, whole or not, being as good. */
export function timeout(): OptionKind<number> {
  return {
    valueName: "duration",
    parse: (written) => within(parseSpan(written), 0, Infinity),
    read(node, { key, problems }) {
      const ms = timeoutOf(node, key);
      if (ms > LONG_TIMEOUT_MS) problems.warn(node.position, key, longTimeoutText(node, ms));
      return ms;
    },
    format: formatDuration,
  };
}

function timeoutOf(node: ConfigNode, key: string): number {
  if (node.kind === "string") return goDuration(node.value, key);
  if (node.kind === "float") return node.value * 1000;
  if (node.kind === "integer") return integerOf(node) * 1000;
  throw new OptionValueError(`error parsing authorization config, '${key}' wrong type`);
}

function longTimeoutText(node: ConfigNode, ms: number): string {
  const written = node.kind === "integer" ? node.text : formatDuration(ms);
  return (
    `timeout of ${written} (${ms / 1000} seconds) is high, consider keeping it under 60 seconds. ` +
    "possibly caused by unquoted duration; use '1m' instead of 1m, for example"
  );
}

/** One of a few words; `reason` is what is said about any other. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  reason: string,
): OptionKind<Word> {
  const parse = (written: string) => {
    const word = words.find((candidate) => candidate === written);
    if (word === undefined) throw new OptionValueError(reason);
    return word;
  };
  return {
    valueName: words.join("|"),
    parse,
    read: (node) => parse(stringOf(node)),
    format: (value) => value,
  };
}

/**
 * Labels in lower case, trimmed, each once: an array in a file or one alone, commas between them in
 * a flag.
 */
export function labelList(valueName: string): OptionKind<readonly string[]> {
  const unique = (texts: readonly string[]) => {
    const labels = texts.map((one) => one.trim().toLowerCase());
    return [...new Set(labels.filter((one) => one !== ""))];
  };
  return {
    valueName,
    parse: (written) => unique(written.split(",")),
    read: (node) => unique(node.kind === "array" ? node.items.map(stringOf) : [stringOf(node)]),
    format: (value) => value.join(","),
  };
}

/** Texts by name. */
export function textMap(): OptionKind<Readonly<Record<string, string>>> {
  return fileOnly("map", (node) => {
    const texts: Record<string, string> = {};
    for (const { key, node: value } of entriesOf(node)) texts[key] = stringOf(value);
    return texts;
  });
}

/** A block of a file, read by the reader that `blocks/readers.ts` has for the option. */
export function block<Value>(valueName: string): OptionKind<Value> {
  return fileOnly(valueName, () => {
    throw new Error(`${valueName} is read by a reader of its own`);
  });
}

/** A value that only a file can hold, such as a block; logs and usage show nothing of it. */
export function fileOnly<Value>(
  valueName: string,
  read: (node: ConfigNode, place: ReadPlace) => Value,
): OptionKind<Value> {
  return {
    valueName,
    isFileOnly: true,
    parse: () => {
      throw new OptionValueError("can only be set in a configuration file");
    },
    read,
    format: () => "",
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

/** As `within`, in nats-server's words about keys. */
function withinForKey(value: number, key: string, min: number, max: number): number {
  if (value > max) throw new OptionValueError(`${key} value is too big`);
  if (value < min) throw new OptionValueError(`${key} value can not be negative`);
  return value;
}

function goDuration(written: string, key: string): number {
  try {
    return parseDuration(written);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new OptionValueError(`error parsing ${key}: ${error.message}`);
  }
}

/** Go's integer literals: decimal, 0x, 0o or a leading 0, 0b, with a sign. */
function parseInteger(written: string): number {
  if (isPlainDecimal(written)) return Number(written);
  const match = /^([+-]?)(0x[\da-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i.exec(written);
  if (match === null) throw new OptionValueError(PARSE_ERROR);
  const digits = match[2]!.replace(/^0(?=[0-7])/, "0o");
  const value = Number(digits);
  return match[1] === "-" ? -value : value;
}

/**
 * What almost everybody writes. The first regular expression that a process runs costs it half a
 * megabyte, which a server with a port as its only flag does without.
 */
function isPlainDecimal(written: string): boolean {
  if (written === "" || (written.length > 1 && written[0] === "0")) return false;
  for (let i = 0; i < written.length; i++) {
    const digit = written.charCodeAt(i) - Ascii.Zero;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
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
