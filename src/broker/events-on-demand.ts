/**
 * Loads the events of the system account when somebody listens for the first time, and passes on
 * what happens to connections while somebody does. Until then a connection costs one comparison.
 * Made by the server, if it has a system account.
 */
import { subjectsCollide } from "../subject/subject.ts";
import { messageOf } from "../util/system-error.ts";
import type { Account, InterestFollower } from "./account.ts";
import type { CloseReason } from "./close-reason.ts";
import {
  AUTH_ERROR_SUBJECT,
  type ConnectionEvents,
  type EventCertificate,
  type EventConnection,
} from "./connection-events.ts";
import { ServerInfoSource } from "./server-info.ts";
import type { EventHost, SystemEvents } from "./system-events.ts";

/** What subscriptions to events have in common; services are elsewhere. */
const EVENT_SUBJECTS = ["$SYS.ACCOUNT.>", "$SYS.SERVER.>"];

/** Calls that are kept for the events while they are being loaded; later ones are lost. */
const MAX_EARLY_CALLS = 1024;

export class EventsOnDemand implements ConnectionEvents, InterestFollower {
  readonly #host: EventHost;
  /** Subscriptions in the system account that some event might match. */
  #listeners: number;
  #events: SystemEvents | undefined;
  #loading: Promise<SystemEvents | undefined> | undefined;
  readonly #early: ((events: SystemEvents) => void)[];
  #isOver: boolean;

  constructor(host: EventHost) {
    this.#host = host;
    this.#listeners = 0;
    this.#events = undefined;
    this.#loading = undefined;
    this.#early = [];
    this.#isOver = false;
    host.broker.serverInfo = new ServerInfoSource(host.facts, host.clock);
    host.systemAccount.follow(this);
  }

  /** Whether anybody has asked for events yet. */
  get isLoaded(): boolean {
    return this.#loading !== undefined;
  }

  onSubscribe(subject: Uint8Array): void {
    if (!mayMatchEvents(subject)) return;
    this.#listeners++;
    void this.load();
  }

  onUnsubscribe(subject: Uint8Array): void {
    if (mayMatchEvents(subject)) this.#listeners--;
  }

  onConnect(connection: EventConnection): void {
    if (this.#listeners > 0) this.#tell((events) => events.onConnect(connection));
  }

  onDisconnect(connection: EventConnection, reason: CloseReason): void {
    if (this.#listeners > 0) this.#tell((events) => events.onDisconnect(connection, reason));
  }

  /** Also without listeners: accounts are announced again some time after a change. */
  onConnectionCount(account: Account): void {
    if (this.#events !== undefined) this.#events.onConnectionCount(account);
    else if (this.#listeners > 0) this.#tell((events) => events.onConnectionCount(account));
  }

  onAuthenticationError(
    connection: EventConnection,
    reason: CloseReason,
    judge: Account | undefined,
  ): void {
    const isHeard = this.#listeners > 0 || judge?.sublist.hasInterest(AUTH_ERROR_SUBJECT) === true;
    if (!isHeard) return;
    void this.load();
    this.#tell((events) => events.onAuthenticationError(connection, reason, judge));
  }

  onInvalidLink(link: EventCertificate, peer: EventCertificate, reason: string): void {
    if (this.#listeners > 0) this.#tell((events) => events.onInvalidLink(link, peer, reason));
  }

  onPeerRejected(peer: EventCertificate, reason: string): void {
    if (this.#listeners > 0) this.#tell((events) => events.onPeerRejected(peer, reason));
  }

  announceLameDuck(): void {
    this.#events?.announceLameDuck();
    this.stop();
  }

  /** To be called before connections are closed. */
  announceShutdown(): void {
    this.#events?.announceShutdown();
    this.stop();
  }

  /** No more events. */
  stop(): void {
    this.#isOver = true;
    this.#early.length = 0;
    this.#events?.stop();
  }

  /** The events, loaded if need be; undefined once they are over. Never rejects. */
  load(): Promise<SystemEvents | undefined> {
    this.#loading ??= this.#load();
    return this.#loading.then((events) => (this.#isOver ? undefined : events));
  }

  async #load(): Promise<SystemEvents | undefined> {
    try {
      const { SystemEvents } = await import("./system-events.ts");
      if (this.#isOver) return undefined;
      this.#events = new SystemEvents(this.#host, () => this.#listeners > 0);
      for (const tell of this.#early.splice(0)) tell(this.#events);
    } catch (error) {
      const text = `System events cannot be loaded: ${messageOf(error)}`;
      this.#host.logger.error(text, { event: "internal_error" });
    }
    return this.#events;
  }

  #tell(tell: (events: SystemEvents) => void): void {
    if (this.#events !== undefined) tell(this.#events);
    else if (!this.#isOver && this.#early.length < MAX_EARLY_CALLS) this.#early.push(tell);
  }
}

function mayMatchEvents(subject: Uint8Array): boolean {
  return EVENT_SUBJECTS.some((events) => subjectsCollide(subject, events));
}
