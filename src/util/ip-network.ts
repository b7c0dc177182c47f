/**
 * Networks of IP addresses, `10.0.0.0/8`, and whether one of a list holds an address. An IPv4
 * address, mapped into IPv6 or not, lies in IPv4 networks only: `::/0` is all of IPv6.
 */
import { IPV4_BYTES, IPV6_BYTES, ipText, parseIp } from "./ip-address.ts";

export interface IpNetwork {
  /** 4 or 16 bytes; those bits are 0 that the prefix leaves open. */
  readonly bytes: Uint8Array;
  readonly prefixBits: number;
}

/** The bits of IPv6 in front of a mapped IPv4 address. */
const MAPPED_PREFIX_BITS = 8 * (IPV6_BYTES - IPV4_BYTES);

/** An address alone, or a network in CIDR notation; undefined if the text is neither. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [address = "", prefix, ...more] = text.split("/", 3);
  const bytes = parseIp(address);
  if (bytes === undefined || more.length > 0) return undefined;
  const maxBits = 8 * bytes.length;
  if (prefix === undefined) return { bytes, prefixBits: maxBits };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  // The prefix of a mapped network counts IPv6's bits.
  const isMapped = bytes.length === IPV4_BYTES && address.includes(":");
  const prefixBits = Number(prefix) - (isMapped ? MAPPED_PREFIX_BITS : 0);
  if (prefixBits < 0 || prefixBits > maxBits) return undefined;
  return { bytes: masked(bytes, prefixBits), prefixBits };
}

export function networkText({ bytes, prefixBits }: IpNetwork): string {
  const address = ipText(bytes);
  return prefixBits === 8 * bytes.length ? address : `${address}/${prefixBits}`;
}

/** Whether one of the networks holds the address; false for what is no address. */
export function isWithin(networks: readonly IpNetwork[], address: string): boolean {
  // Link-local addresses come with the interface behind them.
  const bytes = parseIp(address.split("%", 1)[0]!);
  return bytes !== undefined && networks.some((network) => holds(network, bytes));
}

function holds(network: IpNetwork, address: Uint8Array): boolean {
  if (address.length !== network.bytes.length) return false;
  const inside = masked(address, network.prefixBits);
  return inside.every((byte, i) => byte === network.bytes[i]);
}

function masked(bytes: Uint8Array, prefixBits: number): Uint8Array {
  return bytes.map((byte, i) => {
    const bits = Math.min(Math.max(prefixBits - 8 * i, 0), 8);
    return byte & (0xff << (8 - bits));
  });
}
