/**
 * Who may connect: plain facts in, a decision out. Connections ask the configured `Authenticator`
 * once per CONNECT; a new mechanism is one file that implements it.
 */
import type { Account } from "../broker/account.ts";

/** What a peer presents. Fields it did not send are empty. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly token: string;
}

/** What a peer gets: the account it works in and its name for logs. */
export interface Grant {
  readonly account: Account;
  /** `user:bob`, `token` …; empty where nobody had to log in. */
  readonly label: string;
}

export interface Authenticator {
  /** Whether a peer has to send CONNECT before anything else, within the time allowed. */
  readonly isRequired: boolean;
  /** The grant, or undefined to refuse. */
  authenticate(credentials: Credentials): Grant | undefined;
}
