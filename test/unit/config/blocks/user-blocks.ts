/**
 * Reads the blocks about users and accounts out of a text, as the loader of a whole configuration
 * does: `authorization`, `accounts`, `mappings`, `proxies`, `no_system_account` and `no_auth_user`.
 */
import { type AccountSettings, accountsKind } from "../../../../src/config/blocks/accounts.ts";
import {
  type AuthCalloutSettings,
  authCalloutKind,
  checkAuthCallout,
} from "../../../../src/config/blocks/auth-callout.ts";
import {
  type AuthorizationSettings,
  checkAuthorization,
  noAuthUserProblem,
} from "../../../../src/config/blocks/authorization.ts";
import { field, readBlock } from "../../../../src/config/blocks/block.ts";
import { checkAccounts } from "../../../../src/config/blocks/check-accounts.ts";
import { type MappingSettings, mappingsKind } from "../../../../src/config/blocks/mappings.ts";
import {
  type PermissionSettings,
  permissionsKind,
} from "../../../../src/config/blocks/permissions.ts";
import { proxiesKind } from "../../../../src/config/blocks/proxies.ts";
import { usersKind } from "../../../../src/config/blocks/users.ts";
import { booleanOf, stringOf } from "../../../../src/config/node-values.ts";
import { timeout } from "../../../../src/config/option-kinds.ts";
import { ProblemList } from "../../../../src/config/problems.ts";
import { ROOT, parse } from "../config-texts.ts";

/** Keys made for these tests. */
export const USER_KEY = "UDUKQ7BRMJBZJYD5S74YFP2MZDEZYBXO2RN4TNWRV2PUKBECIE4HBS32";
export const OTHER_USER_KEY = "UBRGGGF6PNHODEXPAL5ITRWTQH4ZJI6CWID3DDXAARJODICYAPXPB6AP";
export const ACCOUNT_KEY = "ADAAHK3OMO42B3TKZ7YEBLKBWW4IOE4BAWJTSQGU5UM5YASFZX4C52JX";
export const CURVE_KEY = "XBSJV4VSE27BN23JAUTKZFI35WN242T7UKSNKJ3GZFYSMYKQOAIUNUQV";
export const SERVER_KEY = "NCMMMOIQKQHGZFXHEJDBHEBB32EKMDO5H6W6OR255763RV6MM74QUYJE";
/** Not a public key: who has it can log in. */
export const USER_SEED = "SUACWY54QAX2ZFF4D2FYARVTYCYRSG5KQKIMY56MJQIKELBO4VZ27R76XE";

const AUTHORIZATION_FIELDS = {
  username: field(["user", "username"], stringOf),
  password: field(["password", "pass"], stringOf),
  token: field(["token"], stringOf),
  timeoutMs: field(["timeout"], timeout().read),
  users: field(["users"], usersKind.read),
  defaultPermissions: field(
    ["default_permissions", "default_permission", "permissions"],
    permissionsKind.read,
  ),
  authCallout: field(["auth_callout", "auth_hook"], authCalloutKind.read),
  proxyRequired: field(["proxy_required"], booleanOf),
};

const TOP_FIELDS = {
  authorization: field(["authorization"], (node, place) => {
    return readBlock(node, AUTHORIZATION_FIELDS, place).values;
  }),
  accounts: field(["accounts"], accountsKind.read),
  mappings: field(["mappings", "maps"], mappingsKind.read),
  proxies: field(["proxies"], proxiesKind.read),
  noSystemAccount: field(["no_system_account"], booleanOf),
  noAuthUser: field(["no_auth_user"], stringOf),
};

/** What the text says, and what is wrong with it: "line:column: reason". */
export interface UserBlocks {
  readonly authorization: AuthorizationSettings | undefined;
  readonly defaultPermissions: PermissionSettings | undefined;
  readonly authCallout: AuthCalloutSettings | undefined;
  readonly accounts: readonly AccountSettings[];
  readonly mappings: readonly MappingSettings[];
  readonly proxies: readonly string[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export function readUserBlocks(text: string): UserBlocks {
  const problems = new ProblemList();
  const { values, given } = readBlock(parse(text), TOP_FIELDS, { key: "", problems });
  const { accounts = [], mappings = [], proxies = [], noAuthUser = "" } = values;
  const block = values.authorization;
  const authorization =
    block === undefined
      ? undefined
      : {
          username: block.username ?? "",
          password: block.password ?? "",
          token: block.token ?? "",
          users: block.users,
        };
  if (authorization !== undefined && given.authorization !== undefined) {
    checkAuthorization(authorization, given.authorization.position, problems);
  }
  if (given.accounts !== undefined) {
    const { position } = given.accounts;
    const hasSystemAccount = values.noSystemAccount !== true;
    checkAccounts(accounts, { position, authorization, hasSystemAccount }, problems);
  }
  if (block?.authCallout !== undefined) checkAuthCallout(block.authCallout, accounts, problems);
  const noAuthUserText = noAuthUserProblem(noAuthUser, block?.users, accounts);
  if (noAuthUserText !== undefined) problems.errors.push(noAuthUserText);
  return {
    authorization,
    defaultPermissions: block?.defaultPermissions,
    authCallout: block?.authCallout,
    accounts,
    mappings,
    proxies,
    errors: problems.errors.map(withoutFile),
    warnings: problems.warnings.map(withoutFile),
  };
}

function withoutFile(line: string): string {
  return line.startsWith(`${ROOT}:`) ? line.slice(ROOT.length + 1) : line;
}

/** A text with something wrong, and all that is said about it. */
export interface Refusal {
  /** What is wrong, to go on after "reports ". */
  readonly what: string;
  readonly text: string;
  /** "line:column: reason", in their order. */
  readonly errors: readonly string[];
}
