/**
 * Takes messages out of a socket's stream, MSG and HMSG.
 * Used by the drivers that answer messages, or cannot know how long they are. The server's own
 * PINGs between messages are skipped; an -ERR or a closed connection throws. Messages are borrowed:
 * valid until the next `receive`.
 */
import { textOf } from "../client.ts";
import { NativeBuffer, receive } from "../sockets.ts";

const BUFFER_BYTES = 256 * 1024;
const MSG_START = "M".charCodeAt(0);
const HMSG_START = "H".charCodeAt(0);
const PING_START = "P".charCodeAt(0);
const PING_BYTES = "PING\r\n".length;
const LINE_END = "\r".charCodeAt(0);
const LINE_END_BYTES = 2;
const DIGIT_ZERO = "0".charCodeAt(0);
const SHORTEST_MESSAGE_BYTES = "MSG a 1 0\r\n\r\n".length;

export class MessageStream {
  readonly #socket: number;
  readonly #buffer: NativeBuffer;
  /** Where each message of the last `receive` starts. */
  readonly #starts: Int32Array;
  /** The bytes from `#consumed` to `#filled` are the beginning of a message. */
  #consumed = 0;
  #filled = 0;

  constructor(socket: number, bufferBytes: number = BUFFER_BYTES) {
    this.#socket = socket;
    this.#buffer = NativeBuffer.ofSize(bufferBytes);
    this.#starts = new Int32Array(Math.ceil(bufferBytes / SHORTEST_MESSAGE_BYTES));
  }

  get bytes(): Uint8Array {
    return this.#buffer.bytes;
  }

  /** Reads once and returns how many messages are now complete. */
  receive(): number {
    const { bytes } = this.#buffer;
    if (this.#consumed > 0) bytes.copyWithin(0, this.#consumed, this.#filled);
    this.#filled -= this.#consumed;
    this.#consumed = 0;
    const received = receive(this.#socket, this.#buffer, this.#filled);
    if (received <= 0) throw new Error("the server closed a connection");
    this.#filled += received;
    return this.#split();
  }

  /** Where in `bytes` the given message of the last `receive` begins. */
  start(index: number): number {
    return this.#starts[index]!;
  }

  #split(): number {
    const { bytes } = this.#buffer;
    const filled = this.#filled;
    let at = 0;
    let count = 0;
    while (at < filled) {
      const isMessage = bytes[at] === MSG_START || bytes[at] === HMSG_START;
      if (!isMessage && bytes[at] !== PING_START) {
        throw new Error(`unexpected answer: ${textOf(this.#buffer, filled).slice(at, at + 80)}`);
      }
      const end = isMessage ? messageEnd(bytes, at, filled) : at + PING_BYTES;
      if (end > filled) break;
      if (isMessage) this.#starts[count++] = at;
      at = end;
    }
    this.#consumed = at;
    return count;
  }
}

/** Where the message ends whose first line ends in its size; Infinity if that is not there yet. */
function messageEnd(bytes: Uint8Array, start: number, filled: number): number {
  let lineEnd = start;
  while (lineEnd < filled && bytes[lineEnd] !== LINE_END) lineEnd++;
  if (lineEnd === filled) return Infinity;
  let sizeBytes = 0;
  let place = 1;
  for (let at = lineEnd - 1; bytes[at]! >= DIGIT_ZERO; at--) {
    sizeBytes += (bytes[at]! - DIGIT_ZERO) * place;
    place *= 10;
  }
  return lineEnd + LINE_END_BYTES + sizeBytes + LINE_END_BYTES;
}
