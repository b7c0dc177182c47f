/**
 * A certificate (X.509, RFC 5280) as OCSP looks at it: who issued it, whom to ask about it, whether
 * it may sign answers, and whether its owner has to show one (RFC 7633).
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

/** Bytes that somebody has signed. */
export interface Signed {
  /** As `1.2.840.10045.4.3.2`. */
  readonly algorithm: string;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export interface OcspCertificate {
  /** All of it, in DER. */
  readonly encoded: Uint8Array;
  readonly signed: Signed;
  /** The integer's content. */
  readonly serialNumber: Uint8Array;
  /** Names, in DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly beginMs: number;
  readonly endMs: number;
  /** The public key in DER, and its bits alone. */
  readonly keyInfo: Uint8Array;
  readonly keyBits: Uint8Array;
  /** Responders, as the certificate names them, in its order. */
  readonly responderUrls: readonly string[];
  /** Whether it may sign answers about certificates of its own issuer. */
  readonly signsOcsp: boolean;
  readonly mustStaple: boolean;
}

/** More than a certificate of any use has. */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;

const AUTHORITY_ACCESS = "1.3.6.1.5.5.7.1.1";
const ACCESS_BY_OCSP = "1.3.6.1.5.5.7.48.1";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const TLS_FEATURE = "1.3.6.1.5.5.7.1.24";
const STATUS_REQUEST = 5;

/** Context-specific tags. */
const enum Tag {
  Version = 0xa0,
  Extensions = 0xa3,
  Uri = 0x86,
}

/** Undefined for what is no certificate. */
export function ocspCertificate(der: Uint8Array): OcspCertificate | undefined {
  if (der.length > MAX_CERTIFICATE_BYTES) return undefined;
  try {
    return certificateIn(onlyDerElement(der));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Throws a `DerError`. */
function certificateIn(element: DerElement): OcspCertificate {
  const [body, algorithm, signature] = derChildren(element, DerTag.Sequence);
  const fields = derChildren(body, DerTag.Sequence);
  if (fields[0]?.tag === Tag.Version) fields.shift();
  const [serialNumber, ownAlgorithm, issuer, validity, subject, keyInfo, ...others] = fields;
  const isAgreed = encodedOf(ownAlgorithm).equals(encodedOf(algorithm));
  if (!isAgreed) throw new DerError("two algorithms are named");
  const [begin, end] = derChildren(validity, DerTag.Sequence);
  const extensions = extensionsIn(others.find(({ tag }) => tag === Tag.Extensions));
  return {
    encoded: element.encoded,
    signed: {
      algorithm: algorithmOf(algorithm),
      bytes: encodedOf(body),
      signature: derBits(signature),
    },
    serialNumber: derContent(serialNumber, DerTag.Integer),
    issuer: encodedOf(issuer),
    subject: encodedOf(subject),
    beginMs: derTimeMs(begin),
    endMs: derTimeMs(end),
    keyInfo: encodedOf(keyInfo),
    keyBits: derBits(derChildren(keyInfo, DerTag.Sequence)[1]),
    responderUrls: responderUrls(extensions.get(AUTHORITY_ACCESS)),
    signsOcsp: listed(extensions.get(EXTENDED_KEY_USAGE)).some(
      ({ tag, content }) =>
        tag === DerTag.ObjectIdentifier && objectIdentifier(content) === OCSP_SIGNING,
    ),
    mustStaple: listed(extensions.get(TLS_FEATURE)).some(
      ({ tag, content }) =>
        tag === DerTag.Integer && content.length === 1 && content[0] === STATUS_REQUEST,
    ),
  };
}

/** The type of an algorithm; its parameters say nothing in those that are in use here. */
export function algorithmOf(element: DerElement | undefined): string {
  const [type] = derChildren(element, DerTag.Sequence);
  return objectIdentifier(derContent(type, DerTag.ObjectIdentifier));
}

/** Values of extensions by their type. */
function extensionsIn(element: DerElement | undefined): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  if (element === undefined) return values;
  for (const extension of derChildren(onlyDerElement(element.content), DerTag.Sequence)) {
    const parts = derChildren(extension, DerTag.Sequence);
    const type = objectIdentifier(derContent(parts[0], DerTag.ObjectIdentifier));
    values.set(type, derContent(parts.at(-1), DerTag.OctetString));
  }
  return values;
}

/** What stands in the sequence that an extension is. */
function listed(extension: Uint8Array | undefined): DerElement[] {
  return extension === undefined ? [] : derChildren(onlyDerElement(extension), DerTag.Sequence);
}

function responderUrls(access: Uint8Array | undefined): string[] {
  return listed(access).flatMap((description) => {
    const [method, location] = derChildren(description, DerTag.Sequence);
    const type = objectIdentifier(derContent(method, DerTag.ObjectIdentifier));
    if (type !== ACCESS_BY_OCSP || location?.tag !== Tag.Uri) return [];
    return [Buffer.from(location.content).toString("latin1")];
  });
}

function encodedOf(element: DerElement | undefined): Buffer {
  if (element === undefined) throw new DerError("an element is missing");
  const { buffer, byteOffset, byteLength } = element.encoded;
  return Buffer.from(buffer, byteOffset, byteLength);
}
