/**
 * The client port: accepts connections and makes NATS clients of them, within max_connections and
 * what the descriptors allow.
 */
import { NatsClient } from "../nats/client.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import { listenTcp } from "../transport/tcp-listener.ts";
import type { TcpListener } from "../transport/tcp-listener.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import type { DescriptorGuard, Pausable } from "./descriptor-guard.ts";

export class ClientListener implements Pausable {
  readonly #nats: NatsContext;
  readonly #guard: DescriptorGuard;
  #listener: TcpListener | undefined;
  #port: number;
  #isStarted: boolean;
  #isStopped: boolean;

  constructor(nats: NatsContext, guard: DescriptorGuard) {
    this.#nats = nats;
    this.#guard = guard;
    guard.guard(this);
    this.#listener = undefined;
    this.#port = nats.connections.options.port;
    this.#isStarted = false;
    this.#isStopped = false;
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
    this.#listener = listenTcp(options.host, port, (transport) => this.#accept(transport));
    this.#port = this.#listener.port;
    this.#isStarted = true;
  }

  stop(): void {
    this.#isStopped = true;
    this.stopListening();
  }

  stopListening(): void {
    this.#listener?.stop();
    this.#listener = undefined;
  }

  restartListening(): void {
    if (!this.#isStopped && this.#listener === undefined) this.start();
  }

  #accept(transport: Transport): TransportListener | undefined {
    const { broker, options, flushQueue } = this.#nats.connections;
    if (this.#isStopped) return undefined;
    const open = broker.connections.size;
    const client = new NatsClient(this.#nats, transport);
    client.greet();
    if (open >= options.maxConnections || this.#guard.isFull(open)) client.refuse();
    this.#guard.onAccept(open);
    flushQueue.endTurn();
    return client;
  }
}
