/**
 * The flags about TLS (`--tls`, `--tlscert`, ...), which take the place of the certificates and
 * their rules in a file's `tls` block; nats-server's overrideTLS. Loaded when one is given.
 */
import { tlsFileProblems } from "./blocks/tls-files.ts";
import type { TlsSettings } from "./blocks/tls-settings.ts";

export interface TlsFlags {
  /** False: no TLS, whatever else says so. */
  readonly isWanted?: boolean;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly verify?: boolean;
}

export interface FlaggedTls {
  readonly tls: TlsSettings | undefined;
  /** Why there can be no server with these flags. */
  readonly problems: readonly string[];
}

/**
 * What the flags make of the file's `tls` block. Of it remain what is not about certificates:
 * timeouts, pins, who is mapped to which user. `read` returns the content of a file or throws.
 */
export function withTlsFlags(
  inFile: TlsSettings | undefined,
  flags: TlsFlags,
  read: (path: string) => string,
): FlaggedTls {
  const { isWanted, certFile = "", keyFile = "", caFile = "", verify = false } = flags;
  if (isWanted === false) return { tls: undefined, problems: [] };
  if (certFile === "") return refused("TLS Server certificate must be present and valid");
  if (keyFile === "") return refused("TLS Server private key must be present and valid");
  const tls: TlsSettings = {
    ...(inFile ?? NOTHING),
    certFile,
    keyFile,
    caFile: caFile === "" ? undefined : caFile,
    certificates: [],
    verify,
    cipherSuites: undefined,
    curvePreferences: undefined,
    minVersion: undefined,
  };
  return { tls, problems: tlsFileProblems(tls, read) };
}

function refused(problem: string): FlaggedTls {
  return { tls: undefined, problems: [problem] };
}

/** Without a block in the file. */
const NOTHING: TlsSettings = {
  certFile: undefined,
  keyFile: undefined,
  caFile: undefined,
  certificates: [],
  verify: false,
  verifyAndMap: false,
  insecure: false,
  timeoutMs: undefined,
  cipherSuites: undefined,
  curvePreferences: undefined,
  minVersion: undefined,
  pinnedCertificates: undefined,
  connectionRateLimit: 0,
  handshakeFirst: false,
  handshakeFirstFallbackMs: undefined,
  ocspPeer: undefined,
  watch: false,
};
