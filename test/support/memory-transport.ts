/**
 * A transport without a network: what is written is kept as text, and the test says how much of it
 * is taken. Used by the tests of connections and clients.
 */
import type { Transport, TransportListener } from "../../src/transport/transport.ts";

/** How many of `length` bytes a write takes; -1 when the stream is gone. */
export type Acceptance = (length: number) => number;

export class MemoryTransport implements Transport {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tls = undefined;
  /** Asked for every write. Use `takeAll`, `take` and `fail` for the usual ones. */
  accepts: Acceptance;
  isPaused: boolean;
  isEnded: boolean;
  isTerminated: boolean;
  /** Makes `end` and `terminate` report the close within the call. */
  closesWithinCall: boolean;
  /** Who hears of `drain` and closes. */
  listener: TransportListener | undefined;
  readonly #pieces: string[];
  #readPieces: number;

  constructor(remotePort = 50_000, remoteAddress = "127.0.0.1") {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.accepts = takesAll;
    this.isPaused = false;
    this.isEnded = false;
    this.isTerminated = false;
    this.closesWithinCall = false;
    this.listener = undefined;
    this.#pieces = [];
    this.#readPieces = 0;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    const taken = this.isEnded || this.isTerminated ? -1 : this.accepts(length);
    if (taken > 0) {
      this.#pieces.push(Buffer.from(bytes.subarray(offset, offset + taken)).toString("latin1"));
    }
    return taken;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
    if (this.closesWithinCall) this.listener?.onClose(undefined);
  }

  terminate(): void {
    this.isTerminated = true;
    if (this.closesWithinCall) this.listener?.onClose(undefined);
  }

  // --- What the test does --------------------------------------------------------------------

  /** Everything taken so far, one character per byte. */
  get output(): string {
    return this.#pieces.join("");
  }

  /** What was taken since the last call. */
  read(): string {
    const text = this.#pieces.slice(this.#readPieces).join("");
    this.#readPieces = this.#pieces.length;
    return text;
  }

  /** From now on `bytes` more bytes are taken in all, then none. */
  take(bytes: number): void {
    let room = bytes;
    this.accepts = (length) => {
      const taken = Math.min(length, room);
      room -= taken;
      return taken;
    };
  }

  /** From now on every write fails. */
  fail(): void {
    this.accepts = () => -1;
  }

  takeAll(): void {
    this.accepts = takesAll;
  }

  /** Makes room for `bytes` more and says so, as a socket does. */
  drain(bytes = Infinity): void {
    this.take(bytes);
    this.listener?.onDrain();
  }
}

const takesAll: Acceptance = (length) => length;
