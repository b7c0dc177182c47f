/**
 * Users as a configuration file declares them: the `users` of the authorization block and of
 * accounts. A user has a name and a password, or an nkey. Passwords stay as they are written, in
 * clear or as a bcrypt hash, and never appear in messages.
 */
import type { ConfigNode, Position } from "../config-node.ts";
import { booleanOf, stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import type { ProblemList } from "../problems.ts";
import { type Block, field, isLeftOut, itemsOr, mapOr, readBlock, readEach } from "./block.ts";
import { type ConnectionType, readConnectionTypes } from "./connection-types.ts";
import { type PermissionSettings, readPermissions } from "./permissions.ts";
import { isPublicKeyFor } from "./public-key.ts";
import { givenText } from "./text-list.ts";

export interface UserSettings {
  /** Undefined for users with an nkey. */
  readonly username: string | undefined;
  /** Undefined if none is asked for, as with client certificates. */
  readonly password: string | undefined;
  /** A public user key. */
  readonly nkey: string | undefined;
  /** Undefined: the default permissions of where the user is declared. */
  readonly permissions: PermissionSettings | undefined;
  /** Undefined: all of them. */
  readonly allowedConnectionTypes: readonly ConnectionType[] | undefined;
  readonly proxyRequired: boolean;
}

const USER_FIELDS = {
  username: field(["user", "username"], stringOf),
  password: field(["pass", "password"], stringOf),
  nkey: field(["nkey"], stringOf),
  permissions: field(["permissions", "permission", "authorization"], readPermissions),
  allowedConnectionTypes: field(
    ["allowed_connection_types", "connection_types", "clients"],
    readConnectionTypes,
  ),
  proxyRequired: field(["proxy_required"], booleanOf),
};

export function readUsers(node: ConfigNode, place: ReadPlace): readonly UserSettings[] {
  const items = itemsOr(node, (found) => `Expected users field to be an array, got ${found}`);
  return readEach(items, place.problems, (item) => readUser(item, place));
}

/** `users` of the authorization block; an empty list is not the same as none. */
export const usersKind = fileOnly<readonly UserSettings[] | undefined>("users", readUsers);

/** What no other user may have: the name or the key. */
export function identityOf(user: UserSettings): string {
  return user.nkey ?? user.username ?? "";
}

/**
 * Reports at `position` those of `users` whose identity is taken, by one of `identities` or by
 * another of them, each once; adds theirs to `identities`.
 */
export function reportDuplicates(
  users: readonly UserSettings[],
  identities: Set<string>,
  position: Position,
  problems: ProblemList,
): void {
  const reported = new Set<string>();
  for (const user of users) {
    const identity = identityOf(user);
    if (identities.has(identity) && !reported.has(identity)) {
      const what = user.nkey === undefined ? "user" : "nkey";
      problems.error(position, `Duplicate ${what} ${JSON.stringify(identity)} detected`);
      reported.add(identity);
    }
    identities.add(identity);
  }
}

/** Undefined for one that cannot be told from others. */
function readUser(node: ConfigNode, place: ReadPlace): UserSettings | undefined {
  const map = mapOr(node, (found) => `Expected user entry to be a map/struct, got ${found}`);
  const block = readBlock(map, USER_FIELDS, place);
  checkUser(block, place.problems);
  const username = givenText(block.values.username);
  const nkey = givenText(block.values.nkey);
  if (username === undefined && nkey === undefined) return undefined;
  const { permissions, allowedConnectionTypes, proxyRequired = false } = block.values;
  return {
    username,
    password: givenText(block.values.password),
    nkey,
    permissions,
    allowedConnectionTypes:
      allowedConnectionTypes?.length === 0 ? undefined : allowedConnectionTypes,
    proxyRequired,
  };
}

function checkUser(block: Block<typeof USER_FIELDS>, problems: ProblemList): void {
  const { given, values } = block;
  if (isLeftOut(given.nkey, values.nkey) && isLeftOut(given.username, values.username)) {
    problems.error(block.end, "User entry requires a user");
  }
  if (!values.nkey || given.nkey === undefined) return;
  if (!isPublicKeyFor("user", values.nkey)) {
    problems.error(given.nkey.position, "Not a valid public nkey for a user");
  }
  if (values.username || values.password) {
    problems.error(block.end, "Nkey users do not take usernames or passwords");
  }
}
