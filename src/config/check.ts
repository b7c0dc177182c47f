/**
 * Rules between options. Called with complete options before a server starts or reloads; all
 * violations are reported together.
 */
import { formatDuration } from "../util/duration.ts";
import { advertisedAddress } from "./advertised-address.ts";
import { OptionValueError } from "./option-value-error.ts";
import type { Options } from "./options.ts";

/** Compared as it stands, a hash would be the password, and the password would not. */
const BCRYPT_HASH = /^\$2[abxy]\$\d\d\$/;

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
  for (const secret of [options.password, options.authorizationToken]) {
    if (BCRYPT_HASH.test(secret)) {
      problems.push("bcrypt hashes are not available in this version of midge");
    }
  }
  problems.push(...advertiseProblems(options.clientAdvertise));
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
