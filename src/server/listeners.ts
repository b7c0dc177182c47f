/**
 * The client port: accepts connections and makes NATS clients of them, within max_connections and
 * what the descriptors allow.
 */
import type { Options } from "../config/options.ts";
import { say } from "../connection/connection-log.ts";
import type { TlsTerms } from "../connection/secure-start.ts";
import type { NatsClient } from "../nats/client.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import type { MonitorAuthorities, OcspCacheFacts } from "../monitor/endpoint.ts";
import { passOn } from "../transport/pass-on.ts";
import { listenTcp } from "../transport/tcp-listener.ts";
import type { TcpListener } from "../transport/tcp-listener.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import type { TransportListener } from "../transport/transport.ts";
import type { ClientProxies } from "./client-proxies.ts";
import type { CertificateHooks, ClientTls } from "./client-tls.ts";
import type { DescriptorGuard, Pausable } from "./descriptor-guard.ts";
import { type FirstClient, FirstClients } from "./first-clients.ts";
import { listenAgain } from "./listen-again.ts";

/** Until then a server that has just started has better to do than to load what clients need. */
const LOAD_CLIENTS_MS = 25;

export class ClientListener implements Pausable {
  readonly #nats: NatsContext;
  readonly #guard: DescriptorGuard;
  readonly #first: FirstClients;
  #listener: TcpListener | undefined;
  #port: number;
  #isStarted: boolean;
  #isStopped: boolean;
  /** Whether the listener looks at what comes before TLS. */
  #listensPlain: boolean;
  /** Made when there is TLS for the first time. */
  #tls: ClientTls | undefined;
  /** Made when proxies tell of clients for the first time. */
  #proxies: ClientProxies | undefined;
  readonly #hooks: CertificateHooks;

  constructor(nats: NatsContext, guard: DescriptorGuard, hooks: CertificateHooks) {
    this.#nats = nats;
    this.#guard = guard;
    this.#hooks = hooks;
    guard.guard(this);
    this.#first = new FirstClients(nats, (Client, first) => this.#beginFirst(Client, first));
    this.#listener = undefined;
    this.#port = nats.connections.options.port;
    this.#isStarted = false;
    this.#isStopped = false;
    this.#listensPlain = true;
    this.#tls = undefined;
    this.#proxies = undefined;
  }

  /** Reads what the options name; rejects with the reason for what cannot be used. */
  async prepare(options: Options): Promise<void> {
    // There the greeting is not the first thing, or not by itself. A reload concerns who has come.
    const isPlain = options.tls === undefined && !options.proxyProtocol;
    // Whoever looks at a server might take the descriptors that loading needs.
    const isWatched = [options.httpPort, options.httpsPort, options.profPort].join() !== "0,0,0";
    if (isWatched || !isPlain || this.#isStarted) await this.#first.load();
    await this.#prepareTls(options);
    if (options.proxyProtocol && this.#proxies === undefined) {
      const { ClientProxies } = await import("./client-proxies.ts");
      this.#proxies = new ClientProxies(this.#nats.connections.logger);
    }
    this.#proxies?.prepare(options);
  }

  async #prepareTls(options: Options): Promise<void> {
    if (this.#tls !== undefined) {
      await this.#tls.prepare(options);
      return;
    }
    if (options.tls === undefined) return;
    const { ClientTls } = await import("./client-tls.ts");
    const tls = new ClientTls(this.#nats, {
      onRenewed: () => {
        this.#listenAnew();
        this.#hooks.onRenewed();
      },
      onBadCertificate: () => this.#hooks.onBadCertificate(),
    });
    await tls.prepare(options);
    await tls.testRuntime();
    this.#tls = tls;
  }

  /** From now on connections begin as was prepared last. */
  takePrepared(): void {
    this.#tls?.takePrepared();
    this.#proxies?.takePrepared();
    if (!this.#isStarted) return;
    this.#tls?.lookAfter();
    this.#proxies?.warn();
    this.#listenAnew();
  }

  /** Where peers begin in another way than the listener was made for. */
  #listenAnew(): void {
    if (this.#listener === undefined || this.#startsPlain === this.#listensPlain) return;
    this.stopListening();
    listenAgain(this, "client connections", this.#nats.connections);
  }

  /** What the log says of how connections begin when the port is open. */
  announce(): void {
    this.#proxies?.announce();
    this.#tls?.lookAfter();
    this.#tls?.announce();
  }

  get certificates(): TlsTerms["certificates"] | undefined {
    return this.#tls?.terms?.certificates;
  }

  /** Of those that look over HTTPS, where OCSP has to call them good. */
  get authorities(): MonitorAuthorities | undefined {
    return this.#tls?.terms?.peerCheck?.authorities;
  }

  /** When the first certificate ends, in wall-clock milliseconds; undefined without TLS. */
  get certificateEndMs(): number | undefined {
    return this.#tls?.terms?.ends[0]?.endMs;
  }

  /** What the cache of OCSP responses has done; undefined if there is none. */
  get ocspCacheFacts(): OcspCacheFacts | undefined {
    return this.#tls?.ocspCacheFacts;
  }

  /** Whether peers may say something before there is TLS, or somebody has to read it. */
  get #startsPlain(): boolean {
    const terms = this.#tls?.terms;
    if (terms === undefined || this.#proxies?.areExpected === true) return true;
    if (terms.context.needsPlainReads) return true;
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
    this.#listensPlain = this.#startsPlain;
    this.#listener = listenTcp(options.host, port, accept, this.#listensPlain);
    this.#port = this.#listener.port;
    if (!this.#isStarted) this.#first.loadSoon(LOAD_CLIENTS_MS);
    this.#isStarted = true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#tls?.stop();
    this.stopListening();
  }

  /** Stops, and nobody who has come is looked at any more. Resolves when all is saved. */
  async end(): Promise<void> {
    this.stop();
    this.#first.end();
    await this.#tls?.end();
  }

  stopListening(): void {
    this.#listener?.stop();
    this.#listener = undefined;
  }

  restartListening(): void {
    if (!this.#isStopped && this.#listener === undefined) this.start();
  }

  #accept(transport: SecurableTransport): TransportListener | undefined {
    if (this.#isStopped) return undefined;
    const { broker, options } = this.#nats.connections;
    const open = broker.connections.size + this.#first.count;
    const isRefused = open >= options.maxConnections || this.#guard.isFull(open);
    this.#guard.onAccept(open);
    const { Client } = this.#first;
    if (Client === undefined) return this.#first.take(transport, isRefused);
    return this.#begin(new Client(this.#nats, transport), transport, isRefused);
  }

  /** Of one who came before there could be a client. */
  #beginFirst(Client: typeof NatsClient, first: FirstClient): void {
    const received = first.takeReceived();
    const { transport, cid, isRefused, isGreeted, gone } = first;
    const client = new Client(this.#nats, gone === undefined ? transport : first.remains(), cid);
    const listener = this.#begin(client, transport, isRefused, isGreeted);
    if (gone === undefined) transport.listener = listener;
    for (const chunk of received) passOn(chunk, client);
    if (gone !== undefined) client.onClose(gone.error);
  }

  #begin(
    client: NatsClient,
    transport: SecurableTransport,
    isRefused: boolean,
    isGreeted = false,
  ): TransportListener {
    const { flushQueue, logger } = this.#nats.connections;
    if (logger.debugEnabled) say(client, "debug", "client_connected", "Client connection created");
    const [tls, proxies] = [this.#tls, this.#proxies];
    const isBehindProxy = proxies?.areExpected === true;
    if (!isRefused && isBehindProxy) return proxies.begin(client, transport, tls?.terms);
    if (!isRefused && tls?.terms !== undefined) return tls.begin(client, transport, tls.terms);
    if (!isGreeted) client.greet(isBehindProxy ? "" : undefined);
    client.begin();
    if (isRefused) client.refuse();
    flushQueue.endTurn();
    return client;
  }
}
