/**
 * What tells a requester that nobody listens: a status message 503 on its reply subject, to the
 * first plain subscription of its own that matches it. Called for requests that reached nobody.
 */
import type { Account } from "../broker/account.ts";
import type { Message } from "../broker/message.ts";
import type { Subscriber } from "../broker/subscription.ts";
import { binaryText } from "../util/bytes.ts";

/** One character per byte; undefined if the requester does not listen to its reply subject. */
export function noResponders(
  requester: Subscriber & { readonly account: Account },
  message: Message,
): string | undefined {
  const { bytes } = message.block;
  const { tailStart, replyEnd, subjectBlock, subjectStart, subjectEnd } = message;
  const { plain } = requester.account.sublist.matchBytes(bytes, tailStart, replyEnd);
  const own = plain.find(({ subscriber }) => subscriber === requester);
  if (own === undefined) return undefined;
  const subject = binaryText(subjectBlock.bytes, subjectStart, subjectEnd);
  return noRespondersMessage(subject, binaryText(bytes, tailStart, replyEnd), own.sid);
}

/**
 * The status message that tells a requester that nobody listens. Texts are one byte a character.
 */
export function noRespondersMessage(subject: string, reply: string, sid: string | number): string {
  const headers = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
  return `HMSG ${reply} ${sid} ${headers.length} ${headers.length}\r\n${headers}\r\n`;
}
