/**
 * The blocking part of a benchmark client: handshake, subscriptions and waiting for a text.
 * Called by the drivers before the clock starts. Both servers get the same CONNECT options.
 */
import { NativeBuffer, dial, receive, send } from "./sockets.ts";

export const CONNECT_OPTIONS = {
  verbose: false,
  pedantic: false,
  headers: true,
  no_responders: true,
  lang: "bun",
  version: "1",
  protocol: 1,
};

const scratch = NativeBuffer.ofSize(64 * 1024);
const decoder = new TextDecoder("latin1");

/**
 * Connects, exchanges INFO, CONNECT, PING and PONG, and returns the blocking socket. A user's name
 * is also the password.
 */
export function connectClient(port: number, user?: string): number {
  const socket = dial(port);
  if (socket < 0) throw new Error(`connection to port ${port} refused`);
  awaitText(socket, "\r\n");
  const options = JSON.stringify({ ...CONNECT_OPTIONS, user, pass: user });
  sendAll(socket, NativeBuffer.ofText(`CONNECT ${options}\r\nPING\r\n`));
  awaitText(socket, "PONG\r\n");
  return socket;
}

/** Sends operations and waits until the server has taken them all in. */
export function roundTrip(socket: number, operations: string): void {
  sendAll(socket, NativeBuffer.ofText(`${operations}PING\r\n`));
  awaitText(socket, "PONG\r\n");
}

/** Sends everything on a blocking socket. */
export function sendAll(socket: number, buffer: NativeBuffer): void {
  let at = 0;
  while (at < buffer.bytes.length) {
    const taken = send(socket, buffer, at, buffer.bytes.length);
    if (taken <= 0) throw new Error("the server closed the connection while being written to");
    at += taken;
  }
}

/** Sends a small frame on a socket that has room for it, which the drivers' windows ensure. */
export function sendFrame(socket: number, frame: NativeBuffer, lengthBytes: number): void {
  const taken = send(socket, frame, 0, lengthBytes);
  if (taken !== lengthBytes) throw new Error(`the server took ${taken} of ${lengthBytes} bytes`);
}

/** Reads until the text has been seen; throws on -ERR and on a closed connection. */
export function awaitText(socket: number, wanted: string): void {
  let seen = "";
  while (!seen.includes(wanted)) {
    const received = receive(socket, scratch, 0);
    if (received <= 0) throw new Error(`the server closed the connection; it said: ${seen}`);
    seen = seen.slice(-256) + textOf(scratch, received);
    throwOnError(seen);
  }
}

/** What follows the subjects of a message: its size, and a payload of so many bytes. */
export function sizedPayload(lengthBytes: number): string {
  return `${lengthBytes}\r\n${"x".repeat(lengthBytes)}\r\n`;
}

/** The first bytes of a buffer as text. */
export function textOf(buffer: NativeBuffer, lengthBytes: number): string {
  return decoder.decode(buffer.bytes.subarray(0, lengthBytes));
}

export function throwOnError(text: string): void {
  const at = text.indexOf("-ERR");
  if (at >= 0) throw new Error(`the server answered ${text.slice(at).trim()}`);
}
