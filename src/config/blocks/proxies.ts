/**
 * The block `proxies`: public keys of proxies that sign for the connections they pass on, so that
 * users with `proxy_required` may log in through them.
 */
import type { ConfigNode } from "../config-node.ts";
import { stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, itemsOr, mapOr, readBlock, readEach } from "./block.ts";
import { isPublicKey, shownKey } from "./public-key.ts";

const PROXIES_FIELDS = { trusted: field(["trusted"], readTrusted) };
const PROXY_FIELDS = { key: field(["key", "public_key"], readKey) };

/** The trusted keys. */
export const proxiesKind = fileOnly<readonly string[]>("proxies", (node, place) => {
  const map = mapOr(node, (found) => `expected proxies to be a map/struct, got ${found}`);
  return readBlock(map, PROXIES_FIELDS, place).values.trusted ?? [];
});

function readTrusted(node: ConfigNode, place: ReadPlace): readonly string[] {
  const items = itemsOr(node, (found) => {
    return `expected proxies' trusted field to be an array, got ${found}`;
  });
  return readEach(items, place.problems, (item) => readProxy(item, place));
}

function readProxy(node: ConfigNode, place: ReadPlace): string | undefined {
  const map = mapOr(node, (found) => {
    return `expected proxies' trusted entry to be a map/struct, got ${found}`;
  });
  const { given, values } = readBlock(map, PROXY_FIELDS, place);
  if (given.key === undefined) throw new OptionValueError('proxy trusted key "" is invalid');
  return values.key;
}

function readKey(node: ConfigNode): string {
  const text = stringOf(node);
  if (isPublicKey(text)) return text;
  throw new OptionValueError(`invalid proxy key ${shownKey(text)}`);
}
