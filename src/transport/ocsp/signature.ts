/**
 * Whether bytes are signed by the key of a certificate: what Go's crypto/x509 checks, with its
 * texts. Algorithms that have been broken, and those that nobody uses here, are refused.
 */
import type { KeyObject } from "node:crypto";
import type { OcspCertificate, Signed } from "./ocsp-certificate.ts";

interface Algorithm {
  readonly key: "rsa" | "ec" | "ed25519";
  /** Undefined where the algorithm has its own. */
  readonly hash: string | undefined;
}

/** SHA-1 is here for responders that still sign with it; Go takes it from them too. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ["1.2.840.113549.1.1.5", { key: "rsa", hash: "sha1" }],
  ["1.2.840.113549.1.1.11", { key: "rsa", hash: "sha256" }],
  ["1.2.840.113549.1.1.12", { key: "rsa", hash: "sha384" }],
  ["1.2.840.113549.1.1.13", { key: "rsa", hash: "sha512" }],
  ["1.2.840.10045.4.1", { key: "ec", hash: "sha1" }],
  ["1.2.840.10045.4.3.2", { key: "ec", hash: "sha256" }],
  ["1.2.840.10045.4.3.3", { key: "ec", hash: "sha384" }],
  ["1.2.840.10045.4.3.4", { key: "ec", hash: "sha512" }],
  ["1.3.101.112", { key: "ed25519", hash: undefined }],
]);

const INSECURE: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.2", "MD2-RSA"],
  ["1.2.840.113549.1.1.4", "MD5-RSA"],
]);

const CANNOT_VERIFY = "x509: cannot verify signature: ";

const FAILURES: Readonly<Record<Algorithm["key"], string>> = {
  rsa: "crypto/rsa: verification error",
  ec: "x509: ECDSA verification failure",
  ed25519: "x509: Ed25519 verification failure",
};

/** Why the bytes do not count as signed by the certificate's key; undefined if they do. */
export function signatureProblem(signed: Signed, signer: OcspCertificate): string | undefined {
  const insecure = INSECURE.get(signed.algorithm);
  if (insecure !== undefined) return `${CANNOT_VERIFY}insecure algorithm ${insecure}`;
  const algorithm = ALGORITHMS.get(signed.algorithm);
  if (algorithm === undefined) return `${CANNOT_VERIFY}algorithm unimplemented`;
  const { createPublicKey, verify } = process.getBuiltinModule("node:crypto");
  try {
    const der = Buffer.from(signer.keyInfo);
    const key: KeyObject = createPublicKey({ key: der, format: "der", type: "spki" });
    if (key.asymmetricKeyType !== algorithm.key) {
      return "x509: signature algorithm specifies another key than that of the signer";
    }
    const isValid = verify(algorithm.hash, signed.bytes, key, signed.signature);
    return isValid ? undefined : FAILURES[algorithm.key];
  } catch {
    // A key that the runtime does not know, or a signature that is none at all.
    return FAILURES[algorithm.key];
  }
}
