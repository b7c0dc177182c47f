/**
 * TLS of the client port: what is in force of it, made anew by reloads and, with `tls.watch`, when
 * certificates change. Loaded by the listener where TLS is configured.
 */
import { closeReasons } from "../broker/close-reason.ts";
import { fileSource } from "../config/file-source.ts";
import type { Options } from "../config/options.ts";
import type { Connection } from "../connection/connection.ts";
import { HandshakeLimit } from "../connection/handshake-limit.ts";
import { SecureStart, type TlsTerms } from "../connection/secure-start.ts";
import { type Pins, pinObstacle } from "../connection/pinned-key.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import { TlsContext } from "../transport/tls-context.ts";
import { testTlsUpgrade } from "../transport/tls-self-test.ts";
import type { TransportListener } from "../transport/transport.ts";
import { messageOf } from "../util/system-error.ts";
import { CertificateEnds } from "./certificate-ends.ts";
import { CertificateWatch, type FileStamps } from "./certificate-watch.ts";
import { makeTlsTerms } from "./make-tls-terms.ts";

/** What has been made of options, and of which versions of the files. */
interface Prepared {
  readonly terms: TlsTerms;
  /** Undefined where nobody looks for others. */
  readonly stamps: FileStamps | undefined;
}

export class ClientTls {
  readonly #nats: NatsContext;
  readonly #ends: CertificateEnds;
  readonly #watch: CertificateWatch;
  /** Undefined while there is no TLS. */
  #terms: TlsTerms | undefined;
  /** Of the options that were looked at last. */
  #prepared: Prepared | undefined;

  /** `onRenewed` is called when other certificates are in force without a reload. */
  constructor(nats: NatsContext, onRenewed: () => void) {
    const { clock, logger } = nats.connections;
    this.#nats = nats;
    this.#ends = new CertificateEnds(clock, logger.for("tls"));
    this.#watch = new CertificateWatch(clock, () => this.#renew(onRenewed));
    this.#terms = undefined;
    this.#prepared = undefined;
  }

  /** What is asked of peers; undefined without TLS. */
  get terms(): TlsTerms | undefined {
    return this.#terms;
  }

  /** Reads what the options name; throws the reason for what cannot be used. */
  prepare(options: Options): void {
    this.#prepared = undefined;
    this.#prepared = this.#make(options);
  }

  /** Rejects if this runtime is none for TLS. To be called once, after `prepare`. */
  async testRuntime(): Promise<void> {
    const certificates = this.#prepared?.terms.certificates;
    if (certificates !== undefined) await testTlsUpgrade(new TlsContext({ certificates }));
  }

  /** From now on connections begin as was prepared last; closes those that are pinned no more. */
  takePrepared(): void {
    const before = this.#terms?.pins;
    this.#take(this.#prepared);
    const pins = this.#terms?.pins;
    if (!Bun.deepEquals(pins, before)) this.#closeUnpinned(pins);
  }

  /** Nothing is in force any more. */
  stop(): void {
    this.#ends.watch([]);
    this.#watch.stop();
  }

  /** Who listens to the transport of a connection that begins under the terms in force. */
  begin(connection: Connection, transport: SecurableTransport, terms: TlsTerms): TransportListener {
    return new SecureStart(connection, transport, terms).begin();
  }

  /** What the log says of TLS when the port is open. */
  announce(): void {
    if (this.#terms === undefined) return;
    const { isOptional, isFirst, fallbackMs } = this.#terms;
    const logger = this.#nats.connections.logger.for("tls");
    logger.info(`TLS ${isOptional ? "available" : "required"} for client connections`);
    if (!isFirst || fallbackMs !== undefined) return;
    const option = '"TLS Handshake First" option';
    logger.warn(`Clients that are not using ${option} will fail to connect`);
  }

  #make({ tls, allowNonTls }: Options): Prepared | undefined {
    if (tls === undefined) return undefined;
    const { clock, logger } = this.#nats.connections;
    // Before they are read: a change between the two is seen as one.
    const stamps = tls.watch ? this.#watch.stampsOf(tls) : undefined;
    const terms = makeTlsTerms(tls, allowNonTls, {
      read: (path) => fileSource.read(path),
      limit: (perSecond) => new HandshakeLimit(perSecond, clock, logger.for("tls")),
    });
    return { terms, stamps };
  }

  #take(prepared: Prepared | undefined): void {
    const terms = prepared?.terms;
    this.#terms = terms;
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
