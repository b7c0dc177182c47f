/**
 * What a `tls` block says, whatever it is a block of. Made by `tls.ts`; used by the checks of its
 * files and by whatever makes TLS contexts of it.
 */
import type { OcspPeerSettings } from "./ocsp-peer.ts";

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsSettings {
  /** The certificate and, behind it, its chain; given together with `keyFile` or not at all. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Those who sign the certificates of peers. */
  readonly caFile: string | undefined;
  /** Several certificates to choose from; empty if there is a `certFile`. */
  readonly certificates: readonly CertificateFiles[];
  /** Clients have to present a certificate. */
  readonly verify: boolean;
  /** Their certificate also says which user they are; includes `verify`. */
  readonly verifyAndMap: boolean;
  /** As a client, take any certificate of the server. */
  readonly insecure: boolean;
  /** For the handshake; undefined: two seconds. */
  readonly timeoutMs: number | undefined;
  /** Go's names, in order of preference; undefined: all that are secure. */
  readonly cipherSuites: readonly string[] | undefined;
  /** Go's names, in order of preference; undefined: all. */
  readonly curvePreferences: readonly string[] | undefined;
  /** Undefined: 1.2. */
  readonly minVersion: "1.2" | "1.3" | undefined;
  /** SHA-256 of public keys (SPKI, DER) in lower-case hex: only these peers; undefined: any. */
  readonly pinnedCertificates: readonly string[] | undefined;
  /** Handshakes per second; 0: no limit. */
  readonly connectionRateLimit: number;
  /** The handshake comes before INFO. */
  readonly handshakeFirst: boolean;
  /** How long to wait for it until INFO is sent all the same; undefined: for good. */
  readonly handshakeFirstFallbackMs: number | undefined;
  readonly ocspPeer: OcspPeerSettings | undefined;
  /** Take over files that change, without a reload. */
  readonly watch: boolean;
}
