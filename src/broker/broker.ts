/**
 * The running state of one broker, without any I/O: accounts, connections, counters. Owned by the
 * server; nothing in it is a module-level singleton, so several can live in one process.
 */
import { Random } from "../util/random.ts";
import { Account, GLOBAL_ACCOUNT_NAME } from "./account.ts";
import { ClosedConnections } from "./closed-connections.ts";
import type { LiveConnection } from "./live-connection.ts";
import { BrokerCounters } from "./stats.ts";

export interface BrokerSettings {
  /** Closed connections remembered for monitoring. */
  readonly maxClosedConnections: number;
  /** False switches the sublists' result caches off (`no_sublist_cache`). */
  readonly hasResultCache: boolean;
}

export class Broker {
  readonly counters: BrokerCounters;
  readonly random: Random;
  readonly globalAccount: Account;
  readonly accounts: Map<string, Account>;
  /** Open connections by cid, oldest first. */
  readonly connections: Map<number, LiveConnection>;
  readonly closedConnections: ClosedConnections;
  #nextCid: number;

  constructor(settings: BrokerSettings) {
    this.counters = new BrokerCounters();
    this.random = new Random();
    this.globalAccount = new Account(GLOBAL_ACCOUNT_NAME, settings.hasResultCache);
    this.accounts = new Map([[GLOBAL_ACCOUNT_NAME, this.globalAccount]]);
    this.connections = new Map();
    this.closedConnections = new ClosedConnections(settings.maxClosedConnections);
    this.#nextCid = 1;
  }

  /** A new connection id: one counter for connections of all kinds, internal ones included. */
  takeCid(): number {
    return this.#nextCid++;
  }

  get subscriptionCount(): number {
    let count = 0;
    for (const account of this.accounts.values()) count += account.sublist.count;
    return count;
  }
}
