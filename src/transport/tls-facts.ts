/**
 * What monitoring tells of the encryption of a connection, in the names that Go has for it.
 * Connections with TLS make it after the handshake; `/connz` shows it.
 */

import type { CertificateNames } from "./certificate-names.ts";

export interface TlsFacts {
  /** `1.2` or `1.3`. */
  readonly version: string;
  /** As registered: `TLS_AES_128_GCM_SHA256`. */
  readonly cipherSuite: string;
  /** Whether the handshake came before INFO. */
  readonly isFirst: boolean;
  /** What the peer has presented, its own certificate first. */
  readonly peerCertificates: readonly PeerCertificate[];
}

export interface PeerCertificate {
  /** `CN=client,O=Plant`. */
  readonly subject: string;
  /** Whom it names. */
  readonly names: CertificateNames;
  /** Of the public key and of the whole certificate, in hexadecimal. */
  readonly keySha256: string;
  readonly sha256: string;
}
