/**
 * TCP, plain or with TLS: one accepted socket as a `Transport`. [hot]
 * `write` passes on what the kernel took, so nothing is ever buffered twice. A peer that had to be
 * paused is read by the direct receiver until it has nothing more to say, then by the runtime
 * again.
 */
import type { Socket } from "bun";
import { BROKEN, type DirectReceiver, NOTHING } from "./direct-receive.ts";
import type { ByteSocket, SecuredSocket, TlsContext, TlsSession } from "./tls-context.ts";
import type { TlsFacts } from "./tls-facts.ts";
import type { TlsEvents } from "./tls-handshake.ts";
import type { SecurableTransport } from "./securable-transport.ts";
import type { TransportListener } from "./transport.ts";

const MAPPED_IPV4 = "::ffff:";

/** Many connections come from the same host, and keep the one text. */
let lastAddress = "";

/** A handshake under way. */
interface Handshake {
  readonly context: TlsContext;
  readonly events: TlsEvents;
  readonly plain: ByteSocket;
  /** Undefined until there is one. */
  readonly socket: SecuredSocket | undefined;
}

export class TcpTransport implements SecurableTransport {
  #socket: ByteSocket;
  /** Undefined where the bytes are not the peer's own: with TLS. */
  #receiver: DirectReceiver | undefined;
  /** Whether the listener wants no bytes now. */
  #isPaused: boolean;
  /** Whether the runtime reads the socket. */
  #isReadByRuntime: boolean;
  /** The handshake, then what it has come to; undefined without TLS. */
  #security: Handshake | TlsFacts | undefined;
  /** Undefined without TLS, or where it is the runtime's. */
  #session: TlsSession | undefined;
  /** Who gets the events; undefined before `accept` returned and after the close was reported. */
  listener: TransportListener | undefined;

  constructor(socket: Socket<TcpTransport>, receiver: DirectReceiver) {
    this.#socket = socket;
    this.#receiver = receiver;
    this.#isPaused = false;
    this.#isReadByRuntime = true;
    this.#security = undefined;
    this.#session = undefined;
    this.listener = undefined;
  }

  get remoteAddress(): string {
    const address = this.#socket.remoteAddress;
    const plain = address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
    if (plain !== lastAddress) lastAddress = plain;
    return lastAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#socket.write(bytes, offset, length);
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isReadByRuntime) return;
    this.#isReadByRuntime = false;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#receiveDirectly();
    if (this.#isPaused || this.listener === undefined) return;
    this.#isReadByRuntime = true;
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  startTls(context: TlsContext, received: Uint8Array | undefined, events: TlsEvents): void {
    const below = this.#socket;
    const handshake: Handshake = { context, events, plain: below, socket: undefined };
    this.#security = handshake;
    this.#receiver = undefined;
    const { plain, socket, session } = context.upgrade(below, this, received);
    this.#socket = socket;
    this.#session = session;
    // Of bytes that are no handshake the failure has been reported already.
    if (this.#security === handshake) this.#security = { context, events, plain, socket };
    if (received !== undefined) session?.receive(received);
  }

  presentedTo(context: TlsContext): readonly Uint8Array[] {
    return context.presented(this.#socket as SecuredSocket);
  }

  writePlain(bytes: Uint8Array): void {
    this.#handshake?.plain.write(bytes, 0, bytes.length);
  }

  get tls(): TlsFacts | undefined {
    const security = this.#security;
    return security === undefined || "plain" in security ? undefined : security;
  }

  /** Undefined before and after it. */
  get #handshake(): Handshake | undefined {
    const security = this.#security;
    return security !== undefined && "plain" in security ? security : undefined;
  }

  /** Whether what the socket receives is not for the listener. */
  get hasTls(): boolean {
    return this.#receiver === undefined;
  }

  /** What the socket has received below TLS. */
  receiveBelow(ciphertext: Uint8Array): void {
    this.#session?.receive(ciphertext);
  }

  /** The socket takes bytes again. */
  reportRoom(): void {
    const session = this.#session;
    if (session !== undefined) session.onRoom();
    else this.listener?.onDrain();
  }

  /** The handshake is over. */
  reportHandshake(isDone: boolean, error: Error | null): void {
    const handshake = this.#handshake;
    if (handshake === undefined) return;
    this.#security = undefined;
    const { context, events, socket } = handshake;
    const outcome = context.conclude(socket, isDone, error, events.isFirst);
    if ("reason" in outcome) {
      events.onHandshakeFailure(outcome);
      return;
    }
    this.#security = outcome;
    events.onSecure(outcome);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** The stream is over; `error` when it did not end in order. */
  reportClose(error: Error | undefined): void {
    this.#session?.release(error);
    const { listener } = this;
    this.listener = undefined;
    listener?.onClose(error);
  }

  /** Hands the listener one chunk, if there is anything to read. */
  #receiveDirectly(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    const received = receiver.receive(descriptorOf(this.#socket));
    if (received === NOTHING) return;
    if (received === BROKEN) {
      this.reportClose(new Error("connection broken"));
      this.#socket.terminate();
      return;
    }
    const { listener } = this;
    if (listener?.onBytes(receiver.chunk(received)) === true) receiver.giveAway();
  }
}

/** The types of the runtime do not know it. */
function descriptorOf(socket: ByteSocket): number {
  return (socket as unknown as { readonly fd: number }).fd;
}
