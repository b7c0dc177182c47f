/**
 * The runtime's call that makes a TLS server of a plain accepted socket. It is what its node:net
 * uses, and not in its types. Loaded where TLS is configured.
 */
import { passOn } from "./pass-on.ts";
import type { ByteSocket, Secured, SecuredSocket, TlsOwner } from "./tls-context.ts";

export interface TlsServerOptions {
  readonly secureContext: unknown;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

interface OwnedSocket {
  readonly data: TlsOwner;
}

/** One for all sockets, as with the listener's. */
const HANDLERS = {
  binaryType: "uint8array",
  handshake(socket: OwnedSocket, isDone: boolean, error: Error | null) {
    socket.data.reportHandshake(isDone, error);
  },
  data(socket: OwnedSocket, chunk: Uint8Array) {
    passOn(chunk, socket.data.listener);
  },
  drain(socket: OwnedSocket) {
    socket.data.listener?.onDrain();
  },
  close(socket: OwnedSocket, error: Error | undefined) {
    socket.data.reportClose(error);
  },
  error(socket: OwnedSocket, error: Error) {
    socket.data.reportClose(error);
  },
} as const;

interface UpgradableSocket {
  /** The plain socket and the one with TLS; undefined if it is upgraded already. */
  upgradeTLS(options: {
    readonly isServer: true;
    readonly initialData: Uint8Array | undefined;
    readonly tls: TlsServerOptions;
    readonly data: TlsOwner;
    readonly socket: typeof HANDLERS;
  }): readonly [ByteSocket, SecuredSocket] | undefined;
}

/** The sockets in the place of this one; both tell of their end. Throws if they cannot be had. */
export function upgraded(
  socket: ByteSocket,
  owner: TlsOwner,
  tls: TlsServerOptions,
  received: Uint8Array | undefined,
): Secured {
  const pair = (socket as unknown as UpgradableSocket).upgradeTLS({
    isServer: true,
    initialData: received,
    tls,
    data: owner,
    socket: HANDLERS,
  });
  if (pair === undefined) throw new Error("the socket has TLS already");
  const [plain, secure] = pair;
  return { plain, socket: secure, session: undefined };
}
