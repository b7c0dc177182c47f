/**
 * Server keys in nkey text form. Keys are made by WebCrypto (node:crypto costs 5 MB and 3 ms at
 * start); nkeys.js does the encoding: prefix, checksum, base32.
 */
import { Codec } from "nkeys.js/lib/codec";
import { Prefix } from "nkeys.js/lib/nkeys";

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
  return decoder.decode(Codec.encode(prefix, new Uint8Array(raw)));
}
