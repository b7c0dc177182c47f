/**
 * `/subsz`, also `/subscriptionsz`: figures about subscriptions and the search for them, over all
 * accounts or of one, and the subscriptions themselves where they are asked for.
 */
import type { Account } from "../broker/account.ts";
import { listedSubscription } from "../broker/listed-subscription.ts";
import type { Subscription } from "../broker/subscription.ts";
import { isValidLiteralSubject } from "../subject/subject.ts";
import { type SublistStats, sumStats } from "../subject/sublist-stats.ts";
import { binaryTextOf } from "../util/bytes.ts";
import { goTime } from "../util/go-time.ts";
import { EndpointError, type MonitorSubject } from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";
import { pageLimit } from "./page.ts";
import { EntryList } from "./sliced-json.ts";
import { accountSubscriptionDetail, cidOf, isHeld } from "./subscription-list.ts";

export interface SubszOptions {
  /** Whether to list them. */
  readonly subscriptions: boolean;
  readonly offset: number;
  /** 0 for the usual one. */
  readonly limit: number;
  /** Only those that a message to this subject reaches; "" for all. */
  readonly test: string;
  /** Only this account; "" for all. */
  readonly account: string;
}

export function subszOptions(source: OptionSource): SubszOptions {
  return {
    subscriptions: source.flag("subs", "subscriptions"),
    offset: source.integer("offset"),
    limit: source.integer("limit"),
    test: source.text("test"),
    account: source.text("acc", "account"),
  };
}

/** Throws an `EndpointError` for a test subject with wildcards. */
export function subsz(subject: MonitorSubject, options: SubszOptions): object {
  const { broker, identity, clock } = subject;
  const { test } = options;
  if (test !== "" && !isValidLiteralSubject(test)) {
    throw new EndpointError(`invalid test subject, must be valid publish subject: ${test}`);
  }
  const accounts = [...broker.accounts.values()].filter(({ name }) => {
    return options.account === "" || name === options.account;
  });
  const offset = Math.max(options.offset, 0);
  const limit = pageLimit(options.limit);
  const stats = sumStats(accounts.map(({ sublist }) => sublist.stats()));
  const holders = options.subscriptions ? accounts.map((one) => holderOf(one, test)) : [];
  const total = holders.reduce((sum, { count }) => sum + count, 0);
  return {
    server_id: identity.id,
    now: goTime(clock.wallMs()),
    ...sublistFields(stats),
    total,
    offset,
    limit,
    subscriptions_list:
      total > offset ? new EntryList(() => entriesOf(holders, offset, limit)) : undefined,
  };
}

/** An account with the subscriptions that are to be listed, as they are found. */
interface Holder {
  readonly account: Account;
  readonly count: number;
  readonly subscriptions: Iterable<Subscription>;
}

/** All subscriptions, or those that a message to the subject reaches. */
function holderOf(account: Account, test: string): Holder {
  const { sublist } = account;
  if (test === "") return { account, count: sublist.count, subscriptions: sublist.entries() };
  const { plain, queues } = sublist.match(binaryTextOf(test));
  const subscriptions = [...plain, ...queues.flat()];
  return { account, count: subscriptions.length, subscriptions };
}

/** Those of the page, as they are when the answer is written. */
function* entriesOf(
  holders: readonly Holder[],
  offset: number,
  limit: number,
): Generator<object | undefined, undefined> {
  let index = 0;
  for (const { account, subscriptions } of holders) {
    for (const one of subscriptions) {
      if (index >= offset + limit) return;
      const isListed = index++ >= offset && isHeld(one);
      yield isListed ? entryOf(account, one) : undefined;
    }
  }
}

function entryOf(account: Account, subscription: Subscription): object {
  const listed = listedSubscription(account, subscription);
  return accountSubscriptionDetail(listed, cidOf(subscription), account.name);
}

/** Figures about a sublist, or several, under the reference's names. */
export function sublistFields(stats: SublistStats): object {
  return {
    num_subscriptions: stats.numSubscriptions,
    num_cache: stats.numCache,
    num_inserts: stats.numInserts,
    num_removes: stats.numRemoves,
    num_matches: stats.numMatches,
    cache_hit_rate: stats.cacheHitRate,
    max_fanout: stats.maxFanout,
    avg_fanout: stats.avgFanout,
  };
}
