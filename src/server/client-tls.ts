/**
 * TLS of the client port: what is in force of it, made anew by reloads and, with `tls.watch`, when
 * certificates change. Loaded by the listener where TLS is configured.
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { OcspCacheSettings } from "../config/blocks/ocsp.ts";
import type { Options } from "../config/options.ts";
import type { Connection } from "../connection/connection.ts";
import { type Pins, pinObstacle } from "../connection/pinned-key.ts";
import { SecureStart, type TlsTerms } from "../connection/secure-start.ts";
import type { OcspCacheFacts } from "../monitor/endpoint.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import { RuntimeTlsContext } from "../transport/runtime-tls-context.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import { testTlsUpgrade } from "../transport/tls-self-test.ts";
import type { TransportListener } from "../transport/transport.ts";
import { assert } from "../util/assert.ts";
import type { Logger } from "../util/logger.ts";
import { messageOf } from "../util/system-error.ts";
import { CertificateEnds } from "./certificate-ends.ts";
import { CertificateWatch, type FileStamps } from "./certificate-watch.ts";
import type { OcspPeers } from "./ocsp-peer/ocsp-peers.ts";
import { type TlsSetUp, setUpTls } from "./set-up-tls.ts";

/** What the server does about certificates. */
export interface CertificateHooks {
  /** Others are in use without a reload. */
  onRenewed(): void;
  /** The one in use must not be: the server has to end. */
  onBadCertificate(): void;
}

/** What has been made of options, and of which versions of the files. */
interface Prepared extends TlsSetUp {
  /** Undefined where nobody looks for others. */
  readonly stamps: FileStamps | undefined;
  readonly ocspCache: OcspCacheSettings | undefined;
}

export class ClientTls {
  readonly #nats: NatsContext;
  readonly #logger: Logger;
  readonly #hooks: CertificateHooks;
  readonly #ends: CertificateEnds;
  readonly #watch: CertificateWatch;
  /** Loaded when clients are to be checked by it for the first time. */
  #ocsp: OcspPeers | undefined;
  /** What is in force; undefined while there is no TLS. */
  #current: Prepared | undefined;
  /** Of the options that were looked at last. */
  #prepared: Prepared | undefined;
  /** Changes with each of the two above, so that a renewal does not come in between. */
  #version: number;
  #isRenewing: boolean;
  #isStopped: boolean;

  constructor(nats: NatsContext, hooks: CertificateHooks) {
    const { clock, logger } = nats.connections;
    this.#nats = nats;
    this.#logger = logger.for("tls");
    this.#hooks = hooks;
    this.#ends = new CertificateEnds(clock, this.#logger);
    this.#watch = new CertificateWatch(clock, () => void this.#renew());
    this.#ocsp = undefined;
    this.#current = undefined;
    this.#prepared = undefined;
    this.#version = 0;
    this.#isRenewing = false;
    this.#isStopped = false;
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
    this.#version++;
    this.#prepared = undefined;
    this.#prepared = await this.#make(options);
  }

  /** Rejects if this runtime is none for TLS. To be called once, after `prepare`. */
  async testRuntime(): Promise<void> {
    const certificates = this.#prepared?.terms.certificates;
    if (certificates !== undefined) await testTlsUpgrade(new RuntimeTlsContext({ certificates }));
  }

  /** From now on connections begin as was prepared last; closes those that are pinned no more. */
  takePrepared(): void {
    const before = this.terms?.pins;
    this.#take(this.#prepared);
    const pins = this.terms?.pins;
    if (!Bun.deepEquals(pins, before)) this.#closeUnpinned(pins);
  }

  /** While the server runs, what goes with TLS is kept up to date. */
  lookAfter(): void {
    if (this.#isStopped) return;
    if (this.terms?.peerCheck === undefined) void this.#ocsp?.closeCache();
    else this.#ocsp?.useCache(this.#current?.ocspCache);
    this.#current?.stapling.begin(this.#logger);
  }

  /** Nothing is looked after any more. */
  stop(): void {
    this.#isStopped = true;
    this.#ends.watch([]);
    this.#watch.stop();
    this.#current?.stapling.stop();
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
    this.#logger.info(`TLS ${isOptional ? "available" : "required"} for client connections`);
    if (!isFirst || fallbackMs !== undefined) return;
    const option = '"TLS Handshake First" option';
    this.#logger.warn(`Clients that are not using ${option} will fail to connect`);
  }

  async #make(options: Options): Promise<Prepared | undefined> {
    const { tls, ocspCache } = options;
    if (tls === undefined) return undefined;
    if (tls.ocspPeer?.verify === true) await this.#loadOcsp();
    // Before they are read: a change between the two is seen as one.
    const stamps = tls.watch ? this.#watch.stampsOf(tls) : undefined;
    const setUp = await setUpTls(tls, options, {
      clock: this.#nats.connections.clock,
      logger: this.#logger,
      onBadCertificate: () => this.#hooks.onBadCertificate(),
      ocspCheck: (settings, ca) => {
        assert(this.#ocsp !== undefined, "loaded before it is asked for");
        return this.#ocsp.checkFor(settings, ca);
      },
    });
    await setUp.stapling.prepare(this.#current?.stapling);
    return { ...setUp, stamps, ocspCache };
  }

  async #loadOcsp(): Promise<void> {
    const { OcspPeers } = await import("./ocsp-peer/ocsp-peers.ts");
    const { clock, broker } = this.#nats.connections;
    const events = () => broker.events;
    this.#ocsp ??= new OcspPeers({ clock, logger: this.#logger, events });
  }

  #take(prepared: Prepared | undefined): void {
    this.#version++;
    if (prepared !== this.#current) this.#current?.stapling.stop();
    this.#current = prepared;
    const terms = prepared?.terms;
    if (!this.#isStopped) {
      this.#ends.watch(terms?.ends ?? []);
      this.#watch.expect(prepared?.stamps);
    }
    this.#nats.tls = terms && {
      isRequired: !terms.isOptional,
      isVerified: terms.context.asksForCertificate,
    };
  }

  #closeUnpinned(pins: Pins): void {
    for (const connection of [...this.#nats.connections.broker.connections.values()]) {
      const obstacle = pinObstacle(pins, connection.tls);
      if (obstacle === undefined) continue;
      this.#logger.debug(`${connection.label} - ${obstacle}`);
      connection.close(closeReasons.tlsHandshakeError);
    }
  }

  /** The files have changed: takes what is in them, or keeps what there is. Never rejects. */
  async #renew(): Promise<void> {
    if (this.#isRenewing) {
      this.#lookAgain();
      return;
    }
    this.#isRenewing = true;
    const version = this.#version;
    try {
      const renewed = await this.#make(this.#nats.connections.options);
      if (version === this.#version && !this.#isStopped) this.#takeRenewed(renewed);
      // A reload has come in between, which may not have brought them.
      else this.#lookAgain();
    } catch (error) {
      this.#logger.error(`Certificates have changed and cannot be used: ${messageOf(error)}`);
    }
    this.#isRenewing = false;
  }

  #takeRenewed(renewed: Prepared | undefined): void {
    this.#take(renewed);
    this.lookAfter();
    this.#logger.info("Certificates have changed and are in use");
    this.#hooks.onRenewed();
  }

  /** The watch finds again what is not in use yet. */
  #lookAgain(): void {
    if (!this.#isStopped) this.#watch.expect(this.#current?.stamps);
  }
}
