/**
 * Whether a peer's key is one of those that its listener wants (`pinned_certs`), with what the log
 * says if not. Asked after the handshake, and of everybody when a reload brings other keys.
 */
import type { TlsFacts } from "../transport/tls-facts.ts";

/** SHA-256 of public keys (SPKI, DER), in hexadecimal: only these peers; undefined: any. */
export type Pins = ReadonlySet<string> | undefined;

/** Undefined if the peer may stay. */
export function pinObstacle(pins: Pins, tls: TlsFacts | undefined): string | undefined {
  if (pins === undefined) return undefined;
  const key = tls?.peerCertificates[0]?.keySha256;
  if (key === undefined) {
    return "Failed pinned cert test as client did not provide a certificate";
  }
  return pins.has(key) ? undefined : `Failed pinned cert test for key id: ${key}`;
}
