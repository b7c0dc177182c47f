/**
 * `/subsz`, also `/subscriptionsz`: figures about subscriptions and the search for them, over all
 * accounts or of one, and the subscriptions themselves where they are asked for.
 */
import type { Account } from "../broker/account.ts";
import type { Subscription } from "../broker/subscription.ts";
import { isValidLiteralSubject } from "../subject/subject.ts";
import { type SublistStats, sumStats } from "../subject/sublist-stats.ts";
import { binaryTextOf } from "../util/bytes.ts";
import { goTime } from "../util/go-time.ts";
import { EndpointError, type MonitorSubject } from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";
import { pageLimit, pageOf } from "./page.ts";
import { accountSubscriptionDetail, cidOf, listedSubscription } from "./subscription-list.ts";

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

/** A subscription and the account that holds it. */
interface Held {
  readonly account: Account;
  readonly subscription: Subscription;
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
  const held = options.subscriptions ? heldBy(accounts, test) : [];
  const details = pageOf(held, offset, limit).map(({ account, subscription }) => {
    const listed = listedSubscription(account, subscription);
    return accountSubscriptionDetail(listed, cidOf(subscription), account.name);
  });
  return {
    server_id: identity.id,
    now: goTime(clock.wallMs()),
    ...sublistFields(stats),
    total: held.length,
    offset,
    limit,
    subscriptions_list: details.length > 0 ? details : undefined,
  };
}

function heldBy(accounts: readonly Account[], test: string): readonly Held[] {
  const held: Held[] = [];
  for (const account of accounts) {
    for (const subscription of receiversIn(account, test)) held.push({ account, subscription });
  }
  return held;
}

/** All subscriptions, or those that a message to the subject reaches. */
function receiversIn({ sublist }: Account, test: string): readonly Subscription[] {
  if (test === "") return sublist.allLocal();
  const { plain, queues } = sublist.match(binaryTextOf(test));
  return [...plain, ...queues.flat()];
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
