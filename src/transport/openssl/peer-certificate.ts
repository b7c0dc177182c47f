/**
 * What OpenSSL knows of the certificate that a peer has presented, and what it has against it, in
 * the runtime's terms.
 */
import type { PresentedCertificate } from "../tls-handshake.ts";
import { type Address, type OpenSsl, OpenSslError } from "./library.ts";

/**
 * By X509_V_ERR number: the runtime's names, by which failures are told in nats-server's words
 * (`tls-handshake.ts`). Others are told in OpenSSL's.
 */
const VERIFICATION_ERRORS: ReadonlyMap<number, string> = new Map([
  [2, "UNABLE_TO_GET_ISSUER_CERT"],
  [9, "CERT_NOT_YET_VALID"],
  [10, "CERT_HAS_EXPIRED"],
  [18, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [19, "SELF_SIGNED_CERT_IN_CHAIN"],
  [20, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
  [21, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [24, "INVALID_CA"],
  [26, "INVALID_PURPOSE"],
  [27, "CERT_UNTRUSTED"],
  [79, "INVALID_CA"],
]);

/** The peer's own certificate, and what came behind it; undefined if there is none. */
export function peerCertificate(
  openSsl: OpenSsl,
  ssl: Address,
  hasOthers: boolean,
): PresentedCertificate | undefined {
  const { symbols } = openSsl;
  const own = symbols.SSL_get0_peer_certificate(ssl);
  if (own === null) return undefined;
  let next: PresentedCertificate | null = null;
  // On the server's side these are the others.
  const others = hasOthers ? symbols.SSL_get_peer_cert_chain(ssl) : null;
  const count = others === null ? 0 : symbols.OPENSSL_sk_num(others);
  for (let i = count - 1; i >= 0; i--) {
    const raw = encoded(openSsl, symbols.OPENSSL_sk_value(others, i));
    next = { raw, issuerCertificate: next };
  }
  return { raw: encoded(openSsl, own), issuerCertificate: next };
}

/** In DER. */
function encoded(openSsl: OpenSsl, certificate: Address | null): Uint8Array {
  const { symbols, addressOf } = openSsl;
  const length = symbols.i2d_X509(certificate, null);
  if (length <= 0) throw openSsl.takeError();
  const der = new Uint8Array(length);
  // The function writes where this points, and moves it on.
  const target = new BigUint64Array([BigInt(addressOf(der, 0))]);
  symbols.i2d_X509(certificate, target);
  return der;
}

/** Why the peer's certificate is not taken; undefined if that is not what is wrong. */
export function verificationError(
  { SSL_get_verify_result, X509_verify_cert_error_string }: OpenSsl["symbols"],
  ssl: Address,
): OpenSslError | undefined {
  const result = Number(SSL_get_verify_result(ssl));
  if (result === 0) return undefined;
  const name = VERIFICATION_ERRORS.get(result);
  return new OpenSslError(name ?? X509_verify_cert_error_string(result) ?? "unknown error");
}
