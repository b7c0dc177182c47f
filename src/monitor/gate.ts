/**
 * Who may ask the monitoring port where the option `monitor_auth` is set: HTTP's Basic scheme (RFC
 * 7617) for every path, in clear or against a bcrypt hash. Loaded with the endpoints. Whoever polls
 * with the right password costs one check of the hash, not one for each request.
 */
import { isBcryptHash } from "../auth/bcrypt.ts";
import { BcryptQueue, HashCheck } from "../auth/bcrypt-queue.ts";
import { isSameSecret } from "../auth/secrets.ts";
import type { MonitorAuthSettings } from "../config/blocks/monitor-auth.ts";
import type { Logger } from "../util/logger.ts";

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i;
/** No password is longer, and nothing longer is looked at. */
const MAX_HEADER_LENGTH = 4096;
const CHALLENGE = { "WWW-Authenticate": 'Basic realm="midge", charset="UTF-8"' };

/** Whoever asks waits for the answer, or does not read it. */
const SOMEBODY = { isLive: true };

export class Gate {
  readonly #logger: Logger;
  readonly #hashes: BcryptQueue;
  /** What was right last, and for which hash. */
  #accepted: { readonly presented: string; readonly hash: string } | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#hashes = new BcryptQueue();
    this.#accepted = undefined;
  }

  /** The refusal, or undefined for who may come in; `header` is the request's Authorization. */
  async refusalOf(
    header: string | null,
    settings: MonitorAuthSettings,
    address: string,
  ): Promise<Response | undefined> {
    const presented = credentialsIn(header);
    if (presented === undefined) return refusal(401, "Unauthorized");
    const check = await this.#check(presented, settings, address);
    if (check === HashCheck.Match) return undefined;
    if (check === HashCheck.Busy) return refusal(503, "Service Unavailable");
    const text = `Monitoring log-in refused - ${address}`;
    this.#logger.rateLimited("error", text, { event: "auth_failed", address });
    return refusal(401, "Unauthorized");
  }

  async #check(
    presented: string,
    { user, password }: MonitorAuthSettings,
    address: string,
  ): Promise<HashCheck> {
    if (!isBcryptHash(password)) {
      const isRight = isSameSecret(presented, `${user}:${password}`);
      return isRight ? HashCheck.Match : HashCheck.Mismatch;
    }
    const known = this.#accepted;
    if (known?.hash === password && isSameSecret(presented, known.presented)) {
      return HashCheck.Match;
    }
    const colon = presented.indexOf(":");
    const isUser = isSameSecret(presented.slice(0, colon), user);
    const request = { password: presented.slice(colon + 1), hash: password, address };
    // Also for another user, so that the time does not tell who there is.
    const check = await this.#hashes.check(request, SOMEBODY);
    if (check !== HashCheck.Match) return check;
    if (!isUser) return HashCheck.Mismatch;
    this.#accepted = { presented, hash: password };
    return check;
  }
}

/** `user:password`; undefined if the header has no such thing. */
function credentialsIn(header: string | null): string | undefined {
  if (header === null || header.length > MAX_HEADER_LENGTH) return undefined;
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  return text.includes(":") ? text : undefined;
}

function refusal(status: number, words: string): Response {
  const headers = { "Content-Type": "text/plain; charset=utf-8" };
  return new Response(`${status} ${words}\n`, {
    status,
    headers: status === 401 ? { ...headers, ...CHALLENGE } : headers,
  });
}
