/**
 * The connections that were closed last, for `/connz?state=closed`: a ring that forgets the oldest.
 * Entries are plain copies, so that a closed connection's buffers and socket can be freed.
 */
import type { ClientFacts } from "./client-facts.ts";
import type { CloseReason } from "./close-reason.ts";
import type { ListedSubscription } from "./listed-subscription.ts";
import type { TrafficCounters } from "./stats.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";

export interface ClosedConnection extends TrafficCounters {
  readonly cid: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Wall-clock milliseconds. */
  readonly startMs: number;
  readonly stopMs: number;
  readonly lastActivityMs: number;
  readonly reason: CloseReason;
  readonly rttMs: number;
  /** "" of who was not let into any. */
  readonly account: string;
  /** What was told of it. */
  readonly facts: ClientFacts;
  readonly stalls: number;
  /** How many it had. */
  readonly subscriptions: number;
  /** Some of them, if they were many. */
  readonly subscriptionList: readonly ListedSubscription[];
  readonly tls?: TlsFacts | undefined;
  readonly proxyKey?: string | undefined;
}

export class ClosedConnections {
  readonly #capacity: number;
  readonly #ring: ClosedConnection[];
  /** Connections ever added, and by their reasons. */
  total: number;
  readonly #reasonCounts: Map<CloseReason, number>;

  /** Keeps at most `capacity` entries. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = [];
    this.total = 0;
    this.#reasonCounts = new Map();
  }

  get count(): number {
    return this.#ring.length;
  }

  add(connection: ClosedConnection): void {
    const { reason } = connection;
    this.#reasonCounts.set(reason, this.countFor(reason) + 1);
    if (this.#capacity > 0) this.#ring[this.total % this.#capacity] = connection;
    this.total++;
  }

  /** Connections ever added that were closed for the reason. */
  countFor(reason: CloseReason): number {
    return this.#reasonCounts.get(reason) ?? 0;
  }

  /** Oldest first. */
  all(): ClosedConnection[] {
    if (this.total <= this.#capacity) return [...this.#ring];
    const oldest = this.total % this.#capacity;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }
}
