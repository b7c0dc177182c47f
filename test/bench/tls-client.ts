/**
 * A benchmark client with TLS after INFO: unlike the others it has the runtime's sockets, since TLS
 * is made of their bytes. Used by `drivers/tls.ts`.
 */
import type { Socket } from "bun";
import { CONNECT_OPTIONS, throwOnError } from "./client.ts";

/** What becomes of the bytes once the client is connected. */
export interface TlsReceiver {
  onBytes(chunk: Uint8Array): void;
  /** There is room again. */
  onRoom(): void;
}

type SecureSocket = Socket<undefined>;

const decoder = new TextDecoder("latin1");

export class TlsClient {
  /** Undefined while texts are waited for. */
  receiver: TlsReceiver | undefined;
  #socket: SecureSocket | undefined;
  /** Calls for the answer to come; undefined while none is waited for. */
  #wanted: { readonly text: string; readonly seen: () => void } | undefined;
  #fail: (error: Error) => void;

  private constructor(fail: (error: Error) => void) {
    this.receiver = undefined;
    this.#socket = undefined;
    this.#wanted = undefined;
    this.#fail = fail;
  }

  /** Resolves when the server has answered CONNECT. */
  static open(port: number): Promise<TlsClient> {
    return new Promise((resolve, reject) => {
      const client = new TlsClient(reject);
      const lost = () => client.#fail(new Error("the server closed the connection"));
      const begin = (plain: Socket<undefined>) => {
        const [, secure] = plain.upgradeTLS<undefined>({
          tls: { rejectUnauthorized: false },
          data: undefined,
          socket: {
            handshake: (socket) => {
              client.#socket = socket;
              const connect = `CONNECT ${JSON.stringify(CONNECT_OPTIONS)}\r\n`;
              void client.roundTrip(connect).then(() => resolve(client));
            },
            data: (_, chunk) => client.#take(chunk),
            drain: () => client.receiver?.onRoom(),
            close: lost,
            error: lost,
          },
        });
        return secure;
      };
      let isGreeted = false;
      void Bun.connect<undefined>({
        hostname: "127.0.0.1",
        port,
        socket: {
          open: (plain) => void plain.setNoDelay(true),
          data(plain) {
            if (isGreeted) return;
            isGreeted = true;
            begin(plain);
          },
          close: lost,
          error: lost,
        },
      }).catch(reject);
    });
  }

  /** Sends operations and waits until the server has taken them all in. */
  async roundTrip(operations: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#wanted = { text: "PONG\r\n", seen: resolve };
      this.#socket?.write(`${operations}PING\r\n`);
    });
  }

  /** Sends what there is room for; returns how much that was. */
  write(bytes: Uint8Array, offset: number): number {
    const taken = this.#socket?.write(bytes, offset, bytes.length - offset) ?? -1;
    if (taken < 0) throw new Error("the server closed the connection");
    return taken;
  }

  #take(chunk: Uint8Array): void {
    const wanted = this.#wanted;
    if (wanted === undefined) {
      this.receiver?.onBytes(chunk);
      return;
    }
    const text = decoder.decode(chunk);
    throwOnError(text);
    if (!text.includes(wanted.text)) return;
    this.#wanted = undefined;
    wanted.seen();
  }
}
