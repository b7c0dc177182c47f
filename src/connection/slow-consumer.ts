/**
 * What is counted and logged of slow consumers, in the reference's words.
 * Called by `connection.ts`, which decides what becomes of them.
 */
import type { BrokerCounters, ConnectionKind } from "../broker/stats.ts";
import { type LoggedConnection, say } from "./connection-log.ts";

interface SlowConsumer extends LoggedConnection {
  readonly kind: ConnectionKind;
  readonly account: { slowConsumers: number };
  readonly context: LoggedConnection["context"] & {
    readonly broker: { readonly counters: BrokerCounters };
  };
}

/** `State` where the consumer was slow before. */
export function countSlowConsumer(
  consumer: SlowConsumer,
  word: "Detected" | "State",
  detail: string,
): void {
  consumer.context.broker.counters.countSlowConsumer(consumer.kind);
  consumer.account.slowConsumers++;
  say(consumer, "info", "slow_consumer", `Slow Consumer ${word}: ${detail}`);
}

/** It has taken all that it owed, after so long. */
export function sayRecovered(consumer: SlowConsumer, refusedMs: number): void {
  const text = `Slow Consumer Recovered: Flush took ${(refusedMs / 1000).toFixed(3)}s`;
  say(consumer, "info", "slow_consumer_recovered", text);
}
