/**
 * This server's identity: what the build says, the configured name and, from `takeKeys` on, the
 * keys of this run. Complete before the first connection.
 */
import type { ServerIdentity } from "../broker/server-identity.ts";
import type { ServerKeys } from "../util/nkeys.ts";
import { GIT_COMMIT, MIDGE_VERSION, NATS_VERSION } from "../util/version.ts";

export class RunIdentity implements ServerIdentity {
  readonly version = NATS_VERSION;
  readonly midgeVersion = MIDGE_VERSION;
  readonly runtime = `bun${Bun.version}`;
  readonly gitCommit = GIT_COMMIT;
  id: string;
  xkey: string;
  readonly #configuredName: string;

  /** `configuredName` is empty where the id is to be the name. */
  constructor(configuredName: string) {
    this.id = "";
    this.xkey = "";
    this.#configuredName = configuredName;
  }

  get name(): string {
    return this.#configuredName === "" ? this.id : this.#configuredName;
  }

  takeKeys(keys: ServerKeys): void {
    this.id = keys.id;
    this.xkey = keys.xkey;
  }
}
