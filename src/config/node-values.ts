/**
 * Plain values out of a configuration file's tree. A value of another type is refused in the words
 * of Go's type assertion, which is what nats-server prints. Used by the kinds of options and the
 * blocks.
 */
import { type ConfigNode, GO_TYPE_NAMES, type MapEntry, goTypeName } from "./config-node.ts";
import { OptionValueError } from "./option-value-error.ts";

type Kind = ConfigNode["kind"];

export function stringOf(node: ConfigNode): string {
  if (node.kind !== "string") throw wrongType(node, "string");
  return node.value;
}

export function booleanOf(node: ConfigNode): boolean {
  if (node.kind !== "boolean") throw wrongType(node, "boolean");
  return node.value;
}

/** A whole number that JavaScript counts exactly; larger ones are out of range for every option. */
export function integerOf(node: ConfigNode): number {
  if (node.kind !== "integer") throw wrongType(node, "integer");
  const value = Number(node.value);
  if (!Number.isSafeInteger(value)) throw new OptionValueError("value out of range");
  return value;
}

export function itemsOf(node: ConfigNode): readonly ConfigNode[] {
  if (node.kind !== "array") throw wrongType(node, "array");
  return node.items;
}

export function entriesOf(node: ConfigNode): Iterable<MapEntry> {
  if (node.kind !== "map") throw wrongType(node, "map");
  return node.entries.values();
}

/** `interface conversion: interface {} is string, not int64`. */
export function wrongType(node: ConfigNode, wanted: Kind): OptionValueError {
  const found = goTypeName(node);
  return new OptionValueError(
    `interface conversion: interface {} is ${found}, not ${GO_TYPE_NAMES[wanted]}`,
  );
}
