/**
 * Who may connect: plain facts in, a verdict out. Connections ask the authenticator in force at
 * each CONNECT, and again after a reload. The configured one is a chain of methods (`chain.ts`);
 * another mechanism is one file that makes a `Method` (`method.ts`) and one row in its table.
 */
import type { Account } from "../broker/account.ts";
import type { CloseReason } from "../broker/close-reason.ts";
import type { Permissions } from "../broker/permissions.ts";
import type { ConnectionType } from "../config/blocks/connection-types.ts";
import type { CertificateNames } from "../transport/certificate-names.ts";

/** What a peer presents. Texts that it did not send are empty. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly token: string;
  /** Public key in nkey form; `signature` is its signature of the nonce, in base64. */
  readonly nkey: string;
  readonly signature: string;
  readonly jwt: string;
  /** What INFO gave the connection to sign; "" if nothing. */
  readonly nonce: string;
  readonly connectionType: ConnectionType;
  /** Of the peer's certificate; undefined without one. */
  readonly certificate: CertificateNames | undefined;
  /** Where the peer is; each address gets its share of the checks that take time. */
  readonly address: string;
}

/** Who asks, as far as work that takes time has to know. */
export interface Applicant {
  /** Whether somebody still waits for the answer. */
  readonly isLive: boolean;
  /**
   * What it already holds for these same credentials, when a reload has them judged again;
   * undefined at each CONNECT.
   */
  readonly grant: Grant | undefined;
  /** Tells the log how the decision comes about, as something of the connection. */
  debug(text: string): void;
  /** Tells the log of something in the credentials that its operator should know. */
  warn(text: string): void;
}

/** What a peer gets. */
export interface Grant {
  readonly account: Account;
  /** Undefined: whatever any client may do. */
  readonly permissions: Permissions | undefined;
  /** For logs, as nats-server has it: `user:bob`, `token`, `nkey:U…`; "" for nobody. */
  readonly label: string;
  /** In monitoring and events: the key, else the user, else "[REDACTED]"; "" for nobody. */
  readonly identity: string;
  /** Under which name or key the configuration lists the user; "" for who is in no list. */
  readonly listedAs: string;
  /** The hash or key that the credentials have been checked against, if that took time; else "". */
  readonly proof: string;
}

/** Why a peer is refused. */
export interface Refusal {
  /** What metrics call the reason. */
  readonly label: string;
  /** For the log, never with a secret. The peer only learns that it is refused. */
  readonly reason: string;
  readonly closes: CloseReason;
}

export type Verdict = { readonly grant: Grant } | { readonly refusal: Refusal };

export interface Authenticator {
  /** Whether a peer has to send CONNECT before anything else, within the time allowed. */
  readonly isRequired: boolean;
  /** What the first INFO says of that: false where those without credentials have a user. */
  readonly isAnnounced: boolean;
  /** Whether INFO gives each connection something to sign. */
  readonly needsNonce: boolean;
  /**
   * The verdict on a peer that has sent no CONNECT and begins with another operation; undefined
   * where it has to send one first. Of its credentials, only the type of connection counts.
   */
  authenticateSilent(credentials: Credentials): Verdict | undefined;
  /** A promise, which never rejects, only where work is done off the loop: bcrypt, signatures. */
  authenticate(credentials: Credentials, applicant?: Applicant): Verdict | Promise<Verdict>;
  /** The account that the configuration now has for a user `listedAs`; undefined if it has none. */
  accountOf(listedAs: string): Account | undefined;
}
