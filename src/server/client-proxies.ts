/**
 * The PROXY protocol on the client port: whose headers are believed, as options say it. Loaded by
 * the listener where the protocol is configured.
 */
import type { Options } from "../config/options.ts";
import type { Connection } from "../connection/connection.ts";
import { ProxyStart } from "../connection/proxy-start.ts";
import type { TlsTerms } from "../connection/secure-start.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import type { TransportListener } from "../transport/transport.ts";
import { type IpNetwork, parseNetwork } from "../util/ip-network.ts";
import type { Logger } from "../util/logger.ts";

/** Where proxies are. */
interface Proxies {
  /** Undefined for anywhere. */
  readonly networks: readonly IpNetwork[] | undefined;
}

export class ClientProxies {
  readonly #logger: Logger;
  /** Undefined while proxies tell nothing of clients. */
  #proxies: Proxies | undefined;
  /** Of the options that were looked at last. */
  #prepared: Proxies | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#proxies = undefined;
    this.#prepared = undefined;
  }

  /** Whether connections begin with the address that a proxy sends ahead. */
  get areExpected(): boolean {
    return this.#proxies !== undefined;
  }

  prepare({ proxyProtocol, proxyProtocolNetworks: listed }: Options): void {
    const networks = listed.flatMap((text) => parseNetwork(text) ?? []);
    this.#prepared = proxyProtocol
      ? { networks: listed.length === 0 ? undefined : networks }
      : undefined;
  }

  /** From now on connections begin as was prepared last. */
  takePrepared(): void {
    this.#proxies = this.#prepared;
  }

  /** What the log says of it when the port is open. */
  announce(): void {
    if (this.#proxies === undefined) return;
    this.#logger.info("PROXY protocol enabled for client connections");
    this.warn();
  }

  /** What the log says of it at each reload. */
  warn(): void {
    if (this.#proxies === undefined || this.#proxies.networks !== undefined) return;
    const remedy = "list the proxies in proxy_protocol_networks";
    this.#logger.warn(`PROXY protocol headers are believed from any address, ${remedy}`);
  }

  /** Who listens to the transport of a connection that begins now; `tls` follows the header. */
  begin(
    connection: Connection,
    transport: SecurableTransport,
    tls: TlsTerms | undefined,
  ): TransportListener {
    const networks = this.#proxies?.networks;
    return new ProxyStart(connection, transport, { networks, tls }).begin();
  }
}
