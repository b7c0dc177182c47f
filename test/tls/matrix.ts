/**
 * The table of modes of TLS and kinds of clients: what becomes of whom, which is the same with
 * nats-server 2.14.5. Used by the tests with openssl and those with client libraries.
 */
import type { TlsMode } from "./tls-modes.ts";

const UNVERIFIED = "ERR TLS handshake error: tls: failed to verify certificate: x509: ";
const TIME = String.raw`current time [\d-]+T[\d:]+Z is after [\d-]+T[\d:]+Z`;
const FUTURE = String.raw`current time [\d-]+T[\d:]+Z is before 2100-01-01T00:00:00Z`;
const HASH = "SHA-256: [0-9a-f]{64}";

/** What becomes of a client: whether it is let in, the reason of the end, a line of the log. */
export const ENDS = {
  in: [true, "Client Closed", /^DBG TLS handshake complete$/],
  /** Without TLS. */
  plain: [true, "Client Closed", undefined],
  noTls: [
    false,
    "TLS Handshake Failure",
    /^DBG TLS handshake error: tls: first record does not look like a TLS handshake$/,
  ],
  /** A client that does not expect the greeting. */
  leaves: [
    false,
    "TLS Handshake Failure",
    /^ERR TLS handshake error: (EOF|remote error: tls: .*)$/,
  ],
  late: [false, "TLS Handshake Failure", /^DBG TLS handshake (timeout|error: .*i\/o timeout)$/],
  parser: [false, "Protocol Violation", /^ERR Client parser ERROR/],
  missing: [
    false,
    "TLS Handshake Failure",
    /^ERR TLS handshake error: tls: client didn't provide a certificate$/,
  ],
  foreign: failure(
    `certificate signed by unknown authority \\(CN=foreign,O=midge tests ${HASH}\\)`,
  ),
  expired: failure(
    `certificate has expired or is not yet valid: ${TIME} \\(CN=expired,O=midge tests ${HASH}\\)`,
  ),
  future: failure(
    `certificate has expired or is not yet valid: ${FUTURE} \\(CN=future,O=midge tests ${HASH}\\)`,
  ),
  purpose: failure(
    `certificate specifies an incompatible key usage \\(CN=server only,O=midge tests ${HASH}\\)`,
  ),
  unpinned: [false, "TLS Handshake Failure", /^ERR TLS handshake error: certificate not pinned$/],
  nobody: [false, "Authentication Failure", /^ERR authentication error$/],
} as const satisfies Record<string, readonly [boolean, string, RegExp | undefined]>;

function failure(reason: string) {
  return [false, "TLS Handshake Failure", new RegExp(`^${UNVERIFIED}${reason}$`)] as const;
}

export type End = keyof typeof ENDS;

export const OTHERS = ["plain", "garbage", "silence"] as const;
export const CERTIFICATES = [
  "-",
  "client",
  "plain-client",
  "foreign-client",
  "expired-client",
  "future-client",
  "server-only",
] as const;
const same = (end: End) => CERTIFICATES.map(() => end);
const [IN, LEAVES, PARSER, UNPINNED] = [
  same("in"),
  same("leaves"),
  same("parser"),
  same("unpinned"),
];
const VERIFIED = ["missing", "in", "in", "foreign", "expired", "future", "purpose"] as const;
const MAPPED = ["missing", "in", "nobody", "foreign", "expired", "future", "purpose"] as const;
const PINNED = ["missing", "in", "unpinned", "foreign", "expired", "future", "purpose"] as const;

interface Row {
  /** Of clients without TLS: a plain one, one that sends anything, one that says nothing. */
  readonly others: readonly [End, End, End];
  /** By certificate, of clients that wait for the greeting; undefined where none comes. */
  readonly after: readonly End[] | undefined;
  /** Of clients that begin with TLS. */
  readonly first: readonly End[];
}

export const MATRIX: Readonly<Record<TlsMode, Row>> = {
  none: { others: ["plain", "parser", "plain"], after: PARSER, first: PARSER },
  tls: { others: ["noTls", "noTls", "late"], after: IN, first: LEAVES },
  optional: { others: ["plain", "parser", "plain"], after: IN, first: LEAVES },
  first: { others: ["noTls", "noTls", "late"], after: undefined, first: IN },
  "first, optional": { others: ["noTls", "noTls", "late"], after: undefined, first: IN },
  auto: { others: ["noTls", "noTls", "late"], after: IN, first: IN },
  "auto, optional": { others: ["noTls", "noTls", "plain"], after: IN, first: IN },
  duration: { others: ["noTls", "noTls", "late"], after: IN, first: IN },
  verify: { others: ["noTls", "noTls", "late"], after: VERIFIED, first: LEAVES },
  "verify, optional": { others: ["plain", "parser", "plain"], after: VERIFIED, first: LEAVES },
  "verify, first": { others: ["noTls", "noTls", "late"], after: undefined, first: VERIFIED },
  "verify, auto": { others: ["noTls", "noTls", "late"], after: VERIFIED, first: VERIFIED },
  map: { others: ["noTls", "noTls", "late"], after: MAPPED, first: LEAVES },
  "map, optional": { others: ["nobody", "nobody", "nobody"], after: MAPPED, first: LEAVES },
  pins: { others: ["noTls", "noTls", "late"], after: PINNED, first: LEAVES },
  "pins, no verify": { others: ["noTls", "noTls", "late"], after: UNPINNED, first: LEAVES },
};
