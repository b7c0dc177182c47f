/**
 * Options that are lists of IP addresses and networks: in a file an array or one alone, commas
 * between them in a flag. An empty list would say nothing of whether all are meant or none, and is
 * refused.
 */
import { networkText, parseNetwork } from "../util/ip-network.ts";
import type { ConfigNode } from "./config-node.ts";
import { stringOf } from "./node-values.ts";
import type { OptionKind } from "./option-kinds.ts";
import { OptionValueError } from "./option-value-error.ts";
import type { ProblemList } from "./problems.ts";

/** As `networkText` writes them, each once; empty only if the option is not set. */
export function networks(): OptionKind<readonly string[]> {
  return {
    valueName: "network,...",
    parse: (written) => unique(written.split(",").map((one) => networkIn(one.trim()))),
    read: (node, { problems }) => unique(readNetworks(node, problems)),
    format: (texts) => texts.join(","),
  };
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** What is wrong in an array is reported where it stands. */
function readNetworks(node: ConfigNode, problems: ProblemList): readonly string[] {
  if (node.kind !== "array") return [networkIn(stringOf(node))];
  if (node.items.length === 0) {
    throw new OptionValueError("needs at least one IP address or network");
  }
  return node.items.flatMap((item) => {
    try {
      return networkIn(stringOf(item));
    } catch (error) {
      if (!(error instanceof OptionValueError)) throw error;
      problems.error(item.position, error.message);
      return [];
    }
  });
}

function networkIn(text: string): string {
  const network = parseNetwork(text);
  if (network !== undefined) return networkText(network);
  throw new OptionValueError(`${JSON.stringify(text)} is no IP address and no network`);
}
