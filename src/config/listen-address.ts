/**
 * `listen`, `http` and the like in a configuration file: a port, or host and port in one text. Also
 * used for the addresses of listeners in blocks.
 */
import type { ConfigNode } from "./config-node.ts";
import { goTypeName } from "./config-node.ts";
import { integerOf } from "./node-values.ts";
import { OptionValueError } from "./option-value-error.ts";

export interface HostAndPort {
  /** Undefined if only the port is given. */
  readonly host: string | undefined;
  readonly port: number;
}

/** Throws `OptionValueError` in nats-server's words. */
export function listenAddress(node: ConfigNode): HostAndPort {
  if (node.kind === "integer") return { host: undefined, port: checkedPort(integerOf(node)) };
  if (node.kind !== "string") {
    throw new OptionValueError(`expected port or host:port, got ${goTypeName(node)}`);
  }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(node.value);
  if (match === null) {
    throw new OptionValueError(`could not parse address string ${JSON.stringify(node.value)}`);
  }
  const written = match[3]!;
  if (!/^[+-]?\d+$/.test(written)) {
    throw new OptionValueError(`could not parse port ${JSON.stringify(written)}`);
  }
  return { host: match[1] ?? match[2], port: checkedPort(Number(written)) };
}

function checkedPort(port: number): number {
  if (port < -1 || port > 65535) throw new OptionValueError(`invalid port ${port}`);
  return port;
}
