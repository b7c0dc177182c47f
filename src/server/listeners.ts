/**
 * The client port: accepts connections and makes NATS clients of them, within max_connections and
 * what the descriptors allow.
 */
import type { Options } from "../config/options.ts";
import { say } from "../connection/connection-log.ts";
import { SecureStart, type TlsTerms } from "../connection/secure-start.ts";
import { NatsClient } from "../nats/client.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import { listenTcp } from "../transport/tcp-listener.ts";
import type { TcpListener } from "../transport/tcp-listener.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import type { TransportListener } from "../transport/transport.ts";
import type { OcspCacheSettings } from "../config/blocks/ocsp.ts";
import type { MonitorAuthorities, OcspCacheFacts } from "../monitor/endpoint.ts";
import type { CertificateEnds } from "./certificate-ends.ts";
import type { DescriptorGuard, Pausable } from "./descriptor-guard.ts";
import type { OcspPeers } from "./ocsp/ocsp-peers.ts";
import type { TlsSetUp } from "./set-up-tls.ts";

export class ClientListener implements Pausable {
  readonly #nats: NatsContext;
  readonly #guard: DescriptorGuard;
  #listener: TcpListener | undefined;
  #port: number;
  #isStarted: boolean;
  #isStopped: boolean;
  /** What is asked of peers; undefined without TLS. */
  #tls: TlsSetUp | undefined;
  /** Made when there is TLS for the first time. */
  #ends: CertificateEnds | undefined;
  /** Loaded when clients are to be checked by it for the first time. */
  #ocsp: OcspPeers | undefined;
  #ocspCache: OcspCacheSettings | undefined;
  /** The same of the options that were looked at last. */
  #prepared: TlsSetUp | undefined;
  #preparedCache: OcspCacheSettings | undefined;
  readonly #onBadCertificate: () => void;

  /** `onBadCertificate` is to end the server. */
  constructor(nats: NatsContext, guard: DescriptorGuard, onBadCertificate: () => void) {
    this.#nats = nats;
    this.#guard = guard;
    this.#onBadCertificate = onBadCertificate;
    guard.guard(this);
    this.#listener = undefined;
    this.#port = nats.connections.options.port;
    this.#isStarted = false;
    this.#isStopped = false;
    this.#tls = undefined;
    this.#ends = undefined;
    this.#ocsp = undefined;
    this.#ocspCache = undefined;
    this.#prepared = undefined;
    this.#preparedCache = undefined;
  }

  /** Reads what the options name; rejects with the reason for what cannot be used. */
  async prepare(options: Options): Promise<void> {
    const { tls, ocspCache } = options;
    this.#prepared = undefined;
    this.#preparedCache = ocspCache;
    if (tls === undefined) return;
    const [{ CertificateEnds }, { setUpTls }] = await Promise.all([
      import("./certificate-ends.ts"),
      import("./set-up-tls.ts"),
    ]);
    const { clock, logger } = this.#nats.connections;
    this.#ends ??= new CertificateEnds(clock, logger.for("tls"));
    const ocsp = tls.ocspPeer?.verify === true ? await this.#loadOcsp() : undefined;
    const setUp = await setUpTls(tls, options, {
      clock,
      logger: logger.for("tls"),
      onBadCertificate: this.#onBadCertificate,
      ocspCheck: (settings, ca) => ocsp?.checkFor(settings, ca),
    });
    await setUp.stapling.prepare(this.#tls?.stapling);
    this.#prepared = setUp;
  }

  async #loadOcsp(): Promise<OcspPeers> {
    const { OcspPeers } = await import("./ocsp/ocsp-peers.ts");
    const { clock, logger, broker } = this.#nats.connections;
    const events = () => broker.events;
    this.#ocsp ??= new OcspPeers({ clock, logger: logger.for("tls"), events });
    return this.#ocsp;
  }

  /** From now on connections begin as was prepared last. */
  takePrepared(): void {
    const startedPlain = this.#startsPlain;
    this.#tls?.stapling.stop();
    this.#tls = this.#prepared;
    this.#ocspCache = this.#preparedCache;
    const terms = this.#tls?.terms;
    this.#ends?.watch(terms?.ends ?? []);
    if (this.#isStarted) this.#useOcspCache();
    this.#nats.tls = terms && {
      isRequired: !terms.isOptional,
      isVerified: terms.context.asksForCertificate,
    };
    if (this.#isStarted) this.#tls?.stapling.begin(this.#nats.connections.logger.for("tls"));
    if (this.#listener === undefined || this.#startsPlain === startedPlain) return;
    this.stopListening();
    this.restartListening();
  }

  /** As the options in force want it. */
  #useOcspCache(): void {
    if (this.#tls?.terms.peerCheck === undefined) void this.#ocsp?.closeCache();
    else this.#ocsp?.useCache(this.#ocspCache);
  }

  /** What the log says of TLS when the port is open. */
  sayTls(): void {
    if (this.#tls === undefined) return;
    const { isOptional, isFirst, fallbackMs } = this.#tls.terms;
    const logger = this.#nats.connections.logger.for("tls");
    this.#tls.stapling.begin(logger);
    logger.info(`TLS ${isOptional ? "available" : "required"} for client connections`);
    if (!isFirst || fallbackMs !== undefined) return;
    const option = '"TLS Handshake First" option';
    logger.warn(`Clients that are not using ${option} will fail to connect`);
  }

  get certificates(): TlsTerms["certificates"] | undefined {
    return this.#tls?.terms.certificates;
  }

  /** Of those that look over HTTPS, where OCSP has to call them good. */
  get authorities(): MonitorAuthorities | undefined {
    return this.#tls?.terms.peerCheck?.authorities;
  }

  /** When the first certificate ends, in wall-clock milliseconds; undefined without TLS. */
  get certificateEndMs(): number | undefined {
    return this.#tls?.terms.ends[0]?.endMs;
  }

  /** What the cache of OCSP responses has done; undefined if there is none. */
  get ocspCacheFacts(): OcspCacheFacts | undefined {
    return this.#ocsp?.cacheFacts;
  }

  /** Whether peers may say something before there is TLS, or somebody has to read it. */
  get #startsPlain(): boolean {
    const terms = this.#tls?.terms;
    if (terms === undefined || terms.context.readsPlainSockets) return true;
    return terms.isFirst ? terms.fallbackMs !== undefined : terms.isOptional;
  }

  /** The bound port, also while accepting pauses. */
  get port(): number {
    return this.#port;
  }

  /** Whether the port is this server's: it listens, or pauses until it can accept again. */
  get isOpen(): boolean {
    return this.#isStarted && !this.#isStopped;
  }

  /** Whether connections are accepted now. */
  get isListening(): boolean {
    return this.#listener !== undefined;
  }

  /** Binds the configured port. Throws the system's error. */
  start(): void {
    const { options } = this.#nats.connections;
    const port = Math.max(this.#port, 0);
    const accept = (transport: SecurableTransport) => this.#accept(transport);
    this.#listener = listenTcp(options.host, port, accept, this.#startsPlain);
    this.#port = this.#listener.port;
    if (!this.#isStarted) this.#useOcspCache();
    this.#isStarted = true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#ends?.watch([]);
    this.stopListening();
  }

  /** Stops, and nobody who has come is looked at any more. Resolves when all is saved. */
  async end(): Promise<void> {
    this.stop();
    this.#tls?.stapling.stop();
    await this.#ocsp?.stop();
  }

  stopListening(): void {
    this.#listener?.stop();
    this.#listener = undefined;
  }

  restartListening(): void {
    if (!this.#isStopped && this.#listener === undefined) this.start();
  }

  #accept(transport: SecurableTransport): TransportListener | undefined {
    const { broker, options, flushQueue, logger } = this.#nats.connections;
    if (this.#isStopped) return undefined;
    const open = broker.connections.size;
    const client = new NatsClient(this.#nats, transport);
    if (logger.debugEnabled) say(client, "debug", "client_connected", "Client connection created");
    const isRefused = open >= options.maxConnections || this.#guard.isFull(open);
    this.#guard.onAccept(open);
    const terms = this.#tls?.terms;
    if (terms !== undefined && !isRefused) {
      return new SecureStart(client, transport, terms).begin();
    }
    client.greet();
    client.begin();
    if (isRefused) client.refuse();
    flushQueue.endTurn();
    return client;
  }
}
