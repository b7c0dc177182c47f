/**
 * Keeps the OCSP response that is stapled to the server's certificate: asks the responders, proves
 * what they say, and asks again when half of the time is over for which it counts. Texts, times and
 * the order of questions are nats-server's (its ocsp.go). What has been received is kept in memory.
 */
import type { OcspLink } from "../../transport/ocsp/certificate-id.ts";
import { responseEffect } from "../../transport/ocsp/effect.ts";
import { type OcspFetchMethod, fetchOcsp } from "../../transport/ocsp/fetch.ts";
import { ocspRequest } from "../../transport/ocsp/request.ts";
import {
  MAX_RESPONSE_BYTES,
  type OcspResponse,
  verifyOcspResponse,
} from "../../transport/ocsp/response.ts";
import type { StapleSource } from "../../transport/openssl/staple-source.ts";
import { equalBytes } from "../../util/bytes.ts";
import { type Clock, MAX_TIMER_MS } from "../../util/clock.ts";
import { formatDuration } from "../../util/duration.ts";
import { NO_GO_TIME, goTime } from "../../util/go-time.ts";
import type { Logger } from "../../util/logger.ts";

const FETCH_TIMEOUT_MS = 30_000;
/** When a response does not say until when it counts. */
const DEFAULT_CHECK_MS = 24 * 3_600_000;
/** When the time is over for which it counts. */
const MIN_CHECK_MS = 2 * 60_000;
/** As far as timers reach: 24 days. */
const MAX_CHECK_MS = MAX_TIMER_MS;
/** Responders are not asked more often than this while they have no valid response. */
const PAUSE_MS = 1000;

/** To the letter, for as long as the responder says; else for good. */
const EFFECT_RULES = { skewMs: 0, defaultLifeMs: undefined };

export interface UpkeepTerms {
  /** Of the certificate, for the log. */
  readonly file: string;
  /** Responders, in the order in which they are asked. */
  readonly urls: readonly string[];
  /** Called once when the certificate is not good; undefined if that is no matter. */
  readonly onBad: (() => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Staple {
  readonly bytes: Uint8Array;
  readonly response: OcspResponse;
}

export class StapleUpkeep implements StapleSource {
  readonly #link: OcspLink;
  readonly #terms: UpkeepTerms;
  #staple: Staple | undefined;
  /** The question under way, or the last one if it has failed just now. */
  #renewal: Promise<Error | undefined> | undefined;
  #isStopped: boolean;
  #cancelCheck: () => void;

  constructor(link: OcspLink, terms: UpkeepTerms) {
    this.#link = link;
    this.#terms = terms;
    this.#staple = undefined;
    this.#renewal = undefined;
    this.#isStopped = false;
    this.#cancelCheck = () => {};
  }

  get current(): Uint8Array | undefined {
    const staple = this.#staple;
    if (staple === undefined || this.#timeProblem(staple.response) !== undefined) return undefined;
    return staple.bytes;
  }

  renew(): Promise<Error | undefined> {
    this.#renewal ??= this.#renew();
    return this.#renewal;
  }

  async #renew(): Promise<Error | undefined> {
    const reason = await this.#ask();
    if (reason === undefined) {
      this.#renewal = undefined;
      return undefined;
    }
    this.#terms.clock.after(PAUSE_MS, () => (this.#renewal = undefined));
    return new Error(reason);
  }

  /**
   * Has a response, that of `before` if it is about the same certificate and counts. Rejects if
   * there is none, or if the server must not start with it.
   */
  async prepare(before: StapleUpkeep | undefined): Promise<void> {
    const { file, onBad } = this.#terms;
    if (before !== undefined && before.#isAboutSame(this.#link)) this.#staple = before.#staple;
    if (this.current === undefined) {
      const reason = await this.#ask();
      if (reason !== undefined) {
        throw new Error(`bad OCSP status update for certificate at '${file}': ${reason}`);
      }
    }
    const status = this.#staple?.response.status ?? "unknown";
    if (status !== "good" && onBad !== undefined) {
      throw new Error(`found existing OCSP status for certificate at '${file}': ${status}`);
    }
  }

  #isAboutSame({ certificate, issuer }: OcspLink): boolean {
    const own = this.#link;
    const isSame = equalBytes(own.certificate.encoded, certificate.encoded);
    return isSame && equalBytes(own.issuer.encoded, issuer.encoded);
  }

  /** From now on the response is kept up to date. */
  begin(): void {
    const { file, logger } = this.#terms;
    logger.info("OCSP Stapling enabled for Client connections");
    const response = this.#staple?.response;
    if (response?.status !== "good") {
      void this.#check();
      return;
    }
    const place = `Client certificate at '${file}'`;
    logger.info(`Found OCSP status for ${place}: good, ${this.#scheduled(response)}`);
  }

  /** Handshakes that have begun may still renew it. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelCheck();
  }

  async #check(): Promise<void> {
    const { file, logger, onBad } = this.#terms;
    const reason = await this.#ask();
    if (this.#isStopped) return;
    const response = this.#staple?.response;
    if (reason !== undefined) {
      const delay = this.#schedule(response);
      const retry = `trying again in ${formatDuration(delay)}`;
      logger.error(`Bad OCSP status update for certificate '${file}': ${reason}, ${retry}`);
      return;
    }
    const place = `Received OCSP status for Client certificate '${file}'`;
    if (response?.status === "good") {
      logger.info(`${place}: good, ${this.#scheduled(response)}`);
      return;
    }
    logger.error(`${place}: ${response?.status}`);
    onBad?.();
  }

  /** Arms the timer; says so. */
  #scheduled(response: OcspResponse): string {
    const delayMs = this.#schedule(response);
    const { nextUpdateMs } = response;
    const next = nextUpdateMs === undefined ? NO_GO_TIME : goTime(nextUpdateMs);
    return `next update ${next}, checking again in ${formatDuration(delayMs)}`;
  }

  /** Half of the time that is left. */
  #schedule(response: OcspResponse | undefined): number {
    const { clock } = this.#terms;
    const nextUpdateMs = response?.nextUpdateMs;
    const halfMs = ((nextUpdateMs ?? 0) - clock.wallMs()) / 2;
    const wantedMs = halfMs < 0 ? MIN_CHECK_MS : Math.min(Math.max(halfMs, PAUSE_MS), MAX_CHECK_MS);
    const delayMs = nextUpdateMs === undefined ? DEFAULT_CHECK_MS : wantedMs;
    this.#cancelCheck();
    this.#cancelCheck = clock.after(delayMs, () => void this.#check());
    return delayMs;
  }

  // --- Responders -----------------------------------------------------------------------------

  /** Asks one after the other until there is a valid response; the reason if there is none. */
  async #ask(): Promise<string | undefined> {
    const { urls } = this.#terms;
    if (urls.length === 0) return "no available ocsp servers";
    const request = ocspRequest(this.#link);
    let reason = "";
    for (const url of urls.map((one) => one.replace(/\/$/, ""))) {
      const bytes = await this.#answer(url, request);
      if (typeof bytes === "string") {
        reason = bytes;
        continue;
      }
      const staple = this.#proved(bytes);
      if (typeof staple !== "string") {
        this.#staple = staple;
        return undefined;
      }
      reason = `failed to get remote status from ${url}: ${staple}`;
    }
    return `exhausted ocsp servers: ${reason}`;
  }

  /** By POST, or else by GET; why not. */
  async #answer(url: string, request: Uint8Array): Promise<Uint8Array | string> {
    const posted = await this.#fetch(url, "POST", request, request.length);
    if (posted instanceof Uint8Array) return posted;
    const textLength = Math.ceil(request.length / 3) * 4;
    const got = await this.#fetch(url, "GET", request, textLength);
    return got instanceof Uint8Array ? got : `${posted.reason}; ${got.reason}`;
  }

  #fetch(url: string, method: OcspFetchMethod, request: Uint8Array, length: number) {
    const { clock, logger } = this.#terms;
    const startMs = clock.nowMs();
    return fetchOcsp(url, method, request, {
      timeoutMs: FETCH_TIMEOUT_MS,
      maxBytes: MAX_RESPONSE_BYTES,
      statusProblem: (status) => {
        const seconds = ((clock.nowMs() - startMs) / 1000).toFixed(3);
        const facts = `method=${method}, status=${status}, url=${url}, duration=${seconds}s`;
        logger.debug(`Received OCSP response (${facts})`);
        if (status <= 299) return undefined;
        return `non-ok http status on ${method} request (reqlen=${length}): ${status}`;
      },
    });
  }

  /** What the bytes say if they are a response that counts; why they are not. */
  #proved(bytes: Uint8Array): Staple | string {
    const response = verifyOcspResponse(bytes, this.#link, this.#terms.clock.wallMs(), 0);
    if ("reason" in response) {
      return response.isWronglyDelegated
        ? "OCSP response signer missing authorization by CA to act as OCSP signer"
        : response.reason;
    }
    return this.#timeProblem(response) ?? { bytes, response };
  }

  #timeProblem(response: OcspResponse): string | undefined {
    const { state, endMs } = responseEffect(response, EFFECT_RULES, this.#terms.clock.wallMs());
    if (state === "current") return undefined;
    return state === "expired"
      ? `invalid ocsp NextUpdate, is past time: ${goTime(endMs ?? 0)}`
      : `invalid ocsp ThisUpdate, is future time: ${goTime(response.thisUpdateMs)}`;
  }
}
