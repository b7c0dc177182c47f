/**
 * What the broker and monitoring see of a connection that is open, whatever protocol it speaks.
 * `connection/connection.ts` implements it.
 */
import type { Account } from "./account.ts";
import type { CloseReason } from "./close-reason.ts";
import type { TrafficCounters } from "./stats.ts";

export interface LiveConnection extends TrafficCounters {
  readonly cid: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly account: Account;
  /** Wall-clock milliseconds. */
  readonly startMs: number;
  readonly pendingBytes: number;
  readonly subscriptionCount: number;
  /** Closes for `reason`, flushing as the reason says. Idempotent: the first reason stays. */
  close(reason: CloseReason): void;
  /** The options in force are other ones now. */
  applyOptions(): void;
  /** Who may log in has changed: closes what would no longer be let in as the same user. */
  reauthorize(): void;
  /** Tells the peer that the server is going to end. */
  announceLameDuck(): void;
  /** Closes the peer that is one too many, with the reason as an error. */
  refuse(): void;
  /** Drops what a closing connection still has queued, and its socket. */
  abandon(): void;
}
