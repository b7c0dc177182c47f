/**
 * Server keys in nkey text form. Keys are made by WebCrypto (node:crypto costs 5 MB and 3 ms at
 * start). Checksum and base32 are those of nkeys.js; its codec would load all of the package, which
 * takes 1 ms and 0.4 MB at every start.
 */
import { base32 } from "nkeys.js/lib/base32";
import { crc16 } from "nkeys.js/lib/crc16";

/** First bytes of public keys, by what the key is for. */
const enum Prefix {
  Server = 13 << 3,
  Curve = 23 << 3,
}

const decoder = new TextDecoder();

export interface ServerKeys {
  /** Public Ed25519 key that identifies the server: `N` and 55 characters. */
  readonly id: string;
  /** Public X25519 key for sealed requests to the server: `X` and 55 characters. */
  readonly xkey: string;
}

/** New keys for one run of a server. */
export async function makeServerKeys(): Promise<ServerKeys> {
  const [identity, sealing] = await Promise.all([
    crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]),
    crypto.subtle.generateKey("X25519", true, ["deriveBits"]),
  ]);
  const [id, xkey] = await Promise.all([
    publicText(Prefix.Server, identity),
    publicText(Prefix.Curve, sealing),
  ]);
  return { id, xkey };
}

async function publicText(prefix: Prefix, keys: CryptoKey | CryptoKeyPair): Promise<string> {
  if (!("publicKey" in keys)) throw new Error("a key pair was asked for");
  const raw = await crypto.subtle.exportKey("raw", keys.publicKey);
  return encoded(prefix, new Uint8Array(raw));
}

/** The prefix, the key and their checksum, low byte first, in base32. */
function encoded(prefix: Prefix, key: Uint8Array): string {
  const bytes = new Uint8Array(key.length + 3);
  bytes[0] = prefix;
  bytes.set(key, 1);
  const checksum = crc16.checksum(bytes.subarray(0, key.length + 1));
  bytes[key.length + 1] = checksum & 0xff;
  bytes[key.length + 2] = checksum >> 8;
  return decoder.decode(base32.encode(bytes));
}
