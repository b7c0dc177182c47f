/**
 * No log-in: everybody works in the global account, under the name that they give themselves.
 * The authenticator of a server for which nothing about users is configured.
 */
import type { Account } from "../broker/account.ts";
import type { Authenticator, Credentials, Verdict } from "./authenticator.ts";
import { claimOf } from "./log-in.ts";

export class OpenAccess implements Authenticator {
  readonly isRequired = false;
  readonly isAnnounced = false;
  readonly needsNonce = false;
  readonly #account: Account;
  /** For all who give no name. */
  readonly #nobody: Verdict;

  constructor(account: Account) {
    this.#account = account;
    this.#nobody = this.#granted("", "");
  }

  authenticateSilent(): Verdict {
    return this.#nobody;
  }

  authenticate(credentials: Credentials): Verdict {
    const { label, identity } = claimOf(credentials);
    return identity === "" ? this.#nobody : this.#granted(label, identity);
  }

  accountOf(): Account | undefined {
    return undefined;
  }

  #granted(label: string, identity: string): Verdict {
    const account = this.#account;
    return {
      grant: { account, permissions: undefined, label, identity, listedAs: "", proof: "" },
    };
  }
}
