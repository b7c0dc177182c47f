/**
 * Server keys in nkey text form. Keys are made by node:crypto (fast, constant time); nkeys.js does
 * the encoding: prefix, checksum, base32.
 */
import { generateKeyPairSync } from "node:crypto";
import { Codec } from "nkeys.js/lib/codec";
import { Prefix } from "nkeys.js/lib/nkeys";

/** Bytes of a raw Ed25519 or X25519 public key; they end its DER form. */
const RAW_KEY_BYTES = 32;

const decoder = new TextDecoder();

export interface ServerKeys {
  /** Public Ed25519 key that identifies the server: `N` and 55 characters. */
  readonly id: string;
  /** Public X25519 key for sealed requests to the server: `X` and 55 characters. */
  readonly xkey: string;
}

/** New keys for one run of a server. */
export function makeServerKeys(): ServerKeys {
  const identity = generateKeyPairSync("ed25519").publicKey;
  const sealing = generateKeyPairSync("x25519").publicKey;
  return {
    id: encode(Prefix.Server, identity.export({ type: "spki", format: "der" })),
    xkey: encode(Prefix.Curve, sealing.export({ type: "spki", format: "der" })),
  };
}

function encode(prefix: Prefix, der: Buffer): string {
  return decoder.decode(Codec.encode(prefix, der.subarray(der.length - RAW_KEY_BYTES)));
}
