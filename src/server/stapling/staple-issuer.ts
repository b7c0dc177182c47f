/**
 * Who has issued the server's certificate: OCSP names certificates by that, and proves responses
 * with the issuer's key. Looked for as nats-server does: second in the file of the certificate, or
 * among those whom `ca_file` or the system trusts.
 */
import type { X509Certificate } from "node:crypto";
import { certificateNames, subjectText } from "../../transport/certificate-names.ts";
import type { OcspLink } from "../../transport/ocsp/certificate-id.ts";
import { type OcspCertificate, ocspCertificate } from "../../transport/ocsp/ocsp-certificate.ts";

/** The certificate and its issuer's. Throws an `Error` with nats-server's text. */
export function stapleLink(pem: string, ca: string | undefined): OcspLink {
  const [certificate, second] = certificatesOf(pem);
  if (certificate === undefined) throw new Error("no certificate found");
  const issuer = issuerOf(certificate, second, ca);
  if (issuer === undefined) throw new Error("no issuers found");
  if (!issuer.ca) {
    const subject = subjectText(certificateNames(issuer.raw));
    throw new Error(`${subject} invalid ca basic constraints: is not ca`);
  }
  return { certificate: readable(certificate), issuer: readable(issuer) };
}

function issuerOf(
  certificate: X509Certificate,
  second: X509Certificate | undefined,
  ca: string | undefined,
): X509Certificate | undefined {
  if (second !== undefined) return certificate.verify(second.publicKey) ? second : undefined;
  return trusted(ca).find((one) => {
    return certificate.checkIssued(one) && certificate.verify(one.publicKey);
  });
}

function trusted(ca: string | undefined): readonly X509Certificate[] {
  if (ca !== undefined) return certificatesOf(ca);
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  return getCACertificates("system").flatMap(certificatesOf);
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

function certificatesOf(pem: string): X509Certificate[] {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  return (pem.match(PEM_CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
}

function readable({ raw }: X509Certificate): OcspCertificate {
  const read = ocspCertificate(raw);
  if (read === undefined) throw new Error("error parsing certificate: it is malformed");
  return read;
}
