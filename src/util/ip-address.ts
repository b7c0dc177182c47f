/**
 * IP addresses as Go reads and writes them (`net.ParseIP`, `IP.String`): no zones, no leading zeros
 * in IPv4, and an IPv4 address that is mapped into IPv6 is the IPv4 address. Used for the addresses
 * that proxies tell of, and for networks.
 */
export const IPV4_BYTES = 4;
export const IPV6_BYTES = 16;

const IPV6_GROUPS = 8;
const MAX_IPV4_DIGITS = 3;
/** A mapped address has these bits in front of the IPv4 address: zeros, then ones. */
const MAPPED_ZEROS = 10;
const MAPPED_PREFIX_BYTES = 12;

/** The 4 or 16 bytes of an address; undefined if the text is none. */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text);
  return bytes && unmapped(bytes);
}

/** IPv4 for an IPv4 address that is mapped into IPv6; any other as it is. */
function unmapped(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== IPV6_BYTES) return bytes;
  for (let i = 0; i < MAPPED_PREFIX_BYTES; i++) {
    if (bytes[i] !== (i < MAPPED_ZEROS ? 0 : 0xff)) return bytes;
  }
  return bytes.subarray(MAPPED_PREFIX_BYTES);
}

/** As RFC 5952 has it: `2001:db8::1`. */
export function ipText(address: Uint8Array): string {
  const bytes = unmapped(address);
  if (bytes.length === IPV4_BYTES) return bytes.join(".");
  const groups: number[] = [];
  for (let i = 0; i < IPV6_BYTES; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  const texts = groups.map((group) => group.toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

/** The first of the longest runs. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1;
    else if (i + 1 - start > longest.length) longest = { start, length: i + 1 - start };
  }
  return longest;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".", IPV4_BYTES + 1);
  if (parts.length !== IPV4_BYTES) return undefined;
  const bytes = new Uint8Array(IPV4_BYTES);
  for (const [i, part] of parts.entries()) {
    if (!/^\d+$/.test(part) || part.length > MAX_IPV4_DIGITS) return undefined;
    const value = Number(part);
    if (value > 0xff || (part.length > 1 && part[0] === "0")) return undefined;
    bytes[i] = value;
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::", 3);
  if (halves.length > 2) return undefined;
  const before = groupsOf(halves[0]!, halves.length === 1);
  const after = groupsOf(halves[1] ?? "", true);
  if (before === undefined || after === undefined) return undefined;
  const missing = IPV6_GROUPS - before.length - after.length;
  // The two colons stand for one group at least.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(IPV6_BYTES);
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  }
  return bytes;
}

/** Of a text that may end in an IPv4 address if it is the end of the whole. */
function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":", IPV6_GROUPS + 1);
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (isEnd && i === parts.length - 1 && part.includes(".")) {
      const bytes = parseIpv4(part);
      if (bytes === undefined) return undefined;
      groups.push((bytes[0]! << 8) | bytes[1]!, (bytes[2]! << 8) | bytes[3]!);
    } else {
      if (!/^[\da-f]{1,4}$/i.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}
