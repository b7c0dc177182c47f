/**
 * TLS on the server's side, as transports see it, whoever does it: the runtime
 * (`runtime-tls-context.ts`) or the host's OpenSSL (`openssl/`). A context is made once of the
 * operator's files and used by every handshake until a reload makes another.
 */
import { messageOf } from "../util/system-error.ts";
import type { TlsFacts } from "./tls-facts.ts";
import {
  type HandshakeFailure,
  type HandshakeSocket,
  agreedFacts,
  handshakeFailure,
  presentedCertificates,
} from "./tls-handshake.ts";
import type { TransportListener } from "./transport.ts";

/** PEM texts and names that both have. */
export interface TlsMaterial {
  /** The chain of each certificate, its own first, and its key. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
  /** Who signs the certificates of peers; undefined for those whom the system trusts. */
  readonly ca?: string | undefined;
  /** Peers have to present a certificate. */
  readonly verify?: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** As in OpenSSL's lists; undefined for the default. */
  readonly ciphers?: string | undefined;
  readonly curves?: string | undefined;
}

/** What transports write to: the runtime's socket, or TLS above one. */
export interface ByteSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  write(bytes: Uint8Array, offset: number, length: number): number;
  pause(): void;
  resume(): void;
  end(): void;
  terminate(): void;
}

/** What takes the place of a plain socket. */
export type SecuredSocket = ByteSocket & HandshakeSocket;

/** Whose socket it is. */
export interface TlsOwner {
  readonly listener: TransportListener | undefined;
  reportHandshake(isDone: boolean, error: Error | null): void;
  reportClose(error: Error | undefined): void;
}

/** TLS above a plain socket that goes on being read by its owner. */
export interface TlsSession {
  /** What the socket has received, which is given away. */
  receive(ciphertext: Uint8Array): void;
  /** The socket takes bytes again. */
  onRoom(): void;
  /** The socket is closed. May be called again. */
  release(error: Error | undefined): void;
}

export interface Secured {
  /** What goes on below TLS. */
  readonly plain: ByteSocket;
  readonly socket: SecuredSocket;
  /** Undefined where nobody needs to read the plain socket. */
  readonly session: TlsSession | undefined;
}

export abstract class TlsContext {
  /** Whether peers have to present a certificate. */
  abstract readonly asksForCertificate: boolean;
  /** Whether there are sessions, so that listeners have to read their sockets. */
  abstract readonly needsPlainReads: boolean;

  /**
   * Begins a handshake on the socket; `received` is what the peer has sent of it. Without a session
   * to receive it, the context sees to it.
   */
  abstract upgrade(socket: ByteSocket, owner: TlsOwner, received: Uint8Array | undefined): Secured;

  /** Tells what the handshake has come to; there is no socket if it failed as it began. */
  conclude(
    socket: HandshakeSocket | undefined,
    isDone: boolean,
    error: Error | null,
    isFirst: boolean,
  ): TlsFacts | HandshakeFailure {
    // Without a request for a certificate the error only says that there is none.
    if (socket !== undefined && isDone && (error === null || !this.asksForCertificate)) {
      try {
        return agreedFacts(socket, this.asksForCertificate, isFirst);
      } catch (problem) {
        const reason = `tls: failed to parse client certificate: ${messageOf(problem)}`;
        return { reason, isProbe: false };
      }
    }
    return handshakeFailure(error, isDone ? socket : undefined);
  }

  /** The certificates that the peer has presented, its own first; see `presentedCertificates`. */
  presented(socket: HandshakeSocket): readonly Uint8Array[] {
    return this.asksForCertificate ? presentedCertificates(socket) : [];
  }
}
