/**
 * No log-in: everybody works in the global account.
 * The authenticator of a server for which nothing about users is configured.
 */
import type { Account } from "../broker/account.ts";
import type { Authenticator, Grant } from "./authenticator.ts";

export class OpenAccess implements Authenticator {
  readonly isRequired = false;
  readonly #grant: Grant;

  constructor(account: Account) {
    this.#grant = { account, label: "" };
  }

  authenticate(): Grant {
    return this.#grant;
  }
}
