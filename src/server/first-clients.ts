/**
 * Those who connect to a server that has had no client yet. What clients are made of is loaded with
 * the first of them, so that a server starts faster and is smaller at rest. Until it is there, a
 * few milliseconds, a peer gets its greeting and waits: what it sends beyond the first chunk stays
 * in its socket.
 */
import type { NatsClient } from "../nats/client.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { messageOf } from "../util/system-error.ts";

/** Makes a client of somebody who has waited. */
type Begin = (Client: typeof NatsClient, first: FirstClient) => void;

export class FirstClients {
  readonly #nats: NatsContext;
  readonly #begin: Begin;
  /** Undefined until it is loaded; then nobody waits any more. */
  Client: typeof NatsClient | undefined;
  #loading: Promise<void> | undefined;
  /** In the order in which they came. */
  readonly #waiting: Set<FirstClient>;

  constructor(nats: NatsContext, begin: Begin) {
    this.#nats = nats;
    this.#begin = begin;
    this.Client = undefined;
    this.#loading = undefined;
    this.#waiting = new Set();
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Who listens to the transport until there is a client; undefined if the peer is gone. */
  take(transport: SecurableTransport, isRefused: boolean): TransportListener | undefined {
    const { broker, authenticator } = this.#nats.connections;
    const first = new FirstClient(transport, broker.takeCid(), isRefused);
    // A refusal follows the greeting at once, and a nonce is the client's to remember.
    const isGreeted = !isRefused && !authenticator.needsNonce;
    if (isGreeted && !first.greet(this.#nats)) return undefined;
    this.#waiting.add(first);
    this.#loadOnce();
    return first;
  }

  /** Loads in a while what is not loaded by then. */
  loadSoon(delayMs: number): void {
    this.#nats.connections.clock.after(delayMs, () => this.#loadOnce());
  }

  #loadOnce(): void {
    if (this.#loading !== undefined) return;
    this.load().catch((error: unknown) => {
      this.#nats.connections.logger.error(`Clients cannot be served: ${messageOf(error)}`);
    });
  }

  /** Resolves when clients can be made, and those who have waited are clients. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<void> {
    try {
      const { NatsClient } = await import("../nats/client.ts");
      this.Client = NatsClient;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const first of waiting) this.#begin(NatsClient, first);
    } catch (error) {
      // There may be no descriptor to read it from; the next one to come tries again.
      this.#loading = undefined;
      this.end();
      throw error;
    }
  }

  /** Closes the connections of those who wait. */
  end(): void {
    for (const { transport, gone } of this.#waiting) if (gone === undefined) transport.end();
    this.#waiting.clear();
  }
}

export class FirstClient implements TransportListener {
  readonly transport: SecurableTransport;
  readonly cid: number;
  /** Whether it is one too many. */
  readonly isRefused: boolean;
  isGreeted: boolean;
  /** How the peer has left, if it has. */
  gone: { readonly error: Error | undefined } | undefined;
  readonly #remoteAddress: string;
  readonly #remotePort: number;
  /** What it has sent, in order. Those who are silent are not paused, which would cost memory. */
  readonly #received: Uint8Array[];

  constructor(transport: SecurableTransport, cid: number, isRefused: boolean) {
    this.transport = transport;
    this.cid = cid;
    this.isRefused = isRefused;
    this.isGreeted = false;
    this.gone = undefined;
    this.#remoteAddress = transport.remoteAddress;
    this.#remotePort = transport.remotePort;
    this.#received = [];
  }

  /** False if the peer is gone. */
  greet(nats: NatsContext): boolean {
    const { cid, transport } = this;
    const { broker, options } = nats.connections;
    const remoteAddress = this.#remoteAddress;
    const ofAccount = broker.globalAccount.limits?.maxPayloadBytes ?? Infinity;
    const maxPayloadBytes = Math.min(options.maxPayloadBytes, ofAccount);
    const text = nats.greetingFor({ cid, remoteAddress, maxPayloadBytes }, remoteAddress, "");
    const bytes = new TextEncoder().encode(text);
    // A fresh socket has room for it.
    this.isGreeted = transport.write(bytes, 0, bytes.length) === bytes.length;
    return this.isGreeted;
  }

  /** Ends the wait; what the peer has sent is to be read by whoever listens from now on. */
  takeReceived(): readonly Uint8Array[] {
    // May bring one more chunk at once.
    if (this.#received.length > 0 && this.gone === undefined) this.transport.resume();
    return this.#received;
  }

  onBytes(chunk: Uint8Array): boolean {
    if (this.#received.push(chunk) === 1) this.transport.pause();
    return true;
  }

  /** The greeting was taken as a whole. */
  onDrain(): void {}

  /** What it has said counts all the same. */
  onClose(error: Error | undefined): void {
    this.gone = { error };
  }

  /** In the place of the transport of a peer that has left. */
  remains(): Transport {
    return {
      remoteAddress: this.#remoteAddress,
      remotePort: this.#remotePort,
      tls: undefined,
      write: (_bytes, _offset, length) => length,
      pause() {},
      resume() {},
      end() {},
      terminate() {},
    };
  }
}
