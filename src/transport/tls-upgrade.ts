/**
 * The runtime's call that makes a TLS server of a plain accepted socket. It is what its node:net
 * uses, and not in its types. Loaded where TLS is configured.
 */
import type { Socket } from "bun";
import { passOn } from "./pass-on.ts";
import type { HandshakeSocket } from "./tls-handshake.ts";
import type { TransportListener } from "./transport.ts";

/** Whose socket it is. */
export interface UpgradeOwner {
  readonly listener: TransportListener | undefined;
  reportHandshake(isDone: boolean, error: Error | null): void;
  reportClose(error: Error | undefined): void;
}

/** A socket with TLS above a plain one. */
export type UpgradedSocket<Owner> = Omit<Socket<Owner>, keyof HandshakeSocket> & HandshakeSocket;

/** What goes on below TLS, and above. */
export type UpgradedPair<Owner> = readonly [Socket<Owner>, UpgradedSocket<Owner>];

export interface TlsServerOptions {
  readonly secureContext: unknown;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

type OwnedSocket = UpgradedSocket<UpgradeOwner>;

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

interface UpgradableSocket<Owner> {
  /** The plain socket and the one with TLS; undefined if it is upgraded already. */
  upgradeTLS(options: {
    readonly isServer: true;
    readonly initialData: Uint8Array | undefined;
    readonly tls: TlsServerOptions;
    readonly data: Owner;
    readonly socket: typeof HANDLERS;
  }): UpgradedPair<Owner> | undefined;
}

/** The sockets in the place of this one; both tell of their end. Throws if they cannot be had. */
export function upgraded<Owner extends UpgradeOwner>(
  socket: Socket<Owner>,
  tls: TlsServerOptions,
  received: Uint8Array | undefined,
): UpgradedPair<Owner> {
  const pair = (socket as unknown as UpgradableSocket<Owner>).upgradeTLS({
    isServer: true,
    initialData: received,
    tls,
    data: socket.data,
    socket: HANDLERS,
  });
  if (pair === undefined) throw new Error("the socket has TLS already");
  return pair;
}
