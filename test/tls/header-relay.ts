/**
 * A proxy that says whose connections it passes on: a header of the test's own goes ahead of each.
 * Used by the tests of the PROXY protocol. Dispose of it with `await using`.
 */
import { type Server, type Socket, connect, createServer } from "node:net";

/**
 * When the header goes out: at once, as proxies do; at once and byte by byte; or in one piece with
 * the client's first bytes.
 */
export type HeaderTiming = "ahead" | "byte by byte" | "with the client's first bytes";

const HOST = "127.0.0.1";

export class HeaderRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly port: number;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  /** `header` is one character a byte. */
  static start(
    target: number,
    header: string,
    timing: HeaderTiming = "ahead",
  ): Promise<HeaderRelay> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect({ port: target, host: HOST, noDelay: true });
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      upstream.pipe(client);
      const bytes = Buffer.from(header, "latin1");
      if (timing === "with the client's first bytes") {
        client.once("data", (first: Buffer) => {
          upstream.write(Buffer.concat([bytes, first]));
          client.pipe(upstream);
        });
        return;
      }
      const pieces = timing === "ahead" ? [bytes] : [...bytes].map((byte) => Buffer.of(byte));
      void writeOneByOne(upstream, pieces).then(() => client.pipe(upstream));
    });
    return new Promise((resolve) => {
      server.listen(0, HOST, () => {
        const address = server.address();
        const port = address === null || typeof address === "string" ? 0 : address.port;
        resolve(new HeaderRelay(server, sockets, port));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function writeOneByOne(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
}
