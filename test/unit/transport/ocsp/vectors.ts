/** What openssl has made: certificates, a question about one, and answers (`make.sh` there). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type OcspCertificate,
  ocspCertificate,
} from "../../../../src/transport/ocsp/ocsp-certificate.ts";

const FOLDER = join(import.meta.dir, "../../../tls/ocsp-vectors");

export function vector(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, `${name}.der`)));
}

export function vectorCertificate(name: string): OcspCertificate {
  const pem = readFileSync(join(FOLDER, `${name}.pem`), "utf8");
  const der = Buffer.from(pem.replaceAll(/-----.*?-----/g, ""), "base64");
  return ocspCertificate(new Uint8Array(der))!;
}
