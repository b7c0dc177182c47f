/**
 * A client that goes over to TLS, before the greeting or after it, with a certificate or without.
 * Used by the tests of TLS.
 */
import { readFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";

const CERTIFICATES = join(import.meta.dir, "certificates");

/** The path of a file made by `certificates/make.sh`. */
export function certificatePath(name: string): string {
  return join(CERTIFICATES, name);
}

export function pemOf(name: string): string {
  return readFileSync(certificatePath(name), "utf8");
}

export interface TlsWish {
  readonly port: number;
  /** Whether TLS comes before the greeting. */
  readonly isFirst?: boolean;
  /** Name of the certificate to present. */
  readonly certificate?: string;
  /** Who has to have signed the server's. */
  readonly authority?: string;
  /** The same of one that is in no file. */
  readonly authorityPem?: string;
  readonly maxVersion?: "TLSv1.2";
  /** What else CONNECT says. */
  readonly connect?: Readonly<Record<string, string>>;
  /** What to wait for between the handshake and the first words. */
  readonly pauseUntil?: Promise<unknown>;
}

/** What a client sees in the end. */
export interface TlsTalk {
  /** The first INFO, wherever it came; "" if there was none. */
  readonly info: string;
  /** `PONG` if the client got as far as that, else what ended it. */
  readonly end: string;
  /** Of the server's certificate, in hexadecimal; "" without TLS. */
  readonly fingerprint: string;
}

/** Connects, says hello and leaves. */
export async function talk(wish: TlsWish): Promise<TlsTalk> {
  const socket = connectTcp(wish.port, "127.0.0.1");
  const greeting = wish.isFirst === true ? "" : await greetingOf(socket);
  return new Promise((resolve) => {
    const { certificate, authority = "ca", maxVersion } = wish;
    const secure = connectTls({
      socket,
      servername: "localhost",
      ca: wish.authorityPem ?? pemOf(`${authority}.pem`),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(certificate === undefined
        ? {}
        : { cert: pemOf(`${certificate}.pem`), key: pemOf(`${certificate}-key.pem`) }),
    });
    let received = greeting;
    let fingerprint = "";
    let reason = "closed";
    const end = (how: string) => {
      secure.destroy();
      resolve({ info: /INFO .*/.exec(received)?.[0] ?? "", end: how, fingerprint });
    };
    secure.on("secureConnect", () => {
      fingerprint = secure.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase();
      const connect = JSON.stringify({ verbose: false, ...wish.connect });
      const hello = `CONNECT ${connect}\r\nPING\r\n`;
      void Promise.resolve(wish.pauseUntil).then(() => secure.write(hello));
    });
    secure.on("data", (chunk: Buffer) => {
      received += chunk.toString();
      if (received.includes("PONG\r\n")) end("PONG");
    });
    secure.on("error", (error: Error) => (reason = error.message || reason));
    secure.on("close", () => end(reason));
    socket.on("close", () => end(reason));
  });
}

/** Reads the first line and nothing more. */
function greetingOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (chunk: Buffer) => {
      socket.pause();
      resolve(chunk.toString());
    });
  });
}
