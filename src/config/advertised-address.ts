/**
 * The address that a server gives its clients in the place of its own: `host`, `host:port`,
 * `[IPv6]:port`. Read by the check of options, which reports what cannot be one, and by the server.
 */
import { OptionValueError } from "./option-value-error.ts";

export interface AdvertisedAddress {
  readonly host: string;
  /** Undefined where the listener's own is meant: no port, 0 or -1. */
  readonly port: number | undefined;
}

/** Throws `OptionValueError` in nats-server's words. */
export function advertisedAddress(text: string): AdvertisedAddress {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:[\]]*))?$/.exec(text);
  if (match === null) throw new OptionValueError(`address ${text}: ${addressProblem(text)}`);
  const host = (match[1] ?? match[2]!).trim();
  const written = match[3]?.trim();
  if (written === undefined) return { host, port: undefined };
  if (!/^[+-]?\d+$/.test(written)) {
    throw new OptionValueError(`strconv.Atoi: parsing ${JSON.stringify(written)}: invalid syntax`);
  }
  const port = Number(written);
  return { host, port: port === 0 || port === -1 ? undefined : port };
}

function addressProblem(text: string): string {
  if (text.startsWith("[") && !text.includes("]")) return "missing ']' in address";
  const hosts = text.replace(/^\[[^\]]*\]/, "");
  if (hosts.split(":").length > 2) return "too many colons in address";
  return hosts.includes("[") ? "unexpected '[' in address" : "unexpected ']' in address";
}
