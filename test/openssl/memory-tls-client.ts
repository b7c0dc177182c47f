/**
 * The client's side of TLS by the host's OpenSSL, without a network: ciphertext in and out as
 * bytes, and what no well-behaved client does, such as key updates without end. Used by the tests
 * of sessions.
 */
import { type Pointer, dlopen, ptr } from "bun:ffi";

type Handle = Pointer | bigint;

const symbols = dlopen("libssl.so.3", {
  TLS_client_method: { args: [], returns: "ptr" },
  SSL_CTX_new: { args: ["ptr"], returns: "ptr" },
  SSL_new: { args: ["ptr"], returns: "ptr" },
  SSL_free: { args: ["ptr"], returns: "void" },
  SSL_ctrl: { args: ["ptr", "i32", "i64", "ptr"], returns: "i64" },
  SSL_set_connect_state: { args: ["ptr"], returns: "void" },
  SSL_set_bio: { args: ["ptr", "ptr", "ptr"], returns: "void" },
  SSL_do_handshake: { args: ["ptr"], returns: "i32" },
  SSL_read: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  SSL_write: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  SSL_shutdown: { args: ["ptr"], returns: "i32" },
  SSL_key_update: { args: ["ptr", "i32"], returns: "i32" },
  BIO_s_mem: { args: [], returns: "ptr" },
  BIO_new: { args: ["ptr"], returns: "ptr" },
  BIO_read: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  BIO_write: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  ERR_clear_error: { args: [], returns: "void" },
}).symbols;

const context = made(symbols.SSL_CTX_new(symbols.TLS_client_method()));

const SET_MAX_VERSION = 124;
const TLS_1_2 = 0x0303;
/** Asks the server to update its keys too, so that it answers. */
const UPDATE_REQUESTED = 1;

export class MemoryTlsClient implements Disposable {
  readonly #ssl: Handle;
  readonly #input: Handle;
  readonly #output: Handle;

  constructor(version: "1.2" | "1.3" = "1.3") {
    this.#ssl = made(symbols.SSL_new(context));
    this.#input = made(symbols.BIO_new(symbols.BIO_s_mem()));
    this.#output = made(symbols.BIO_new(symbols.BIO_s_mem()));
    symbols.SSL_set_bio(this.#ssl, this.#input, this.#output);
    symbols.SSL_set_connect_state(this.#ssl);
    if (version === "1.2") symbols.SSL_ctrl(this.#ssl, SET_MAX_VERSION, TLS_1_2, null);
  }

  /** What to send next; the handshake is over when it has nothing more to say. */
  shakeHands(received: Uint8Array): Uint8Array {
    this.#put(received);
    symbols.SSL_do_handshake(this.#ssl);
    return this.#take();
  }

  /** As ciphertext. */
  say(plaintext: Uint8Array): Uint8Array {
    symbols.SSL_write(this.#ssl, plaintext, plaintext.length);
    return this.#take();
  }

  hear(ciphertext: Uint8Array): Buffer {
    this.#put(ciphertext);
    const pieces: Buffer[] = [];
    for (;;) {
      const piece = new Uint8Array(20_000);
      const length = symbols.SSL_read(this.#ssl, piece, piece.length);
      if (length <= 0) break;
      pieces.push(Buffer.from(piece.subarray(0, length)));
    }
    return Buffer.concat(pieces);
  }

  updateKeys(): Uint8Array {
    symbols.SSL_key_update(this.#ssl, UPDATE_REQUESTED);
    symbols.SSL_do_handshake(this.#ssl);
    return this.#take();
  }

  goodbye(): Uint8Array {
    symbols.SSL_shutdown(this.#ssl);
    return this.#take();
  }

  [Symbol.dispose](): void {
    symbols.SSL_free(this.#ssl);
  }

  #put(bytes: Uint8Array): void {
    symbols.ERR_clear_error();
    if (bytes.length > 0) symbols.BIO_write(this.#input, ptr(bytes), bytes.length);
  }

  #take(): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = new Uint8Array(65_536);
      const length = symbols.BIO_read(this.#output, piece, piece.length);
      if (length <= 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, length));
    }
  }
}

function made(handle: Handle | null): Handle {
  if (handle === null) throw new Error("OpenSSL has made nothing");
  return handle;
}
