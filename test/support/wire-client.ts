/**
 * A raw TCP connection to a server under test: bytes out, bytes in, no protocol knowledge.
 * Used by the replay and the recorder. Received bytes pile up in `received` until they are taken.
 */
import type { Socket } from "bun";

export class WireClient {
  /** Undefined until `open` has connected, which is before anybody else sees the client. */
  #socket: Socket<undefined> | undefined;
  #received: string;
  #isClosed: boolean;
  /** Called once each at the next change: bytes, room to write, or the end. */
  #waiting: Array<() => void>;

  private constructor() {
    this.#socket = undefined;
    this.#received = "";
    this.#isClosed = false;
    this.#waiting = [];
  }

  /** Connects; rejects when nobody listens there. */
  static async open(host: string, port: number): Promise<WireClient> {
    const client = new WireClient();
    client.#socket = await Bun.connect<undefined>({
      hostname: host,
      port,
      socket: {
        data: (_socket, chunk) => client.#receive(chunk),
        drain: () => client.#change(),
        close: () => client.#end(),
        error: () => client.#end(),
      },
    });
    client.#socket.setNoDelay(true);
    return client;
  }

  /** Bytes that arrived and were not taken yet, one character each. */
  get received(): string {
    return this.#received;
  }

  /** Whether either side has closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Removes the first `length` received bytes and returns them. */
  take(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  /** Writes all bytes, waiting for the peer to take them; gives up quietly once it has closed. */
  async write(bytes: string): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    const encoded = Buffer.from(bytes, "latin1");
    let written = 0;
    while (written < encoded.length && !this.#isClosed) {
      const taken = socket.write(encoded, written, encoded.length - written);
      if (taken < 0) return;
      written += taken;
      if (written < encoded.length) await this.changed();
    }
  }

  /** Resolves at the next change of any kind. */
  changed(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    if (!this.#isClosed) this.#socket?.end();
  }

  #receive(chunk: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = chunk;
    this.#received += Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
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

/**
 * Waits until `isDone` holds, looking again whenever one of `clients` changes. Resolves with false
 * when it does not hold after `timeoutMs`, or when all clients have closed.
 */
export async function waitUntil(
  clients: readonly WireClient[],
  timeoutMs: number,
  isDone: () => boolean,
): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    resolve();
  }, timeoutMs);
  try {
    while (!isDone()) {
      const open = clients.filter((client) => !client.isClosed);
      if (isLate || open.length === 0) return false;
      await Promise.race([timeout, ...open.map((client) => client.changed())]);
    }
    return true;
  } finally {
    clearTimeout(timer);
  }
}
