/**
 * What is counted and logged of slow consumers, in the reference's words.
 * Called by `connection.ts`, which decides what becomes of them.
 */
import type { BrokerCounters, ConnectionKind } from "../broker/stats.ts";
import type { Options } from "../config/options.ts";
import { formatDuration } from "../util/duration.ts";
import { type LoggedConnection, say, sayRarely } from "./connection-log.ts";

interface SlowConsumer extends LoggedConnection {
  readonly kind: ConnectionKind;
  readonly account: { slowConsumers: number };
  readonly context: LoggedConnection["context"] & {
    readonly broker: { readonly counters: BrokerCounters };
  };
}

interface Debtor extends SlowConsumer {
  readonly outbound: { readonly pendingBlocks: number; readonly pendingBytes: number };
  readonly context: SlowConsumer["context"] & { readonly options: Options };
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

/** It has not taken in time what it owes; `isLate` where that was so before. */
export function countWriteDeadline(consumer: Debtor, isLate: boolean): void {
  const { outbound, context } = consumer;
  const amount = `${outbound.pendingBlocks} chunks of ${outbound.pendingBytes} total bytes.`;
  const deadline = formatDuration(context.options.writeDeadlineMs);
  const detail = `WriteDeadline of ${deadline} exceeded with ${amount}`;
  countSlowConsumer(consumer, isLate ? "State" : "Detected", detail);
}

/** It has taken all that it owed, after so long. */
export function sayRecovered(consumer: SlowConsumer, refusedMs: number): void {
  const text = `Slow Consumer Recovered: Flush took ${(refusedMs / 1000).toFixed(3)}s`;
  say(consumer, "info", "slow_consumer_recovered", text);
}

/** A producer has waited for slow consumers so long in one turn. */
export function sayStalled(producer: LoggedConnection, stalledMs: number): void {
  const text = `Producer was stalled for a total of ${formatDuration(stalledMs)}`;
  sayRarely(producer, "warn", "producer_stalled", text);
}
