/**
 * Whom a certificate (X.509, RFC 5280) names: its subject and the other names, in the order of the
 * certificate. Also the subject as a text in Go's form, by which nats-server shows and compares it.
 */
import {
  type DerElement,
  DerError,
  DerTag,
  derChildren,
  derElements,
  objectIdentifier,
  onlyDerElement,
} from "./der.ts";

/** One attribute of a subject. */
export interface NameAttribute {
  /** As `2.5.4.3`. */
  readonly type: string;
  readonly value: string;
}

export interface CertificateNames {
  readonly emails: readonly string[];
  readonly hosts: readonly string[];
  readonly uris: readonly string[];
  /** Relative distinguished names, each a set of attributes, the most general one first. */
  readonly subject: readonly (readonly NameAttribute[])[];
}

const NOBODY: CertificateNames = { emails: [], hosts: [], uris: [], subject: [] };

const SUBJECT_ALTERNATIVE_NAMES = "2.5.29.17";
/** Context-specific tags of a certificate's body and of its other names. */
const enum Tag {
  Version = 0xa0,
  Extensions = 0xa3,
  Email = 0x81,
  Host = 0x82,
  Uri = 0x86,
}

/** Nobody for what is no certificate. */
export function certificateNames(der: Uint8Array): CertificateNames {
  try {
    const [certificate] = derElements(der);
    const [body] = derChildren(certificate, DerTag.Sequence);
    const fields = derChildren(body, DerTag.Sequence);
    // Behind an optional version: serial number, algorithm, issuer, validity, subject.
    const subject = fields[fields[0]?.tag === Tag.Version ? 5 : 4];
    const others = otherNames(fields.find(({ tag }) => tag === Tag.Extensions));
    const named = (wanted: number) =>
      others.filter(({ tag }) => tag === wanted).map(({ content }) => asciiOf(content));
    return {
      emails: named(Tag.Email),
      hosts: named(Tag.Host),
      uris: named(Tag.Uri),
      subject: derChildren(subject, DerTag.Sequence).map(attributesOf),
    };
  } catch (error) {
    if (error instanceof DerError) return NOBODY;
    throw error;
  }
}

function attributesOf(set: DerElement): NameAttribute[] {
  return derChildren(set, DerTag.Set).map((attribute) => {
    const [type, value] = derChildren(attribute, DerTag.Sequence);
    if (type?.tag !== DerTag.ObjectIdentifier || value === undefined) {
      throw new DerError("an attribute has a type and a value");
    }
    return { type: objectIdentifier(type.content), value: textOf(value) };
  });
}

function otherNames(extensions: DerElement | undefined): DerElement[] {
  if (extensions === undefined) return [];
  const [list] = derElements(extensions.content);
  for (const extension of derChildren(list, DerTag.Sequence)) {
    const parts = derChildren(extension, DerTag.Sequence);
    const [type] = parts;
    if (type === undefined || objectIdentifier(type.content) !== SUBJECT_ALTERNATIVE_NAMES)
      continue;
    const value = parts.find(({ tag }) => tag === DerTag.OctetString);
    const [names] = derElements(value?.content ?? new Uint8Array());
    return derChildren(names, DerTag.Sequence);
  }
  return [];
}

/** BMPString and T61String, of old certificates, beside those that are UTF-8 or a part of it. */
const BMP_STRING = 0x1e;
const T61_STRING = 0x14;

function textOf({ tag, content }: DerElement): string {
  if (tag === BMP_STRING) return new TextDecoder("utf-16be").decode(content);
  return tag === T61_STRING ? asciiOf(content) : new TextDecoder().decode(content);
}

function asciiOf(content: Uint8Array): string {
  return Buffer.from(content).toString("latin1");
}

export const DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";

/** The attributes that Go knows, in the order in which it writes them: the last one first. */
const GO_ORDER = [
  ["2.5.4.5", "SERIALNUMBER"],
  ["2.5.4.3", "CN"],
  ["2.5.4.17", "POSTALCODE"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.8", "ST"],
  ["2.5.4.7", "L"],
  ["2.5.4.11", "OU"],
  ["2.5.4.10", "O"],
  ["2.5.4.6", "C"],
] as const;

/** Names of the attributes, by type. */
export const ATTRIBUTE_NAMES: ReadonlyMap<string, string> = new Map([
  ...GO_ORDER,
  [DOMAIN_COMPONENT, "DC"],
]);

/** As Go's `pkix.Name.ToRDNSequence().String()`: only what it knows, equal types together. */
export function subjectText({ subject }: CertificateNames): string {
  return goText(subject);
}

function goText(subject: CertificateNames["subject"]): string {
  const attributes = subject.flat();
  return GO_ORDER.flatMap(([type, name]) => {
    const same = attributes.filter((one) => one.type === type);
    // Of a name and a serial number it keeps the last one.
    const kept = name === "CN" || name === "SERIALNUMBER" ? same.slice(-1) : same;
    const texts = kept.map(({ value }) => `${name}=${escaped(value)}`);
    return texts.length === 0 ? [] : [texts.join("+")];
  }).join(",");
}

/** The same of a name in DER; "" for what is none. */
export function nameText(der: Uint8Array): string {
  try {
    return goText(derChildren(onlyDerElement(der), DerTag.Sequence).map(attributesOf));
  } catch (error) {
    if (error instanceof DerError) return "";
    throw error;
  }
}

/** RFC 2253, 2.4, as Go does it. */
export function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, "\\$&");
}
