/**
 * Events of the system account: who connects and disconnects, who is not let in, how many
 * connections accounts have, the server's statistics and its end. Subjects, bodies and the times at
 * which they come are the reference's. Nothing is made that nobody listens to. Loaded by
 * `events-on-demand.ts`, which says who listens.
 */
import { binaryTextOf } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import { goJson } from "../util/go-json.ts";
import type { Logger } from "../util/logger.ts";
import { Nuid } from "../util/nuid.ts";
import type { Account } from "./account.ts";
import { AccountHeartbeats } from "./account-heartbeats.ts";
import type { Broker } from "./broker.ts";
import { eventClientInfo } from "./client-facts.ts";
import type { CloseReason } from "./close-reason.ts";
import {
  AUTH_ERROR_SUBJECT,
  type ConnectionEvents,
  type EventCertificate,
  type EventConnection,
} from "./connection-events.ts";
import { accountStatistics, clientTraffic, eventHead, serverStatistics } from "./event-bodies.ts";
import { EventQueue, type SystemEvent } from "./event-queue.ts";
import { InternalClient } from "./internal-client.ts";
import {
  type ServerFacts,
  type ServerInfo,
  type ServerInfoProvider,
  ServerInfoSource,
} from "./server-info.ts";
import { StatszSchedule } from "./statsz-schedule.ts";

/** What events need of the server. */
export interface EventHost {
  readonly broker: Broker;
  readonly systemAccount: Account;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly facts: ServerFacts;
  /** Sends what events have left with their receivers. */
  endTurn(): void;
}

export class SystemEvents implements ConnectionEvents {
  readonly #host: EventHost;
  /** Whether anybody might listen; asked before a subject is even made. */
  readonly #mayBeHeard: () => boolean;
  /** Numbers messages that tell of the server; system services share it. */
  readonly serverInfo: ServerInfoProvider;
  readonly #ids: Nuid;
  readonly #queue: EventQueue;
  readonly #heartbeats: AccountHeartbeats;
  readonly #statsz: StatszSchedule;
  /** By account, made for the first event there. */
  readonly #clients: Map<Account, InternalClient>;
  #isOver: boolean;

  constructor(host: EventHost, mayBeHeard: () => boolean) {
    const { broker, clock, facts } = host;
    this.#host = host;
    this.#mayBeHeard = mayBeHeard;
    this.serverInfo = broker.serverInfo ??= new ServerInfoSource(facts, clock);
    this.#ids = new Nuid(broker.random);
    this.#queue = new EventQueue(clock, (event) => this.#publish(event));
    this.#heartbeats = new AccountHeartbeats(clock, (account) => this.onConnectionCount(account));
    this.#statsz = new StatszSchedule(clock, () => this.#tellStatistics());
    this.#clients = new Map();
    this.#isOver = false;
    for (const account of broker.accounts.values()) {
      if (account !== broker.globalAccount) this.#heartbeats.noteAnnounced(account);
    }
    this.#statsz.start();
  }

  // --- Connections ---------------------------------------------------------------------------

  onConnect(connection: EventConnection): void {
    const subject = `$SYS.ACCOUNT.${binaryTextOf(connection.account.name)}.CONNECT`;
    if (!this.#isHeard(subject)) return;
    const { facts } = connection;
    const head = eventHead("client_connect", this.#ids.next(), this.#host.clock.wallMs());
    this.#add(subject, (server) => ({
      ...head,
      server,
      client: eventClientInfo(facts, undefined),
    }));
  }

  onDisconnect(connection: EventConnection, reason: CloseReason): void {
    const subject = `$SYS.ACCOUNT.${binaryTextOf(connection.account.name)}.DISCONNECT`;
    if (this.#isHeard(subject)) this.#add(subject, this.#departure(connection, reason));
  }

  onAuthenticationError(
    connection: EventConnection,
    reason: CloseReason,
    judge: Account | undefined,
  ): void {
    if (this.#isOver) return;
    if (judge?.sublist.hasInterest(AUTH_ERROR_SUBJECT)) {
      const body = this.#departure(connection, reason, judge.name);
      this.#enqueue({ account: judge, subjects: [AUTH_ERROR_SUBJECT], body });
    }
    const subject = this.#serverSubject("CLIENT.AUTH.ERR");
    if (this.#isHeard(subject)) this.#add(subject, this.#departure(connection, reason));
  }

  onInvalidLink(link: EventCertificate, peer: EventCertificate, reason: string): void {
    const subject = this.#serverSubject("OCSP.PEER.LINK.INVALID");
    if (!this.#isHeard(subject)) return;
    const wallMs = this.#host.clock.wallMs();
    const head = eventHead("ocsp_peer_link_invalid", this.#ids.next(), wallMs);
    this.#add(subject, (server) => ({ ...head, link, peer, server, reason }));
  }

  onPeerRejected(peer: EventCertificate, reason: string): void {
    const subject = this.#serverSubject("OCSP.PEER.CONN.REJECT");
    if (!this.#isHeard(subject)) return;
    const head = eventHead("ocsp_peer_reject", this.#ids.next(), this.#host.clock.wallMs());
    this.#add(subject, (server) => ({ ...head, kind: "Client", peer, server, reason }));
  }

  /** What is told of a connection that goes; its facts are taken now. */
  #departure(
    connection: EventConnection,
    { text: reason }: CloseReason,
    accountName = connection.account.name,
  ): (server: ServerInfo) => object {
    const wallMs = this.#host.clock.wallMs();
    const head = eventHead("client_disconnect", this.#ids.next(), wallMs);
    const { facts } = connection;
    const traffic = clientTraffic(connection);
    return (server) => {
      const client = { ...eventClientInfo(facts, wallMs), acc: accountName };
      return { ...head, server, client, ...traffic, reason };
    };
  }

  onConnectionCount(account: Account): void {
    if (this.#isOver || account === this.#host.broker.globalAccount) return;
    this.#heartbeats.noteAnnounced(account);
    if (!this.#mayBeHeard()) return;
    const name = binaryTextOf(account.name);
    const all = [`$SYS.SERVER.ACCOUNT.${name}.CONNS`, `$SYS.ACCOUNT.${name}.SERVER.CONNS`];
    const subjects = all.filter((subject) => this.#isHeard(subject));
    if (subjects.length === 0) return;
    const body = this.accountBody(account);
    this.#enqueue({ account: this.#host.systemAccount, subjects, body }, account);
  }

  /** For the event, and for answers to those who ask; the account as it is now. */
  accountBody(account: Account): (server: ServerInfo) => object {
    const head = eventHead("account_connections", this.#ids.next(), this.#host.clock.wallMs());
    const statistics = accountStatistics(account);
    return (server) => ({ ...head, server, ...statistics });
  }

  // --- The server ----------------------------------------------------------------------------

  /** Tells the statistics now, to whoever listens. */
  broadcastStatistics(): void {
    if (!this.#isOver) this.#statsz.callNow();
  }

  #tellStatistics(): void {
    const subject = this.#serverSubject("STATSZ");
    if (this.#isHeard(subject)) this.#add(subject, (server) => this.statisticsBody(server));
  }

  /** For the event, and for answers to those who ask. */
  statisticsBody(server: ServerInfo): object {
    const { broker, facts } = this.#host;
    return { server, statsz: serverStatistics(broker, facts) };
  }

  /** The last event, as in the reference: clients that close from now on do so untold. */
  announceLameDuck(): void {
    this.#endWith("LAMEDUCK");
  }

  /** The last event; to be called before connections are closed. */
  announceShutdown(): void {
    this.#endWith("SHUTDOWN");
  }

  #endWith(name: "LAMEDUCK" | "SHUTDOWN"): void {
    if (this.#isOver) return;
    this.#queue.drain();
    const subject = this.#serverSubject(name);
    if (this.#isHeard(subject)) {
      this.#publish({
        account: this.#host.systemAccount,
        subjects: [subject],
        body: (server) => server,
      });
    }
    this.stop();
  }

  /** No more events; those that wait are dropped. */
  stop(): void {
    this.#isOver = true;
    this.#queue.clear();
    this.#heartbeats.stop();
    this.#statsz.stop();
    this.#clients.clear();
  }

  // --- Publishing ----------------------------------------------------------------------------

  #serverSubject(name: string): string {
    return `$SYS.SERVER.${this.#host.facts.identity.id}.${name}`;
  }

  #isHeard(subject: string): boolean {
    return !this.#isOver && this.#host.systemAccount.sublist.hasInterest(subject);
  }

  #add(subject: string, body: (server: ServerInfo) => object): void {
    this.#enqueue({ account: this.#host.systemAccount, subjects: [subject], body });
  }

  #enqueue(event: SystemEvent, topic?: object): void {
    if (this.#queue.add(event, topic)) return;
    const text = `System events are lost, too many wait: ${this.#queue.lostCount} so far`;
    this.#host.logger.rateLimited("warn", text, { event: "system_events_lost" });
  }

  /** Called outside of the turns of connections, where nobody else would catch a bug. */
  #publish({ account, subjects, body }: SystemEvent): void {
    try {
      for (const subject of subjects) {
        const payload = goJson(body(this.serverInfo.next()));
        this.#clientOf(account).publish({ subject, payload });
      }
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const text = `Internal error while publishing system events: ${detail}`;
      this.#host.logger.error(text, { event: "internal_error" });
    }
    this.#host.endTurn();
  }

  #clientOf(account: Account): InternalClient {
    const known = this.#clients.get(account);
    if (known !== undefined) return known;
    const { broker, logger } = this.#host;
    const client = new InternalClient(broker, account, logger);
    this.#clients.set(account, client);
    return client;
  }
}
