/**
 * Makes the answers of an OCSP responder, signed by whom the test wants, and wrong in the way that
 * the test wants. Used by the tests of OCSP.
 */
import { createHash } from "node:crypto";
import { derEncoded } from "../../src/transport/der-writer.ts";
import { DerTag } from "../../src/transport/der.ts";
import {
  type MadeCertificate,
  generalizedTime,
  sequence,
  signed,
  type,
} from "./certificate-maker.ts";

const SHA1 = "1.3.14.3.2.26";
const BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1";
const MINUTE_MS = 60_000;

export type AnswerStatus = "good" | "revoked" | "unknown";

export interface AnswerWish {
  /** Whom it is about, and who issued that. */
  readonly certificate: MadeCertificate;
  readonly issuer: MadeCertificate;
  readonly status: AnswerStatus;
  /** The issuer itself if there is none; another one's certificate is put into the answer. */
  readonly signer?: MadeCertificate;
  readonly embeds?: readonly MadeCertificate[];
  readonly thisUpdateMs?: number;
  /** Undefined for none; an hour from now unless it is said. */
  readonly nextUpdateMs?: number | undefined;
  readonly algorithm?: string;
  readonly hashType?: string;
  readonly singleExtensions?: readonly Uint8Array[];
  readonly responseExtensions?: readonly Uint8Array[];
}

export function ocspAnswer(wish: AnswerWish): Uint8Array {
  const { issuer, signer = issuer, embeds = signer === issuer ? [] : [signer] } = wish;
  const { responseExtensions, algorithm } = wish;
  const body = sequence(
    derEncoded(0xa1, signer.subject),
    generalizedTime(Date.now()),
    sequence(single(wish)),
    ...listed(0xa1, responseExtensions),
  );
  const certificates = embeds.map(({ der }) => der);
  const basic = signed(
    body,
    signer.privateKey,
    algorithm,
    ...listed(0xa0, certificates.length === 0 ? undefined : certificates),
  );
  const bytes = sequence(type(BASIC_RESPONSE), derEncoded(DerTag.OctetString, basic));
  return sequence(derEncoded(DerTag.Enumerated, Uint8Array.of(0)), derEncoded(0xa0, bytes));
}

/** An answer that is none, such as 6 for "unauthorized". */
export function ocspRefusal(code: number): Uint8Array {
  return sequence(derEncoded(DerTag.Enumerated, Uint8Array.of(code)));
}

function single(wish: AnswerWish): Uint8Array {
  const { certificate, issuer, hashType = SHA1, singleExtensions } = wish;
  const { thisUpdateMs = Date.now() - MINUTE_MS } = wish;
  const nextUpdateMs = "nextUpdateMs" in wish ? wish.nextUpdateMs : Date.now() + 60 * MINUTE_MS;
  const id = sequence(
    sequence(type(hashType), derEncoded(DerTag.Null)),
    derEncoded(DerTag.OctetString, sha1(issuer.subject)),
    derEncoded(DerTag.OctetString, sha1(issuer.keyBits)),
    derEncoded(DerTag.Integer, certificate.serialNumber),
  );
  return sequence(
    id,
    statusElement(wish.status),
    generalizedTime(thisUpdateMs),
    ...(nextUpdateMs === undefined ? [] : [derEncoded(0xa0, generalizedTime(nextUpdateMs))]),
    ...listed(0xa1, singleExtensions),
  );
}

function statusElement(status: AnswerStatus): Uint8Array {
  if (status === "good") return derEncoded(0x80);
  return status === "unknown"
    ? derEncoded(0x82)
    : derEncoded(0xa1, generalizedTime(Date.now() - MINUTE_MS));
}

/** An optional list under a tag of its own. */
function listed(tag: number, elements: readonly Uint8Array[] | undefined): Uint8Array[] {
  return elements === undefined ? [] : [derEncoded(tag, sequence(...elements))];
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash("sha1").update(bytes).digest();
}
