/**
 * The end of a TLS handshake as whoever does the TLS reports it, in the runtime's codes: what the
 * two sides have agreed upon, or in nats-server's words (Go's) why they have not.
 */
import { systemClock } from "../util/clock.ts";
import { goTime } from "../util/go-time.ts";
import { certificateNames, wholeSubjectText } from "./certificate-names.ts";
import type { TlsFacts } from "./tls-facts.ts";

/** An upgraded socket, as far as its handshake is looked at. */
export interface HandshakeSocket {
  getTLSVersion(): string | null;
  getCipher(): { readonly standardName: string | null } | undefined;
  /**
   * None if the peer has presented no certificate. With `false` it leads to the others that the
   * peer has presented, in their order, and to an authority that is known to have issued them.
   */
  getPeerCertificate(abbreviated?: false): PresentedCertificate | null | undefined;
}

export interface PresentedCertificate {
  /** In DER. */
  readonly raw?: Uint8Array;
  readonly issuerCertificate?: PresentedCertificate | null;
}

export interface HandshakeFailure {
  readonly reason: string;
  /** What any port scan does: worth no error in the log. */
  readonly isProbe: boolean;
}

/** What the stream's owner learns. */
export interface TlsEvents {
  /** Whether the handshake comes before everything else. */
  readonly isFirst: boolean;
  onSecure(facts: TlsFacts): void;
  onHandshakeFailure(failure: HandshakeFailure): void;
}

const UNVERIFIED = "tls: failed to verify certificate: x509: ";
const OUT_OF_TIME = `${UNVERIFIED}certificate has expired or is not yet valid`;

/** By what the runtime's code or text contains; the first that fits. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, "tls: client didn't provide a certificate"],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, OUT_OF_TIME],
  [
    /INVALID_PURPOSE|KEY_USAGE_BIT_INCORRECT/,
    `${UNVERIFIED}certificate specifies an incompatible key usage`,
  ],
  [/PATH_LENGTH_EXCEEDED/, `${UNVERIFIED}too many intermediates for path length constraint`],
  [/unhandled critical extension/, `${UNVERIFIED}unhandled critical extension`],
  [
    /subtree violation/,
    `${UNVERIFIED}a root or intermediate certificate is not authorized to sign for this name`,
  ],
  [
    /UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_UNTRUSTED|INVALID_CA|CERT_SIGNATURE_FAILURE/,
    `${UNVERIFIED}certificate signed by unknown authority`,
  ],
  [/ALERT_UNKNOWN_CA/, "remote error: tls: unknown certificate authority"],
  [/ALERT_BAD_CERTIFICATE/, "remote error: tls: bad certificate"],
  [/ALERT_CERTIFICATE_EXPIRED/, "remote error: tls: expired certificate"],
  [/ALERT_CERTIFICATE_UNKNOWN/, "remote error: tls: unknown certificate"],
  [/ALERT_UNSUPPORTED_CERTIFICATE/, "remote error: tls: unsupported certificate"],
  [/ALERT_HANDSHAKE_FAILURE/, "remote error: tls: handshake failure"],
  [/ALERT_PROTOCOL_VERSION/, "remote error: tls: protocol version not supported"],
  [/ALERT_INTERNAL_ERROR/, "remote error: tls: internal error"],
  [/ALERT_ILLEGAL_PARAMETER/, "remote error: tls: illegal parameter"],
  [/NO_SHARED_CIPHER|WRONG_CURVE/, "tls: no cipher suite supported by both client and server"],
  [/NO_SHARED_GROUP/, "tls: no key exchanges supported by both client and server"],
  [
    /NO_COMMON_SIGNATURE_ALGORITHMS/,
    "tls: peer doesn't support any of the certificate's signature algorithms",
  ],
  [/UNSUPPORTED_PROTOCOL/, "tls: client offered only unsupported versions"],
  [/ECONNRESET/, "EOF"],
];

/** The peer does not speak TLS. */
const NO_TLS =
  /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNEXPECTED_RECORD|INVALID_OUTER/;

/** `socket` is one whose certificate is not accepted; undefined if it has not come so far. */
export function handshakeFailure(
  error: Error | undefined | null,
  socket: HandshakeSocket | undefined,
): HandshakeFailure {
  const code = error !== null && error !== undefined && "code" in error ? String(error.code) : "";
  const told = `${code} ${error?.message ?? ""}`;
  if (NO_TLS.test(told)) {
    return { reason: "tls: first record does not look like a TLS handshake", isProbe: true };
  }
  const known = REASONS.find(([pattern]) => pattern.test(told))?.[1];
  const reason = known ?? (told.trim() || "handshake failed");
  return { reason: `${reason}${certificateDetail(reason, socket)}`, isProbe: false };
}

/** Whose certificate it was, and when it was valid if that is the matter. */
function certificateDetail(reason: string, socket: HandshakeSocket | undefined): string {
  const raw = socket?.getPeerCertificate()?.raw;
  if (raw === undefined || !reason.startsWith(UNVERIFIED)) return "";
  const time = reason === OUT_OF_TIME ? validityText(raw) : "";
  return `${time} (${wholeSubjectText(certificateNames(raw))} SHA-256: ${sha256(raw)})`;
}

function validityText(raw: Uint8Array): string {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const { validFrom, validTo } = new X509Certificate(raw);
  const nowMs = systemClock.wallMs();
  const [startMs, endMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const relation = nowMs < startMs ? `before ${timeText(startMs)}` : `after ${timeText(endMs)}`;
  return `: current time ${timeText(nowMs)} is ${relation}`;
}

/** Whole seconds. */
function timeText(wallMs: number): string {
  return goTime(Math.floor(wallMs / 1000) * 1000);
}

/** Connections with the same have it from here, since most have no certificate. */
const shared = new Map<string, TlsFacts>();
/** Versions and cipher suites together are fewer. */
const MAX_SHARED = 64;

/** What has been agreed upon; certificates only where they were asked for. */
export function agreedFacts(
  socket: HandshakeSocket,
  asksForCertificate: boolean,
  isFirst: boolean,
): TlsFacts {
  const version = (socket.getTLSVersion() ?? "").replace("TLSv", "");
  const cipherSuite = socket.getCipher()?.standardName ?? "";
  const raw = asksForCertificate ? socket.getPeerCertificate()?.raw : undefined;
  if (raw !== undefined) {
    return { version, cipherSuite, isFirst, peerCertificates: [described(raw)] };
  }
  const key = `${version} ${cipherSuite} ${isFirst}`;
  const known = shared.get(key);
  if (known !== undefined) return known;
  const facts = { version, cipherSuite, isFirst, peerCertificates: [] };
  if (shared.size < MAX_SHARED) shared.set(key, facts);
  return facts;
}

/** More than any chain has. */
const MAX_PRESENTED = 16;

/**
 * What the peer has presented, its own certificate first. Nothing is known of how they belong
 * together: whoever has a good certificate may put any others behind it.
 */
export function presentedCertificates(socket: HandshakeSocket): Uint8Array[] {
  const presented: Uint8Array[] = [];
  let next = socket.getPeerCertificate(false);
  while (next?.raw !== undefined && presented.length < MAX_PRESENTED) {
    presented.push(next.raw);
    if (next.issuerCertificate === next) break;
    next = next.issuerCertificate;
  }
  return presented;
}

function described(raw: Uint8Array): TlsFacts["peerCertificates"][number] {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const certificate = new X509Certificate(raw);
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  const names = certificateNames(raw);
  return {
    subject: wholeSubjectText(names),
    names,
    keySha256: sha256(key),
    sha256: sha256(raw),
  };
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
