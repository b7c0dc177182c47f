/**
 * Who a server is, as INFO, events and monitoring tell it.
 * The server fills it in when it starts (`server/identity.ts`).
 */
export interface ServerIdentity {
  /** Public server nkey, `N…`. */
  readonly id: string;
  readonly name: string;
  /** Public x25519 nkey, `X…`. */
  readonly xkey: string;
  /** The NATS feature level that clients test for. */
  readonly version: string;
  readonly midgeVersion: string;
  readonly runtime: string;
  /** Seven characters, or empty when unknown. */
  readonly gitCommit: string;
}
