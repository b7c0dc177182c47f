/**
 * Distinguished names as users of a configuration are named by them (RFC 4514), compared with the
 * subjects of certificates as nats-server does.
 */
import { fromBinaryText } from "../util/binary-text.ts";
import { binaryTextOf } from "../util/bytes.ts";
import { ATTRIBUTE_NAMES, type CertificateNames } from "../transport/certificate-names.ts";

interface Attribute {
  readonly name: string;
  readonly value: string;
}

/** The most special part first; each is a set of attributes. */
export type DistinguishedName = readonly (readonly Attribute[])[];

/** Of a certificate; undefined if it has an attribute that nats-server does not know. */
export function subjectName({ subject }: CertificateNames): DistinguishedName | undefined {
  const parts: Attribute[][] = [];
  for (const attributes of subject.toReversed()) {
    const part: Attribute[] = [];
    for (const { type, value } of attributes) {
      const name = ATTRIBUTE_NAMES.get(type);
      if (name === undefined) return undefined;
      part.push({ name, value });
    }
    if (part.length > 0) parts.push(part);
  }
  return parts;
}

/** Undefined for what is no such name, as most users have. */
export function parseName(text: string): DistinguishedName | undefined {
  const parts: Attribute[][] = [];
  let part: Attribute[] = [];
  const attribute =
    /^ *([^ =,+\\][^=,+\\]*?) *=(?!#) *((?:\\(?:[ "#+,;<=>\\]|[\da-f]{2})|[^\\,+=])*)(,|\+|$)/i;
  for (let rest = text; ;) {
    const found = attribute.exec(rest);
    if (found === null) return undefined;
    const [whole, name = "", value = "", end] = found;
    part.push({ name, value: unescaped(value) });
    rest = rest.slice(whole.length);
    if (end === "+") continue;
    parts.push(part);
    part = [];
    // nats-server leaves out the last part then, which nobody can have meant.
    if (end === "" && value === "") return undefined;
    if (end !== ",") return parts;
  }
}

/** Blanks at the end do not count unless they are escaped. */
function unescaped(value: string): string {
  const kept = value.replace(/((?:^|[^\\])(?:\\\\)*) +$/, "$1");
  // One character per byte, since escaped bytes are those of UTF-8.
  const binary = binaryTextOf(kept);
  const bytes = binary.replace(/\\(?:([\da-f]{2})|(.))/gi, (_, hex: string | undefined, plain) =>
    hex === undefined ? String(plain) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return fromBinaryText(bytes);
}

/** With the parts in the same order. */
export function isSameName(left: DistinguishedName, right: DistinguishedName): boolean {
  return left.length === right.length && left.every((part, i) => isSamePart(part, right[i]!));
}

/** With the parts in any order. */
export function hasSameParts(left: DistinguishedName, right: DistinguishedName): boolean {
  if (left.length !== right.length) return false;
  const others = [...right];
  return left.every((part) => {
    const index = others.findIndex((other) => isSamePart(part, other));
    if (index >= 0) others.splice(index, 1);
    return index >= 0;
  });
}

function isSamePart(left: readonly Attribute[], right: readonly Attribute[]): boolean {
  const hasAll = (some: readonly Attribute[], all: readonly Attribute[]) =>
    some.every((one) => all.some((other) => isSameAttribute(one, other)));
  return left.length === right.length && hasAll(left, right) && hasAll(right, left);
}

function isSameAttribute(left: Attribute, right: Attribute): boolean {
  return left.name.toUpperCase() === right.name.toUpperCase() && left.value === right.value;
}
