/**
 * A question to an OCSP responder (RFC 6960, 4.1), as Go asks it: about one certificate, unsigned,
 * without a nonce, so that responders can have their answers ready.
 *
 * ```
 * OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE { requestList SEQUENCE OF SEQUENCE { CertID } } }
 * ```
 */
import { DerTag } from "../der.ts";
import { derEncoded } from "../der-writer.ts";
import { type OcspLink, certificateId } from "./certificate-id.ts";

export function ocspRequest(link: OcspLink): Uint8Array {
  const depth = 4;
  let request = certificateId(link);
  for (let i = 0; i < depth; i++) request = derEncoded(DerTag.Sequence, request);
  return request;
}
