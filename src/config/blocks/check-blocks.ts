/**
 * Whether the blocks of a configuration fit together: users, accounts, listeners and operators.
 * Called by the loader once the whole file has been read; each check is in the file of its block.
 */
import { NATS_VERSION } from "../../util/version.ts";
import type { Position } from "../config-node.ts";
import { type OptionName, type Options, defaultOptions } from "../options.ts";
import type { ProblemList } from "../problems.ts";
import {
  type AuthorizationSettings,
  checkAuthorization,
  noAuthUserProblem,
} from "./authorization.ts";
import { checkAuthCallout } from "./auth-callout.ts";
import { checkAccounts } from "./check-accounts.ts";
import type { LogInSurroundings } from "./listener-authorization.ts";
import { checkMqtt } from "./mqtt.ts";
import type { FileView } from "./named-files.ts";
import { checkOperators, resolverOf } from "./operator-mode.ts";
import { type Operator, readOperator } from "./operators.ts";
import { checkResolver } from "./resolver.ts";
import { checkTls } from "./tls.ts";
import { checkWebsocket } from "./websocket.ts";

/** `positions` by the first key of an option or block. */
export function checkBlocks(
  values: ReadonlyMap<OptionName, unknown>,
  positions: ReadonlyMap<string, Position>,
  files: FileView,
  problems: ProblemList,
): void {
  const options: Options = { ...defaultOptions(), ...Object.fromEntries(values) };
  const authorization: AuthorizationSettings = {
    username: options.username,
    password: options.password,
    token: options.authorizationToken,
    users: options.users,
  };
  const place = positions.get("authorization");
  if (place !== undefined) checkAuthorization(authorization, place, problems);
  const position = positions.get("accounts");
  if (position !== undefined) {
    const surroundings = {
      position,
      authorization: place === undefined ? undefined : authorization,
      hasSystemAccount: !options.noSystemAccount,
    };
    checkAccounts(options.accounts, surroundings, problems);
  }
  if (options.authCallout !== undefined) {
    checkAuthCallout(options.authCallout, options.accounts, problems);
  }
  // What follows says little while a part could not be read.
  if (problems.errors.length === 0) problems.errors.push(...surroundingProblems(options, files));
}

/** The rules that nats-server checks with the complete options, in its words. */
function surroundingProblems(options: Options, files: FileView): string[] {
  const lines: string[] = [];
  const operators = (options.operators ?? []).map((reference) => {
    return readOperator(reference, (path) => files.read(path));
  });
  const { users, accounts, trustedKeys = [], noAuthUser } = options;
  const logIns: LogInSurroundings = {
    users,
    accounts,
    hasOperators: operators.length > 0,
    hasTrustedKeys: trustedKeys.length > 0,
  };
  if (noAuthUser !== "" && operators.length > 0) {
    lines.push("no_auth_user not compatible with Trusted Operator");
  } else {
    const problem = noAuthUserProblem(noAuthUser, users, accounts);
    if (problem !== undefined) lines.push(problem);
  }
  if (options.tls !== undefined) lines.push(...checkTls(options.tls));
  if (options.websocket !== undefined) lines.push(...checkWebsocket(options.websocket, logIns));
  if (options.mqtt !== undefined) lines.push(...checkMqtt(options.mqtt, logIns));
  lines.push(...operatorProblems(options, operators));
  return lines;
}

function operatorProblems(options: Options, operators: readonly Operator[]): readonly string[] {
  const { users, accounts, authCallout, resolver, trustedKeys = [] } = options;
  return [
    ...checkResolver(resolver, options.resolverPreload ?? []),
    ...checkOperators(operators, {
      resolver: resolverOf(resolver, operators),
      trustedKeys,
      pinnedAccounts: options.resolverPinnedAccounts ?? [],
      systemAccount: options.systemAccount,
      hasAccounts: accounts.length > 0,
      hasUsers: (users ?? []).length > 0 || accounts.some((account) => account.users.length > 0),
      hasAuthCallout: authCallout !== undefined,
      hasDefaultSentinel: options.defaultSentinel !== "",
      serverVersion: NATS_VERSION,
    }),
  ];
}
