/**
 * The `limits` of an account, which all of its connections have in common or each of them has.
 * Where the server has a limit as well, the lower one counts.
 */
import type { ConfigNode } from "../config-node.ts";
import { integerOf } from "../node-values.ts";
import { MAX_INT32, type ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, readBlock, shownValue } from "./block.ts";

/** Infinity where there is no limit. */
export interface AccountLimits {
  /** Of the account. */
  readonly maxConnections: number;
  /** Of each connection. */
  readonly maxSubscriptions: number;
  readonly maxPayloadBytes: number;
  /** Leaf node connections of the account. */
  readonly maxLeafNodes: number;
}

export const NO_LIMITS: AccountLimits = {
  maxConnections: Infinity,
  maxSubscriptions: Infinity,
  maxPayloadBytes: Infinity,
  maxLeafNodes: Infinity,
};

const LIMIT_FIELDS = {
  maxConnections: field(["max_connections", "max_conn"], readLimit),
  maxSubscriptions: field(["max_subscriptions", "max_subs"], readLimit),
  maxPayloadBytes: field(["max_payload", "max_pay"], readLimit),
  maxLeafNodes: field(["max_leafnodes", "max_leafs"], readLimit),
};

export function readLimits(node: ConfigNode, place: ReadPlace): AccountLimits {
  if (node.kind !== "map") {
    const found = shownValue(node);
    throw new OptionValueError(`Expected account limits to be a map/struct, got ${found}`);
  }
  const { values } = readBlock(node, LIMIT_FIELDS, place, (quotedKey) => {
    return `Unknown field ${quotedKey} parsing account limits`;
  });
  const {
    maxConnections = Infinity,
    maxSubscriptions = Infinity,
    maxPayloadBytes = Infinity,
    maxLeafNodes = Infinity,
  } = values;
  return { maxConnections, maxSubscriptions, maxPayloadBytes, maxLeafNodes };
}

/** Less than 0 stands for no limit. */
function readLimit(node: ConfigNode, { key }: ReadPlace): number {
  const value = integerOf(node);
  if (value > MAX_INT32) throw new OptionValueError(`${key} value is too big`);
  return value < 0 ? Infinity : value;
}
