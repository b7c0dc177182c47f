/**
 * Rules between options. Called with complete options before a server starts or reloads; all
 * violations are reported together.
 */
import { formatDuration } from "../util/duration.ts";
import { advertisedAddress } from "./advertised-address.ts";
import { OptionValueError } from "./option-value-error.ts";
import type { Options } from "./options.ts";

/**
 * What is wrong, one sentence each, in nats-server's words; empty when the options fit together.
 */
export function checkOptions(options: Options): readonly string[] {
  const problems: string[] = [];
  const { lameDuckDurationMs, lameDuckGraceMs } = options;
  if (lameDuckGraceMs >= lameDuckDurationMs) {
    const [grace, duration] = [formatDuration(lameDuckGraceMs), formatDuration(lameDuckDurationMs)];
    problems.push(
      `lame duck grace period (${grace}) should be strictly lower than lame duck duration (${duration})`,
    );
  }
  const { maxPayloadBytes, maxPendingBytes } = options;
  if (maxPayloadBytes > maxPendingBytes) {
    problems.push(
      `max_payload (${maxPayloadBytes}) cannot be higher than max_pending (${maxPendingBytes})`,
    );
  }
  if (options.serverName.includes(" ")) problems.push("server name cannot contain spaces");
  if (options.username !== "" && options.authorizationToken !== "") {
    problems.push("Cannot have a user/pass and token");
  }
  problems.push(...monitoringProblems(options));
  problems.push(...accountProblems(options));
  problems.push(...advertiseProblems(options.clientAdvertise));
  return problems;
}

/** Monitoring has one port, and the certificate of the client port. */
function monitoringProblems({ httpPort, httpsPort, tls }: Options): string[] {
  if (httpsPort === 0) return [];
  if (httpPort !== 0) {
    return [`can't specify both HTTP (${httpPort}) and HTTPs (${httpsPort}) ports`];
  }
  return tls === undefined ? ["TLS cert and key required for HTTPS"] : [];
}

/** What flags can add to a file that is right by itself. */
function accountProblems(options: Options): string[] {
  const { accounts, username, authorizationToken, systemAccount, operators } = options;
  const problems: string[] = [];
  const single = username !== "" ? "single user/pass" : authorizationToken !== "" ? "token" : "";
  if (single !== "" && accounts.some(({ users }) => users.length > 0)) {
    problems.push(`Can not have a ${single} and accounts`);
  }
  const isKnown = ["", "$SYS"].includes(systemAccount) || operators !== undefined;
  if (!isKnown && !accounts.some(({ name }) => name === systemAccount)) {
    problems.push(`system_account: account ${JSON.stringify(systemAccount)} is not defined`);
  }
  return problems;
}

function advertiseProblems(text: string): string[] {
  try {
    if (text !== "") advertisedAddress(text);
    return [];
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    return [`invalid ClientAdvertise value of ${text}, err=${error.message}`];
  }
}
