/**
 * The link to the local syslog daemon over a Unix datagram socket, which the runtime has no
 * functions for.
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { DatagramConnect, DatagramSocket } from "./datagram-socket.ts";
import type { SyslogLink } from "./syslog-sink.ts";

/** Well below what the system allows (212,992 on Linux, 2,048 on macOS). */
const MAX_MESSAGE_BYTES = process.platform === "darwin" ? 2000 : 64 * 1024;
/** A daemon's queue is often no longer than ten messages, and nothing tells when it has room. */
const BUSY_RETRY_MS = 2;
const RECONNECT_MS = 1000;

export class DatagramLink implements SyslogLink {
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  onReady: () => void;
  readonly #connect: DatagramConnect;
  readonly #path: string;
  readonly #clock: Clock;
  #socket: DatagramSocket | undefined;
  #cancelRetry: (() => void) | undefined;

  private constructor(
    connect: DatagramConnect,
    path: string,
    socket: DatagramSocket,
    clock: Clock,
  ) {
    this.onReady = () => {};
    this.#connect = connect;
    this.#path = path;
    this.#clock = clock;
    this.#socket = socket;
    this.#cancelRetry = undefined;
  }

  /** Undefined if no daemon listens for datagrams at `path`. */
  static open(
    connect: DatagramConnect,
    path: string,
    clock: Clock = systemClock,
  ): DatagramLink | undefined {
    const socket = connect(path);
    return socket === undefined ? undefined : new DatagramLink(connect, path, socket, clock);
  }

  /** When the daemon is gone, perhaps it has come back: one attempt to reach it again. */
  send(message: string): boolean {
    const bytes = Buffer.from(message);
    let result = this.#socket?.send(bytes) ?? "broken";
    if (result === "broken") {
      this.#connectAgain();
      result = this.#socket?.send(bytes) ?? "broken";
    }
    if (result === "sent" || result === "too long") return true;
    this.#retryIn(result === "busy" ? BUSY_RETRY_MS : RECONNECT_MS);
    return false;
  }

  push(): boolean {
    return true;
  }

  close(): void {
    this.#cancelRetry?.();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #connectAgain(): void {
    this.#socket?.close();
    this.#socket = this.#connect(this.#path);
  }

  #retryIn(delayMs: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      this.onReady();
    });
  }
}
