/**
 * What connections put ciphertext into and take it out of, around a call into OpenSSL: two memory
 * BIOs and two buffers that all of them share. Between calls both BIOs are empty, whatever came of
 * the last one, so a connection at rest owns no buffer at all.
 */
import { assert } from "../../util/assert.ts";
import type { Address, OpenSsl } from "./library.ts";

/** Ciphertext that is handed in at once: enough for the listener to end its turn after it. */
export const SLICE_BYTES = 262_144;
/** Plaintext that is handed in at once: four records. */
export const BATCH_BYTES = 65_536;
/** The largest record (RFC 8446, 5.2), of which a connection may have had the beginning before. */
const RECORD_BYTES = 5 + 16_384 + 256;

const CTRL_RESET = 1;

export class CipherPipe {
  readonly #openSsl: OpenSsl;
  readonly #input: Address;
  readonly #output: Address;
  /** The last output. Larger than what one batch becomes, or any flight of a handshake so far. */
  readonly #taken: Uint8Array;
  /** For plaintext; undefined while somebody has it. */
  #plain: Uint8Array | undefined;

  constructor(openSsl: OpenSsl) {
    const { BIO_new, BIO_s_mem } = openSsl.symbols;
    const input = BIO_new(BIO_s_mem());
    const output = BIO_new(BIO_s_mem());
    if (input === null || output === null) throw openSsl.takeError();
    this.#openSsl = openSsl;
    this.#input = input;
    this.#output = output;
    this.#taken = new Uint8Array(BATCH_BYTES + RECORD_BYTES);
    this.#plain = undefined;
  }

  /** Makes both ends those of an `SSL`, which gives them back when it is freed. */
  connect(ssl: Address): void {
    const { BIO_up_ref, SSL_set_bio } = this.#openSsl.symbols;
    BIO_up_ref(this.#input);
    BIO_up_ref(this.#output);
    SSL_set_bio(ssl, this.#input, this.#output);
  }

  /**
   * Hands in at most `SLICE_BYTES` for the next call. What earlier calls have left in the queue of
   * errors, which also those that succeed do, would be taken for this one's.
   */
  put(ciphertext: Uint8Array, offset: number, length: number): void {
    const { symbols, addressOf } = this.#openSsl;
    symbols.ERR_clear_error();
    const put = symbols.BIO_write(this.#input, addressOf(ciphertext, offset), length);
    assert(put === length, "OpenSSL takes what it is given");
  }

  /** Whether the last call has used up what was handed in. */
  get isUsedUp(): boolean {
    return Number(this.#openSsl.symbols.BIO_ctrl_pending(this.#input)) === 0;
  }

  /** Whether there is anything to take. */
  get hasOutput(): boolean {
    return Number(this.#openSsl.symbols.BIO_ctrl_pending(this.#output)) > 0;
  }

  /** All that calls have made since the last time; valid until the next call. */
  take(): Uint8Array {
    const { symbols } = this.#openSsl;
    const length = Number(symbols.BIO_ctrl_pending(this.#output));
    // Only an operator's long chain of certificates makes more than there is room for.
    const taken = length <= this.#taken.length ? this.#taken : new Uint8Array(length);
    if (length > 0) symbols.BIO_read(this.#output, taken, length);
    return taken.subarray(0, length);
  }

  /** Drops what a broken connection has left of its input. */
  clear(): void {
    // It overwrites all that the BIO has ever held.
    if (this.isUsedUp) return;
    this.#openSsl.symbols.BIO_ctrl(this.#input, CTRL_RESET, 0, null);
  }

  /** A buffer for the plaintext of a slice. Who does not keep it gives it back. */
  borrowPlain(): Uint8Array {
    const plain = this.#plain ?? new Uint8Array(SLICE_BYTES + RECORD_BYTES);
    this.#plain = undefined;
    return plain;
  }

  giveBackPlain(plain: Uint8Array): void {
    this.#plain = plain;
  }
}
