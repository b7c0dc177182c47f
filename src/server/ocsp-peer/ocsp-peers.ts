/**
 * `ocsp_peer`: whether clients whose certificates TLS has verified are let in, by what the OCSP
 * responders of the issuers say. Decisions, log lines and events are nats-server's (its
 * ocsp_peer.go). Loaded where it is configured; one for the life of the client port.
 */
import type { ConnectionEvents, EventCertificate } from "../../broker/connection-events.ts";
import type { OcspPeerSettings } from "../../config/blocks/ocsp-peer.ts";
import { CACHE_DEFAULTS, type OcspCacheSettings } from "../../config/blocks/ocsp.ts";
import type { PeerCheck } from "../../connection/secure-start.ts";
import type { OcspCacheFacts } from "../../monitor/endpoint.ts";
import { nameText } from "../../transport/certificate-names.ts";
import type { OcspLink } from "../../transport/ocsp/certificate-id.ts";
import type { OcspCertificate } from "../../transport/ocsp/ocsp-certificate.ts";
import { type TrustedChain, TrustedAuthorities } from "../../transport/ocsp/trusted-chains.ts";
import type { Clock } from "../../util/clock.ts";
import type { Logger } from "../../util/logger.ts";
import { messageOf } from "../../util/system-error.ts";
import { type CheckHost, LinkCheck, USUAL_CA_TIMEOUT_MS, fingerprint } from "./link-check.ts";
import { PeerCache } from "./peer-cache.ts";
import { ResponderCalls } from "./responder-calls.ts";
import type { ResponseCache } from "./response-cache.ts";

const REFUSAL = "client not OCSP valid";
/** Responders that a client is waited for, one after the other. */
const MAX_QUESTIONS_IN_TURN = 8;
const NO_PEER = "Peer certificate is nil";

/** The server, as far as checks need it. */
export interface OcspHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined while nobody can listen to them. */
  events(): ConnectionEvents | undefined;
}

export class OcspPeers implements CheckHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: ResponderCalls;
  readonly #events: OcspHost["events"];
  /** Open while peers are checked. */
  #cache: PeerCache | undefined;
  /** The last one that was open, while it is saved. */
  #closing: Promise<void> | undefined;

  constructor({ clock, logger, events }: OcspHost) {
    this.clock = clock;
    this.logger = logger;
    this.calls = new ResponderCalls((text) => logger.debug(text));
    this.#events = events;
    this.#cache = undefined;
    this.#closing = undefined;
  }

  get responses(): ResponseCache | undefined {
    return this.#cache?.responses;
  }

  get cacheFacts(): OcspCacheFacts | undefined {
    return this.#cache?.facts;
  }

  /** A check with these settings, of peers of those whom the PEM text trusts. */
  checkFor(settings: OcspPeerSettings, ca: string | undefined): PeerCheck {
    const authorities = new TrustedAuthorities(ca === undefined ? systemAuthorities() : pemIn(ca));
    return {
      refusal: REFUSAL,
      authorities: { pem: ca },
      timeLimitMs: MAX_QUESTIONS_IN_TURN * (settings.caTimeoutMs || USUAL_CA_TIMEOUT_MS),
      admits: (presented) => this.#admits(presented, authorities, settings),
    };
  }

  /** Opens the cache that the options ask for, in the place of another. */
  useCache(settings: OcspCacheSettings = CACHE_DEFAULTS): void {
    if (Bun.deepEquals(this.#cache?.settings, settings)) return;
    const cache = new PeerCache(settings, this.clock, this.logger);
    void this.closeCache();
    this.#cache = cache;
    const openIt = () => {
      if (this.#cache === cache) cache.open();
    };
    // The one before may have the same file.
    if (this.#closing === undefined) openIt();
    else void this.#closing.then(openIt);
  }

  /** Peers are not checked any more. Resolves when what was in the cache is saved. */
  closeCache(): Promise<void> {
    this.#closing = this.#cache?.close() ?? this.#closing;
    this.#cache = undefined;
    return this.#closing ?? Promise.resolve();
  }

  /** The same for good. */
  stop(): Promise<void> {
    this.calls.stop();
    return this.closeCache();
  }

  async #admits(
    presented: readonly Uint8Array[],
    authorities: TrustedAuthorities,
    settings: OcspPeerSettings,
  ): Promise<boolean> {
    try {
      const chains = authorities.chainsOf(presented, this.clock.wallMs());
      const { length } = chains;
      this.logger.debug(`Peer OCSP enabled: ${length} TLS client chain(s) will be evaluated`);
      const peer = chains[0]?.[0];
      if (peer === undefined) {
        this.logger.error(`${NO_PEER}, rejecting OCSP peer`);
        this.logger.error(`${NO_PEER}, cannot send OCSP peer reject event`);
        return false;
      }
      for (let i = 0; i < chains.length; i++) {
        if (await this.#isValid(chains[i]!, i, settings)) return true;
      }
      this.logger.debug("No OCSP valid chains, thus peer is invalid");
      this.#events()?.onPeerRejected(described(peer), REFUSAL);
    } catch (error) {
      // One of our own bugs, which lets nobody in.
      this.logger.error(`Internal error while checking a client by OCSP: ${messageOf(error)}`);
    }
    return false;
  }

  async #isValid(chain: TrustedChain, index: number, settings: OcspPeerSettings): Promise<boolean> {
    const { logger } = this;
    logger.debug(`Chain [${index}]: ${chain.length} total link(s)`);
    if (chain.length === 1) {
      logger.debug(`Chain [${index}] is self-signed, thus peer is valid`);
      return true;
    }
    const links = eligibleLinks(chain);
    if (links.length === 0) {
      logger.debug(`Chain [${index}] has no OCSP eligible links, thus peer is valid`);
      return true;
    }
    logger.debug(`Chain [${index}] has ${links.length} OCSP eligible link(s)`);
    for (const { link, urls } of links) {
      const problem = await new LinkCheck(this, settings, link).problem(urls);
      if (problem === undefined) continue;
      logger.debug(problem);
      this.#events()?.onInvalidLink(described(link.certificate), described(chain[0]!), problem);
      return false;
    }
    logger.debug(`Chain [${index}] is OCSP valid for all eligible links, thus peer is valid`);
    return true;
  }
}

/** Those that name a responder on the web; the last certificate is trusted as it is. */
function eligibleLinks(
  chain: TrustedChain,
): { readonly link: OcspLink; readonly urls: readonly string[] }[] {
  return chain.slice(0, -1).flatMap((certificate, i) => {
    const urls = certificate.responderUrls.filter(isWebUrl);
    return urls.length === 0 ? [] : [{ link: { certificate, issuer: chain[i + 1]! }, urls }];
  });
}

function isWebUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function described({ encoded, subject, issuer }: OcspCertificate): EventCertificate {
  return {
    subject: nameText(subject),
    issuer: nameText(issuer),
    fingerprint: fingerprint(encoded),
    raw: Buffer.from(encoded).toString("base64"),
  };
}

function pemIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Those that the runtime trusts where nothing else is said. */
function systemAuthorities(): string[] {
  return process.getBuiltinModule("node:tls").getCACertificates("default");
}
