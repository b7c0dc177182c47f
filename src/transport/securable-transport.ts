/**
 * A transport that can go over to TLS, as the server's side of it. TCP implements it;
 * `connection/secure-start.ts` says when.
 */
import type { TlsContext } from "./tls-context.ts";
import type { TlsEvents } from "./tls-handshake.ts";
import type { Transport, TransportListener } from "./transport.ts";

export interface SecurableTransport extends Transport {
  /** Who gets the events. */
  listener: TransportListener | undefined;
  /**
   * Begins the handshake; `received` is what the peer has sent of it. Until it is over nothing is
   * to be written, and one of the events follows unless the stream ends before.
   */
  startTls(context: TlsContext, received: Uint8Array | undefined, events: TlsEvents): void;
  /** What the peer has presented to this context, in DER, its own certificate first. */
  presentedTo(context: TlsContext): readonly Uint8Array[];
  /** Writes below TLS, to a peer that has not begun with it; as far as there is room. */
  writePlain(bytes: Uint8Array): void;
}
