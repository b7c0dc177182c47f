/**
 * Plain TCP: one accepted socket as a `Transport`. [hot]
 * `write` passes on what the kernel took, so nothing is ever buffered twice.
 */
import type { Socket } from "bun";
import type { Transport, TransportListener } from "./transport.ts";

const MAPPED_IPV4 = "::ffff:";

export class TcpTransport implements Transport {
  readonly #socket: Socket<TcpTransport>;
  /** Who gets the events; undefined before `accept` returned and after the close was reported. */
  listener: TransportListener | undefined;

  constructor(socket: Socket<TcpTransport>) {
    this.#socket = socket;
    this.listener = undefined;
  }

  get remoteAddress(): string {
    const address = this.#socket.remoteAddress;
    return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
  }

  get remotePort(): number {
    return this.#socket.remotePort;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#socket.write(bytes, offset, length);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
