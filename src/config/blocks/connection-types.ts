/**
 * Kinds of connections that a user may be limited to: `allowed_connection_types` in a file, also a
 * claim of user JWTs. Names are those of the NATS documentation.
 */
import type { ConfigNode } from "../config-node.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { readTextList } from "./text-list.ts";

export const CONNECTION_TYPES = [
  "STANDARD",
  "WEBSOCKET",
  "LEAFNODE",
  "LEAFNODE_WS",
  "MQTT",
  "MQTT_WS",
  "IN_PROCESS",
] as const;

export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** The type with this name, in whatever case. */
export function connectionTypeNamed(name: string): ConnectionType | undefined {
  const upper = name.toUpperCase();
  return CONNECTION_TYPES.find((type) => type === upper);
}

/** Reads one name or an array of them. */
export function readConnectionTypes(node: ConfigNode, place: ReadPlace): readonly ConnectionType[] {
  const names = readTextList(node, place, "allowed connection types");
  const unknown = names.filter((name) => connectionTypeNamed(name) === undefined);
  if (unknown.length > 0) {
    const shown = unknown.map((name) => JSON.stringify(name.toUpperCase())).join(" ");
    throw new OptionValueError(`invalid connection types [${shown}]`);
  }
  return [...new Set(names.flatMap((name) => connectionTypeNamed(name) ?? []))];
}
