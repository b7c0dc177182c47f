/**
 * Takes messages of one known length out of a socket's stream.
 * Used by the drivers that answer messages. The server's own PINGs between messages are skipped; an
 * -ERR or a closed connection throws. Messages are borrowed: valid until the next `receive`.
 */
import { textOf } from "../client.ts";
import { NativeBuffer, receive } from "../sockets.ts";

const BUFFER_BYTES = 256 * 1024;
const MESSAGE_START = "M".charCodeAt(0);
const PING_START = "P".charCodeAt(0);
const PING_BYTES = "PING\r\n".length;

export class FixedMessages {
  readonly #socket: number;
  readonly #messageBytes: number;
  readonly #buffer: NativeBuffer;
  /** Where each message of the last `receive` starts. */
  readonly #starts: Int32Array;
  /** The bytes from `#consumed` to `#filled` are the beginning of a message. */
  #consumed = 0;
  #filled = 0;

  constructor(socket: number, messageBytes: number, bufferBytes: number = BUFFER_BYTES) {
    this.#socket = socket;
    this.#messageBytes = messageBytes;
    this.#buffer = NativeBuffer.ofSize(bufferBytes);
    this.#starts = new Int32Array(Math.ceil(bufferBytes / messageBytes));
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
      const first = bytes[at];
      if (first === PING_START && at + PING_BYTES <= filled) at += PING_BYTES;
      else if (first === MESSAGE_START && at + this.#messageBytes <= filled) {
        this.#starts[count++] = at;
        at += this.#messageBytes;
      } else if (first === MESSAGE_START || first === PING_START) break;
      else throw new Error(`unexpected answer: ${textOf(this.#buffer, filled).slice(at, at + 80)}`);
    }
    this.#consumed = at;
    return count;
  }
}
