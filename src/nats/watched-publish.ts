/**
 * What is done with a message that a client publishes before it goes its way, where somebody looks
 * at such: the count of the busiest subjects, and traces in the log. Not called otherwise.
 */
import type { Account } from "../broker/account.ts";
import type { Broker } from "../broker/broker.ts";
import type { Message } from "../broker/message.ts";
import * as trace from "./client-trace.ts";

interface WatchedClient extends trace.TracedClient {
  readonly account: Account;
  readonly context: trace.TracedClient["context"] & { readonly broker: Broker };
}

/** The message has the subject that the client has written. */
export function watchPublish(client: WatchedClient, message: Message): void {
  const { broker, logger } = client.context;
  broker.topSubjects?.add(client.account.name, message);
  if (logger.traceEnabled) trace.publish(client, message);
}
