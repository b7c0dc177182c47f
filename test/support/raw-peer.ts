/**
 * A TCP connection that does what clients should not: stops reading, closes in the middle, sends
 * anything. Used by the tests that strain a server. It keeps only the end of what it receives, so
 * it can be flooded itself.
 */
import type { Socket } from "bun";

const KEPT_CHARACTERS = 64 * 1024;
const ANSWER_TIMEOUT_MS = 10_000;

export class RawPeer {
  readonly #socket: Socket<RawPeer>;
  #received: string;
  #receivedBytes: number;
  #isClosed: boolean;
  #isSevered: boolean;
  #waiting: Array<() => void>;

  private constructor(socket: Socket<RawPeer>) {
    this.#socket = socket;
    this.#received = "";
    this.#receivedBytes = 0;
    this.#isClosed = false;
    this.#isSevered = false;
    this.#waiting = [];
  }

  /** Connects; rejects when nobody accepts. */
  static async open(host: string, port: number): Promise<RawPeer> {
    const socket = await Bun.connect<RawPeer>({
      hostname: host,
      port,
      socket: {
        open(socket) {
          socket.data = new RawPeer(socket);
          socket.setNoDelay(true);
        },
        data: (socket, chunk) => socket.data.#receive(chunk),
        drain: (socket) => socket.data.#change(),
        close: (socket) => socket.data.#end(),
        error: (socket) => socket.data.#end(),
      },
    });
    return socket.data;
  }

  /** The end of what arrived, one character a byte. */
  get received(): string {
    return this.#received;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** What arrived after the first `bytes` bytes, as far as it is kept. */
  receivedSince(bytes: number): string {
    const length = this.#receivedBytes - bytes;
    return length === 0 ? "" : this.#received.slice(-length);
  }

  /** Whether the connection is over, by whichever side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes what the kernel takes at once; returns how many bytes that was. */
  offer(bytes: Uint8Array): number {
    if (this.#isClosed) return 0;
    const taken = this.#socket.write(bytes);
    if (taken < 0) this.#isSevered = true;
    return Math.max(taken, 0);
  }

  /** Writes everything, waiting for the server to take it; false once the connection is over. */
  async send(data: string | Uint8Array): Promise<boolean> {
    let rest = typeof data === "string" ? Buffer.from(data, "latin1") : data;
    while (!this.#isClosed && !this.#isSevered) {
      const taken = this.offer(rest);
      if (taken === rest.length) return true;
      rest = rest.subarray(taken);
      if (!this.#isSevered) await this.changed();
    }
    return false;
  }

  /** Resolves at the next change: bytes, room to write, the end. */
  changed(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until `isDone` holds; rejects with what was received after 10 s or at the end. */
  async until(what: string, isDone: () => boolean): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#change();
    }, ANSWER_TIMEOUT_MS);
    try {
      while (!isDone()) {
        if (!isLate && !this.#isClosed) await this.changed();
        else if (!isDone()) {
          const state = isLate ? "in time" : "before the close";
          throw new Error(`no ${what} ${state}, received: ${this.#received.slice(-500)}`);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for the server to close. */
  closed(): Promise<void> {
    return this.until("close", () => this.#isClosed);
  }

  /** Sends PING and waits for its PONG: the server has read all that was sent before. */
  async synchronise(): Promise<void> {
    const before = this.#receivedBytes;
    await this.send("PING\r\n");
    await this.until("PONG", () => this.receivedSince(before).includes("PONG\r\n"));
  }

  /** Reads no more. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says that no more will be sent; what comes is still read. */
  endWriting(): void {
    if (!this.#isClosed) this.#socket.shutdown();
  }

  /** Closes in order. */
  end(): void {
    if (!this.#isClosed) this.#socket.end();
  }

  /** Closes with a reset. */
  terminate(): void {
    if (!this.#isClosed) this.#socket.terminate();
  }

  #receive(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    const text = chunk.subarray(-KEPT_CHARACTERS).toString("latin1");
    this.#received = (this.#received + text).slice(-KEPT_CHARACTERS);
    this.#change();
  }

  #end(): void {
    this.#isClosed = true;
    this.#change();
  }

  #change(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
