/**
 * The block `auth_callout` (or `auth_hook`) of the authorization block: who decides about log-ins
 * outside the server, and in which account that service is asked.
 */
import type { ConfigNode } from "../config-node.ts";
import { stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import type { ProblemList } from "../problems.ts";
import { type AccountSettings, GLOBAL_ACCOUNT } from "./accounts.ts";
import { type Block, field, itemsOr, mapOr, readBlock, readEach } from "./block.ts";
import { isPublicKeyFor, shownKey } from "./public-key.ts";

export interface AuthCalloutSettings {
  /** Public account key that the answers are signed with. */
  readonly issuer: string;
  /** Where the service is asked. */
  readonly account: string;
  /** Names and keys of users who log in without it, such as the service itself; at least one. */
  readonly authUsers: readonly string[];
  /** Public curve key of the service, for requests that are sealed. */
  readonly xkey: string | undefined;
  /** Accounts whose users it may judge; empty: all. */
  readonly allowedAccounts: readonly string[];
}

const CALLOUT_FIELDS = {
  issuer: field(["issuer"], readIssuer),
  account: field(["account", "acc"], stringOf),
  authUsers: field(["auth_users", "users"], (node, place) =>
    readTexts(node, place, "auth_users field"),
  ),
  xkey: field(["xkey", "key"], readXkey),
  allowedAccounts: field(["allowed_accounts"], (node, place) =>
    readTexts(node, place, "allowed accounts field"),
  ),
};

export const authCalloutKind = fileOnly<AuthCalloutSettings | undefined>(
  "auth callout",
  readAuthCallout,
);

/** Reports accounts that the callout names and that do not exist. */
export function checkAuthCallout(
  callout: AuthCalloutSettings,
  accounts: readonly AccountSettings[],
  problems: ProblemList,
): void {
  const names = new Set([GLOBAL_ACCOUNT, ...accounts.map(({ name }) => name)]);
  for (const name of callout.allowedAccounts) {
    if (names.has(name)) continue;
    const account = JSON.stringify(name);
    // Without a place, as nats-server says it.
    problems.errors.push(
      `auth_callout allowed account ${account} not found in configured accounts`,
    );
  }
}

function readAuthCallout(node: ConfigNode, place: ReadPlace): AuthCalloutSettings {
  const wanted = "Expected authorization callout to be a map/struct";
  const map = mapOr(node, (found) => `${wanted}, got ${found}`);
  const block = readBlock(map, CALLOUT_FIELDS, place, (quotedKey) => {
    return `Unknown field ${quotedKey} parsing authorization callout`;
  });
  reportMissing(block, place.problems);
  const { issuer = "", account = "", authUsers = [], xkey, allowedAccounts = [] } = block.values;
  return {
    issuer,
    account: account === "" ? GLOBAL_ACCOUNT : account,
    authUsers,
    xkey,
    allowedAccounts,
  };
}

function reportMissing(
  { given, values, end }: Block<typeof CALLOUT_FIELDS>,
  problems: ProblemList,
) {
  if (given.issuer === undefined) {
    problems.error(end, "Authorization callouts require an issuer to be specified");
  }
  const hasUsers = values.authUsers === undefined || values.authUsers.length > 0;
  if (given.authUsers === undefined || !hasUsers) {
    problems.error(end, "Authorization callouts require authorized users to be specified");
  }
}

function readTexts(node: ConfigNode, { problems }: ReadPlace, what: string): readonly string[] {
  const items = itemsOr(node, (found) => `Expected ${what} to be an array, got ${found}`);
  return readEach(items, problems, stringOf);
}

function readIssuer(node: ConfigNode): string {
  return readKey(node, "account", "callout user to be a valid public account nkey");
}

function readXkey(node: ConfigNode): string {
  return readKey(node, "curve", "callout xkey to be a valid public xkey");
}

function readKey(node: ConfigNode, role: "account" | "curve", wanted: string): string {
  const text = stringOf(node);
  if (isPublicKeyFor(role, text)) return text;
  throw new OptionValueError(`Expected ${wanted}, got ${shownKey(text)}`);
}
