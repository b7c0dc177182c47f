/**
 * The answer of an OCSP responder (RFC 6960, 4.2): what it says of one certificate, once it is
 * proved that the certificate's issuer, or whom the issuer has named for it, has signed it. Errors
 * have the texts of Go's x/crypto/ocsp. Nothing that a peer sends makes it throw.
 *
 * ```
 * OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED,
 *   responseBytes [0] EXPLICIT SEQUENCE { responseType OID, response OCTET STRING } OPTIONAL }
 * BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature BIT STRING,
 *   certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
 * ResponseData ::= SEQUENCE { version [0] DEFAULT v1, responderID CHOICE { byName [1], byKey [2] },
 *   producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, extensions [1] OPTIONAL }
 * SingleResponse ::= SEQUENCE { certID, certStatus CHOICE { good [0], revoked [1], unknown [2] },
 *   thisUpdate GeneralizedTime, nextUpdate [0] OPTIONAL, singleExtensions [1] OPTIONAL }
 * ```
 */
import {
  type DerElement,
  DerError,
  DerTag,
  derBits,
  derChildren,
  derContent,
  derTimeMs,
  objectIdentifier,
  onlyDerElement,
} from "../der.ts";
import { type OcspLink, hashOf, matchId } from "./certificate-id.ts";
import { type OcspCertificate, type Signed, algorithmOf } from "./ocsp-certificate.ts";
import { ocspCertificate } from "./ocsp-certificate.ts";
import { signatureProblem } from "./signature.ts";
import { equalBytes } from "../../util/bytes.ts";

export type OcspStatus = "good" | "revoked" | "unknown";

export interface OcspResponse {
  readonly status: OcspStatus;
  /** Wall-clock milliseconds. */
  readonly producedAtMs: number;
  readonly thisUpdateMs: number;
  /** Undefined if the responder may know more at any time. */
  readonly nextUpdateMs: number | undefined;
  readonly revokedAtMs: number | undefined;
}

export interface OcspFailure {
  readonly reason: string;
  /** Whether it is signed by somebody whom the issuer has not named for it. */
  readonly isWronglyDelegated: boolean;
}

/** Responses have a few kilobytes, of which most are certificates. */
export const MAX_RESPONSE_BYTES = 64 * 1024;
/** Certificates in a response that are looked at. */
export const MAX_EMBEDDED_CERTIFICATES = 8;

const BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1";

/** Context-specific tags. */
const enum Tag {
  First = 0xa0,
  Second = 0xa1,
  Third = 0xa2,
  Good = 0x80,
  Revoked = 0xa1,
  Unknown = 0x82,
}

const STATUS_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "malformed"],
  [2, "internal error"],
  [3, "try later"],
  [5, "signature required"],
  [6, "unauthorized"],
]);

/** Why a response does not count. */
class ResponseError extends Error {
  readonly isWronglyDelegated: boolean;

  constructor(reason: string, isWronglyDelegated = false) {
    super(reason);
    this.isWronglyDelegated = isWronglyDelegated;
  }
}

/** Parts of a response that have not been proved yet. */
interface BasicResponse {
  readonly signed: Signed;
  readonly responderId: DerElement | undefined;
  readonly producedAtMs: number;
  readonly answers: readonly DerElement[];
  readonly embedded: readonly DerElement[];
}

/**
 * What the response says of the link's certificate; certificates in it have to be valid now, give
 * or take `skewMs`. Whether the response itself still counts is the caller's to ask (`effect.ts`).
 */
export function verifyOcspResponse(
  der: Uint8Array,
  link: OcspLink,
  nowMs: number,
  skewMs: number,
): OcspResponse | OcspFailure {
  try {
    const basic = basicResponse(der);
    const answer = answerFor(basic.answers, link);
    checkSigner(basic, link, nowMs, skewMs);
    return { producedAtMs: basic.producedAtMs, ...answer };
  } catch (error) {
    if (error instanceof ResponseError) {
      return { reason: error.message, isWronglyDelegated: error.isWronglyDelegated };
    }
    if (!(error instanceof DerError)) throw error;
    return { reason: `asn1: structure error: ${error.message}`, isWronglyDelegated: false };
  }
}

function basicResponse(der: Uint8Array): BasicResponse {
  if (der.length > MAX_RESPONSE_BYTES) throw new ResponseError("OCSP response is too long");
  const [status, bytes] = derChildren(onlyDerElement(der), DerTag.Sequence);
  const code = numberOf(derContent(status, DerTag.Enumerated));
  if (code !== 0) {
    const name = STATUS_NAMES.get(code) ?? `unknown OCSP status: ${code}`;
    throw new ResponseError(`ocsp: error from server: ${name}`);
  }
  const explicit = onlyDerElement(derContent(bytes, Tag.First));
  const [type, response] = derChildren(explicit, DerTag.Sequence);
  if (objectIdentifier(derContent(type, DerTag.ObjectIdentifier)) !== BASIC_RESPONSE) {
    throw new ResponseError("bad OCSP response type");
  }
  const parts = derChildren(
    onlyDerElement(derContent(response, DerTag.OctetString)),
    DerTag.Sequence,
  );
  const [body, algorithm, signature, certificates] = parts;
  const fields = derChildren(body, DerTag.Sequence);
  if (fields[0]?.tag === Tag.First) fields.shift();
  const [responderId, producedAt, answers, extensions] = fields;
  if (hasCriticalExtension(extensions)) throw new ResponseError("unsupported critical extension");
  return {
    signed: {
      algorithm: algorithmOf(algorithm),
      bytes: body!.encoded,
      signature: derBits(signature),
    },
    responderId,
    producedAtMs: derTimeMs(producedAt),
    answers: derChildren(answers, DerTag.Sequence),
    embedded: embeddedIn(certificates),
  };
}

function embeddedIn(certificates: DerElement | undefined): DerElement[] {
  if (certificates === undefined) return [];
  const list = onlyDerElement(derContent(certificates, Tag.First));
  return derChildren(list, DerTag.Sequence).slice(0, MAX_EMBEDDED_CERTIFICATES);
}

/** Small numbers are all there are. */
function numberOf(content: Uint8Array): number {
  if (content.length !== 1) throw new DerError("a number is too long");
  return content[0]!;
}

function hasCriticalExtension(extensions: DerElement | undefined): boolean {
  if (extensions === undefined) return false;
  const list = onlyDerElement(derContent(extensions, Tag.Second));
  return derChildren(list, DerTag.Sequence).some((extension) => {
    const [, second] = derChildren(extension, DerTag.Sequence);
    return second?.tag === DerTag.Boolean && second.content[0] !== 0;
  });
}

type Answer = Omit<OcspResponse, "producedAtMs">;

function answerFor(answers: readonly DerElement[], link: OcspLink): Answer {
  if (answers.length === 0) {
    throw new ResponseError("OCSP response contains bad number of responses");
  }
  let hasUnknownHash = false;
  for (const answer of answers) {
    const [id, ...rest] = derChildren(answer, DerTag.Sequence);
    const match = matchId(id, link);
    if (match === "same") return answerIn(rest);
    hasUnknownHash ||= match === "unknown hash";
  }
  throw new ResponseError(
    hasUnknownHash
      ? "unsupported issuer hash algorithm"
      : "no response matching the supplied certificate",
  );
}

function answerIn([told, thisUpdate, ...others]: readonly DerElement[]): Answer {
  const nextUpdate = others.find(({ tag }) => tag === Tag.First);
  const extensions = others.find(({ tag }) => tag === Tag.Second);
  if (hasCriticalExtension(extensions)) throw new ResponseError("unsupported critical extension");
  const status = statusOf(told);
  const revokedAt = status === "revoked" ? derChildren(told, Tag.Revoked)[0] : undefined;
  return {
    status,
    thisUpdateMs: generalizedMs(thisUpdate),
    nextUpdateMs: nextUpdate && generalizedMs(onlyDerElement(nextUpdate.content)),
    revokedAtMs: revokedAt && generalizedMs(revokedAt),
  };
}

function statusOf(told: DerElement | undefined): OcspStatus {
  if (told?.tag === Tag.Good && told.content.length === 0) return "good";
  if (told?.tag === Tag.Revoked) return "revoked";
  if (told?.tag === Tag.Unknown && told.content.length === 0) return "unknown";
  throw new DerError("a status is malformed");
}

function generalizedMs(element: DerElement | undefined): number {
  derContent(element, DerTag.GeneralizedTime);
  return derTimeMs(element);
}

/** Throws unless the issuer has signed the response, or somebody for it. */
function checkSigner(basic: BasicResponse, link: OcspLink, nowMs: number, skewMs: number): void {
  const { signed, responderId, embedded } = basic;
  const { issuer } = link;
  const isResponder = responderTest(responderId);
  let problem: ResponseError | undefined;
  if (isResponder(issuer)) {
    const reason = signatureProblem(signed, issuer);
    if (reason === undefined) return;
    problem = new ResponseError(`bad OCSP signature: ${reason}`);
  }
  for (const { encoded } of embedded) {
    const delegate = ocspCertificate(encoded);
    if (delegate === undefined || !isResponder(delegate)) continue;
    problem = delegateProblem(signed, delegate, issuer, nowMs, skewMs);
    if (problem === undefined) return;
  }
  throw problem ?? new ResponseError("bad OCSP signature: the responder has no certificate");
}

/** The issuer's signature comes first: keys of strangers are never used. */
function delegateProblem(
  signed: Signed,
  delegate: OcspCertificate,
  issuer: OcspCertificate,
  nowMs: number,
  skewMs: number,
): ResponseError | undefined {
  const issued = equalBytes(delegate.issuer, issuer.subject)
    ? signatureProblem(delegate.signed, issuer)
    : "x509: issuer name does not match subject from issuing certificate";
  if (issued !== undefined) return new ResponseError(`bad OCSP signature: ${issued}`);
  const reason = signatureProblem(signed, delegate);
  if (reason !== undefined) {
    return new ResponseError(`bad signature on embedded certificate: ${reason}`);
  }
  const isValid = nowMs + skewMs >= delegate.beginMs && nowMs - skewMs <= delegate.endMs;
  // The issuer may sign with a certificate of its own in the answer.
  const isNamed = delegate.signsOcsp || equalBytes(delegate.keyInfo, issuer.keyInfo);
  if (isNamed && isValid) return undefined;
  return new ResponseError("the signer is not authorized for OCSP", true);
}

/** Whether a certificate is that of the responder, which is named by its subject or its key. */
function responderTest(id: DerElement | undefined): (one: OcspCertificate) => boolean {
  if (id?.tag === Tag.Second) {
    const { encoded } = onlyDerElement(id.content);
    return ({ subject }) => equalBytes(subject, encoded);
  }
  if (id?.tag === Tag.Third) {
    const hash = derContent(onlyDerElement(id.content), DerTag.OctetString);
    return ({ keyBits }) => equalBytes(hashOf("sha1", keyBits), hash);
  }
  throw new ResponseError("invalid responder id tag");
}
