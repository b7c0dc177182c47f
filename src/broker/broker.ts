/**
 * The running state of one broker, without any I/O: accounts, connections, counters. Owned by the
 * server; nothing in it is a module-level singleton, so several can live in one process.
 */
import type { Clock } from "../util/clock.ts";
import { Random } from "../util/random.ts";
import { Account, GLOBAL_ACCOUNT_NAME } from "./account.ts";
import { BuilderPool } from "./builder-pool.ts";
import { ClosedConnections } from "./closed-connections.ts";
import type { ConnectionEvents } from "./connection-events.ts";
import type { LiveConnection } from "./live-connection.ts";
import { PublishQueue } from "./publish-queue.ts";
import type { ServerInfoProvider } from "./server-info.ts";
import { CLIENT_RULE, SYSTEM_CLIENT_RULE } from "./reserved-subjects.ts";
import type { ServiceContext } from "./service-import.ts";
import { BrokerCounters } from "./stats.ts";
import type { TopSubjects } from "./top-subjects.ts";

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
  /** What the server publishes in turns of its own. */
  readonly publishQueue: PublishQueue;
  /** What imports of services share. */
  readonly services: ServiceContext;
  /** Who speaks in what the server publishes; set by the server if it has a system account. */
  serverInfo: ServerInfoProvider | undefined;
  readonly accounts: Map<string, Account>;
  /** Open connections by cid, oldest first. */
  readonly connections: Map<number, LiveConnection>;
  readonly closedConnections: ClosedConnections;
  /** Told of every message that a client publishes; undefined unless the options ask for it. */
  topSubjects: TopSubjects | undefined;
  /** Who tells the system account what happens to connections; undefined without one. */
  events: ConnectionEvents | undefined;
  /** Called for each account that is added from now on. */
  onAccountAdded: ((account: Account) => void) | undefined;
  readonly #hasResultCache: boolean;
  #nextCid: number;

  constructor(settings: BrokerSettings) {
    this.counters = new BrokerCounters();
    this.random = new Random();
    this.#hasResultCache = settings.hasResultCache;
    this.onAccountAdded = undefined;
    this.accounts = new Map();
    this.globalAccount = this.addAccount(GLOBAL_ACCOUNT_NAME);
    const { systemAccount, clock } = settings;
    this.systemAccount =
      systemAccount === "" ? undefined : this.addAccount(systemAccount, SYSTEM_CLIENT_RULE);
    const { random } = this;
    const builders = new BuilderPool();
    this.publishQueue = new PublishQueue({ clock, random, builders });
    this.services = {
      random,
      clock,
      builders,
      systemAccount: this.systemAccount,
      latency: undefined,
      serverName: "",
    };
    this.serverInfo = undefined;
    this.connections = new Map();
    this.closedConnections = new ClosedConnections(settings.maxClosedConnections);
    this.topSubjects = undefined;
    this.events = undefined;
    this.#nextCid = 1;
  }

  account(name: string): Account | undefined {
    return this.accounts.get(name);
  }

  /** Adds an account that is not there yet. */
  addAccount(name: string, clientRule = CLIENT_RULE): Account {
    const account = new Account(name, this.#hasResultCache, clientRule);
    this.accounts.set(name, account);
    this.onAccountAdded?.(account);
    return account;
  }

  /** Removes the accounts of other names, but for those that are always there. */
  keepAccounts(names: ReadonlySet<string>): void {
    for (const [name, account] of this.accounts) {
      if (account === this.globalAccount || account === this.systemAccount) continue;
      if (names.has(name)) continue;
      this.accounts.delete(name);
      this.counters.pastPlanMisses += account.planMisses;
      account.responses?.endAll();
    }
  }

  /** A connection has been accepted; it is bound to its account already. */
  admit(connection: LiveConnection): void {
    const kind = this.counters.kinds[connection.kind];
    this.counters.totalConnections++;
    kind.total++;
    kind.open++;
    this.connections.set(connection.cid, connection);
    this.join(connection.account);
  }

  /** A connection closes; its account still counts it. */
  dismiss(connection: LiveConnection): void {
    this.counters.kinds[connection.kind].open--;
    this.connections.delete(connection.cid);
  }

  /** One more connection is bound to the account. */
  join(account: Account): void {
    account.connections++;
    account.totalConnections++;
    this.events?.onConnectionCount(account);
  }

  /** One connection less is. */
  leave(account: Account): void {
    account.connections--;
    this.events?.onConnectionCount(account);
  }

  /** A new connection id: one counter for connections of all kinds, internal ones included. */
  takeCid(): number {
    return this.#nextCid++;
  }

  /** Messages of clients for whose subject no publish plan was ready. */
  get planMisses(): number {
    let misses = this.counters.pastPlanMisses;
    for (const account of this.accounts.values()) misses += account.planMisses;
    return misses;
  }

  get subscriptionCount(): number {
    let count = 0;
    for (const account of this.accounts.values()) count += account.sublist.count;
    return count;
  }
}
