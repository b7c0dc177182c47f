/**
 * Whether the responder of a certificate's issuer calls it good, by a response from the cache or
 * from the responder. Decisions, log lines and their levels are nats-server's (its certOCSPGood).
 */
import type { OcspPeerSettings } from "../../config/blocks/ocsp-peer.ts";
import { nameText } from "../../transport/certificate-names.ts";
import type { OcspLink } from "../../transport/ocsp/certificate-id.ts";
import { responseEffect } from "../../transport/ocsp/effect.ts";
import { type OcspResponse, verifyOcspResponse } from "../../transport/ocsp/response.ts";
import type { Clock } from "../../util/clock.ts";
import { formatDuration } from "../../util/duration.ts";
import { goTime } from "../../util/go-time.ts";
import type { Logger } from "../../util/logger.ts";
import { storedFrames } from "../../util/stored-frames.ts";
import type { ResponderCalls } from "./responder-calls.ts";
import type { ResponseCache } from "./response-cache.ts";

/** What checks have in common. */
export interface CheckHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: ResponderCalls;
  /** The one that is open now; undefined if nothing is kept. */
  readonly responses: ResponseCache | undefined;
}

/** For a question, where 0 is not a time to wait. */
export const USUAL_CA_TIMEOUT_MS = 2000;

export class LinkCheck {
  readonly #host: CheckHost;
  readonly #settings: OcspPeerSettings;
  readonly #link: OcspLink;
  readonly #subject: string;
  /** Of the certificate. */
  readonly #key: string;

  constructor(host: CheckHost, settings: OcspPeerSettings, link: OcspLink) {
    this.#host = host;
    this.#settings = settings;
    this.#link = link;
    this.#subject = nameText(link.certificate.subject);
    this.#key = fingerprint(link.certificate.encoded);
  }

  /** Why the certificate does not pass; undefined if it does. */
  async problem(urls: readonly string[]): Promise<string | undefined> {
    const { logger } = this.#host;
    const cached = this.#cached();
    const response = cached.current ?? (await this.#fetched(urls, cached.isRevoked));
    if (!("status" in response)) return response.problem;
    const { status } = response;
    if (status === "revoked" || (status === "unknown" && !this.#settings.unknownIsGood)) {
      logger.warn(`OCSP verify fail for [${this.#subject}] with CA status [${status}]`);
      return this.#unlessWarnOnly(`Invalid OCSP response status: ${status}`);
    }
    logger.debug(`OCSP verify pass for [${this.#subject}]`);
    return undefined;
  }

  /** What the cache has that can be used, and whether the certificate was ever revoked there. */
  #cached(): { readonly current: OcspResponse | undefined; readonly isRevoked: boolean } {
    const { responses, logger } = this.#host;
    const key = this.#key;
    logger.debug(`Checking OCSP peer cache for [${this.#subject}], key [${key}]`);
    const raw = responses?.get(key);
    if (raw === undefined) return { current: undefined, isRevoked: false };
    const response = this.#verified(raw);
    if ("reason" in response) {
      const subject = this.#subject;
      logger.debug(`Invalid cached OCSP response for [${subject}] with fingerprint [${key}]`);
      responses?.discard(key);
      return { current: undefined, isRevoked: false };
    }
    const isCurrent = this.#isCurrent(response);
    const state = isCurrent ? "current" : "expired";
    logger.debug(`Cached OCSP response is ${state}, status [${response.status}]`);
    if (!isCurrent) responses?.discard(key);
    const isRevoked = response.status === "revoked";
    return { current: isCurrent ? response : undefined, isRevoked };
  }

  /** What the responder says; a problem where it says nothing that counts, or nothing at all. */
  async #fetched(
    urls: readonly string[],
    wasRevoked: boolean,
  ): Promise<OcspResponse | { readonly problem: string | undefined }> {
    const { calls, logger } = this.#host;
    const subject = this.#subject;
    const timeoutMs = this.#settings.caTimeoutMs || USUAL_CA_TIMEOUT_MS;
    const raw = await calls.ask(this.#link, urls, timeoutMs);
    if ("reason" in raw || raw.length === 0) {
      return { problem: this.#unreachable("reason" in raw ? raw.reason : "no data", wasRevoked) };
    }
    const response = this.#verified(raw);
    if ("reason" in response) {
      const { reason, isWronglyDelegated } = response;
      const delegation = `Invalid OCSP response delegation: ${subject}`;
      if (isWronglyDelegated) logger.warn(delegation);
      else logger.error(`Could not parse OCSP CA response for [${subject}]: ${reason}`);
      const problem = isWronglyDelegated ? delegation : "Failed OCSP response parse";
      return { problem: this.#unlessWarnOnly(problem) };
    }
    if (!this.#isCurrent(response)) {
      logger.warn(`New OCSP CA response obtained for [${subject}] but not current`);
      return { problem: this.#unlessWarnOnly("OCSP response not in effectivity window") };
    }
    this.#keep(response, raw);
    return response;
  }

  /** There is no response; `wasRevoked` if there was one once that said so. */
  #unreachable(reason: string, wasRevoked: boolean): string | undefined {
    const { logger } = this.#host;
    const subject = this.#subject;
    const failure = `Attempt to obtain OCSP response from CA responder for [${subject}] failed`;
    logger.warn(`${failure}: ${reason}`);
    const problem = "Failed OCSP response fetch";
    const { warnOnly, allowWhenCaUnreachable } = this.#settings;
    if (warnOnly || !allowWhenCaUnreachable) return this.#unlessWarnOnly(problem);
    const set = `Failed to obtain OCSP CA response for [${subject}] but AllowWhenCAUnreachable set`;
    const outcome = wasRevoked
      ? "cached revocation exists so rejecting"
      : "no cached revocation so allowing";
    logger.warn(`${set}; ${outcome}`);
    return wasRevoked ? problem : undefined;
  }

  #unlessWarnOnly(problem: string): string | undefined {
    if (!this.#settings.warnOnly) return problem;
    const text = `OCSP verify fail for [${this.#subject}] but WarnOnly is true so allowing`;
    this.#host.logger.warn(text);
    return undefined;
  }

  #verified(raw: Uint8Array): ReturnType<typeof verifyOcspResponse> {
    const { allowedClockSkewMs } = this.#settings;
    return verifyOcspResponse(raw, this.#link, this.#host.clock.wallMs(), allowedClockSkewMs);
  }

  #isCurrent(response: OcspResponse): boolean {
    const { clock, logger } = this.#host;
    const { allowedClockSkewMs, cacheTtlWhenNextUpdateUnsetMs } = this.#settings;
    const rules = { skewMs: allowedClockSkewMs, defaultLifeMs: cacheTtlWhenNextUpdateUnsetMs };
    const nowMs = clock.wallMs();
    const { state, endMs } = responseEffect(response, rules, nowMs);
    if (state === "current") return true;
    const isEarly = state === "early" || endMs === undefined;
    const named = response.nextUpdateMs === undefined ? "cache expiry" : "NextUpdate";
    const [what, ms] = isEarly ? ["ThisUpdate", response.thisUpdateMs] : [named, endMs];
    const now = `before now [${goTime(nowMs)}] with clockskew [${formatDuration(rules.skewMs)}]`;
    logger.debug(`OCSP response ${what} [${goTime(ms)}] is ${now}`);
    return false;
  }

  #keep({ status, nextUpdateMs }: OcspResponse, response: Uint8Array): void {
    const { responses, logger, clock } = this.#host;
    if (responses === undefined) return;
    const subject = this.#subject;
    logger.debug(`Caching OCSP response for [${subject}], key [${this.#key}]`);
    if (logger.debugEnabled) {
      const ratio = storedFrames(response).length / response.length;
      logger.debug(`OCSP response compression ratio: [${ratio.toFixed(6)}]`);
    }
    const cachedAtMs = clock.wallMs();
    responses.put(this.#key, { subject, cachedAtMs, status, nextUpdateMs, response });
  }
}

/** SHA-256 in base64. */
export function fingerprint(certificate: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(certificate).digest("base64");
}
