/**
 * Who may come in, and to which accounts: makes of the options the accounts of the broker and the
 * authenticator. What only a server with users or accounts needs is loaded when one has some.
 */
import type { AccountSetUp } from "../broker/account-set-up.ts";
import type { Broker } from "../broker/broker.ts";
import type { PermissionTable } from "../broker/permissions.ts";
import type { AuthResources } from "../auth/auth-resources.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { FailedLogins } from "../auth/failed-logins.ts";
import type { makeAuthenticator } from "../auth/make-authenticator.ts";
import type { hasPlainPasswords } from "../auth/plain-passwords.ts";
import { OpenAccess } from "../auth/open-access.ts";
import type { Options } from "../config/options.ts";
import type { Clock } from "../util/clock.ts";

/** What is loaded when it is needed. */
interface Parts {
  readonly accounts: AccountSetUp;
  readonly permissions: PermissionTable;
  readonly resources: AuthResources;
  readonly makeAuthenticator: typeof makeAuthenticator;
  readonly hasPlainPasswords: typeof hasPlainPasswords;
  readonly failedLogins: FailedLogins;
}

/** Who makes connections ask. */
export interface AccessUser {
  authenticator: Authenticator;
  failedLogins: FailedLogins | undefined;
}

/** How long an address waits that has failed too often: at first, and at most. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5000;

export class Access {
  readonly #broker: Broker;
  readonly #clock: Clock;
  #parts: Parts | undefined;

  constructor(broker: Broker, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
    this.#parts = undefined;
  }

  /** To be called, and waited for, before `apply`. */
  async prepare(options: Options): Promise<void> {
    if (this.#parts === undefined && isRestricted(options)) {
      this.#parts = await loadParts(this.#broker, this.#clock);
    }
  }

  /** Whether the options give passwords away to everybody who can read them. */
  hasPlainPasswords(options: Options): boolean {
    return this.#parts?.hasPlainPasswords(options) ?? false;
  }

  /** Makes the accounts what the options say, and tells who decides about log-ins from now on. */
  apply(options: Options, user: AccessUser): void {
    const parts = this.#parts;
    if (parts === undefined) {
      user.authenticator = new OpenAccess(this.#broker.globalAccount);
      return;
    }
    const { accounts, permissions, resources, failedLogins } = parts;
    accounts.apply(options);
    user.authenticator = parts.makeAuthenticator(options, this.#broker, permissions, resources);
    const after = options.loginThrottle;
    const delays = { delayMs: FIRST_DELAY_MS, maxDelayMs: LONGEST_DELAY_MS };
    failedLogins.settings = after === 0 ? undefined : { after, ...delays };
    user.failedLogins = after === 0 ? undefined : failedLogins;
  }
}

/** Whether the options say anything about users or accounts. */
function isRestricted(options: Options): boolean {
  const { username, password, authorizationToken, users, accounts, mappings } = options;
  return (
    username !== "" ||
    password !== "" ||
    authorizationToken !== "" ||
    users !== undefined ||
    accounts.length > 0 ||
    mappings.length > 0
  );
}

async function loadParts(broker: Broker, clock: Clock): Promise<Parts> {
  const [setUp, permissions, resources, authenticator, passwords, failures] = await Promise.all([
    import("../broker/account-set-up.ts"),
    import("../broker/permissions.ts"),
    import("../auth/auth-resources.ts"),
    import("../auth/make-authenticator.ts"),
    import("../auth/plain-passwords.ts"),
    import("../auth/failed-logins.ts"),
  ]);
  return {
    accounts: new setUp.AccountSetUp(broker),
    permissions: new permissions.PermissionTable(),
    resources: new resources.AuthResources(),
    makeAuthenticator: authenticator.makeAuthenticator,
    hasPlainPasswords: passwords.hasPlainPasswords,
    failedLogins: new failures.FailedLogins(clock, undefined),
  };
}
