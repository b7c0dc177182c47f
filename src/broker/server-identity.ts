/**
 * Who a server is, as INFO, events and monitoring tell it.
 * Complete once `takeKeys` was called at start; never changed afterwards.
 */

export interface BuildFacts {
  /** The NATS feature level that clients test for. */
  readonly version: string;
  readonly midgeVersion: string;
  readonly runtime: string;
  /** Seven characters, or empty when unknown. */
  readonly gitCommit: string;
}

export class ServerIdentity {
  readonly build: BuildFacts;
  /** Public server nkey, `N…`. */
  id: string;
  /** Public x25519 nkey, `X…`. */
  xkey: string;
  readonly #configuredName: string;

  /** `configuredName` is empty where the id is to be the name. */
  constructor(build: BuildFacts, configuredName: string) {
    this.build = build;
    this.id = "";
    this.xkey = "";
    this.#configuredName = configuredName;
  }

  get name(): string {
    return this.#configuredName === "" ? this.id : this.#configuredName;
  }

  takeKeys(keys: { readonly id: string; readonly xkey: string }): void {
    this.id = keys.id;
    this.xkey = keys.xkey;
  }
}
