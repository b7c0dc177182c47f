/**
 * A broker with NATS clients on memory transports under a clock that the test moves: everything of
 * a server but its sockets. Used by the unit tests of connections and clients.
 */
import type { Authenticator } from "../../src/auth/authenticator.ts";
import { OpenAccess } from "../../src/auth/open-access.ts";
import { Broker } from "../../src/broker/broker.ts";
import type { ClosedConnection } from "../../src/broker/closed-connections.ts";
import type { ServerIdentity } from "../../src/broker/server-identity.ts";
import { defaultOptions } from "../../src/config/options.ts";
import type { Options } from "../../src/config/options.ts";
import { ConnectionContext } from "../../src/connection/context.ts";
import { NatsClient } from "../../src/nats/client.ts";
import { NatsContext } from "../../src/nats/nats-context.ts";
import { tracing } from "../../src/nats/tracing.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Logger } from "../../src/util/logger.ts";
import { FakeClock } from "./fake-clock.ts";
import { MemoryTransport } from "./memory-transport.ts";

export const QUIET = { verbose: false, pedantic: false } as const;

/** What the broker is asked to make of a transport. */
export type ClientFactory = (nats: NatsContext, transport: Transport) => NatsClient;

export interface MemoryBrokerSettings {
  readonly options?: Partial<Options>;
  /** Everybody may come in by default. */
  readonly authenticator?: (broker: Broker) => Authenticator;
}

const IDENTITY: ServerIdentity = {
  id: `N${"A".repeat(55)}`,
  name: "test",
  xkey: `X${"A".repeat(55)}`,
  version: "2.14.0",
  midgeVersion: "0.0.0",
  runtime: "bun",
  gitCommit: "",
};

/** One client and the peer's end of its transport. */
export class MemoryPeer {
  readonly client: NatsClient;
  readonly transport: MemoryTransport;

  constructor(client: NatsClient, transport: MemoryTransport) {
    this.client = client;
    this.transport = transport;
  }

  /** Sends text, one byte per character, in one chunk. */
  send(text: string): this {
    this.client.onBytes(new Uint8Array(Buffer.from(text, "latin1")));
    this.client.context.flushQueue.flush();
    return this;
  }

  /** What has arrived since the last call, one character per byte. */
  read(): string {
    return this.transport.read();
  }
}

export class MemoryBroker {
  readonly clock: FakeClock;
  /** Log lines as `[ERR] text`. */
  readonly lines: string[];
  readonly broker: Broker;
  readonly context: ConnectionContext;
  readonly nats: NatsContext;
  #nextPort: number;

  constructor({ options = {}, authenticator }: MemoryBrokerSettings = {}) {
    const settings: Options = { ...defaultOptions(), debug: true, logtime: false, ...options };
    this.clock = new FakeClock();
    this.lines = [];
    const sink = { write: (line: string) => this.lines.push(line.replace(/^\[1\] |\n$/g, "")) };
    const logger = new Logger(settings, { sink, colours: false, clock: this.clock, pid: 1 });
    this.broker = new Broker({
      maxClosedConnections: settings.maxClosedClients,
      hasResultCache: !settings.noSublistCache,
      systemAccount: "$SYS",
      clock: this.clock,
    });
    const access = authenticator?.(this.broker) ?? new OpenAccess(this.broker.globalAccount);
    this.context = new ConnectionContext(this.broker, settings, access, logger, this.clock);
    this.nats = new NatsContext(this.context, {
      ...IDENTITY,
      name: settings.serverName || IDENTITY.name,
    });
    this.nats.tracing = tracing;
    this.#nextPort = 50_000;
  }

  /** A client that has been greeted and said nothing yet; the greeting is read. */
  accept(make: ClientFactory = (nats, transport) => new NatsClient(nats, transport)): MemoryPeer {
    const peer = this.acceptWith(new MemoryTransport(this.#nextPort++), make);
    peer.read();
    return peer;
  }

  /** As `accept` with a transport of the test's own; nothing is read. */
  acceptWith(
    transport: MemoryTransport,
    make: ClientFactory = (nats, stream) => new NatsClient(nats, stream),
  ): MemoryPeer {
    const client = make(this.nats, transport);
    transport.listener = client;
    client.greet();
    client.begin();
    this.context.flushQueue.flush();
    return new MemoryPeer(client, transport);
  }

  /** A client that has sent CONNECT with these fields; its answers are read. */
  connect(fields: Readonly<Record<string, unknown>> = QUIET, make?: ClientFactory): MemoryPeer {
    const peer = this.accept(make).send(`CONNECT ${JSON.stringify(fields)}\r\n`);
    peer.read();
    return peer;
  }

  /** The newest entry of the ring of closed connections. */
  get lastClosed(): ClosedConnection | undefined {
    return this.broker.closedConnections.all().at(-1);
  }

  /** Lines of the log that hold `text`. */
  logged(text: string): string[] {
    return this.lines.filter((line) => line.includes(text));
  }
}
