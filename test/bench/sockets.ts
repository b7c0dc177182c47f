/**
 * Sockets for the load generator: libc's socket, epoll, send and recv through `bun:ffi`. Used by
 * the drivers only. Receiving goes into one reused buffer that stays in the CPU's cache, where
 * `Bun.connect` hands out a fresh array of up to 512 KiB per read; with that the generator, not the
 * server, set the pace from 4 KiB payloads up. Linux only, like the /proc figures of this
 * benchmark.
 */
import { dlopen, ptr } from "bun:ffi";

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const BLOCKING_TIMEOUT_SECONDS = 20;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const MSG_NOSIGNAL = 0x4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;

export const READABLE = 1;
export const WRITABLE = 4;

/** `struct epoll_event` is packed on x86-64 only: the data word follows the events at once. */
const EVENT_WORDS = process.arch === "x64" ? 3 : 4;
const TAG_WORD = process.arch === "x64" ? 1 : 2;
const EVENTS_PER_WAIT = 64;

const libc = openLibc();

function openLibc() {
  const architecture = process.arch === "x64" ? "x86_64" : "aarch64";
  const names = ["libc.so.6", `libc.musl-${architecture}.so.1`];
  for (const name of names) {
    try {
      return loadLibc(name);
    } catch {
      // Not this C library: the next name is tried.
    }
  }
  throw new Error(`no C library found under the names ${names.join(", ")}`);
}

/** Buffers are passed as plain addresses and sizes fit in 31 bits, so that no call allocates. */
function loadLibc(name: string) {
  return dlopen(name, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    send: { args: ["i32", "u64", "u64", "i32"], returns: "i32" },
    recv: { args: ["i32", "u64", "u64", "i32"], returns: "i32" },
    epoll_create1: { args: ["i32"], returns: "i32" },
    epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  }).symbols;
}

/** Bytes with their address. Holding this object keeps both valid. */
export class NativeBuffer {
  readonly bytes: Uint8Array;
  readonly address: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.address = ptr(bytes);
  }

  static ofSize(lengthBytes: number): NativeBuffer {
    return new NativeBuffer(new Uint8Array(lengthBytes));
  }

  static ofText(text: string): NativeBuffer {
    return new NativeBuffer(new TextEncoder().encode(text));
  }
}

/** Connects to 127.0.0.1 and returns the blocking socket; -1 when refused. */
export function dial(port: number): number {
  const socket = libc.socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) throw new Error("no socket left (see `ulimit -n`)");
  const address = new Uint8Array(16);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_INET;
  address.set([port >> 8, port & 255, 127, 0, 0, 1], 2);
  if (libc.connect(socket, ptr(address), address.length) !== 0) {
    libc.close(socket);
    return -1;
  }
  setOption(socket, IPPROTO_TCP, TCP_NODELAY, new Int32Array([1]));
  const timeout = new BigInt64Array([BigInt(BLOCKING_TIMEOUT_SECONDS), 0n]);
  setOption(socket, SOL_SOCKET, SO_RCVTIMEO, timeout);
  setOption(socket, SOL_SOCKET, SO_SNDTIMEO, timeout);
  return socket;
}

function setOption(
  socket: number,
  level: number,
  option: number,
  value: Int32Array | BigInt64Array,
): void {
  libc.setsockopt(socket, level, option, ptr(value), value.byteLength);
}

export function setNonBlocking(socket: number): void {
  libc.fcntl(socket, F_SETFL, libc.fcntl(socket, F_GETFL, 0) | O_NONBLOCK);
}

export function closeSocket(socket: number): void {
  libc.close(socket);
}

/**
 * Sends part or all of a buffer; returns the bytes taken, or -1 when the socket is full or broken.
 */
export function send(socket: number, buffer: NativeBuffer, from: number, to: number): number {
  return libc.send(socket, buffer.address + from, to - from, MSG_NOSIGNAL);
}

/**
 * Receives into a buffer from `at` on; 0 when the peer has closed, -1 when nothing is there or
 * broken.
 */
export function receive(socket: number, buffer: NativeBuffer, at: number): number {
  return libc.recv(socket, buffer.address + at, buffer.bytes.length - at, 0);
}

/**
 * Level-triggered readiness of many sockets; each is known by the small number given as its tag.
 */
export class Poll {
  readonly #descriptor: number;
  readonly #events: Int32Array;

  constructor() {
    this.#descriptor = libc.epoll_create1(0);
    this.#events = new Int32Array(EVENT_WORDS * EVENTS_PER_WAIT);
  }

  add(socket: number, interest: number, tag: number): void {
    this.#control(EPOLL_CTL_ADD, socket, interest, tag);
  }

  change(socket: number, interest: number, tag: number): void {
    this.#control(EPOLL_CTL_MOD, socket, interest, tag);
  }

  /**
   * Waits for readiness and returns the number of events, to be read with `tag` and `readiness`.
   */
  wait(timeoutMs: number): number {
    return libc.epoll_wait(this.#descriptor, ptr(this.#events), EVENTS_PER_WAIT, timeoutMs);
  }

  tag(event: number): number {
    return this.#events[event * EVENT_WORDS + TAG_WORD]!;
  }

  readiness(event: number): number {
    return this.#events[event * EVENT_WORDS]!;
  }

  #control(operation: number, socket: number, interest: number, tag: number): void {
    const event = new Int32Array(EVENT_WORDS);
    event[0] = interest;
    event[TAG_WORD] = tag;
    const result = libc.epoll_ctl(this.#descriptor, operation, socket, ptr(event));
    if (result !== 0) throw new Error("epoll_ctl failed");
  }
}
