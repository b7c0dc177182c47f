/**
 * One attempt to log in, and who the peer says it is: for logs about refused attempts, and for
 * everything about those whom nothing has made prove it.
 */
import type { Applicant, Credentials } from "./authenticator.ts";

export interface LogIn {
  readonly credentials: Credentials;
  readonly applicant: Applicant;
}

/** Forms of a name. All are empty for who presents nothing. */
export interface Claim {
  /** As in `Grant`. */
  readonly label: string;
  readonly identity: string;
  /** In lines about errors: `User "bob"`. */
  readonly logText: string;
}

const HIDDEN = "[REDACTED]";
const NOBODY: Claim = { label: "", identity: "", logText: "" };
const TOKEN: Claim = { label: "token", identity: HIDDEN, logText: `Token "${HIDDEN}"` };

/** Nothing of it has been checked. A token is never shown. */
export function claimOf({ nkey, user, token }: Credentials): Claim {
  if (nkey !== "") return named("nkey", "Nkey", nkey);
  if (user !== "") return named("user", "User", user);
  return token === "" ? NOBODY : TOKEN;
}

function named(kind: string, title: string, identity: string): Claim {
  return {
    label: `${kind}:${identity}`,
    identity,
    logText: `${title} ${JSON.stringify(identity)}`,
  };
}
