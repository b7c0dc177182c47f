/**
 * Lengths of time in blocks whose errors have words of their own, such as `timeout` of a `tls`
 * block. Elsewhere the kinds `duration` and `timeout` of options do.
 */
import type { ConfigNode } from "../config-node.ts";
import { integerOf } from "../node-values.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { DurationError, parseDuration } from "../../util/duration.ts";

export interface SpanTexts {
  /** What is said of a text that is no duration; `reason` is Go's. */
  invalid(reason: string): string;
  /** What is said of a value that is neither a number nor a text. */
  readonly wrongType: string;
}

/** A number of seconds, whole or not, or a duration in Go's notation; in milliseconds, signed. */
export function readSpan(node: ConfigNode, texts: SpanTexts): number {
  if (node.kind === "integer") return integerOf(node) * 1000;
  if (node.kind === "float") return node.value * 1000;
  if (node.kind !== "string") throw new OptionValueError(texts.wrongType);
  return readDurationText(node.value, texts);
}

/** A duration in Go's notation; in milliseconds, signed. */
export function readDurationText(text: string, texts: Pick<SpanTexts, "invalid">): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new OptionValueError(texts.invalid(error.message));
  }
}

/**
 * As the kind `duration`, signed, and speaking of `name` also where the key is an alias of it; the
 * check of the whole block refuses what is below 0.
 */
export function namedDuration(name: string): (node: ConfigNode, place: ReadPlace) => number {
  const texts = { invalid: (reason: string) => `error parsing ${name}: ${reason}` };
  return (node, { problems }) => {
    if (node.kind === "string") return readDurationText(node.value, texts);
    problems.warn(node.position, name, `${name} should be converted to a duration`);
    return integerOf(node) * 1000;
  };
}
