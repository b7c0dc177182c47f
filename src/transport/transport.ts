/**
 * A stream of bytes to and from one peer, whatever carries it: TCP, TLS, WebSocket, memory. The
 * connection above it is the `TransportListener`; every transport passes `transport.contract.ts`.
 */

import type { TlsFacts } from "./tls-facts.ts";

export interface Transport {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What TLS has agreed upon; undefined without it. */
  readonly tls: TlsFacts | undefined;
  /**
   * Writes `bytes[offset, offset + length)`; returns how many bytes were taken, 0 when the peer has
   * to catch up first (`onDrain` follows), -1 when the stream is gone. Never keeps the bytes.
   */
  write(bytes: Uint8Array, offset: number, length: number): number;
  /** Stops and restarts reading; the peer is pushed back by flow control. */
  pause(): void;
  resume(): void;
  /** Closes after what was taken is sent. `onClose` follows, possibly within the call. */
  end(): void;
  /** Closes at once, dropping what was not sent. `onClose` follows, possibly within the call. */
  terminate(): void;
}

export interface TransportListener {
  /** True if the listener keeps the chunk beyond the call; else the transport frees its memory. */
  onBytes(chunk: Uint8Array): boolean;
  /** The transport takes bytes again after it refused some. */
  onDrain(): void;
  /**
   * The peer or the network ended the stream; `error` when it did not end in order. Called once.
   */
  onClose(error: Error | undefined): void;
}
