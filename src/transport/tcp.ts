/**
 * Plain TCP by `Bun.listen`. [hot]
 * One handler object serves all sockets of a listener; `socket.data` is the connection. `write`
 * passes on what the kernel took, so nothing is ever buffered twice.
 */
import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import type { Transport, TransportListener } from "./transport.ts";

const MAPPED_IPV4 = "::ffff:";

/** Makes the connection for an accepted transport; undefined refuses it (the socket is closed). */
export type Accept = (transport: Transport) => TransportListener | undefined;

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

/** A listening port. */
export interface TcpListener {
  readonly port: number;
  /** Stops accepting; open sockets live on. */
  stop(): void;
}

/**
 * Listens on `host:port` (0 for any free port). The wildcard host 0.0.0.0 also takes IPv6 where the
 * machine has it, as the reference does. Throws the system's error (`code` EADDRINUSE, EACCES, …).
 */
export function listenTcp(host: string, port: number, accept: Accept): TcpListener {
  const socket = handlers(accept);
  if (host !== "0.0.0.0") return Bun.listen<TcpTransport>({ hostname: host, port, socket });
  let listener: TCPSocketListener<TcpTransport>;
  try {
    listener = Bun.listen<TcpTransport>({ hostname: "::", port, socket });
  } catch (error) {
    if (!isFamilyMissing(error)) throw error;
    listener = Bun.listen<TcpTransport>({ hostname: host, port, socket });
  }
  return listener;
}

function isFamilyMissing(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
}

function handlers(accept: Accept): SocketHandler<TcpTransport> {
  // Chunks come as plain Uint8Array, which costs a tenth less than Buffer; the types know only that.
  const plainChunks = { binaryType: "uint8array" } as unknown as { binaryType: "buffer" };
  return {
    ...plainChunks,
    open(socket) {
      socket.setNoDelay(true);
      const transport = new TcpTransport(socket);
      socket.data = transport;
      transport.listener = accept(transport);
      if (transport.listener === undefined) socket.end();
    },
    data(socket, chunk) {
      socket.data.listener?.onBytes(chunk);
    },
    drain(socket) {
      socket.data.listener?.onDrain();
    },
    close(socket, error) {
      reportClose(socket.data, error);
    },
    error(socket, error) {
      reportClose(socket.data, error);
    },
  };
}

function reportClose(transport: TcpTransport, error: Error | undefined): void {
  const listener = transport.listener;
  transport.listener = undefined;
  listener?.onClose(error);
}
