/**
 * Makes certificates as tests need them: with responders whose port is known only when the test
 * runs, of intermediate authorities, out of date. Nobody trusts them but the test.
 */
import { type KeyObject, generateKeyPairSync, sign } from "node:crypto";
import { derEncoded } from "../../src/transport/der-writer.ts";
import { DerTag } from "../../src/transport/der.ts";

const DAY_MS = 86_400_000;
const EXPLICIT_0 = 0xa0;
const EXPLICIT_3 = 0xa3;
const UTF8_STRING = 0x0c;

/** The types that certificates and OCSP answers name here. */
export const TYPES = {
  commonName: "2.5.4.3",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  subjectAlternativeName: "2.5.29.17",
  authorityAccess: "1.3.6.1.5.5.7.1.1",
  ocsp: "1.3.6.1.5.5.7.48.1",
  tlsFeature: "1.3.6.1.5.5.7.1.24",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

const USAGES = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
  ocsp: "1.3.6.1.5.5.7.3.9",
} as const;

export interface CertificateWish {
  readonly name: string;
  /** Itself if there is none. */
  readonly issuer?: MadeCertificate;
  readonly isAuthority?: boolean;
  readonly usages?: readonly (keyof typeof USAGES)[];
  readonly responderUrls?: readonly string[];
  readonly mustStaple?: boolean;
  readonly beginMs?: number;
  readonly endMs?: number;
}

export interface MadeCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly keyPem: string;
  readonly privateKey: KeyObject;
  /** The name in DER, and the public key's bits. */
  readonly subject: Uint8Array;
  readonly keyBits: Uint8Array;
  readonly serialNumber: Uint8Array;
}

export function makeCertificate(wish: CertificateWish): MadeCertificate {
  const { name, issuer, beginMs = Date.now() - DAY_MS, endMs = Date.now() + DAY_MS } = wish;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyInfo = publicKey.export({ type: "spki", format: "der" });
  const subject = nameOf(name);
  const serialNumber = crypto.getRandomValues(new Uint8Array(8));
  // Positive, and without a leading zero.
  serialNumber[0] = 0x40 | (serialNumber[0]! & 0x3f);
  const body = sequence(
    derEncoded(EXPLICIT_0, integer(2)),
    derEncoded(DerTag.Integer, serialNumber),
    sequence(type(TYPES.ecdsaWithSha256)),
    issuer?.subject ?? subject,
    sequence(generalizedTime(beginMs), generalizedTime(endMs)),
    subject,
    keyInfo,
    derEncoded(EXPLICIT_3, sequence(...extensionsOf(wish))),
  );
  const der = signed(body, issuer?.privateKey ?? privateKey);
  return {
    der,
    pem: pemText(der),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
    privateKey,
    subject,
    // A point without compression: what comes last in the key's element.
    keyBits: keyInfo.subarray(-65),
    serialNumber,
  };
}

function extensionsOf({ isAuthority, usages, responderUrls, mustStaple }: CertificateWish) {
  const extensions: Uint8Array[] = [];
  if (isAuthority === true) {
    const yes = derEncoded(DerTag.Boolean, Uint8Array.of(0xff));
    extensions.push(extension(TYPES.basicConstraints, sequence(yes), true));
  }
  if (usages !== undefined) {
    const purposes = usages.map((usage) => type(USAGES[usage]));
    extensions.push(extension(TYPES.extendedKeyUsage, sequence(...purposes)));
    if (usages.includes("server")) {
      const names = sequence(derEncoded(0x82, text("localhost")));
      extensions.push(extension(TYPES.subjectAlternativeName, names));
    }
  }
  if (responderUrls !== undefined) {
    const places = responderUrls.map((url) => {
      return sequence(type(TYPES.ocsp), derEncoded(0x86, text(url)));
    });
    extensions.push(extension(TYPES.authorityAccess, sequence(...places)));
  }
  if (mustStaple === true) extensions.push(extension(TYPES.tlsFeature, sequence(integer(5))));
  return extensions;
}

export function extension(oid: string, value: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [derEncoded(DerTag.Boolean, Uint8Array.of(0xff))] : [];
  return sequence(type(oid), ...critical, derEncoded(DerTag.OctetString, value));
}

/** `body` with the signature behind it; `more` follows. */
export function signed(
  body: Uint8Array,
  key: KeyObject,
  algorithm: string = TYPES.ecdsaWithSha256,
  ...more: readonly Uint8Array[]
): Uint8Array {
  return sequence(body, sequence(type(algorithm)), bitString(sign("sha256", body, key)), ...more);
}

function nameOf(commonName: string): Uint8Array {
  const attribute = sequence(type(TYPES.commonName), derEncoded(UTF8_STRING, text(commonName)));
  return sequence(derEncoded(DerTag.Set, attribute));
}

export function pemText(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return derEncoded(DerTag.Sequence, ...parts);
}

/** Of one byte. */
export function integer(value: number): Uint8Array {
  return derEncoded(DerTag.Integer, Uint8Array.of(value));
}

export function bitString(bytes: Uint8Array): Uint8Array {
  return derEncoded(DerTag.BitString, Uint8Array.of(0), bytes);
}

/** An object identifier as DER has it. */
export function type(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const digits = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) digits.unshift(0x80 | (left & 0x7f));
    return digits;
  });
  return derEncoded(DerTag.ObjectIdentifier, Uint8Array.from(bytes));
}

export function generalizedTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/\.\d+Z$|[-:T]/g, "");
  return derEncoded(DerTag.GeneralizedTime, text(`${digits}Z`));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
