/**
 * What follows from operators: the resolver and the system account they name, the keys they trust,
 * and what a configuration with them may not contain. Called with the complete options.
 */
import type { Operator } from "./operators.ts";
import { isPublicKeyFor, shownKey } from "./public-key.ts";
import { type ResolverSettings, resolverUrl } from "./resolver.ts";

/** What else a configuration with operators says. */
export interface OperatorSurroundings {
  /** As configured, or as `resolverOf` finds it. */
  readonly resolver: ResolverSettings | undefined;
  readonly trustedKeys: readonly string[];
  readonly pinnedAccounts: readonly string[];
  /** As configured; "" if it is not. */
  readonly systemAccount: string;
  readonly hasAccounts: boolean;
  /** In the authorization block or in accounts, with or without nkeys. */
  readonly hasUsers: boolean;
  readonly hasAuthCallout: boolean;
  readonly hasDefaultSentinel: boolean;
  /** The version of nats-server that this one stands for, `major.minor.update`. */
  readonly serverVersion: string;
}

/** The resolver in force: the configured one, or the account server of the only operator. */
export function resolverOf(
  configured: ResolverSettings | undefined,
  operators: readonly Operator[],
): ResolverSettings | undefined {
  const [operator] = operators;
  if (configured !== undefined || operator === undefined || operators.length > 1) return configured;
  if (operator.accountServerUrl === "") return undefined;
  return { type: "url", url: resolverUrl(`${operator.accountServerUrl}/accounts`) };
}

/** The system account in force: the configured one, or that of the only operator; "" for none. */
export function systemAccountOf(configured: string, operators: readonly Operator[]): string {
  if (configured !== "" || operators.length !== 1) return configured;
  return operators[0]?.systemAccount ?? "";
}

/** Public keys whose signature makes an account one of this server's. */
export function trustedKeysOf(operators: readonly Operator[]): readonly string[] {
  return operators.flatMap(({ subject, signingKeys, isStrictAboutSigningKeys }) => {
    return isStrictAboutSigningKeys ? signingKeys : [subject, ...signingKeys];
  });
}

/** Why a server cannot run with these operators, in nats-server's words. */
export function checkOperators(
  operators: readonly Operator[],
  surroundings: OperatorSurroundings,
): readonly string[] {
  const { resolver, pinnedAccounts, trustedKeys } = surroundings;
  if (operators.length === 0) {
    if (!surroundings.hasDefaultSentinel) return [];
    return ["default sentinel requires operators and accounts"];
  }
  const problems: string[] = [];
  if (resolver === undefined) {
    problems.push("operators require an account resolver to be configured");
  }
  if (surroundings.hasAccounts) {
    problems.push("operators do not allow Accounts to be configured directly");
  }
  if (surroundings.hasUsers) {
    problems.push("operators do not allow users to be configured directly");
  }
  if (trustedKeys.length > 0) {
    problems.push("conflicting options for 'TrustedKeys' and 'TrustedOperators'");
  }
  problems.push(...systemAccountProblems(operators, surroundings));
  problems.push(...operators.flatMap((one) => versionProblem(one, surroundings.serverVersion)));
  for (const key of trustedKeysOf(operators)) {
    if (isPublicKeyFor("operator", key)) continue;
    problems.push(`trusted Keys ${shownKey(key)} are required to be a valid public operator nkey`);
  }
  for (const key of pinnedAccounts) {
    if (isPublicKeyFor("account", key)) continue;
    problems.push(`pinned account key ${shownKey(key)} is not a valid public account nkey`);
  }
  if (surroundings.hasAuthCallout) {
    problems.push("operators do not allow authorization callouts to be configured directly");
  }
  return problems;
}

function systemAccountProblems(
  operators: readonly Operator[],
  { systemAccount, resolver }: OperatorSurroundings,
): string[] {
  const named = operators.flatMap((one) => (one.systemAccount === "" ? [] : [one.systemAccount]));
  if (systemAccount !== "") {
    if (named.length === 0 || named.includes(systemAccount)) return [];
    return ["system_account in config and operator JWT must be identical"];
  }
  const asksOthers = resolver?.type === "full" || resolver?.type === "cache";
  if (!asksOthers || operators[0]?.systemAccount !== "") return [];
  const wanted = "the system account needs to be specified in configuration or the operator jwt";
  return [`using nats based account resolver - ${wanted}`];
}

const VERSION_PARTS = ["major", "minor", "update"] as const;

/** Why the operator wants a newer server, or cannot say which it wants. */
function versionProblem(operator: Operator, serverVersion: string): string[] {
  const { subject, assertedServerVersion: asserted } = operator;
  if (asserted === "") return [];
  const wanted = asserted.split(".");
  const failure = (reason: string) => {
    return [`operator ${subject} expects version ${asserted} got error instead: ${reason}`];
  };
  if (wanted.length !== VERSION_PARTS.length) {
    return failure("asserted server version must be of the form <major>.<minor>.<update>");
  }
  const stray = wanted.find((part) => !/^\d+$/.test(part));
  if (stray !== undefined) return failure(`asserted server version cant parse ${stray} to int`);
  const actual = serverVersion.split(".").map(Number);
  for (const [index, part] of VERSION_PARTS.entries()) {
    const want = Number(wanted[index]);
    const have = actual[index] ?? 0;
    if (want < have) return [];
    if (want === have) continue;
    const versions = `expected ${part} version ${want} > server ${part} version ${have}`;
    return [`operator ${subject} ${versions}`];
  }
  return [];
}
