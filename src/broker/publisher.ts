/**
 * Whoever publishes, as services of other accounts and traces of messages see it.
 * `nats/client.ts` implements it.
 */
import type { Producer } from "./back-pressure.ts";
import type { ClientFacts } from "./client-facts.ts";

export interface Publisher extends Producer {
  /** What others are told of it, as of now. */
  readonly facts: ClientFacts;
  /** The name of the account that it is in, and the last measured round trip; 0 for none. */
  readonly accountName: string;
  readonly rttMs: number;
  /** Has the round trip measured if it is not known, once the peer can be expected to answer. */
  measureRtt(): void;
}
