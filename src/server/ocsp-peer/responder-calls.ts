/**
 * Questions to OCSP responders that are under way: not too many at once, and the same only once,
 * however many clients with one certificate come in the same moment.
 */
import { type OcspLink } from "../../transport/ocsp/certificate-id.ts";
import { fetchOcsp } from "../../transport/ocsp/fetch.ts";
import { ocspRequest } from "../../transport/ocsp/request.ts";
import { MAX_RESPONSE_BYTES } from "../../transport/ocsp/response.ts";

export const MAX_CALLS = 16;
export const MAX_WAITING_CALLS = 1024;
/** Responders of one certificate that are tried. */
export const MAX_RESPONDERS = 8;

const OK = 200;

/** An answer that has not been looked at, or why there is none. */
export type ResponderAnswer = Uint8Array | { readonly reason: string };

export class ResponderCalls {
  readonly #debug: (text: string) => void;
  /** By the question. */
  readonly #underWay: Map<string, Promise<ResponderAnswer>>;
  readonly #waiting: (() => void)[];
  #running: number;
  readonly #end: AbortController;

  constructor(debug: (text: string) => void) {
    this.#debug = debug;
    this.#underWay = new Map();
    this.#waiting = [];
    this.#running = 0;
    this.#end = new AbortController();
  }

  /** Asks one responder after the other until one answers. Never rejects. */
  ask(link: OcspLink, urls: readonly string[], timeoutMs: number): Promise<ResponderAnswer> {
    const request = ocspRequest(link);
    const key = Buffer.from(request).toString("base64");
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const answer = this.#askInTurn(request, urls.slice(0, MAX_RESPONDERS), timeoutMs);
    this.#underWay.set(key, answer);
    void answer.then(() => this.#underWay.delete(key));
    return answer;
  }

  /** No more answers. */
  stop(): void {
    this.#end.abort();
  }

  async #askInTurn(
    request: Uint8Array,
    urls: readonly string[],
    timeoutMs: number,
  ): Promise<ResponderAnswer> {
    if (this.#running >= MAX_CALLS) {
      if (this.#waiting.length >= MAX_WAITING_CALLS) return { reason: "too many OCSP requests" };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    const answer = await this.#askAll(request, urls, timeoutMs);
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
    return answer;
  }

  async #askAll(
    request: Uint8Array,
    urls: readonly string[],
    timeoutMs: number,
  ): Promise<ResponderAnswer> {
    let reason = "no available OCSP servers";
    for (const url of urls) {
      if (this.#end.signal.aborted) break;
      this.#debug(`Trying OCSP responder url [${url}]`);
      const answer = await fetchOcsp(url, "GET", request, {
        timeoutMs,
        maxBytes: MAX_RESPONSE_BYTES,
        statusProblem: (status) =>
          status === OK ? undefined : `bad OCSP responder http status: [${status}]`,
        signal: this.#end.signal,
      });
      if (!("reason" in answer)) return answer;
      reason = `exhausted OCSP responders: ${answer.reason}`;
    }
    return { reason };
  }
}
