/**
 * What the client listener asks of TLS, made of its options and of the files that they name. Called
 * at start and by each reload, which so takes over renewed certificates. Loaded where TLS is
 * configured.
 */
import { USUAL_TLS_TIMEOUT_MS } from "../config/auth-timeout.ts";
import { certificatesOf } from "../config/blocks/tls-files.ts";
import { CIPHER_SUITES, CURVES } from "../config/blocks/tls-names.ts";
import type { TlsSettings } from "../config/blocks/tls-settings.ts";
import { checkTls } from "../config/blocks/tls.ts";
import type { OcspPeerSettings } from "../config/blocks/ocsp-peer.ts";
import type { PeerCheck, TlsTerms } from "../connection/secure-start.ts";
import type { TlsContext, TlsMaterial } from "../transport/tls-context.ts";
import { messageOf } from "../util/system-error.ts";

/** How a certificate begins in PEM. */
const CERTIFICATE = "-----BEGIN CERTIFICATE-----";

/** Makes a context; throws for what cannot be used. */
export type MakeContext = (material: TlsMaterial) => TlsContext;

/** The files, who does the TLS, and who looks at handshakes beside it. */
export interface TlsSurroundings {
  /** `file` holds the first certificate. Throws for what must not start. */
  contextMaker(file: string, certificate: string, ca: string | undefined): MakeContext;
  /** The content of a file; throws if it cannot be read. */
  read(path: string): string;
  /** Undefined where nothing is counted. */
  limit(perSecond: number): TlsTerms["limit"];
  /** With OCSP; `ca` has the PEM of those whom to trust, undefined for the system's. */
  ocspCheck(settings: OcspPeerSettings, ca: string | undefined): PeerCheck | undefined;
}

/** Throws an `Error` with the reference's text. */
export function makeTlsTerms(
  settings: TlsSettings,
  allowNonTls: boolean,
  { read, limit, ocspCheck, contextMaker }: TlsSurroundings,
): TlsTerms {
  const problems = checkTls(settings);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const pairs = certificatesOf(settings);
  if (pairs.length === 0) throw new Error("tls needs a certificate: cert_file and key_file");
  const { caFile, pinnedCertificates: pins, handshakeFirst, ocspPeer } = settings;
  const ca = caFile === undefined ? undefined : authoritiesIn(read(caFile));
  const certificates = pairs.map(({ certFile, keyFile }) => ({
    cert: read(certFile),
    key: unencrypted(keyFile, read(keyFile)),
  }));
  checkPairs(certificates, settings.certFile === undefined);
  const makeContext = contextMaker(pairs[0]!.certFile, certificates[0]!.cert, ca);
  return {
    certificates,
    context: contextOf(settings, certificates, ca, makeContext),
    timeoutMs: settings.timeoutMs ?? USUAL_TLS_TIMEOUT_MS,
    isOptional: allowNonTls,
    isFirst: handshakeFirst,
    fallbackMs: settings.handshakeFirstFallbackMs,
    pins: pins === undefined ? undefined : new Set(pins),
    peerCheck: ocspPeer?.verify === true ? ocspCheck(ocspPeer, ca) : undefined,
    limit: settings.connectionRateLimit > 0 ? limit(settings.connectionRateLimit) : undefined,
    ends: pairs.map(({ certFile }, i) => ({ file: certFile, endMs: endOf(certificates[i]!.cert) })),
  };
}

/** Throws for the first whose parts are none or do not belong together, in Go's words. */
function checkPairs(pairs: TlsTerms["certificates"], areListed: boolean): void {
  for (const [index, pair] of pairs.entries()) {
    const problem = pairProblem(pair);
    if (problem === undefined) continue;
    const number = areListed ? ` ${index + 1}/${pairs.length}` : "";
    throw new Error(`error parsing X509 certificate/key pair${number}: tls: ${problem}`);
  }
}

function pairProblem({ cert, key }: TlsTerms["certificates"][number]): string | undefined {
  if (!cert.includes(CERTIFICATE)) return "failed to find any PEM data in certificate input";
  if (!key.includes("PRIVATE KEY-----")) return "failed to find any PEM data in key input";
  const { X509Certificate, createPrivateKey } = process.getBuiltinModule("node:crypto");
  try {
    const own = new X509Certificate(cert);
    if (own.checkPrivateKey(createPrivateKey(key))) return undefined;
  } catch (error) {
    return messageOf(error);
  }
  return "private key does not match public key";
}

/** Of the first certificate in the text, which has been used already. */
function endOf(pem: string): number {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  return Date.parse(new X509Certificate(pem).validTo);
}

function contextOf(
  settings: TlsSettings,
  certificates: TlsTerms["certificates"],
  ca: string | undefined,
  makeContext: MakeContext,
): TlsContext {
  try {
    return makeContext({
      certificates,
      ca,
      verify: settings.verify,
      minVersion: settings.minVersion === "1.3" ? "TLSv1.3" : "TLSv1.2",
      ciphers: cipherList(settings.cipherSuites),
      curves: settings.curvePreferences && curveList(settings.curvePreferences),
    });
  } catch (error) {
    throw new Error(`error parsing X509 certificate/key pair: ${messageOf(error)}`);
  }
}

function unencrypted(file: string, pem: string): string {
  if (!pem.includes("ENCRYPTED")) return pem;
  throw new Error(`the key in ${file} is encrypted: midge has no passphrase for it`);
}

/** Those of TLS 1.3 are not for choosing; names that the runtime has no suite for are left out. */
function cipherList(names: readonly string[] | undefined): string | undefined {
  if (names === undefined) return undefined;
  return names.flatMap((name) => CIPHER_SUITES.get(name)?.runtimeName ?? []).join(":");
}

function curveList(names: readonly string[]): string {
  return names.map((name) => CURVES.get(name) ?? name).join(":");
}

function authoritiesIn(pem: string): string {
  if (pem.includes(CERTIFICATE)) return pem;
  throw new Error("failed to parse root ca certificate");
}
