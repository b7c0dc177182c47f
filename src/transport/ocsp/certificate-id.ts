/**
 * How OCSP names a certificate (RFC 6960, 4.1.1): by hashes of its issuer's name and key, and by
 * its serial number.
 *
 * ```
 * CertID ::= SEQUENCE {
 *   hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING,
 *   issuerKeyHash OCTET STRING, serialNumber INTEGER }
 * ```
 */
import { type DerElement, DerTag, derChildren, derContent } from "../der.ts";
import { derEncoded } from "../der-writer.ts";
import { type OcspCertificate, algorithmOf } from "./ocsp-certificate.ts";
import { equalBytes } from "../../util/bytes.ts";

/** A certificate and the one of who issued it. */
export interface OcspLink {
  readonly certificate: OcspCertificate;
  readonly issuer: OcspCertificate;
}

type HashName = "sha1" | "sha256" | "sha384" | "sha512";

const HASHES: ReadonlyMap<string, HashName> = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

const SHA1_TYPE = Uint8Array.of(0x2b, 0x0e, 0x03, 0x02, 0x1a);

/** The form that every responder knows: with SHA-1, which guards nothing here. */
export function certificateId({ certificate, issuer }: OcspLink): Uint8Array {
  const algorithm = derEncoded(
    DerTag.Sequence,
    derEncoded(DerTag.ObjectIdentifier, SHA1_TYPE),
    derEncoded(DerTag.Null),
  );
  return derEncoded(
    DerTag.Sequence,
    algorithm,
    derEncoded(DerTag.OctetString, hashOf("sha1", issuer.subject)),
    derEncoded(DerTag.OctetString, hashOf("sha1", issuer.keyBits)),
    derEncoded(DerTag.Integer, certificate.serialNumber),
  );
}

export type IdMatch = "same" | "other" | "unknown hash";

/** Whether the id is that of the certificate. Throws a `DerError` for what is no id. */
export function matchId(id: DerElement | undefined, { certificate, issuer }: OcspLink): IdMatch {
  const [algorithm, nameHash, keyHash, serialNumber] = derChildren(id, DerTag.Sequence);
  const name = derContent(nameHash, DerTag.OctetString);
  const key = derContent(keyHash, DerTag.OctetString);
  const serial = derContent(serialNumber, DerTag.Integer);
  if (!equalBytes(serial, certificate.serialNumber)) return "other";
  const hash = HASHES.get(algorithmOf(algorithm));
  if (hash === undefined) return "unknown hash";
  // The certificate may write its issuer's name with other kinds of strings.
  const isNamed = [issuer.subject, certificate.issuer].some((one) =>
    equalBytes(name, hashOf(hash, one)),
  );
  return isNamed && equalBytes(key, hashOf(hash, issuer.keyBits)) ? "same" : "other";
}

export function hashOf(name: HashName, bytes: Uint8Array): Uint8Array {
  return new Bun.CryptoHasher(name).update(bytes).digest();
}
