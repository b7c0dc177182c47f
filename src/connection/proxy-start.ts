/**
 * How a connection begins where its listener takes the PROXY protocol: with the greeting, then with
 * the address of the client that a proxy sends ahead, if there is a proxy. Stands between transport
 * and connection until then, in front of TLS. Order and texts are the reference's (its
 * createClientEx). Loaded where the protocol is configured.
 */
import { closeReasons } from "../broker/close-reason.ts";
import {
  type HeaderEnd,
  type ProxyHeader,
  ProxyHeaderReader,
} from "../transport/proxy-protocol.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import type { TransportListener } from "../transport/transport.ts";
import { addressText } from "../util/address-text.ts";
import { type IpNetwork, isWithin } from "../util/ip-network.ts";
import type { Connection } from "./connection.ts";
import { SecureStart, type TlsTerms } from "./secure-start.ts";

/** For a whole header. Who has sent nothing until then is taken for a client without one. */
const HEADER_TIME_MS = 5000;

/** What a listener that proxies connect to asks of its peers. */
export interface ProxyTerms {
  /** Where proxies are; undefined for anywhere. */
  readonly networks: readonly IpNetwork[] | undefined;
  /** What follows the header; undefined without TLS. */
  readonly tls: TlsTerms | undefined;
}

export class ProxyStart implements TransportListener {
  readonly #connection: Connection;
  readonly #transport: SecurableTransport;
  readonly #terms: ProxyTerms;
  readonly #header: ProxyHeaderReader;
  #isGreeted: boolean;
  #cancelGreeting: () => void;
  #cancelTimer: () => void;

  /** The transport's listener becomes another one when the header is over. */
  constructor(connection: Connection, transport: SecurableTransport, terms: ProxyTerms) {
    this.#connection = connection;
    this.#transport = transport;
    this.#terms = terms;
    this.#header = new ProxyHeaderReader();
    this.#isGreeted = false;
    this.#cancelGreeting = () => {};
    this.#cancelTimer = () => {};
  }

  /** Returns who listens to the transport from now on. */
  begin(): TransportListener {
    const { tls } = this.#terms;
    const { clock } = this.#connection.context;
    if (tls?.isFirst !== true) this.#greet();
    else if (tls.fallbackMs !== undefined) {
      this.#cancelGreeting = clock.after(tls.fallbackMs, () => this.#greet());
    }
    this.#cancelTimer = clock.after(HEADER_TIME_MS, () => this.#onTimeout());
    return this;
  }

  onBytes(chunk: Uint8Array): boolean {
    // The server may have closed it, and only wait for the peer to take the reason.
    if (!this.#connection.isLive) return false;
    const header = this.#header.read(chunk);
    // If it is one at all, the wait for it was not the client's silence.
    this.#cancelGreeting();
    if (this.#header.isHeader && !this.#isFromProxy) {
      this.#fail("its address is not in proxy_protocol_networks");
    } else if (header !== undefined) {
      this.#take(header);
      return true;
    }
    return false;
  }

  onDrain(): void {
    this.#connection.onDrain();
  }

  onClose(error: Error | undefined): void {
    this.#cancelTimers();
    // Who comes and goes without a word only looks whether the port is open.
    if (this.#connection.isLive && !this.#header.isUntouched) {
      this.#failUnfinished(error === undefined ? "end" : "reset");
    }
    this.#connection.onClose(error);
  }

  get #isFromProxy(): boolean {
    const { networks } = this.#terms;
    return networks === undefined || isWithin(networks, this.#connection.remoteAddress);
  }

  /** Without the address, which may be that of a proxy. */
  #greet(): void {
    if (!this.#connection.isLive) return;
    this.#isGreeted = true;
    this.#connection.greet("");
    this.#connection.outbound.flushNow();
  }

  #take(header: ProxyHeader): void {
    switch (header.kind) {
      case "error":
        this.#fail(header.reason);
        return;
      case "address":
        this.#connection.remoteAddress = header.source.address;
        this.#connection.remotePort = header.source.port;
        break;
      case "own":
      case "none":
        break;
    }
    this.#finish(header.rest);
  }

  #onTimeout(): void {
    if (!this.#connection.isLive) return;
    if (this.#header.isUntouched) this.#finish(undefined);
    else this.#failUnfinished("timeout");
  }

  #failUnfinished(end: HeaderEnd): void {
    this.#fail(this.#header.unfinished(end));
  }

  #fail(reason: string): void {
    this.#cancelTimers();
    const { cid, context, remoteAddress: address, remotePort: port } = this.#connection;
    const place = addressText(address, port);
    context.logger.warn(`Error reading PROXY protocol header from ${place}: ${reason}`, {
      event: "protocol_error",
      cid,
      address,
      port,
    });
    this.#connection.close(closeReasons.protocolViolation);
    this.#connection.endTurn();
  }

  /** What follows is TLS, or the connection's own. */
  #finish(received: Uint8Array | undefined): void {
    this.#cancelTimers();
    const connection = this.#connection;
    const { tls } = this.#terms;
    const rest = received === undefined || received.length === 0 ? undefined : received;
    if (tls !== undefined) {
      const start = new SecureStart(connection, this.#transport, tls);
      this.#transport.listener = start;
      start.takeOver(this.#isGreeted, rest);
      return;
    }
    this.#transport.listener = connection;
    connection.begin();
    if (rest !== undefined) connection.onBytes(rest);
  }

  #cancelTimers(): void {
    this.#cancelGreeting();
    this.#cancelTimer();
  }
}
