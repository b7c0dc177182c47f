/**
 * Receiving past the runtime, for sockets that are busy.
 * The runtime reads into a buffer of its own and copies each chunk to fresh memory, a fifth of the
 * cost of taking 1 KiB messages in. A transport that has been paused because its peer sends more
 * than a turn may handle is read here instead, by `recv` into one buffer that all of them share
 * (bench rows from 128 B up, publish only 1 KiB). Linux only, and only where the runtime can call
 * the C library; everywhere else, and for quiet sockets, the runtime reads.
 */
/** Bytes asked for at once. Smaller reads fit the caches better and wake the sender more often. */
const RECEIVE_BYTES = 524_288;

const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const EAGAIN = 11;

/** Nothing to read now, or the end of the stream: both are the runtime's business. */
export const NOTHING = 0;
/** The stream is broken. */
export const BROKEN = -1;

type Ffi = typeof import("bun:ffi");
type CLibrary = ReturnType<typeof openLibrary>;

/** Reads the busy sockets of a listener, which share its buffer. */
export class DirectReceiver {
  /** Undefined before the first use, and for good where the runtime has to read. */
  #library: CLibrary | undefined;
  #ffi: Ffi | undefined;
  #isOpened: boolean;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor() {
    this.#library = undefined;
    this.#ffi = undefined;
    this.#isOpened = false;
    this.#bytes = new Uint8Array(0);
  }

  /** Reads what `descriptor` has, at most half a MiB; the number of bytes, NOTHING or BROKEN. */
  receive(descriptor: number): number {
    if (!this.#isOpened) this.#open();
    const library = this.#library;
    if (library === undefined) return NOTHING;
    const { recv, __errno_location } = library.symbols;
    const received = Number(recv(descriptor, this.#bytes, RECEIVE_BYTES, MSG_DONTWAIT));
    if (received >= 0) return received;
    const code = this.#ffi!.read.i32(__errno_location()!, 0);
    return code === EAGAIN || code === EINTR ? NOTHING : BROKEN;
  }

  /** The first `length` received bytes; valid until the next `receive` unless given away. */
  chunk(length: number): Uint8Array {
    return this.#bytes.subarray(0, length);
  }

  /** The last chunk has a new owner; the next one gets fresh memory. */
  giveAway(): void {
    this.#bytes = new Uint8Array(RECEIVE_BYTES);
  }

  /** Takes about a millisecond, so only when a socket is busy for the first time. */
  #open(): void {
    this.#isOpened = true;
    if (process.platform !== "linux") return;
    const ffi = process.getBuiltinModule("bun:ffi") as Ffi | undefined;
    if (ffi === undefined) return;
    const machine = process.arch === "x64" ? "x86_64" : "aarch64";
    for (const name of ["libc.so.6", `libc.musl-${machine}.so.1`]) {
      try {
        this.#library = openLibrary(ffi, name);
        this.#ffi = ffi;
        this.#bytes = new Uint8Array(RECEIVE_BYTES);
        return;
      } catch {
        // The other C library, or a process that may not make code; the runtime reads then.
      }
    }
  }
}

function openLibrary(ffi: Ffi, name: string) {
  const { i32, ptr, u64_fast, i64_fast } = ffi.FFIType;
  return ffi.dlopen(name, {
    recv: { args: [i32, ptr, u64_fast, i32], returns: i64_fast },
    __errno_location: { args: [], returns: ptr },
  });
}
