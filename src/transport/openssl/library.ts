/**
 * The host's OpenSSL 3, by way of the runtime's calls into C libraries. Loaded only where the
 * operator asks for it: the runtime's own TLS cannot staple. All calls are made on one thread and
 * come back at once.
 */
import type { JSCallback, Pointer } from "bun:ffi";
import { messageOf } from "../../util/system-error.ts";

type Ffi = typeof import("bun:ffi");
type Symbols = ReturnType<typeof openLibrary>["symbols"];

/** For an operator who has not given a path. */
const FILE_NAMES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: "libssl.so.3",
  darwin: "libssl.3.dylib",
};

const MAJOR_VERSION = 3;
/** What the library would do at the end of the process is the kernel's business. */
const INIT_NO_ATEXIT = 0x80000n;

/** Of something in memory. Numbers do not hold the highest ones. */
export type Address = Pointer | bigint;

export interface OpenSsl {
  readonly symbols: Symbols;
  /** The address of a byte. */
  addressOf(bytes: Uint8Array, offset: number): Address;
  /** A function that C calls, by its address. It must not throw. */
  callback(call: (first: Address) => number): Address;
  /** Takes the latest error out of the queue. */
  takeError(): OpenSslError;
}

/** `code` is in the form that the runtime has for the same error: `NO_SHARED_CIPHER`. */
export class OpenSslError extends Error {
  override readonly name = "OpenSslError";
  readonly code: string;

  constructor(reason: string) {
    super(reason);
    this.code = reason.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
  }
}

/** Loaded once; by path. */
const loaded = new Map<string, OpenSsl>();

/** The library in this file, or the system's own. Throws an `Error` with a one-line reason. */
export function loadOpenSsl(path: string | undefined): OpenSsl {
  const file = path ?? FILE_NAMES[process.platform];
  if (file === undefined) throw new Error(`there is no OpenSSL for ${process.platform}`);
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const library = load(file);
  loaded.set(file, library);
  return library;
}

function load(file: string): OpenSsl {
  const ffi = process.getBuiltinModule("bun:ffi") as Ffi | undefined;
  if (ffi === undefined) throw new Error("the runtime cannot call C libraries");
  let symbols: Symbols;
  try {
    symbols = openLibrary(ffi, file).symbols;
  } catch (error) {
    const reason = messageOf(error).replace(/^Failed to open library "[^"]*": /, "");
    throw new Error(`OpenSSL ${MAJOR_VERSION} cannot be loaded: ${reason}`);
  }
  const version = symbols.OPENSSL_version_major();
  if (version !== MAJOR_VERSION) throw new Error(`${file} is of OpenSSL ${version}`);
  symbols.OPENSSL_init_ssl(INIT_NO_ATEXIT, null);
  const callbacks: JSCallback[] = [];
  return {
    symbols,
    addressOf: (bytes, offset) => ffi.ptr(bytes, offset),
    callback: (call) => {
      const { i32, ptr } = ffi.FFIType;
      const made = new ffi.JSCallback(call, { args: [ptr, ptr], returns: i32 });
      // Contexts may call it for as long as there is the process.
      callbacks.push(made);
      if (made.ptr === null) throw new Error("the runtime cannot be called by C libraries");
      return made.ptr;
    },
    takeError: () => takeError(symbols),
  };
}

function takeError(symbols: Symbols): OpenSslError {
  const reason = symbols.ERR_reason_error_string(symbols.ERR_peek_last_error());
  symbols.ERR_clear_error();
  return new OpenSslError(reason ?? "unknown error");
}

/** What is in the library that ours needs, libcrypto's part too. */
function openLibrary(ffi: Ffi, file: string) {
  const { i32, u32, i64_fast: long, u64_fast: size, u64, ptr, cstring, void: none } = ffi.FFIType;
  return ffi.dlopen(file, {
    OPENSSL_version_major: { args: [], returns: u32 },
    OPENSSL_init_ssl: { args: [u64, ptr], returns: i32 },
    ERR_peek_last_error: { args: [], returns: u64 },
    ERR_clear_error: { args: [], returns: none },
    ERR_reason_error_string: { args: [u64], returns: cstring },
    OPENSSL_sk_num: { args: [ptr], returns: i32 },
    OPENSSL_sk_value: { args: [ptr, i32], returns: ptr },
    CRYPTO_memdup: { args: [ptr, size, ptr, i32], returns: ptr },

    BIO_s_mem: { args: [], returns: ptr },
    BIO_new: { args: [ptr], returns: ptr },
    BIO_new_mem_buf: { args: [ptr, i32], returns: ptr },
    BIO_up_ref: { args: [ptr], returns: i32 },
    BIO_free: { args: [ptr], returns: i32 },
    BIO_read: { args: [ptr, ptr, i32], returns: i32 },
    BIO_write: { args: [ptr, ptr, i32], returns: i32 },
    BIO_ctrl: { args: [ptr, i32, long, ptr], returns: long },
    BIO_ctrl_pending: { args: [ptr], returns: size },

    PEM_read_bio_X509: { args: [ptr, ptr, ptr, ptr], returns: ptr },
    PEM_read_bio_PrivateKey: { args: [ptr, ptr, ptr, ptr], returns: ptr },
    X509_free: { args: [ptr], returns: none },
    EVP_PKEY_free: { args: [ptr], returns: none },
    i2d_X509: { args: [ptr, ptr], returns: i32 },
    X509_STORE_add_cert: { args: [ptr, ptr], returns: i32 },
    X509_STORE_set_flags: { args: [ptr, size], returns: i32 },
    X509_verify_cert_error_string: { args: [long], returns: cstring },

    TLS_server_method: { args: [], returns: ptr },
    SSL_CTX_new: { args: [ptr], returns: ptr },
    SSL_CTX_free: { args: [ptr], returns: none },
    SSL_CTX_ctrl: { args: [ptr, i32, long, ptr], returns: long },
    SSL_CTX_callback_ctrl: { args: [ptr, i32, ptr], returns: long },
    SSL_CTX_set_options: { args: [ptr, size], returns: size },
    SSL_CTX_set_cipher_list: { args: [ptr, cstring], returns: i32 },
    SSL_CTX_set_ciphersuites: { args: [ptr, cstring], returns: i32 },
    SSL_CTX_use_certificate: { args: [ptr, ptr], returns: i32 },
    SSL_CTX_use_PrivateKey: { args: [ptr, ptr], returns: i32 },
    SSL_CTX_set_verify: { args: [ptr, i32, ptr], returns: none },
    SSL_CTX_get_cert_store: { args: [ptr], returns: ptr },
    SSL_CTX_add_client_CA: { args: [ptr, ptr], returns: i32 },
    SSL_CTX_set_default_verify_paths: { args: [ptr], returns: i32 },
    SSL_CTX_set_session_id_context: { args: [ptr, ptr, u32], returns: i32 },
    SSL_CTX_set_num_tickets: { args: [ptr, size], returns: i32 },

    SSL_new: { args: [ptr], returns: ptr },
    SSL_free: { args: [ptr], returns: none },
    SSL_set_bio: { args: [ptr, ptr, ptr], returns: none },
    SSL_set_accept_state: { args: [ptr], returns: none },
    SSL_do_handshake: { args: [ptr], returns: i32 },
    SSL_read: { args: [ptr, ptr, i32], returns: i32 },
    SSL_write: { args: [ptr, ptr, i32], returns: i32 },
    SSL_shutdown: { args: [ptr], returns: i32 },
    SSL_ctrl: { args: [ptr, i32, long, ptr], returns: long },
    SSL_get_error: { args: [ptr, i32], returns: i32 },
    SSL_get_verify_result: { args: [ptr], returns: long },
    SSL_get_version: { args: [ptr], returns: cstring },
    SSL_get_current_cipher: { args: [ptr], returns: ptr },
    SSL_CIPHER_standard_name: { args: [ptr], returns: cstring },
    SSL_get_certificate: { args: [ptr], returns: ptr },
    SSL_get0_peer_certificate: { args: [ptr], returns: ptr },
    SSL_get_peer_cert_chain: { args: [ptr], returns: ptr },
  });
}
