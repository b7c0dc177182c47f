/**
 * What requests over the system account need of the server: a way in and out, and what they can
 * have it do. `server.ts` brings it together.
 */
import type { Account } from "../broker/account.ts";
import type { ServerFacts, ServerInfo } from "../broker/server-info.ts";
import type { SystemEvents } from "../broker/system-events.ts";
import type { MonitorFacts, MonitorSubject } from "./endpoint.ts";

/** A message for the server; a copy that is its own. Texts have one character per byte. */
export interface SystemRequest {
  readonly subject: string;
  /** "" where nobody waits for an answer. */
  readonly reply: string;
  /** A whole header block; empty without one. */
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
}

/** A client of the server's own in the system account. `broker/internal-client.ts` is one. */
export interface RequestPort {
  subscribe(subject: string, handler: (request: SystemRequest) => void): void;
  /** False if nobody received it. */
  publish(parts: {
    readonly subject: string;
    readonly headers?: Uint8Array;
    readonly payload: string | Uint8Array;
  }): boolean;
}

/** What requests can have the server do. `server.ts` implements it. */
export interface ServerActions {
  /** Reads the configuration again. Resolves to why it is refused; undefined if it is not. */
  reload(): Promise<string | undefined>;
  /**
   * Tells one client that the server is going to end. False if it has no use for that, or cannot
   * take it yet.
   */
  announceLameDuck(cid: number): boolean;
  /** Sends what answers have left with their receivers; for those given outside of a turn. */
  endTurn(): void;
}

/** What answers share with events: `SystemEvents`. */
export interface EventSource extends Pick<SystemEvents, "statisticsBody" | "broadcastStatistics"> {
  readonly serverInfo: { next(): ServerInfo };
}

export interface SystemRequestsSettings {
  readonly subject: MonitorSubject;
  readonly facts: () => MonitorFacts;
  readonly server: Pick<ServerFacts, "identity" | "host" | "tags">;
  /** The system account. */
  readonly account: Pick<Account, "follow">;
  /** Makes a client of it; called when somebody might ask for something. */
  readonly openPort: () => RequestPort;
  readonly actions: ServerActions;
  /** Loads it if need be; undefined once the server is about to end. */
  readonly events: () => Promise<EventSource | undefined>;
  readonly logger: { error(text: string): void };
}
