/**
 * `/accountz`: the names of the accounts, or what there is to know of one of them.
 * Accounts come in the order in which they were made.
 */
import { goTime } from "../util/go-time.ts";
import { accountDetail } from "./account-detail.ts";
import { EndpointError, type MonitorSubject } from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";

export interface AccountzOptions {
  /** "" for the names of all. */
  readonly account: string;
}

export function accountzOptions(source: OptionSource): AccountzOptions {
  return { account: source.text("acc", "account") };
}

/** Throws an `EndpointError` for an account that does not exist. */
export function accountz(subject: MonitorSubject, { account }: AccountzOptions): object {
  const { broker, identity, clock } = subject;
  return {
    server_id: identity.id,
    now: goTime(clock.wallMs()),
    system_account: broker.systemAccount?.name,
    ...(account === ""
      ? { accounts: [...broker.accounts.keys()] }
      : { account_detail: accountInfo(subject, account) }),
  };
}

/** The detail alone, as requests about an account are answered. */
export function accountInfo(subject: MonitorSubject, name: string): object {
  const account = subject.broker.account(name);
  if (account === undefined) throw new EndpointError(`Account ${name} does not exist`);
  return accountDetail(subject, account);
}
