/**
 * The user that nobody has configured. Where the configuration has nothing but a system account,
 * its users are meant for those who look after the server; everybody else goes on as without
 * log-in. They are let into the global account as a user that is made for them, a `no_auth_user`.
 */
import type { UserSettings } from "../config/blocks/users.ts";
import { usualAuthTimeoutMs } from "../config/auth-timeout.ts";
import type { Options } from "../config/options.ts";

const SYSTEM_ACCOUNT = "$SYS";

/** Whether there is only a system account, and nothing says how others log in. */
export function hasVisitor(options: Options): boolean {
  const { accounts, noAuthUser, operators } = options;
  const name = options.systemAccount === "" ? SYSTEM_ACCOUNT : options.systemAccount;
  if (accounts.length !== 1 || accounts[0]?.name !== name) return false;
  return noAuthUser === "" && operators === undefined && !hasAuthorizationBlock(options);
}

export function visitorNamed(username: string): UserSettings {
  return {
    username,
    password: undefined,
    nkey: undefined,
    permissions: undefined,
    allowedConnectionTypes: undefined,
    proxyRequired: false,
  };
}

/** As far as options show; an empty block, or one with the usual timeout, leaves no trace. */
function hasAuthorizationBlock(options: Options): boolean {
  const { username, password, authorizationToken, users, defaultPermissions } = options;
  return (
    [username, password, authorizationToken].some((text) => text !== "") ||
    [users, defaultPermissions, options.authCallout].some((value) => value !== undefined) ||
    options.proxyRequired ||
    options.authTimeoutMs !== usualAuthTimeoutMs(options)
  );
}
