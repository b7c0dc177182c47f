/**
 * Authenticators for brokers in memory: those that options make, and one by which everybody works
 * in the account that they name.
 */
import { AuthResources } from "../../src/auth/auth-resources.ts";
import type { Authenticator, Grant } from "../../src/auth/authenticator.ts";
import { makeAuthenticator } from "../../src/auth/make-authenticator.ts";
import type { Account } from "../../src/broker/account.ts";
import type { Broker } from "../../src/broker/broker.ts";
import { PermissionTable } from "../../src/broker/permissions.ts";
import { type Options, defaultOptions } from "../../src/config/options.ts";

/** What a server with these options has; their accounts have to exist. */
export function configured(options: Partial<Options>): (broker: Broker) => Authenticator {
  return (broker) =>
    makeAuthenticator(
      { ...defaultOptions(), ...options },
      broker,
      new PermissionTable(),
      new AuthResources(),
    );
}

/** Lets everybody in, to the account that `accountFor` gives for the user's name. */
export function byName(accountFor: (user: string) => Account): Authenticator {
  const grantFor = (user: string): { grant: Grant } => ({
    grant: {
      account: accountFor(user),
      permissions: undefined,
      label: user === "" ? "" : `user:${user}`,
      identity: user,
      listedAs: "",
      proof: "",
    },
  });
  return {
    isRequired: false,
    isAnnounced: false,
    needsNonce: false,
    authenticateSilent: () => grantFor(""),
    authenticate: ({ user }) => grantFor(user),
    accountOf: () => undefined,
  };
}
