/**
 * Where a TLS context has the OCSP response from that it sends with its certificate. The server
 * implements it; see `server/staple-upkeep.ts`.
 */
export interface StapleSource {
  /** In DER; undefined while there is none that is valid. */
  readonly current: Uint8Array | undefined;
  /** Asks the responders; resolves to the reason if there is no valid response after that. */
  renew(): Promise<Error | undefined>;
}
