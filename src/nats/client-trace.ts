/**
 * What a client's trace says, line by line; `trace.ts` has the texts. Only called while tracing is
 * on.
 */
import type { Message } from "../broker/message.ts";
import type { Subscription } from "../broker/subscription.ts";
import { type LoggedConnection, say } from "../connection/connection-log.ts";
import * as texts from "./trace.ts";

/** Who is traced, with what a trace shows. */
export interface TracedClient extends LoggedConnection {
  readonly context: LoggedConnection["context"] & { readonly options: texts.TraceSettings };
}

const utf8 = new TextDecoder();

/** An operation with its argument, `bytes[start, end)`. */
export function received(
  client: TracedClient,
  operation: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const argument = utf8.decode(bytes.subarray(start, end));
  const shown = operation === "CONNECT" ? texts.redactConnect(argument) : argument;
  line(client, texts.traceOperation("<<-", operation, shown));
}

export function sent(client: TracedClient, operation: string, argument: string): void {
  line(client, texts.traceOperation("->>", operation, argument));
}

export function publish(client: TracedClient, message: Message): void {
  lines(client, texts.tracePublish(message, client.context.options));
}

export function delivery(
  client: TracedClient,
  subscription: Subscription,
  message: Message,
  takesHeaders: boolean,
): void {
  const { options } = client.context;
  lines(client, texts.traceDelivery(message, subscription, takesHeaders, options));
}

/** A subject mapping has given a message another subject. */
export function mapping(client: TracedClient, from: string, to: string): void {
  line(client, texts.traceOperation("<<-", "MAPPING", `${from} -> ${to}`));
}

function lines(client: TracedClient, all: readonly (string | undefined)[]): void {
  for (const one of all) if (one !== undefined) line(client, one);
}

function line(client: TracedClient, text: string): void {
  say(client, "trace", "trace", text);
}
