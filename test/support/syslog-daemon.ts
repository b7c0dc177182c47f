/**
 * Syslog daemons for tests, on every kind of socket they listen on. Used by the tests of the log's
 * syslog sinks. Datagram sockets of the Unix kind come from the C library, through `bun:ffi`.
 */
import { existsSync, unlinkSync } from "node:fs";
import { dlopen } from "bun:ffi";
import { eventually } from "./measured-server.ts";

const SOON_MS = 5000;

/** Keeps what it gets. */
export interface SyslogDaemon {
  /** Messages so far, without what separates them. */
  readonly messages: string[];
  stop(): void;
}

/** Waits until a daemon has got `count` messages, and returns all of them. */
export async function received(daemon: SyslogDaemon, count: number): Promise<string[]> {
  await eventually(`${count} messages`, SOON_MS, () => daemon.messages.length >= count);
  return daemon.messages;
}

export async function listenUdp(): Promise<SyslogDaemon & { readonly port: number }> {
  const messages: string[] = [];
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_socket, data) => void messages.push(data.toString()) },
  });
  return { messages, port: socket.port, stop: () => socket.close() };
}

export interface StreamDaemon extends SyslogDaemon {
  /** Of TCP only. */
  readonly port: number;
  /** Ends every connection; new ones are welcome. */
  hangUp(): void;
  /** Stops reading, or goes on. */
  pause(isPaused: boolean): void;
}

/** Over TCP on any free port, or at a path. Messages are lines. */
export function listenStream(path?: string, port = 0): StreamDaemon {
  const messages: string[] = [];
  const sockets = new Set<Bun.Socket<{ rest: string }>>();
  let isPaused = false;
  const socket: Bun.SocketHandler<{ rest: string }> = {
    open(opened) {
      opened.data = { rest: "" };
      sockets.add(opened);
      if (isPaused) opened.pause();
    },
    data(from, chunk) {
      const lines = (from.data.rest + chunk.toString()).split("\n");
      from.data.rest = lines.pop()!;
      messages.push(...lines);
    },
    close: (closed) => void sockets.delete(closed),
  };
  const listener =
    path === undefined
      ? Bun.listen({ hostname: "127.0.0.1", port, socket })
      : Bun.listen({ unix: path, socket });
  return {
    messages,
    port: path === undefined ? (listener as Bun.TCPSocketListener<{ rest: string }>).port : 0,
    hangUp: () => sockets.forEach((one) => one.terminate()),
    pause(wanted) {
      isPaused = wanted;
      for (const one of sockets) wanted ? one.pause() : one.resume();
    },
    stop: () => listener.stop(true),
  };
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = process.platform === "darwin" ? 0x80 : 0x40;
const MAX_DATAGRAM_BYTES = 256 * 1024;

export interface DatagramDaemon extends SyslogDaemon {
  /** Takes what is in the socket's queue. */
  read(): void;
}

/** Unix datagrams at `path`; they are received when somebody calls `read`. */
export function listenDatagrams(path: string): DatagramDaemon {
  const library = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";
  const { symbols } = dlopen(library, {
    socket: { args: ["int", "int", "int"], returns: "int" },
    bind: { args: ["int", "ptr", "u32"], returns: "int" },
    recv: { args: ["int", "ptr", "usize", "int"], returns: "i64" },
    close: { args: ["int"], returns: "int" },
  });
  if (existsSync(path)) unlinkSync(path);
  const fd = symbols.socket(AF_UNIX, SOCK_DGRAM, 0);
  const family = process.platform === "darwin" ? [path.length + 3, AF_UNIX] : [AF_UNIX, 0];
  const address = new Uint8Array([...family, ...Buffer.from(path), 0]);
  if (symbols.bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  const messages: string[] = [];
  const buffer = Buffer.alloc(MAX_DATAGRAM_BYTES);
  return {
    messages,
    read() {
      for (;;) {
        const count = Number(symbols.recv(fd, buffer, buffer.length, MSG_DONTWAIT));
        if (count < 0) return;
        messages.push(buffer.toString("utf8", 0, count));
      }
    },
    stop() {
      symbols.close(fd);
      unlinkSync(path);
    },
  };
}
