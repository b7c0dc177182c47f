/**
 * What the fields of the block `authorization` have to do with each other: one user, or a token, or
 * a list of users. Called by the loader once the whole file has been read. Also whether the user
 * exists as whom those log in who present nothing.
 */
import type { Position } from "../config-node.ts";
import type { ProblemList } from "../problems.ts";
import type { AccountSettings } from "./accounts.ts";
import { type UserSettings, identityOf, reportDuplicates } from "./users.ts";

export interface AuthorizationSettings {
  /** "" where it is not set. */
  readonly username: string;
  readonly password: string;
  readonly token: string;
  /** Undefined if there is no list, which is not the same as an empty one. */
  readonly users: readonly UserSettings[] | undefined;
}

/** Reports contradictions within the block that stands at `position`. */
export function checkAuthorization(
  { username, password, token, users }: AuthorizationSettings,
  position: Position,
  problems: ProblemList,
): void {
  if ((username !== "" || password !== "") && token !== "") {
    problems.error(position, "Cannot have a user/pass and token");
    return;
  }
  if (users === undefined) return;
  if (username !== "") {
    problems.error(position, "Can not have a single user/pass and a users array");
  } else if (token !== "") {
    problems.error(position, "Can not have a token and a users array");
  }
  reportDuplicates(users, new Set(), position, problems);
}

/** Why nobody can log in as `noAuthUser`; undefined if they can, or if it is "". */
export function noAuthUserProblem(
  noAuthUser: string,
  users: readonly UserSettings[] | undefined,
  accounts: readonly AccountSettings[],
): string | undefined {
  if (noAuthUser === "") return undefined;
  const all = [...(users ?? []), ...accounts.flatMap((account) => account.users)];
  if (all.some((user) => identityOf(user) === noAuthUser)) return undefined;
  const named = `no_auth_user: "${noAuthUser}"`;
  if (all.length === 0) return `${named} present, but users/nkeys are not defined`;
  return `${named} not present as user or nkey in authorization block or account configuration`;
}
