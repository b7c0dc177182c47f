/**
 * Makes the authenticator that the options ask for. Called at the start of a server and by each
 * reload, when the accounts are there already.
 */
import type { Account } from "../broker/account.ts";
import type { PermissionSettings } from "../config/blocks/permissions.ts";
import type { UserSettings } from "../config/blocks/users.ts";
import type { Options } from "../config/options.ts";
import { assert } from "../util/assert.ts";
import type { AuthResources } from "./auth-resources.ts";
import type { Authenticator } from "./authenticator.ts";
import { Chain } from "./chain.ts";
import { ListedUser, type PermissionLookup } from "./listed-user.ts";
import { OpenAccess } from "./open-access.ts";
import { Secrets } from "./secrets.ts";
import { hasVisitor, visitorNamed } from "./visitor.ts";

/** The accounts of a broker. */
export interface AccountLookup {
  readonly globalAccount: Account;
  account(name: string): Account | undefined;
}

/** Every account that the options name has to exist. */
export function makeAuthenticator(
  options: Options,
  accounts: AccountLookup,
  permissions: PermissionLookup,
  resources: AuthResources,
): Authenticator {
  const listed = new UserList(permissions);
  const { globalAccount } = accounts;
  listed.add(options.users ?? [], globalAccount, options.defaultPermissions);
  for (const { name, users, defaultPermissions } of options.accounts) {
    const account = accounts.account(name);
    assert(account !== undefined, `account ${name} exists`);
    listed.add(users, account, defaultPermissions);
  }
  const isVisited = hasVisitor(options);
  if (isVisited) listed.add([visitorNamed(resources.visitorName)], globalAccount, undefined);
  const { users, nkeys } = listed;
  if (!isLogInRequired(options, listed)) return new OpenAccess(globalAccount);
  const noAuthUser = isVisited ? resources.visitorName : options.noAuthUser;
  const secrets = new Secrets(resources.hashes);
  const isAnnounced = isVisited || noAuthUser === "";
  return new Chain({ options, globalAccount, users, nkeys, noAuthUser, secrets }, isAnnounced);
}

/** A password without a user is of no use. */
function isLogInRequired(options: Options, { users, nkeys }: UserList): boolean {
  const hasSingle = options.username !== "" || options.authorizationToken !== "";
  return hasSingle || users.size > 0 || nkeys.size > 0;
}

/** The users of all accounts, those with keys apart. */
class UserList {
  readonly users: Map<string, ListedUser>;
  readonly nkeys: Map<string, ListedUser>;
  readonly #permissions: PermissionLookup;

  constructor(permissions: PermissionLookup) {
    this.users = new Map();
    this.nkeys = new Map();
    this.#permissions = permissions;
  }

  /** `defaults` are for users without permissions of their own. */
  add(
    users: readonly UserSettings[],
    account: Account,
    defaults: PermissionSettings | undefined,
  ): void {
    for (const settings of users) {
      const user = new ListedUser(settings, account, defaults, this.#permissions);
      (user.isNkey ? this.nkeys : this.users).set(user.identity, user);
    }
  }
}
