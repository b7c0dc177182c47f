/**
 * Values that are one text or an array of texts, such as `trusted_keys`. In an array, each item of
 * another type is reported where it stands and left out.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { readEach } from "./block.ts";

/** `what` is the name of the list in messages. */
export function readTextList(
  node: ConfigNode,
  { problems }: ReadPlace,
  what: string,
): readonly string[] {
  return readEach(textNodes(node), problems, (item) => textIn(item, what, item !== node));
}

/** The nodes of the texts: the items of an array, or the node itself. */
export function textNodes(node: ConfigNode): readonly ConfigNode[] {
  return node.kind === "array" ? node.items : [node];
}

function textIn(node: ConfigNode, what: string, isItem: boolean): string {
  if (node.kind === "string") return node.value;
  const type = isItem ? "type in array" : "type";
  throw new OptionValueError(`error parsing ${what}: unsupported ${type} ${goTypeName(node)}`);
}

/** Undefined for a text that is empty, which nats-server takes for one that is not given. */
export function givenText(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
