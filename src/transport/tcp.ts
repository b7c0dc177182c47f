/**
 * Plain TCP: one accepted socket as a `Transport`. [hot]
 * `write` passes on what the kernel took, so nothing is ever buffered twice. A peer that had to be
 * paused is read by the direct receiver until it has nothing more to say, then by the runtime
 * again.
 */
import type { Socket } from "bun";
import { BROKEN, type DirectReceiver, NOTHING } from "./direct-receive.ts";
import type { Transport, TransportListener } from "./transport.ts";

const MAPPED_IPV4 = "::ffff:";

/** Many connections come from the same host, and keep the one text. */
let lastAddress = "";

export class TcpTransport implements Transport {
  readonly #socket: Socket<TcpTransport>;
  readonly #receiver: DirectReceiver;
  /** Whether the listener wants no bytes now. */
  #isPaused: boolean;
  /** Whether the runtime reads the socket. */
  #isReadByRuntime: boolean;
  /** Who gets the events; undefined before `accept` returned and after the close was reported. */
  listener: TransportListener | undefined;

  constructor(socket: Socket<TcpTransport>, receiver: DirectReceiver) {
    this.#socket = socket;
    this.#receiver = receiver;
    this.#isPaused = false;
    this.#isReadByRuntime = true;
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

  terminate(): void {
    this.#socket.terminate();
  }

  /** The stream is over; `error` when it did not end in order. */
  reportClose(error: Error | undefined): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.onClose(error);
  }

  /** Hands the listener one chunk, if there is anything to read. */
  #receiveDirectly(): void {
    const received = this.#receiver.receive(descriptorOf(this.#socket));
    if (received === NOTHING) return;
    if (received === BROKEN) {
      this.reportClose(new Error("connection broken"));
      this.#socket.terminate();
      return;
    }
    const { listener } = this;
    if (listener?.onBytes(this.#receiver.chunk(received)) === true) this.#receiver.giveAway();
  }
}

/** The types of the runtime do not know it. */
function descriptorOf(socket: Socket<TcpTransport>): number {
  return (socket as unknown as { readonly fd: number }).fd;
}
