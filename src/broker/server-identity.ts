/**
 * Who a server is, as INFO, events and monitoring tell it.
 * Made once at start and never changed.
 */

/** Who this server is; made once at start. */
export interface ServerIdentity {
  /** Public server nkey, `N…`. */
  readonly id: string;
  readonly name: string;
  /** Public x25519 nkey, `X…`. */
  readonly xkey: string;
  readonly version: string;
  readonly midgeVersion: string;
  readonly runtime: string;
  /** Seven characters, or empty when unknown. */
  readonly gitCommit: string;
}
