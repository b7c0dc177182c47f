/**
 * The field `msg_trace` (or `trace_dest`) of an account: where traces of messages are published
 * that have a trace header of the W3C, and how many of them are traced.
 */
import { type ConfigNode, type MapNode, goTypeName } from "../config-node.ts";
import { isValidPublishSubject } from "../../subject/subject.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { placedLine } from "../problems.ts";
import { field, readBlock } from "./block.ts";
import { integerTextProblem, withoutPercentSign } from "./percentage.ts";

export interface MessageTraceSettings {
  readonly destination: string;
  /** From 1 to 100. */
  readonly samplingPercent: number;
}

const TRACE_FIELDS = {
  destination: field(["dest"], readDestination),
  samplingPercent: field(["sampling"], readSampling),
};

const ALL_PERCENT = 100;

/** A subject, or `{ dest, sampling }`; undefined if there is nowhere to publish to. */
export function readMessageTrace(
  node: ConfigNode,
  place: ReadPlace,
): MessageTraceSettings | undefined {
  if (node.kind === "map") return readTraceBlock(node, place);
  if (node.kind === "string") {
    return { destination: readDestination(node, place), samplingPercent: ALL_PERCENT };
  }
  const field = `account message trace ${JSON.stringify(place.key)}`;
  const found = goTypeName(node);
  throw new OptionValueError(`Expected ${field} to be a string or a map/struct, got ${found}`);
}

function readTraceBlock(node: MapNode, place: ReadPlace): MessageTraceSettings | undefined {
  const { given, values } = readBlock(node, TRACE_FIELDS, place, (quotedKey) => {
    const block = `account message trace map/struct ${JSON.stringify(place.key)}`;
    return `Unknown field ${quotedKey} parsing ${block}`;
  });
  const { destination, samplingPercent } = values;
  if (destination !== undefined) {
    return { destination, samplingPercent: samplingPercent ?? ALL_PERCENT };
  }
  if (given.destination === undefined && samplingPercent !== undefined) {
    const reason = "Trace destination sampling ignored since no destination was set";
    place.problems.warnings.push(placedLine(node.position, reason));
  }
  return undefined;
}

function readDestination(node: ConfigNode, { key }: ReadPlace): string {
  if (node.kind !== "string") {
    const found = goTypeName(node);
    throw new OptionValueError(`Field ${JSON.stringify(key)} should be a string, got ${found}`);
  }
  if (isValidPublishSubject(node.value)) return node.value;
  throw new OptionValueError(`Trace destination ${JSON.stringify(node.value)} is not valid`);
}

function readSampling(node: ConfigNode, { key }: ReadPlace): number {
  if (node.kind === "integer") return checkedSampling(node.value);
  if (node.kind !== "string") {
    const found = goTypeName(node);
    const wanted = `${JSON.stringify(key)} should be an integer or a percentage`;
    throw new OptionValueError(`Trace destination sampling field ${wanted}, got ${found}`);
  }
  const written = withoutPercentSign(node.value);
  if (integerTextProblem(written) === undefined) return checkedSampling(BigInt(written));
  const shown = JSON.stringify(node.value);
  throw new OptionValueError(`Invalid trace destination sampling value ${shown}`);
}

function checkedSampling(percent: bigint): number {
  if (percent >= 1n && percent <= 100n) return Number(percent);
  // The first letter is doubled in nats-server as well.
  throw new OptionValueError(
    `Ttrace destination sampling value ${percent} is invalid, needs to be [1..100]`,
  );
}
