/**
 * Listening for TCP by `Bun.listen`. One handler object serves all sockets of a listener;
 * `socket.data` is the transport, which knows the connection above it.
 */
import type { SocketHandler } from "bun";
import { freeBytes } from "../util/bytes.ts";
import { DirectReceiver } from "./direct-receive.ts";
import { TcpTransport } from "./tcp.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { withWildcardHost } from "./wildcard-host.ts";

/** Chunks from this size on are freed at once instead of waiting for the garbage collector. */
const FREED_CHUNK_BYTES = 4096;

/** Makes the connection for an accepted transport; undefined refuses it (the socket is closed). */
export type Accept = (transport: Transport) => TransportListener | undefined;

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
  return withWildcardHost(host, (hostname) => Bun.listen<TcpTransport>({ hostname, port, socket }));
}

function handlers(accept: Accept): SocketHandler<TcpTransport> {
  // Plain Uint8Array chunks cost a tenth less than Buffers, but the types know only these.
  const plainChunks = { binaryType: "uint8array" } as unknown as { binaryType: "buffer" };
  const receiver = new DirectReceiver();
  return {
    ...plainChunks,
    open(socket) {
      socket.setNoDelay(true);
      const transport = new TcpTransport(socket, receiver);
      socket.data = transport;
      transport.listener = accept(transport);
      if (transport.listener === undefined) socket.end();
    },
    data(socket, chunk) {
      const listener = socket.data.listener;
      const isKept = listener !== undefined && listener.onBytes(chunk);
      if (!isKept && chunk.length >= FREED_CHUNK_BYTES) freeBytes(chunk);
    },
    drain(socket) {
      socket.data.listener?.onDrain();
    },
    close(socket, error) {
      socket.data.reportClose(error);
    },
    error(socket, error) {
      socket.data.reportClose(error);
    },
  };
}
