/**
 * TLS of the client port: what is in force of it, made anew by reloads and, with `tls.watch`, when
 * certificates change. Loaded by the listener where TLS is configured.
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { OcspCacheSettings } from "../config/blocks/ocsp.ts";
import { fileSource } from "../config/file-source.ts";
import type { Options } from "../config/options.ts";
import type { Connection } from "../connection/connection.ts";
import { HandshakeLimit } from "../connection/handshake-limit.ts";
import { SecureStart, type TlsTerms } from "../connection/secure-start.ts";
import { type Pins, pinObstacle } from "../connection/pinned-key.ts";
import type { OcspCacheFacts } from "../monitor/endpoint.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import { TlsContext } from "../transport/tls-context.ts";
import { testTlsUpgrade } from "../transport/tls-self-test.ts";
import type { TransportListener } from "../transport/transport.ts";
import { assert } from "../util/assert.ts";
import { messageOf } from "../util/system-error.ts";
import { CertificateEnds } from "./certificate-ends.ts";
import { CertificateWatch, type FileStamps } from "./certificate-watch.ts";
import { makeTlsTerms } from "./make-tls-terms.ts";
import type { OcspPeers } from "./ocsp/ocsp-peers.ts";

/** What has been made of options, and of which versions of the files. */
interface Prepared {
  readonly terms: TlsTerms;
  /** Undefined where nobody looks for others. */
  readonly stamps: FileStamps | undefined;
  readonly ocspCache: OcspCacheSettings | undefined;
}

export class ClientTls {
  readonly #nats: NatsContext;
  readonly #ends: CertificateEnds;
  readonly #watch: CertificateWatch;
  /** Loaded when clients are to be checked by it for the first time. */
  #ocsp: OcspPeers | undefined;
  /** What is in force; undefined while there is no TLS. */
  #current: Prepared | undefined;
  /** Of the options that were looked at last. */
  #prepared: Prepared | undefined;

  /** `onRenewed` is called when other certificates are in force without a reload. */
  constructor(nats: NatsContext, onRenewed: () => void) {
    const { clock, logger } = nats.connections;
    this.#nats = nats;
    this.#ends = new CertificateEnds(clock, logger.for("tls"));
    this.#watch = new CertificateWatch(clock, () => this.#renew(onRenewed));
    this.#ocsp = undefined;
    this.#current = undefined;
    this.#prepared = undefined;
  }

  /** What is asked of peers; undefined without TLS. */
  get terms(): TlsTerms | undefined {
    return this.#current?.terms;
  }

  /** What the cache of OCSP responses has done; undefined if there is none. */
  get ocspCacheFacts(): OcspCacheFacts | undefined {
    return this.#ocsp?.cacheFacts;
  }

  /** Reads what the options name; rejects with the reason for what cannot be used. */
  async prepare(options: Options): Promise<void> {
    this.#prepared = undefined;
    if (options.tls?.ocspPeer?.verify === true) await this.#loadOcsp();
    this.#prepared = this.#make(options);
  }

  /** Rejects if this runtime is none for TLS. To be called once, after `prepare`. */
  async testRuntime(): Promise<void> {
    const certificates = this.#prepared?.terms.certificates;
    if (certificates !== undefined) await testTlsUpgrade(new TlsContext({ certificates }));
  }

  /** From now on connections begin as was prepared last; closes those that are pinned no more. */
  takePrepared(): void {
    const before = this.terms?.pins;
    this.#take(this.#prepared);
    const pins = this.terms?.pins;
    if (!Bun.deepEquals(pins, before)) this.#closeUnpinned(pins);
  }

  /** Opens the cache of OCSP responses as it is wanted now, or closes it. */
  openCache(): void {
    if (this.terms?.peerCheck === undefined) void this.#ocsp?.closeCache();
    else this.#ocsp?.useCache(this.#current?.ocspCache);
  }

  /** Nothing is looked after any more. */
  stop(): void {
    this.#ends.watch([]);
    this.#watch.stop();
  }

  /** Nobody who has come is looked at any more. Resolves when all is saved. */
  async end(): Promise<void> {
    await this.#ocsp?.stop();
  }

  /** Who listens to the transport of a connection that begins under the terms in force. */
  begin(connection: Connection, transport: SecurableTransport, terms: TlsTerms): TransportListener {
    return new SecureStart(connection, transport, terms).begin();
  }

  /** What the log says of TLS when the port is open. */
  announce(): void {
    if (this.terms === undefined) return;
    const { isOptional, isFirst, fallbackMs } = this.terms;
    const logger = this.#nats.connections.logger.for("tls");
    logger.info(`TLS ${isOptional ? "available" : "required"} for client connections`);
    if (!isFirst || fallbackMs !== undefined) return;
    const option = '"TLS Handshake First" option';
    logger.warn(`Clients that are not using ${option} will fail to connect`);
  }

  async #loadOcsp(): Promise<void> {
    const { OcspPeers } = await import("./ocsp/ocsp-peers.ts");
    const { clock, logger, broker } = this.#nats.connections;
    const events = () => broker.events;
    this.#ocsp ??= new OcspPeers({ clock, logger: logger.for("tls"), events });
  }

  #make({ tls, allowNonTls, ocspCache }: Options): Prepared | undefined {
    if (tls === undefined) return undefined;
    const { clock, logger } = this.#nats.connections;
    // Before they are read: a change between the two is seen as one.
    const stamps = tls.watch ? this.#watch.stampsOf(tls) : undefined;
    const terms = makeTlsTerms(tls, allowNonTls, {
      read: (path) => fileSource.read(path),
      limit: (perSecond) => new HandshakeLimit(perSecond, clock, logger.for("tls")),
      ocspCheck: (settings, ca) => {
        assert(this.#ocsp !== undefined, "loaded before it is asked for");
        return this.#ocsp.checkFor(settings, ca);
      },
    });
    return { terms, stamps, ocspCache };
  }

  #take(prepared: Prepared | undefined): void {
    const terms = prepared?.terms;
    this.#current = prepared;
    this.#ends.watch(terms?.ends ?? []);
    this.#watch.expect(prepared?.stamps);
    this.#nats.tls = terms && {
      isRequired: !terms.isOptional,
      isVerified: terms.context.asksForCertificate,
    };
  }

  #closeUnpinned(pins: Pins): void {
    const { broker, logger } = this.#nats.connections;
    for (const connection of [...broker.connections.values()]) {
      const obstacle = pinObstacle(pins, connection.tls);
      if (obstacle === undefined) continue;
      logger.for("tls").debug(`${connection.label} - ${obstacle}`);
      connection.close(closeReasons.tlsHandshakeError);
    }
  }

  /** The files have changed: takes what is in them, or keeps what there is. */
  #renew(onRenewed: () => void): void {
    const { options, logger } = this.#nats.connections;
    const tlsLogger = logger.for("tls");
    try {
      this.#take(this.#make(options));
    } catch (error) {
      tlsLogger.error(`Certificates have changed and cannot be used: ${messageOf(error)}`);
      return;
    }
    tlsLogger.info("Certificates have changed and are in use");
    onRenewed();
  }
}
