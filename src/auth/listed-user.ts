/**
 * One user of a list in the configuration: of the authorization block or of an account. Methods
 * look it up by name or key, check the secret, and hand out what it is granted.
 */
import type { Account } from "../broker/account.ts";
import type { Permissions } from "../broker/permissions.ts";
import type { ConnectionType } from "../config/blocks/connection-types.ts";
import type { PermissionSettings } from "../config/blocks/permissions.ts";
import { type UserSettings, identityOf } from "../config/blocks/users.ts";
import type { Grant, Verdict } from "./authenticator.ts";
import { refusals } from "./refusals.ts";
import { proofOf } from "./secrets.ts";

/** As in `broker/permissions.ts`: equal settings give the same object. */
export interface PermissionLookup {
  of(settings: PermissionSettings | undefined): Permissions | undefined;
}

export class ListedUser {
  readonly identity: string;
  readonly isNkey: boolean;
  /** As configured, in clear or as a hash; "" if none is asked for, and for keys. */
  readonly password: string;
  readonly account: Account;
  readonly #settings: UserSettings;
  readonly #permissions: PermissionSettings | undefined;
  readonly #table: PermissionLookup;
  /** Made at the first log-in and the same for all of them. */
  #granted: Verdict | undefined;
  #grantedUnproven: Verdict | undefined;

  constructor(
    settings: UserSettings,
    account: Account,
    defaults: PermissionSettings | undefined,
    table: PermissionLookup,
  ) {
    this.identity = identityOf(settings);
    this.isNkey = settings.nkey !== undefined;
    this.password = settings.password ?? "";
    this.account = account;
    this.#settings = settings;
    this.#permissions = settings.permissions ?? defaults;
    this.#table = table;
    this.#granted = undefined;
    this.#grantedUnproven = undefined;
  }

  /** Why nobody can be this user over such a connection, whatever they know. */
  obstacle(type: ConnectionType): Verdict | undefined {
    const { allowedConnectionTypes: allowed, proxyRequired } = this.#settings;
    if (allowed !== undefined && !allowed.includes(type)) return refusals.connectionType;
    // No proxy is trusted, so that no connection comes through one.
    return proxyRequired ? refusals.proxyRequired : undefined;
  }

  /** For whoever has proved to be this user. */
  get granted(): Verdict {
    const proof = this.isNkey ? this.identity : proofOf(this.password);
    this.#granted ??= { grant: this.#grant(proof) };
    return this.#granted;
  }

  /** For those who are this user because they have presented nothing. */
  get grantedUnproven(): Verdict {
    this.#grantedUnproven ??= { grant: this.#grant("") };
    return this.#grantedUnproven;
  }

  #grant(proof: string): Grant {
    return {
      account: this.account,
      permissions: this.#table.of(this.#permissions),
      label: `${this.isNkey ? "nkey" : "user"}:${this.identity}`,
      identity: this.identity,
      listedAs: this.identity,
      proof,
    };
  }
}
