/**
 * Unix datagram sockets by the C library's functions: connect, send without waiting, close. The
 * runtime has none of its own. Used by the link to the local syslog daemon. Loading costs 1.3 MB,
 * so it happens when the first link is opened.
 */
import { messageOf } from "../system-error.ts";

/** What became of a datagram; "broken" sockets need to be connected again. */
export type SendResult = "sent" | "busy" | "too long" | "broken";

export interface DatagramSocket {
  send(bytes: Buffer): SendResult;
  close(): void;
}

/** Connects to whoever receives datagrams at `path`; undefined if nobody does. */
export type DatagramConnect = (path: string) => DatagramSocket | undefined;

/** What differs between systems; numbers as in their headers. */
interface SystemFacts {
  readonly libraries: readonly string[];
  readonly isLinux: boolean;
  /** BSDs have the length of an address in its first byte, and its kind in one byte. */
  readonly hasAddressLength: boolean;
  readonly sendFlags: number;
  readonly busyCodes: readonly number[];
  readonly tooLongCode: number;
}

const LINUX: SystemFacts = {
  libraries: ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`],
  isLinux: true,
  hasAddressLength: false,
  // MSG_DONTWAIT and MSG_NOSIGNAL
  sendFlags: 0x4040,
  // EAGAIN, ENOBUFS
  busyCodes: [11, 105],
  tooLongCode: 90,
};

const DARWIN: SystemFacts = {
  libraries: ["libSystem.B.dylib"],
  isLinux: false,
  hasAddressLength: true,
  // MSG_DONTWAIT
  sendFlags: 0x80,
  // EAGAIN, ENOBUFS
  busyCodes: [35, 55],
  tooLongCode: 40,
};

const SYSTEMS: Readonly<Record<string, SystemFacts>> = { linux: LINUX, darwin: DARWIN };

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** Where the path begins in a `sockaddr_un`, and what it may be long with its final zero. */
const PATH_AT = 2;
const MAX_PATH_BYTES = 104;

/** Rejects with an `Error` that says why this host has no such sockets. */
export async function loadDatagramSockets(): Promise<DatagramConnect> {
  const system = SYSTEMS[process.platform];
  if (system === undefined) throw new Error(`no Unix datagram sockets on ${process.platform}`);
  const calls = await loadCalls(system);
  return (path) => {
    const fd = calls.socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) return undefined;
    const address = socketAddress(path, system.hasAddressLength);
    if (calls.connect(fd, address, address.length) !== 0) {
      calls.close(fd);
      return undefined;
    }
    return {
      send(bytes) {
        if (calls.send(fd, bytes, bytes.length, system.sendFlags) >= 0) return "sent";
        const code = calls.errno();
        if (system.busyCodes.includes(code)) return "busy";
        return code === system.tooLongCode ? "too long" : "broken";
      },
      close: () => calls.close(fd),
    };
  };
}

/** The functions out of the first C library that there is. */
async function loadCalls(system: SystemFacts) {
  const { FFIType, dlopen, read } = await import("bun:ffi");
  let problem = "";
  for (const name of system.libraries) {
    try {
      const library = dlopen(name, {
        socket: { args: ["int", "int", "int"], returns: "int" },
        connect: { args: ["int", "ptr", "u32"], returns: "int" },
        send: { args: ["int", "ptr", "usize", "int"], returns: FFIType.i64_fast },
        close: { args: ["int"], returns: "int" },
      });
      const errnoAt = system.isLinux
        ? dlopen(name, { __errno_location: { returns: "ptr" } }).symbols.__errno_location
        : dlopen(name, { __error: { returns: "ptr" } }).symbols.__error;
      const errno = () => {
        const at = errnoAt();
        return at === null ? 0 : read.i32(at);
      };
      const { socket, connect, send, close } = library.symbols;
      return { socket, connect, send, close, errno };
    } catch (error) {
      problem = messageOf(error);
    }
  }
  throw new Error(`no C library to call: ${problem}`);
}

/** A `sockaddr_un`: two bytes for the kind, then the path and a zero. */
function socketAddress(path: string, hasLength: boolean): Uint8Array {
  const pathBytes = Buffer.from(path).subarray(0, MAX_PATH_BYTES - 1);
  const address = new Uint8Array(PATH_AT + pathBytes.length + 1);
  if (hasLength) address[0] = address.length;
  address[hasLength ? 1 : 0] = AF_UNIX;
  address.set(pathBytes, PATH_AT);
  return address;
}
