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
  /** A certificate that is in no file, with what follows it, and its key. */
  readonly own?: { readonly pem: string; readonly keyPem: string };
  /** Who has to have signed the server's. */
  readonly authority?: string;
  /** The same of one that is in no file. */
  readonly authorityPem?: string;
  readonly maxVersion?: "TLSv1.2";
  /** Of an earlier talk, to go on with. */
  readonly session?: Buffer | undefined;
  /** What is said before CONNECT. */
  readonly before?: string;
  /** What else CONNECT says. */
  readonly connect?: Readonly<Record<string, string>>;
  /** What to wait for between the handshake and the first words. */
  readonly pauseUntil?: Promise<unknown>;
  /** When to leave, should nothing have ended it before. */
  readonly leaveWhen?: Promise<unknown>;
}

/** What a client sees in the end. */
export interface TlsTalk {
  /** The first INFO, wherever it came; "" if there was none. */
  readonly info: string;
  /** `PONG` if the client got as far as that, else what ended it. */
  readonly end: string;
  /** Of the server's certificate, in hexadecimal; "" without TLS. */
  readonly fingerprint: string;
  /** With which to come again; undefined without TLS. */
  readonly session: Buffer | undefined;
  /** Whether the server went on with the one that was wished for. */
  readonly isResumed: boolean;
}

/** Connects, says hello and leaves. */
export async function talk(wish: TlsWish): Promise<TlsTalk> {
  const socket = connectTcp(wish.port, "127.0.0.1");
  const greeting = wish.isFirst === true ? "" : await greetingOf(socket);
  return new Promise((resolve) => {
    const { certificate, own, authority = "ca", maxVersion, session: earlier } = wish;
    const secure = connectTls({
      socket,
      servername: "localhost",
      ca: wish.authorityPem ?? pemOf(`${authority}.pem`),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(earlier === undefined ? {} : { session: earlier }),
      ...(certificate === undefined
        ? {}
        : { cert: pemOf(`${certificate}.pem`), key: pemOf(`${certificate}-key.pem`) }),
      ...(own === undefined ? {} : { cert: own.pem, key: own.keyPem }),
    });
    let received = greeting;
    let fingerprint = "";
    let session: Buffer | undefined;
    let isResumed = false;
    let reason = "closed";
    const end = (how: string) => {
      secure.destroy();
      const info = /INFO .*/.exec(received)?.[0] ?? "";
      resolve({ info, end: how, fingerprint, session, isResumed });
    };
    secure.on("session", (newest: Buffer) => (session = newest));
    secure.on("secureConnect", () => {
      isResumed = secure.isSessionReused();
      fingerprint = secure.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase();
      void wish.leaveWhen?.then(() => end("left"));
      const connect = JSON.stringify({ verbose: false, ...wish.connect });
      const hello = `${wish.before ?? ""}CONNECT ${connect}\r\nPING\r\n`;
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
