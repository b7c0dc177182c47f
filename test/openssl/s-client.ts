/**
 * `openssl s_client` as a client of a server that greets before TLS or after it. openssl knows no
 * such greeting, so a relay reads it off the socket first. Used by the tests with openssl as the
 * peer, which are for machines that have it.
 */
import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { TEST_HOST } from "../support/running-server.ts";
import { certificatePath } from "../tls/tls-peer.ts";

const HELLO = 'CONNECT {"verbose":false}\r\nPING\r\n';
const TIMEOUT_MS = 10_000;

export interface OpensslWish {
  readonly port: number;
  /** Whether TLS comes before the greeting. */
  readonly isFirst: boolean;
  /** Name of the certificate to present. */
  readonly certificate?: string | undefined;
  /** More arguments: `-tls1_2`. */
  readonly arguments?: readonly string[];
}

export interface OpensslTalk {
  /** Where the greeting came. */
  readonly greeting: "before TLS" | "within TLS" | "none";
  readonly isLetIn: boolean;
}

/** Connects, says hello and leaves. */
export async function talkByOpenssl(wish: OpensslWish): Promise<OpensslTalk> {
  await using relay = await Relay.start(wish.port, wish.isFirst);
  const child = Bun.spawn(command(wish, relay.port), {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  child.stdin.write(HELLO);
  void child.stdin.flush();
  const decoder = new TextDecoder();
  let received = "";
  for await (const chunk of child.stdout) {
    received += decoder.decode(chunk, { stream: true });
    if (received.includes("PONG\r\n")) break;
  }
  child.kill();
  await child.exited;
  const isWithin = received.includes("INFO {") ? "within TLS" : "none";
  return {
    greeting: relay.greeting.startsWith("INFO {") ? "before TLS" : isWithin,
    isLetIn: received.includes("PONG\r\n"),
  };
}

function command({ certificate, arguments: more = [] }: OpensslWish, port: number): string[] {
  const file = (name: string) => certificatePath(`${name}.pem`);
  // Not `-CAfile`, from which openssl would present the certificate's signer too.
  const trust = ["-verifyCAfile", file("ca"), "-verify_return_error", "-servername", "localhost"];
  const own = ["-cert", file(`${certificate}`), "-key", file(`${certificate}-key`)];
  return [
    ...["openssl", "s_client", "-quiet", "-connect", `${TEST_HOST}:${port}`, ...trust],
    ...(certificate === undefined ? [] : own),
    ...more,
  ];
}

/** Passes one connection on, after it has read the greeting unless TLS comes first. */
class Relay implements AsyncDisposable {
  readonly port: number;
  /** As read off the socket; "" if TLS came first. */
  greeting: string;
  readonly #close: () => void;

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.greeting = "";
    this.#close = close;
  }

  static start(port: number, isFirst: boolean): Promise<Relay> {
    return new Promise((resolve) => {
      const listener = createServer({ pauseOnConnect: true }, (client) => {
        if (isFirst) {
          // The server need not wait for openssl to make up its mind.
          client.once("readable", () => join(client, connect(port, TEST_HOST)));
          return;
        }
        const server = connect(port, TEST_HOST);
        server.once("data", (chunk: Buffer) => {
          server.pause();
          relay.greeting = chunk.toString();
          join(client, server);
        });
      });
      let relay: Relay;
      listener.listen(0, TEST_HOST, () => {
        const { port: ownPort } = listener.address() as AddressInfo;
        relay = new Relay(ownPort, () => listener.close());
        resolve(relay);
      });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }
}

function join(left: Socket, right: Socket): void {
  const pass = (from: Socket, to: Socket) => {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  };
  pass(left, right);
  pass(right, left);
}
