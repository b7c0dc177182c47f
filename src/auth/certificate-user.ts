/**
 * Which user a certificate stands for, where the listener has `verify_and_map`: the first of its
 * names that is a user's, in the reference's order and told of in its words (its
 * checkClientTLSCertSubject).
 */
import type { ConnectionType } from "../config/blocks/connection-types.ts";
import {
  type CertificateNames,
  DOMAIN_COMPONENT,
  subjectText,
  wholeSubjectText,
} from "../transport/certificate-names.ts";
import { goQuoted } from "../util/go-quoted.ts";
import type { Credentials } from "./authenticator.ts";
import {
  type DistinguishedName,
  hasSameParts,
  isSameName,
  parseName,
  subjectName,
} from "./distinguished-name.ts";
import type { ListedUser } from "./listed-user.ts";
import { refusals } from "./refusals.ts";

type Users = ReadonlyMap<string, ListedUser>;

/**
 * Undefined if it is nobody whose type of connection this is; whatever else is in the way of the
 * user does not make the next one of it. Tells `debug` why it is who it is.
 */
export function certificateUser(
  { certificate, connectionType }: Pick<Credentials, "certificate" | "connectionType">,
  users: Users,
  debug: (text: string) => void,
): ListedUser | undefined {
  if (certificate === undefined) {
    debug("User required in cert, no TLS connection state");
    return undefined;
  }
  if (!isNamed(certificate)) {
    debug("User required in cert, none found");
    return undefined;
  }
  return new Search(users, connectionType, debug).find(certificate);
}

function isNamed(names: CertificateNames): boolean {
  const { emails, hosts, uris } = names;
  return [emails, hosts, uris].some(({ length }) => length > 0) || wholeSubjectText(names) !== "";
}

/** For one certificate. */
class Search {
  readonly #users: Users;
  readonly #type: ConnectionType;
  readonly #debug: (text: string) => void;

  constructor(users: Users, type: ConnectionType, debug: (text: string) => void) {
    this.#users = users;
    this.#type = type;
    this.#debug = debug;
  }

  find(names: CertificateNames): ListedUser | undefined {
    const user =
      this.#firstOf(names.emails, "email found in cert") ??
      this.#firstOf(names.hosts, "SAN found in cert") ??
      this.#firstOf(names.uris, "URI found in cert");
    if (user !== undefined) return user;
    const text = subjectText(names);
    const subject = subjectName(names);
    const distinguished = subject && this.#withName(subject, text);
    if (distinguished !== undefined) return distinguished;
    const domain = domainText(names);
    if (domain !== "") {
      const whole = `${text},${domain}`;
      const found = this.#firstOf([whole], "RDNSequence");
      if (found !== undefined) return found;
      this.#debug(`RDNSequence could not be used for auth [${goQuoted(whole)}]`);
    }
    const found = this.#firstOf([text], "certificate subject");
    if (found === undefined) this.#debug(`User in cert [${goQuoted(text)}], not found`);
    return found;
  }

  #firstOf(names: readonly string[], what: string): ListedUser | undefined {
    for (const name of names) {
      const user = this.#users.get(name);
      if (user !== undefined && this.#mayCome(user)) return this.#use(user, what);
    }
    return undefined;
  }

  #withName(subject: DistinguishedName, text: string): ListedUser | undefined {
    const user = this.#sameName(subject);
    if (user !== undefined) return this.#use(user, "DistinguishedNameMatch");
    this.#debug(`DistinguishedNameMatch could not be used for auth [${goQuoted(text)}]`);
    return undefined;
  }

  #sameName(subject: DistinguishedName): ListedUser | undefined {
    let reordered: ListedUser | undefined;
    for (const [name, user] of this.#users) {
      if (!this.#mayCome(user)) continue;
      const own = parseName(name);
      if (own === undefined) continue;
      if (isSameName(own, subject)) return user;
      if (hasSameParts(own, subject)) reordered ??= user;
    }
    return reordered;
  }

  #use(user: ListedUser, what: string): ListedUser {
    this.#debug(`Using ${what} for auth [${goQuoted(user.identity)}]`);
    return user;
  }

  #mayCome(user: ListedUser): boolean {
    return user.obstacle(this.#type) !== refusals.connectionType;
  }
}

/** `DC=com,DC=example`, in the order of the certificate. */
function domainText({ subject }: CertificateNames): string {
  const components = subject.flat().filter(({ type }) => type === DOMAIN_COMPONENT);
  return components.map(({ value }) => `DC=${value}`).join(",");
}
