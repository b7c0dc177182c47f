/**
 * Public keys in nkey text form, as blocks of a configuration file hold them. Only the encoding is
 * checked (prefix, length, checksum), not whether the bytes are a point of the curve.
 */
import { Codec } from "nkeys.js/lib/codec";
import { Prefix } from "nkeys.js/lib/nkeys";

/** Of 32 bytes with prefix and checksum, in base32. */
const PUBLIC_KEY_PATTERN = /^[A-Z2-7]{56}$/;
const SECRET_KEY_PATTERN = /^[SP][A-Z2-7]{30,}$/;

/** What a key is for. */
export type KeyRole = "operator" | "server" | "cluster" | "account" | "user" | "curve";

const PREFIXES: Readonly<Record<KeyRole, Prefix>> = {
  operator: Prefix.Operator,
  server: Prefix.Server,
  cluster: Prefix.Cluster,
  account: Prefix.Account,
  user: Prefix.User,
  curve: Prefix.Curve,
};

const encoder = new TextEncoder();

/** Whether the text is a public key for `role`. */
export function isPublicKeyFor(role: KeyRole, text: string): boolean {
  return isEncoded(PREFIXES[role], text);
}

/** Whether the text is a public key of whatever role. */
export function isPublicKey(text: string): boolean {
  return Object.values(PREFIXES).some((prefix) => isEncoded(prefix, text));
}

function isEncoded(prefix: Prefix, text: string): boolean {
  if (!PUBLIC_KEY_PATTERN.test(text)) return false;
  try {
    Codec.decode(prefix, encoder.encode(text));
    return true;
  } catch {
    return false;
  }
}

/** The text in quotes, for messages; a private key in the place of a public one is not shown. */
export function shownKey(text: string): string {
  return SECRET_KEY_PATTERN.test(text) ? '"[REDACTED]"' : JSON.stringify(text);
}
