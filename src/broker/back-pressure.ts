/**
 * How producers are slowed down by receivers: the interfaces between them, so that neither knows
 * what the other is. `connection/connection.ts` implements all three.
 */

/** Publishes, and can be asked to do so more slowly. */
export interface Producer {
  /** The receiver is slow: stop reading for a moment. `isFull` asks for a longer one. */
  waitFor(receiver: SlowReceiver, isFull: boolean): void;
}

/** Has more pending than producers should pile up. */
export interface SlowReceiver {
  /** Calls `producer.onReceiverReady()` once it has sent enough. */
  callWhenReady(producer: WaitingProducer): void;
}

export interface WaitingProducer {
  onReceiverReady(): void;
}
