/**
 * Counters of traffic, kept by every connection, every account and by the broker as a whole.
 * Connections count per message; accounts and broker get the sums once per turn.
 */

export interface TrafficCounters {
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
}

/** What the broker counts beside traffic; one per broker, read by monitoring. */
export class BrokerCounters implements TrafficCounters {
  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  /** Connections ever accepted. */
  totalConnections = 0;
  /** Closed or marked because of max_pending or the write deadline. */
  slowConsumers = 0;
  /** Closed for missing PONGs. */
  staleConnections = 0;
  /** Times a producer waited for a slow consumer. */
  stalledProducers = 0;
}
