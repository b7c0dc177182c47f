/**
 * What happens to connections, for those who tell the world: events of the system account.
 * Connections and log-ins call it, `events-on-demand.ts` implements it; the broker has none where
 * there is no system account. Calls cost next to nothing while nobody listens.
 */
import type { Account } from "./account.ts";
import type { CloseReason } from "./close-reason.ts";
import type { LiveConnection } from "./live-connection.ts";

/** Told to the account whose users somebody is not one of. */
export const AUTH_ERROR_SUBJECT = "$SYS.ACCOUNT.CLIENT.AUTH.ERR";

/** What events tell of a connection. */
export type EventConnection = Pick<
  LiveConnection,
  "account" | "facts" | "inMessages" | "inBytes" | "outMessages" | "outBytes"
>;

/** What events tell of a certificate. */
export interface EventCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256, and all of it, in base64. */
  readonly fingerprint: string;
  readonly raw: string;
}

export interface ConnectionEvents {
  /** It has logged in to its account, once more after another CONNECT or a reload. */
  onConnect(connection: EventConnection): void;
  /** It is closed and does not count in its account any more; also without a log-in. */
  onDisconnect(connection: EventConnection, reason: CloseReason): void;
  /** The account has one connection more or less. */
  onConnectionCount(account: Account): void;
  /**
   * It has not been let in, and is closed next. `judge` is the account whose users it is not one
   * of, which hears of it too: the one it is in, or that of an auth callout. Undefined if nobody
   * has looked at what it says.
   */
  onAuthenticationError(
    connection: EventConnection,
    reason: CloseReason,
    judge: Account | undefined,
  ): void;
  /** OCSP does not call a certificate good that a peer's certificate depends on, or is. */
  onInvalidLink(link: EventCertificate, peer: EventCertificate, reason: string): void;
  /** A peer is refused for that. */
  onPeerRejected(peer: EventCertificate, reason: string): void;
}
