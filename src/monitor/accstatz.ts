/**
 * `/accstatz`: connections and traffic of each account.
 * What is told of one account is the same as in events about its connections.
 */
import { accountStatistics } from "../broker/event-bodies.ts";
import { goTime } from "../util/go-time.ts";
import type { MonitorSubject } from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";

export interface AccstatzOptions {
  /** Names; empty for all accounts. */
  readonly accounts: readonly string[];
  /** Whether accounts without connections count. */
  readonly includeUnused: boolean;
}

export function accstatzOptions(source: OptionSource): AccstatzOptions {
  return {
    accounts: source.texts("accounts"),
    includeUnused: source.flag("unused", "include_unused"),
  };
}

export interface Accstatz {
  readonly server_id: string;
  readonly now: string;
  readonly account_statz: readonly object[];
}

export function accstatz(
  { broker, identity, clock }: MonitorSubject,
  { accounts, includeUnused }: AccstatzOptions,
): Accstatz {
  const named = accounts.flatMap((name) => broker.account(name) ?? []);
  const asked = accounts.length === 0 ? [...broker.accounts.values()] : named;
  const shown = asked.filter(({ connections }) => includeUnused || connections > 0);
  return {
    server_id: identity.id,
    now: goTime(clock.wallMs()),
    account_statz: shown.map(accountStatistics),
  };
}
