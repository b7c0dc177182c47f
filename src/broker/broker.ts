/**
 * The running state of one broker, without any I/O: accounts, connections, counters. Owned by the
 * server; nothing in it is a module-level singleton, so several can live in one process.
 */
import type { Clock } from "../util/clock.ts";
import { Random } from "../util/random.ts";
import { Account, GLOBAL_ACCOUNT_NAME } from "./account.ts";
import { BuilderPool } from "./builder-pool.ts";
import { ClosedConnections } from "./closed-connections.ts";
import type { LiveConnection } from "./live-connection.ts";
import type { ServiceContext } from "./service-import.ts";
import { BrokerCounters } from "./stats.ts";

export interface BrokerSettings {
  /** Closed connections remembered for monitoring. */
  readonly maxClosedConnections: number;
  /** False switches the sublists' result caches off (`no_sublist_cache`). */
  readonly hasResultCache: boolean;
  /** Of the account for the server's own events and services; "" for none. */
  readonly systemAccount: string;
  readonly clock: Clock;
}

export class Broker {
  readonly counters: BrokerCounters;
  readonly random: Random;
  readonly globalAccount: Account;
  readonly systemAccount: Account | undefined;
  /** What imports of services share. */
  readonly services: ServiceContext;
  readonly accounts: Map<string, Account>;
  /** Open connections by cid, oldest first. */
  readonly connections: Map<number, LiveConnection>;
  readonly closedConnections: ClosedConnections;
  readonly #hasResultCache: boolean;
  #nextCid: number;

  constructor(settings: BrokerSettings) {
    this.counters = new BrokerCounters();
    this.random = new Random();
    this.#hasResultCache = settings.hasResultCache;
    this.accounts = new Map();
    this.globalAccount = this.addAccount(GLOBAL_ACCOUNT_NAME);
    const { systemAccount, clock } = settings;
    this.systemAccount = systemAccount === "" ? undefined : this.addAccount(systemAccount);
    this.services = {
      random: this.random,
      clock,
      builders: new BuilderPool(),
      systemAccount: this.systemAccount,
      serverName: "",
    };
    this.connections = new Map();
    this.closedConnections = new ClosedConnections(settings.maxClosedConnections);
    this.#nextCid = 1;
  }

  account(name: string): Account | undefined {
    return this.accounts.get(name);
  }

  /** Adds an account that is not there yet. */
  addAccount(name: string): Account {
    const account = new Account(name, this.#hasResultCache);
    this.accounts.set(name, account);
    return account;
  }

  /** Removes the accounts of other names, but for those that are always there. */
  keepAccounts(names: ReadonlySet<string>): void {
    for (const [name, account] of this.accounts) {
      if (account === this.globalAccount || account === this.systemAccount) continue;
      if (names.has(name)) continue;
      this.accounts.delete(name);
      account.responses?.endAll();
    }
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
