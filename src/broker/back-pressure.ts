/**
 * How producers are slowed down by receivers: the interfaces between them, so that neither knows
 * what the other is. `connection/connection.ts` implements all three.
 */

/** How far behind a receiver is. */
export const enum Pressure {
  /** More is queued than the processor's caches hold: waiting a little is cheaper for everybody. */
  Soft = 0,
  /** More than three quarters of max_pending. */
  High = 1,
  /** All of max_pending. */
  Full = 2,
}

/** Publishes, and can be asked to do so more slowly. */
export interface Producer {
  /** The receiver is slow: stop reading for a moment, at most as long as the pressure allows. */
  waitFor(receiver: SlowReceiver, pressure: Pressure): void;
}

/** Has more pending than producers should pile up. */
export interface SlowReceiver {
  /** Calls `producer.onReceiverReady()` once it has sent enough for the pressure to end. */
  callWhenReady(producer: WaitingProducer, pressure: Pressure): void;
}

export interface WaitingProducer {
  onReceiverReady(): void;
}
