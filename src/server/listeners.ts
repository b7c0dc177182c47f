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
import type { CertificateEnds } from "./certificate-ends.ts";
import type { DescriptorGuard, Pausable } from "./descriptor-guard.ts";

/** How connections begin. */
interface ClientTerms {
  /** What is asked of peers; undefined without TLS. */
  readonly tls: TlsTerms | undefined;
  /** Makes the beginning where proxies tell of clients; undefined where they do not. */
  readonly startBehindProxy: StartBehindProxy | undefined;
  /** Whether any address may be a proxy's. */
  readonly trustsAnyProxy: boolean;
}

type StartBehindProxy = (client: NatsClient, transport: SecurableTransport) => TransportListener;

const PLAIN: ClientTerms = { tls: undefined, startBehindProxy: undefined, trustsAnyProxy: false };

export class ClientListener implements Pausable {
  readonly #nats: NatsContext;
  readonly #guard: DescriptorGuard;
  #listener: TcpListener | undefined;
  #port: number;
  #isStarted: boolean;
  #isStopped: boolean;
  #terms: ClientTerms;
  /** Made when there is TLS for the first time. */
  #ends: CertificateEnds | undefined;
  /** Those of the options that were looked at last. */
  #prepared: ClientTerms;

  constructor(nats: NatsContext, guard: DescriptorGuard) {
    this.#nats = nats;
    this.#guard = guard;
    guard.guard(this);
    this.#listener = undefined;
    this.#port = nats.connections.options.port;
    this.#isStarted = false;
    this.#isStopped = false;
    this.#terms = PLAIN;
    this.#ends = undefined;
    this.#prepared = PLAIN;
  }

  /** Reads what the options name; rejects with the reason for what cannot be used. */
  async prepare(options: Options): Promise<void> {
    const tls = await this.#prepareTls(options);
    const startBehindProxy = await prepareProxies(options, tls);
    const trustsAnyProxy = options.proxyProtocol && options.proxyProtocolNetworks.length === 0;
    this.#prepared = { tls, startBehindProxy, trustsAnyProxy };
  }

  async #prepareTls({ tls, allowNonTls }: Options): Promise<TlsTerms | undefined> {
    if (tls === undefined) return undefined;
    const [{ CertificateEnds }, { makeTlsTerms }, { fileSource }, { HandshakeLimit }] =
      await Promise.all([
        import("./certificate-ends.ts"),
        import("./make-tls-terms.ts"),
        import("../config/file-source.ts"),
        import("../connection/handshake-limit.ts"),
      ]);
    const { clock, logger } = this.#nats.connections;
    this.#ends ??= new CertificateEnds(clock, logger.for("tls"));
    return makeTlsTerms(tls, allowNonTls, {
      read: (path) => fileSource.read(path),
      limit: (perSecond) => new HandshakeLimit(perSecond, clock, logger.for("tls")),
    });
  }

  /** From now on connections begin as was prepared last. */
  takePrepared(): void {
    const startedPlain = this.#startsPlain;
    const terms = this.#prepared;
    const { tls } = terms;
    this.#terms = terms;
    this.#ends?.watch(tls?.ends ?? []);
    this.#nats.tls = tls && {
      isRequired: !tls.isOptional,
      isVerified: tls.context.asksForCertificate,
    };
    if (this.#listener === undefined) return;
    this.#warnOfProxies();
    if (this.#startsPlain === startedPlain) return;
    this.stopListening();
    this.restartListening();
  }

  /** What the log says of how connections begin when the port is open. */
  sayTerms(): void {
    const { tls, startBehindProxy } = this.#terms;
    const { logger } = this.#nats.connections;
    if (startBehindProxy !== undefined) {
      logger.info("PROXY protocol enabled for client connections");
      this.#warnOfProxies();
    }
    if (tls === undefined) return;
    const { isOptional, isFirst, fallbackMs } = tls;
    const tlsLogger = logger.for("tls");
    tlsLogger.info(`TLS ${isOptional ? "available" : "required"} for client connections`);
    if (!isFirst || fallbackMs !== undefined) return;
    const option = '"TLS Handshake First" option';
    tlsLogger.warn(`Clients that are not using ${option} will fail to connect`);
  }

  #warnOfProxies(): void {
    if (!this.#terms.trustsAnyProxy) return;
    const remedy = "list the proxies in proxy_protocol_networks";
    const text = `PROXY protocol headers are believed from any address, ${remedy}`;
    this.#nats.connections.logger.warn(text);
  }

  get certificates(): TlsTerms["certificates"] | undefined {
    return this.#terms.tls?.certificates;
  }

  /** When the first certificate ends, in wall-clock milliseconds; undefined without TLS. */
  get certificateEndMs(): number | undefined {
    return this.#terms.tls?.ends[0]?.endMs;
  }

  /** Whether peers may say something before there is TLS. */
  get #startsPlain(): boolean {
    const { tls, startBehindProxy } = this.#terms;
    if (tls === undefined || startBehindProxy !== undefined) return true;
    return tls.isFirst ? tls.fallbackMs !== undefined : tls.isOptional;
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
    this.#isStarted = true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#ends?.watch([]);
    this.stopListening();
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
    const { tls, startBehindProxy } = this.#terms;
    if (!isRefused && startBehindProxy !== undefined) return startBehindProxy(client, transport);
    if (!isRefused && tls !== undefined) return new SecureStart(client, transport, tls).begin();
    client.greet(startBehindProxy === undefined ? undefined : "");
    client.begin();
    if (isRefused) client.refuse();
    flushQueue.endTurn();
    return client;
  }
}

async function prepareProxies(
  { proxyProtocol, proxyProtocolNetworks }: Options,
  tls: TlsTerms | undefined,
): Promise<StartBehindProxy | undefined> {
  if (!proxyProtocol) return undefined;
  const [{ ProxyStart }, { parseNetwork }] = await Promise.all([
    import("../connection/proxy-start.ts"),
    import("../util/ip-network.ts"),
  ]);
  const listed = proxyProtocolNetworks.flatMap((text) => parseNetwork(text) ?? []);
  const networks = proxyProtocolNetworks.length === 0 ? undefined : listed;
  return (client, transport) => new ProxyStart(client, transport, { networks, tls }).begin();
}
