/**
 * Who has sent a request that came from another account: what the import has put into the header
 * `Nats-Request-Info`. Requests from within the system account have none.
 */
import { headerValue } from "../broker/headers.ts";
import { REQUEST_INFO } from "../broker/request-info.ts";
import { fromBinaryText } from "../util/binary-text.ts";

/** What is known of the requester; "" and 0 stand for what is not. */
export interface Requester {
  readonly account: string;
  /** The account that passes the request on, where that is another one. */
  readonly service: string;
  readonly user: string;
  readonly userTag: string;
  readonly cid: number;
}

const NOBODY: Requester = { account: "", service: "", user: "", userTag: "", cid: 0 };

/** Undefined for headers that do not say. */
export function requesterOf(headers: Uint8Array): Requester | undefined {
  if (headers.length === 0) return NOBODY;
  const text = headerValue(headers, 0, headers.length, REQUEST_INFO);
  const info = text === undefined ? undefined : objectIn(fromBinaryText(text));
  if (info === undefined) return undefined;
  const textOf = (name: string) => (typeof info[name] === "string" ? info[name] : "");
  return {
    account: textOf("acc"),
    service: textOf("svc"),
    user: textOf("user"),
    userTag: textOf("name_tag"),
    cid: typeof info["id"] === "number" ? info["id"] : 0,
  };
}

function objectIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
