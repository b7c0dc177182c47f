/**
 * Rules between options. Called with complete options before a server starts or reloads; all
 * violations are reported together.
 */
import type { Options } from "./options.ts";

/**
 * What is wrong, one sentence each, in nats-server's words; empty when the options fit together.
 */
export function checkOptions(options: Options): readonly string[] {
  const problems: string[] = [];
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
  return problems;
}
