/**
 * Which user a certificate stands for, where the listener has `verify_and_map`: the first of its
 * names that is a user's, in the reference's order (its checkClientTLSCertSubject).
 */
import type { ConnectionType } from "../config/blocks/connection-types.ts";
import {
  type CertificateNames,
  DOMAIN_COMPONENT,
  subjectText,
} from "../transport/certificate-names.ts";
import {
  type DistinguishedName,
  hasSameParts,
  isSameName,
  parseName,
  subjectName,
} from "./distinguished-name.ts";
import type { ListedUser } from "./listed-user.ts";

type Users = ReadonlyMap<string, ListedUser>;

/** Undefined if it is nobody who may come over such a connection. */
export function certificateUser(
  names: CertificateNames,
  users: Users,
  type: ConnectionType,
): ListedUser | undefined {
  const named = (name: string) => {
    const user = users.get(name);
    return user?.obstacle(type) === undefined ? user : undefined;
  };
  for (const name of [...names.emails, ...names.hosts, ...names.uris]) {
    const user = named(name);
    if (user !== undefined) return user;
  }
  const subject = subjectName(names);
  const distinguished = subject && withName(subject, users, type);
  if (distinguished !== undefined) return distinguished;
  const text = subjectText(names);
  const domain = domainText(names);
  return (domain === "" ? undefined : named(`${text},${domain}`)) ?? named(text);
}

function withName(
  subject: DistinguishedName,
  users: Users,
  type: ConnectionType,
): ListedUser | undefined {
  let reordered: ListedUser | undefined;
  for (const [name, user] of users) {
    if (user.obstacle(type) !== undefined) continue;
    const own = parseName(name);
    if (own === undefined) continue;
    if (isSameName(own, subject)) return user;
    if (hasSameParts(own, subject)) reordered ??= user;
  }
  return reordered;
}

/** `DC=com,DC=example`, in the order of the certificate. */
function domainText({ subject }: CertificateNames): string {
  const components = subject.flat().filter(({ type }) => type === DOMAIN_COMPONENT);
  return components.map(({ value }) => `DC=${value}`).join(",");
}
