/**
 * Listening for TCP by `Bun.listen`. One handler object serves all sockets of a listener;
 * `socket.data` is the transport, which knows the connection above it.
 */
import type { SocketHandler } from "bun";
import { DirectReceiver } from "./direct-receive.ts";
import { passOn } from "./pass-on.ts";
import { TcpTransport } from "./tcp.ts";
import type { SecurableTransport } from "./securable-transport.ts";
import type { TransportListener } from "./transport.ts";
import { withWildcardHost } from "./wildcard-host.ts";

/** Makes the connection for an accepted transport; undefined refuses it (the socket is closed). */
export type Accept = (transport: SecurableTransport) => TransportListener | undefined;

/** A listening port. */
export interface TcpListener {
  readonly port: number;
  /** Stops accepting; open sockets live on. */
  stop(): void;
}

/**
 * Listens on `host:port` (0 for any free port). The wildcard host 0.0.0.0 also takes IPv6 where the
 * machine has it, as the reference does. Peers that begin with TLS at once (`startsPlain` false)
 * cost less, since nobody looks at what they send before. Throws the system's error (`code`
 * EADDRINUSE, EACCES, …).
 */
export function listenTcp(
  host: string,
  port: number,
  accept: Accept,
  startsPlain = true,
): TcpListener {
  const { data, ...others } = handlers(accept);
  const socket = startsPlain ? { data, ...others } : others;
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
      const transport = socket.data;
      // The runtime shows what is below TLS here too.
      if (transport.hasTls) transport.receiveBelow(chunk);
      else passOn(chunk, transport.listener);
    },
    drain(socket) {
      socket.data.reportRoom();
    },
    close(socket, error) {
      socket.data.reportClose(error);
    },
    error(socket, error) {
      socket.data.reportClose(error);
    },
  };
}
