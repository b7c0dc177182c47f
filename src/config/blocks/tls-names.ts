/**
 * The names that a `tls` block may use: cipher suites and curves as nats-server (Go) calls them,
 * with what the runtime calls them. Used by the reader of the block and by whatever makes TLS
 * contexts of the settings.
 */

export interface CipherSuite {
  /** What the runtime's list of ciphers calls it; undefined if the runtime has none. */
  readonly runtimeName: string | undefined;
  /** Whether it needs `allow_insecure_cipher_suites`. */
  readonly isInsecure: boolean;
}

/** Go's names of all cipher suites that may be configured. */
export const CIPHER_SUITES: ReadonlyMap<string, CipherSuite> = new Map([
  secure("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
  secure("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
  secure("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
  secure("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"),
  secure("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"),
  secure("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
  secure("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"),
  secure("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
  secure("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
  secure("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
  secure("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
  secure("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
  secure("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
  insecure("TLS_RSA_WITH_RC4_128_SHA", undefined),
  insecure("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"),
  insecure("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
  insecure("TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"),
  insecure("TLS_RSA_WITH_AES_128_CBC_SHA256", undefined),
  insecure("TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
  insecure("TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
  insecure("TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", undefined),
  insecure("TLS_ECDHE_RSA_WITH_RC4_128_SHA", undefined),
  insecure("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", undefined),
  insecure("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"),
  insecure("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"),
]);

/**
 * By Go's name: what the runtime calls the group; in nats-server's order of preference. Those that
 * the runtime does not have (SecP256r1MLKEM768 and SecP384r1MLKEM1024) count as unknown.
 */
export const CURVES: ReadonlyMap<string, string> = new Map([
  ["X25519MLKEM768", "X25519MLKEM768"],
  ["X25519", "X25519"],
  ["CurveP256", "P-256"],
  ["CurveP384", "P-384"],
  ["CurveP521", "P-521"],
]);

function secure(name: string, runtimeName: string): readonly [string, CipherSuite] {
  return [name, { runtimeName, isInsecure: false }];
}

function insecure(name: string, runtimeName: string | undefined): readonly [string, CipherSuite] {
  return [name, { runtimeName, isInsecure: true }];
}
