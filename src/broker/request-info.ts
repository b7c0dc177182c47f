/**
 * `Nats-Request-Info`: what a service of another account is told of the requester, as JSON in a
 * header of the request. Without `share` only account and round trip; through several imports the
 * first one's with the name of the account that passes it on.
 */
import { goJson } from "../util/go-json.ts";
import { clientInfo, rttNanoseconds } from "./client-facts.ts";
import { headerValue } from "./headers.ts";
import type { Message } from "./message.ts";

export const REQUEST_INFO = "Nats-Request-Info";

export interface RequestInfoSettings {
  /** The name of the account that imports the service. */
  readonly importer: string;
  /** Whether the import shares who asks. */
  readonly isShared: boolean;
  /** Whether the service is the server's own. */
  readonly isSystemService: boolean;
  readonly serverName: string;
}

/** The header's value; undefined for what the server itself publishes. */
export function requestInfo(message: Message, settings: RequestInfoSettings): string | undefined {
  const { importer, isSystemService, serverName } = settings;
  const previous = message.serviceChain;
  const isShared = previous?.isShared ?? settings.isShared;
  const tellsServer = settings.isShared || isSystemService;
  const passedOn = previous === undefined ? undefined : passedOnInfo(message);
  if (passedOn !== undefined) {
    const info = inOrder({ ...passedOn, svc: importer });
    return goJson(!isShared && tellsServer ? inOrder({ ...info, server: serverName }) : info);
  }
  const { origin } = message;
  if (origin === undefined) return undefined;
  if (isShared) return goJson(clientInfo(origin.facts, serverName));
  const rtt = rttNanoseconds(origin.rttMs) || undefined;
  const server = isSystemService ? serverName : undefined;
  return goJson({ acc: origin.accountName, rtt, server });
}

function passedOnInfo({ block, payloadStart, headerBytes }: Message): object | undefined {
  const end = payloadStart + headerBytes;
  const text = headerValue(block.bytes, payloadStart, end, REQUEST_INFO);
  if (text === undefined) return undefined;
  try {
    const info: unknown = JSON.parse(Buffer.from(text, "latin1").toString());
    return typeof info === "object" && info !== null ? info : undefined;
  } catch {
    return undefined;
  }
}

/** In the order of Go's struct, in which `svc` stands behind `acc` and `server` behind `rtt`. */
function inOrder(info: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { start, host, id, acc, svc, user, name, lang, ver, rtt, server, ...others } = info;
  return { start, host, id, acc, svc, user, name, lang, ver, rtt, server, ...others };
}
