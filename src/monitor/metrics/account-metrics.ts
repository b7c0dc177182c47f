/**
 * The table of what `/metrics` tells of each account: connections, traffic, and the search for
 * subscriptions.
 */
import type { Account } from "../../broker/account.ts";
import type { MetricRow } from "./metric-row.ts";

// prettier-ignore
export const accountMetrics: readonly MetricRow[] = [
  {
    name: "midge_account_connections", type: "gauge",
    help: "Open connections of the account.",
    read: each(({ connections }) => connections),
  },
  {
    name: "midge_account_connections_joined", type: "counter",
    help: "Connections that the account has had; all begin in $G.",
    read: each(({ totalConnections }) => totalConnections),
  },
  {
    name: "midge_account_messages_received", type: "counter",
    help: "Messages published by clients of the account.",
    read: each(({ inMessages }) => inMessages),
  },
  {
    name: "midge_account_received_bytes", type: "counter", unit: "bytes",
    help: "Headers and payloads of messages published by clients of the account.",
    read: each(({ inBytes }) => inBytes),
  },
  {
    name: "midge_account_messages_sent", type: "counter",
    help: "Messages delivered to clients of the account.",
    read: each(({ outMessages }) => outMessages),
  },
  {
    name: "midge_account_sent_bytes", type: "counter", unit: "bytes",
    help: "Headers and payloads of messages delivered to clients of the account.",
    read: each(({ outBytes }) => outBytes),
  },
  {
    name: "midge_account_slow_consumers", type: "counter",
    help: "Times a connection of the account did not take its messages in time.",
    read: each(({ slowConsumers }) => slowConsumers),
  },
  {
    name: "midge_account_subscriptions", type: "gauge",
    help: "Subscriptions in the account, the server's own included.",
    read: each(({ sublist }) => sublist.count),
  },
  {
    name: "midge_sublist_inserts", type: "counter",
    help: "Subscriptions added to the account.",
    read: each(({ sublist }) => sublist.counts().numInserts),
  },
  {
    name: "midge_sublist_removes", type: "counter",
    help: "Subscriptions removed from the account.",
    read: each(({ sublist }) => sublist.counts().numRemoves),
  },
  {
    name: "midge_sublist_matches", type: "counter",
    help: "Subjects looked up among the account's subscriptions; a message with a publish plan needs none.",
    read: each(({ sublist }) => sublist.counts().numMatches),
  },
  {
    name: "midge_sublist_cache_hits", type: "counter",
    help: "Lookups of subjects that were answered from the cache of results.",
    read: each(({ sublist }) => sublist.counts().cacheHits),
  },
  {
    name: "midge_sublist_cached_results", type: "gauge",
    help: "Results in the cache.",
    read: each(({ sublist }) => sublist.cached.results),
  },
  {
    name: "midge_sublist_cached_receivers", type: "gauge",
    help: "Subscriptions and queue groups in all results of the cache. Over their number: the mean fan-out; /subsz has the largest.",
    read: each(({ sublist }) => sublist.cached.receivers),
  },
];

function each(pick: (account: Account) => number): MetricRow["read"] {
  return ({ accounts }) => {
    return accounts.map(({ account, labels }) => ({ labels, value: pick(account) }));
  };
}
