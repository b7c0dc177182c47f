/**
 * Subject mappings: the block `mappings` (or `maps`) of accounts and of the top level, where it is
 * that of the global account. Messages published to a subject are delivered under another one, or
 * under one of several by weight.
 */
import type { ConfigNode, MapEntry } from "../config-node.ts";
import { isValidSubject } from "../../subject/subject.ts";
import { entriesOf, stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { attempt, field, readBlock, readEach, shownValue } from "./block.ts";
import { mappingProblem } from "./mapping-destination.ts";
import { integerTextProblem, withoutPercentSign } from "./percentage.ts";

export interface MappingDestination {
  /** With placeholders for the tokens that wildcards of the source match. */
  readonly subject: string;
  /** From 0 to 100: how many of a hundred messages go there. */
  readonly weightPercent: number;
  /** The name of the only cluster that it applies to; undefined: everywhere. */
  readonly cluster: string | undefined;
}

export interface MappingSettings {
  readonly source: string;
  /**
   * The weights of one cluster add up to 100 at most. The rest of the messages stay where they are,
   * or are dropped if the source is among the destinations.
   */
  readonly destinations: readonly MappingDestination[];
}

const DESTINATION_FIELDS = {
  subject: field(["dest", "destination"], stringOf),
  weightPercent: field(["weight"], readWeight),
  cluster: field(["cluster"], stringOf),
};

export const mappingsKind = fileOnly<readonly MappingSettings[]>("mappings", readMappings);

/** Throws for what is no map. */
export function readMappings(node: ConfigNode, place: ReadPlace): readonly MappingSettings[] {
  return [...entriesOf(node)].flatMap((entry) => {
    const source = JSON.stringify(entry.key);
    if (isValidSubject(entry.key)) {
      return attempt(entry.position, place.problems, () => readMapping(entry, place)) ?? [];
    }
    place.problems.error(node.position, `Subject ${source} is not a valid subject`);
    return [];
  });
}

function readMapping({ key: source, node }: MapEntry, place: ReadPlace): MappingSettings {
  const destinations = readDestinations(node, place);
  const problem = problemOf(source, destinations);
  if (problem === undefined) return { source, destinations };
  const target = node.kind === "string" ? ` to ${JSON.stringify(node.value)}` : "";
  throw new OptionValueError(
    `Error adding mapping for ${JSON.stringify(source)}${target} : ${problem}`,
  );
}

function readDestinations(node: ConfigNode, place: ReadPlace): readonly MappingDestination[] {
  if (node.kind === "string") {
    return [{ subject: node.value, weightPercent: 100, cluster: undefined }];
  }
  const items = node.kind === "array" ? node.items : [node];
  return readEach(items, place.problems, (item) => readDestination(item, place));
}

/** Undefined if some of it cannot be read. */
function readDestination(node: ConfigNode, place: ReadPlace): MappingDestination | undefined {
  if (node.kind !== "map") {
    throw new OptionValueError("Expected an entry for the mapping destination");
  }
  const { given, values } = readBlock(node, DESTINATION_FIELDS, place, (quotedKey) => {
    return `Unknown field ${quotedKey} for mapping destination`;
  });
  const { weightPercent, cluster } = values;
  const subject = given.subject === undefined ? "" : values.subject;
  if (given.weightPercent === undefined) {
    const missing = `Missing weight for mapping destination ${JSON.stringify(subject ?? "")}`;
    throw new OptionValueError(missing);
  }
  if (subject === undefined || weightPercent === undefined) return undefined;
  return { subject, weightPercent, cluster: cluster === "" ? undefined : cluster };
}

function readWeight(node: ConfigNode): number {
  if (node.kind === "integer") return checkedWeight(node.value);
  if (node.kind !== "string") {
    throw new OptionValueError(`Unknown entry type for weight of ${shownValue(node)}`);
  }
  const written = withoutPercentSign(node.value);
  if (integerTextProblem(written) === undefined) return checkedWeight(BigInt(written));
  throw new OptionValueError(`Invalid weight ${JSON.stringify(written)} for mapping destination`);
}

function checkedWeight(weight: bigint): number {
  if (weight >= 0n && weight <= 100n) return Number(weight);
  throw new OptionValueError(`Invalid weight ${weight} for mapping destination`);
}

/** What is wrong with the destinations of one source. */
function problemOf(
  source: string,
  destinations: readonly MappingDestination[],
): string | undefined {
  const subjects = new Set<string>();
  const totals = new Map<string | undefined, number>();
  for (const { subject, weightPercent, cluster } of destinations) {
    if (subjects.has(subject)) return `duplicate entry for ${JSON.stringify(subject)}`;
    subjects.add(subject);
    const total = (totals.get(cluster) ?? 0) + weightPercent;
    if (total > 100) return "total weight needs to be <= 100";
    totals.set(cluster, total);
    const problem = mappingProblem(source, subject);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
