/**
 * The field `latency` of a service export: where measurements of the service's answers are
 * published and how many requests are measured.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, readBlock } from "./block.ts";
import { integerTextProblem, withoutPercentSign } from "./percentage.ts";

export interface LatencySettings {
  readonly subject: string;
  /** From 1 to 100 of a hundred requests, or those whose headers ask for it. */
  readonly samplingPercent: number | "headers";
}

const LATENCY_FIELDS = {
  subject: field(["subject"], readSubject),
  samplingPercent: field(["sampling"], readSampling),
};

const ALL_PERCENT = 100;

/** A subject, or `{ subject, sampling }`; undefined if the subject cannot be read. */
export function readLatency(node: ConfigNode, place: ReadPlace): LatencySettings | undefined {
  if (node.kind === "string") return { subject: node.value, samplingPercent: ALL_PERCENT };
  if (node.kind !== "map") {
    const found = goTypeName(node);
    throw new OptionValueError(`Expected latency entry to be a map/struct or string, got ${found}`);
  }
  const { given, values } = readBlock(node, LATENCY_FIELDS, place);
  if (given.subject === undefined) {
    throw new OptionValueError("Latency subject required, but missing");
  }
  const { subject, samplingPercent = ALL_PERCENT } = values;
  return subject === undefined ? undefined : { subject, samplingPercent };
}

function readSubject(node: ConfigNode): string {
  if (node.kind === "string") return node.value;
  const found = goTypeName(node);
  throw new OptionValueError(`Expected latency subject to be a string, got ${found}`);
}

function readSampling(node: ConfigNode): number | "headers" {
  if (node.kind === "integer") return checkedSampling(node.value);
  if (node.kind !== "string") {
    const found = goTypeName(node);
    throw new OptionValueError(
      `Expected latency sample to be a string or map/struct, got ${found}`,
    );
  }
  if (node.value.trim().toLowerCase() === "headers") return "headers";
  const written = withoutPercentSign(node.value);
  const problem = integerTextProblem(written);
  if (problem === undefined) return checkedSampling(BigInt(written));
  throw new OptionValueError(`Failed to parse latency sample: ${problem}`);
}

function checkedSampling(percent: bigint): number {
  if (percent >= 1n && percent <= 100n) return Number(percent);
  throw new OptionValueError("bad sampling percentage, should be 1-100");
}
