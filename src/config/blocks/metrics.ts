/**
 * The block `metrics`: what `/metrics` tells beside what is always counted. nats-server has no such
 * block.
 */
import type { ConfigNode } from "../config-node.ts";
import { type ReadPlace, fileOnly, integer } from "../option-kinds.ts";
import { field, mapOr, readBlock } from "./block.ts";

export interface MetricsSettings {
  /** How many of the busiest subjects are told; 0 for none, and nothing is counted for it. */
  readonly topSubjects: number;
}

/** Each is a time series or two in whatever collects them. */
const MAX_TOP_SUBJECTS = 1000;

const TOP_SUBJECTS = integer({ valueName: "number", min: 0, max: MAX_TOP_SUBJECTS });

const METRICS_FIELDS = { topSubjects: field(["top_subjects"], TOP_SUBJECTS.read) };

export const metricsKind = fileOnly("metrics", (node: ConfigNode, place: ReadPlace) => {
  const map = mapOr(node, (found) => `Expected metrics to be a map, got ${found}`);
  const { topSubjects = 0 } = readBlock(map, METRICS_FIELDS, place).values;
  const settings: MetricsSettings = { topSubjects };
  return settings;
});
