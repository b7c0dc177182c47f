/**
 * What the broker and monitoring see of a connection that is open, whatever protocol it speaks.
 * `connection/connection.ts` implements it.
 */
import type { Account } from "./account.ts";
import type { PermissionSettings } from "../config/blocks/permissions.ts";
import type { ClientFacts } from "./client-facts.ts";
import type { CloseReason } from "./close-reason.ts";
import type { ConnectionKind, TrafficCounters } from "./stats.ts";
import type { Subscription } from "./subscription.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";

export interface LiveConnection extends TrafficCounters {
  readonly cid: number;
  readonly kind: ConnectionKind;
  /** What the log calls it. */
  readonly label: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly account: Account;
  /** Wall-clock milliseconds. */
  readonly startMs: number;
  readonly pendingBytes: number;
  readonly subscriptionCount: number;
  /** In no particular order, each as it is when it is its turn. */
  readonly subscriptions: Iterable<Subscription>;
  /** What others are told of it, as of now. */
  readonly facts: ClientFacts;
  /** What it may do; undefined for whatever any client may. */
  readonly permissions: { readonly settings: PermissionSettings } | undefined;
  /** The last measured round trip in milliseconds; 0 when unknown. */
  readonly rttMs: number;
  /** Times it waited for a slow receiver. */
  readonly stalls: number;
  /** When something last came from the peer or went to it, on the clock. */
  readonly keepAlive: { readonly lastActivityMs: number };
  readonly tls?: TlsFacts | undefined;
  /** Public key of the trusted proxy that it came through. */
  readonly proxyKey?: string | undefined;
  /** Closes for `reason`, flushing as the reason says. Idempotent: the first reason stays. */
  close(reason: CloseReason): void;
  /** The options in force are other ones now. */
  applyOptions(): void;
  /** Who may log in has changed: closes what would no longer be let in as the same user. */
  reauthorize(): void;
  /** Tells the peer that the server is going to end; false if it has no use for that yet. */
  announceLameDuck(): boolean;
  /** Closes the peer that is one too many, with the reason as an error. */
  refuse(): void;
  /** Drops what a closing connection still has queued, and its socket. */
  abandon(): void;
}
