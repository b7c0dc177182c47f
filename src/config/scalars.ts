/**
 * From the text of a number, date or other single value to its node. Called by `parser.ts` with
 * the lexer's tokens; a value that does not fit its type throws `ConfigSyntaxError`.
 */
import { type ConfigNode, ConfigSyntaxError, type Position } from "./config-node.ts";
import type { ValueToken } from "./lexer.ts";

const MAX_INT64 = (1n << 63n) - 1n;
const MIN_INT64 = -(1n << 63n);
const TRUE_WORDS = new Set(["true", "yes", "on"]);
const SIZE_LETTERS = "kmgtpe";
const INTEGER = /^(-?[0-9]+)(?:([kmgtpe])(b|ib?)?)?$/i;

/** The node of `token`, at `position`. References are for the parser to follow. */
export function scalarNode(token: ValueToken, position: Position): ConfigNode {
  const { text } = token;
  switch (token.kind) {
    case "integer":
      return { kind: "integer", position, value: integerValue(token), text };
    case "float":
      return { kind: "float", position, value: floatValue(token) };
    case "boolean":
      return { kind: "boolean", position, value: TRUE_WORDS.has(text.toLowerCase()) };
    case "datetime":
      return { kind: "datetime", position, value: datetimeValue(token) };
    case "string":
    case "reference":
      return { kind: "string", position, value: text };
  }
}

/** nats-server wraps around if the suffix takes a number out of range; here that is an error. */
function integerValue({ text, position }: ValueToken): bigint {
  const [, digits, letter, binary] = INTEGER.exec(text) ?? [];
  if (digits === undefined) {
    throw new ConfigSyntaxError(`expected integer, but got '${text}'`, position);
  }
  // The digits are counted first, because reading very many of them takes quadratic time.
  const significant = digits.replace(/^(-?)0+(?=.)/, "$1");
  const isShort = significant.length <= MIN_INT64.toString().length;
  const value = isShort ? BigInt(significant) * sizeFactor(letter, binary) : undefined;
  if (value === undefined || value > MAX_INT64 || value < MIN_INT64) {
    throw new ConfigSyntaxError(`integer '${text}' is out of the range`, position);
  }
  return value;
}

/** Powers of 1000 for a letter alone, of 1024 if b, i or ib follow it. */
function sizeFactor(letter: string | undefined, binary: string | undefined): bigint {
  if (letter === undefined) return 1n;
  const power = BigInt(SIZE_LETTERS.indexOf(letter.toLowerCase()) + 1);
  return (binary === undefined ? 1000n : 1024n) ** power;
}

function floatValue({ text, position }: ValueToken): number {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new ConfigSyntaxError(`float '${text}' is out of the range`, position);
}

function datetimeValue({ text, position }: ValueToken): Date {
  const value = new Date(text);
  // February 30 may be read as a day of March: it does not come back as written.
  if (!Number.isNaN(value.getTime()) && value.toISOString() === text.replace("Z", ".000Z")) {
    return value;
  }
  throw new ConfigSyntaxError(`expected Zulu formatted DateTime, but got '${text}'`, position);
}
