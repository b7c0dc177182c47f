/**
 * The link to a remote syslog daemon over UDP. Nobody tells whether a datagram arrives; those that
 * the network has no room for right now are sent later.
 */
import type { SyslogLink } from "./syslog-sink.ts";

/** Fits a datagram of either IP version. */
const MAX_MESSAGE_BYTES = 65_000;

export class UdpLink implements SyslogLink {
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  onReady: () => void;
  #socket: Bun.udp.ConnectedSocket<"buffer"> | undefined;

  private constructor() {
    this.onReady = () => {};
    this.#socket = undefined;
  }

  /** Rejects with the runtime's error if `hostname` has no address. */
  static async open(hostname: string, port: number): Promise<UdpLink> {
    const link = new UdpLink();
    link.#socket = await Bun.udpSocket({
      connect: { hostname, port },
      socket: { drain: () => link.onReady(), error: () => {} },
    });
    link.#socket.unref();
    return link;
  }

  /** A datagram that the system refuses for good counts as sent, as one that gets lost does. */
  send(message: string): boolean {
    try {
      return this.#socket?.send(message) ?? true;
    } catch {
      return true;
    }
  }

  push(): boolean {
    return true;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}
