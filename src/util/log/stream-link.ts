/**
 * The link to a syslog daemon over TCP or a Unix stream socket. Reconnects when the connection
 * ends, and repeats a message of which only a part had been taken.
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { SyslogLink } from "./syslog-sink.ts";

export type StreamAddress =
  { readonly hostname: string; readonly port: number } | { readonly unix: string };

/** Connections that fail or end sooner than this are not replaced at once. */
const RECONNECT_MS = 1000;
/** No daemon takes a line that long; it keeps a trace of a large payload from filling the queue. */
const MAX_MESSAGE_BYTES = 256 * 1024;

export class StreamLink implements SyslogLink {
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  onReady: () => void;
  readonly #address: StreamAddress;
  readonly #clock: Clock;
  #socket: Bun.Socket<undefined> | undefined;
  #connectedMs: number;
  /** A message of which the socket has taken the first `#sentBytes`. */
  #message: Buffer | undefined;
  #sentBytes: number;
  #cancelReconnect: (() => void) | undefined;
  #isClosed: boolean;

  private constructor(address: StreamAddress, clock: Clock) {
    this.onReady = () => {};
    this.#address = address;
    this.#clock = clock;
    this.#socket = undefined;
    this.#connectedMs = 0;
    this.#message = undefined;
    this.#sentBytes = 0;
    this.#cancelReconnect = undefined;
    this.#isClosed = false;
  }

  /** Rejects with the runtime's error if nobody answers at `address`. */
  static async open(address: StreamAddress, clock: Clock = systemClock): Promise<StreamLink> {
    const link = new StreamLink(address, clock);
    await link.#connect();
    return link;
  }

  send(message: string): boolean {
    if (this.#socket === undefined || this.#message !== undefined) return false;
    this.#message = Buffer.from(message);
    this.#sentBytes = 0;
    this.push();
    return true;
  }

  push(): boolean {
    const message = this.#message;
    if (message === undefined) return true;
    const taken = this.#socket?.write(message, this.#sentBytes) ?? 0;
    this.#sentBytes += Math.max(0, taken);
    if (this.#sentBytes < message.length) return false;
    this.#message = undefined;
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelReconnect?.();
    this.#socket?.end();
    this.#socket = undefined;
  }

  async #connect(): Promise<void> {
    const socket: Bun.SocketHandler<undefined> = {
      open: (opened) => this.#onOpen(opened),
      // Daemons have nothing to say, but a socket needs a reader to notice its end.
      data: () => {},
      drain: () => this.#goOn(),
      close: (closed) => this.#onClose(closed),
      error: (broken) => broken.terminate(),
      connectError: () => {},
    };
    const address = this.#address;
    await ("unix" in address
      ? Bun.connect<undefined>({ unix: address.unix, socket })
      : Bun.connect<undefined>({ hostname: address.hostname, port: address.port, socket }));
  }

  #onOpen(socket: Bun.Socket<undefined>): void {
    if (this.#isClosed) {
      socket.end();
      return;
    }
    socket.unref();
    this.#socket = socket;
    this.#connectedMs = this.#clock.nowMs();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#socket !== undefined && this.push()) this.onReady();
  }

  #onClose(socket: Bun.Socket<undefined>): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#sentBytes = 0;
    const isShort = this.#clock.nowMs() - this.#connectedMs < RECONNECT_MS;
    this.#reconnect(isShort ? RECONNECT_MS : 0);
  }

  #reconnect(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancelReconnect = this.#clock.after(delayMs, () => {
      this.#connect().catch(() => this.#reconnect(RECONNECT_MS));
    });
  }
}
