/**
 * What the blocks of WebSocket and MQTT listeners have in common about log-ins: an `authorization`
 * block and a `no_auth_user` of their own, and the rules for these.
 */
import type { ConfigNode } from "../config-node.ts";
import { stringOf } from "../node-values.ts";
import type { ReadPlace } from "../option-kinds.ts";
import type { AccountSettings } from "./accounts.ts";
import { noAuthUserProblem } from "./authorization.ts";
import { field, readBlock } from "./block.ts";
import { readSpan } from "./spans.ts";
import { givenText } from "./text-list.ts";
import type { UserSettings } from "./users.ts";

/** Takes the place of the user, password and token of the server for clients of one listener. */
export interface ListenerAuthorization {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  /** For log-ins; undefined: as elsewhere. */
  readonly timeoutMs: number | undefined;
}

/** What the rest of the configuration says about log-ins. */
export interface LogInSurroundings {
  /** Of the authorization block; undefined if it has no list. */
  readonly users: readonly UserSettings[] | undefined;
  readonly accounts: readonly AccountSettings[];
  readonly hasOperators: boolean;
  readonly hasTrustedKeys: boolean;
}

const AUTHORIZATION_FIELDS = {
  username: field(["user", "username"], stringOf),
  password: field(["pass", "password"], stringOf),
  token: field(["token"], stringOf),
  timeoutMs: field(["timeout"], readTimeout),
};

export function readListenerAuthorization(
  node: ConfigNode,
  place: ReadPlace,
): ListenerAuthorization {
  const { values } = readBlock(node, AUTHORIZATION_FIELDS, place);
  return {
    username: givenText(values.username),
    password: givenText(values.password),
    token: givenText(values.token),
    timeoutMs: values.timeoutMs,
  };
}

/** Why the log-ins of a listener do not fit the rest; `listener` is its name in messages. */
export function listenerLogInProblems(
  listener: "websocket" | "mqtt",
  settings: {
    readonly authorization: ListenerAuthorization | undefined;
    readonly noAuthUser: string | undefined;
  },
  { users, accounts, hasOperators }: LogInSurroundings,
): string[] {
  const problems: string[] = [];
  const { noAuthUser = "" } = settings;
  const noAuthUserText = noAuthUserProblem(noAuthUser, users, accounts);
  if (noAuthUser !== "" && hasOperators) {
    problems.push("no_auth_user not compatible with Trusted Operator");
  } else if (noAuthUserText !== undefined) {
    problems.push(noAuthUserText);
  }
  const hasUsers = (users ?? []).length > 0 || accounts.some((account) => account.users.length > 0);
  if (!hasUsers) return problems;
  const clash = "not compatible with presence of users/nkeys";
  const { username, token } = settings.authorization ?? {};
  if (username !== undefined) problems.push(`${listener} authentication username ${clash}`);
  if (token !== undefined) problems.push(`${listener} authentication token ${clash}`);
  return problems;
}

function readTimeout(node: ConfigNode): number {
  return readSpan(node, {
    invalid: (reason) => `error parsing timeout: ${reason}`,
    wrongType: "error parsing authorization config, 'timeout' wrong type",
  });
}
