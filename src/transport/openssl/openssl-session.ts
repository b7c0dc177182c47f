/**
 * One connection's TLS by the host's OpenSSL: ciphertext of a plain socket in, plaintext to the
 * listener, and back. Calls into OpenSSL are over, and the shared pipe is empty, before anybody
 * hears of what came of them, so a listener may close this connection or use another from within.
 */
import { freeBytes } from "../../util/bytes.ts";
import type { Clock } from "../../util/clock.ts";
import { FREED_CHUNK_BYTES, passOn } from "../pass-on.ts";
import type { ByteSocket, SecuredSocket, TlsOwner, TlsSession } from "../tls-context.ts";
import type { PresentedCertificate } from "../tls-handshake.ts";
import { BATCH_BYTES, type CipherPipe, SLICE_BYTES } from "./cipher-pipe.ts";
import { CallError } from "./constants.ts";
import type { Address, OpenSsl, OpenSslError } from "./library.ts";
import { peerCertificate, verificationError } from "./peer-certificate.ts";

/** Sockets that take nothing hold this much ciphertext at most, or they are closed. */
export const MAX_UNSENT_BYTES = 262_144;
/** How long a peer has to take the rest when the connection ends. */
const LINGER_MS = 2000;

/** Chunks up to this size come in memory of their own: who keeps one must not keep a buffer. */
const COPIED_BYTES = 65_536;

const enum Step {
  /** For a response to staple. */
  AwaitStaple,
  Handshake,
  Open,
  /** The rest is sent, nothing more is received. */
  Ending,
  /** The socket is closed, or about to be. */
  Over,
}

/** What all sessions of a context share. */
export interface SessionContext {
  readonly openSsl: OpenSsl;
  readonly pipe: CipherPipe;
  readonly clock: Clock;
  /** The session frees it. */
  newSsl(): Address;
  /** Calls SSL_do_handshake; its result. */
  shakeHands(ssl: Address): number;
  /** Undefined where there is a response to staple already; else resolves to why there is none. */
  stapleRenewal(): Promise<Error | undefined> | undefined;
}

/** What came of a call beside bytes. */
type CallEnd = OpenSslError | "closed" | undefined;

export class OpenSslSession implements SecuredSocket, TlsSession {
  readonly #context: SessionContext;
  readonly #socket: ByteSocket;
  readonly #owner: TlsOwner;
  /** Undefined once it is freed. */
  #ssl: Address | undefined;
  #step: Step;
  #isPaused: boolean;
  /** Whether received bytes are being worked on further up the stack. */
  #isReceiving: boolean;
  /** Whether the owner was refused bytes and waits to hear of room. */
  #isAwaited: boolean;
  /** Ciphertext that was received and has to wait. */
  #held: Uint8Array | undefined;
  /** Ciphertext that the socket has refused. */
  #unsent: Uint8Array | undefined;
  #cancelLinger: (() => void) | undefined;

  constructor(context: SessionContext, socket: ByteSocket, owner: TlsOwner) {
    this.#context = context;
    this.#socket = socket;
    this.#owner = owner;
    this.#ssl = context.newSsl();
    this.#step = Step.Handshake;
    this.#isPaused = false;
    this.#isReceiving = false;
    this.#isAwaited = false;
    this.#held = undefined;
    this.#unsent = undefined;
    this.#cancelLinger = undefined;
    const renewal = context.stapleRenewal();
    if (renewal !== undefined) void this.#await(renewal);
  }

  async #await(renewal: Promise<Error | undefined>): Promise<void> {
    this.#step = Step.AwaitStaple;
    this.pause();
    const error = await renewal;
    if (this.#step !== Step.AwaitStaple) return;
    this.#step = Step.Handshake;
    if (error === undefined) this.resume();
    else this.#failHandshake(error);
  }

  // --- Received -------------------------------------------------------------------------------

  receive(chunk: Uint8Array): void {
    if (this.#step >= Step.Ending || chunk.length === 0) return;
    const { length } = this.#held ?? { length: 0 };
    if (length > 0) {
      const both = new Uint8Array(length + chunk.length);
      both.set(this.#held!);
      both.set(chunk, length);
      this.#held = both;
    } else {
      this.#held = chunk;
    }
    this.#receiveHeld();
  }

  /** As far as the listener wants it. */
  #receiveHeld(): void {
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    for (let chunk = this.#held; chunk !== undefined; chunk = this.#held) {
      if (this.#isPaused || this.#step === Step.AwaitStaple || this.#step >= Step.Ending) break;
      const length = Math.min(SLICE_BYTES, chunk.length);
      this.#held = length < chunk.length ? chunk.subarray(length) : undefined;
      this.#receiveSlice(chunk, length);
      if (this.#held === undefined && chunk.length >= FREED_CHUNK_BYTES) freeBytes(chunk);
    }
    this.#isReceiving = false;
    if (this.#step >= Step.Ending) this.#held = undefined;
  }

  #receiveSlice(ciphertext: Uint8Array, length: number): void {
    const ssl = this.#ssl;
    if (ssl === undefined) return;
    const { pipe } = this.#context;
    pipe.put(ciphertext, 0, length);
    const wasHandshake = this.#step === Step.Handshake;
    if (wasHandshake) {
      const failure = this.#shakeHands(ssl);
      if (failure !== undefined) this.#failHandshake(failure);
      if (this.#step !== Step.Open) {
        pipe.clear();
        return;
      }
    }
    const plain = pipe.borrowPlain();
    const { received, end } = this.#decrypt(ssl, plain);
    this.#flush();
    if (wasHandshake && this.#step === Step.Open) {
      this.#owner.reportHandshake(true, null);
      this.#tellOfRoom();
    }
    if (received > 0) this.#pass(plain, received);
    else pipe.giveBackPlain(plain);
    this.#conclude(end);
  }

  /** Takes the handshake further; the reason if it has failed. Leaves the pipe without output. */
  #shakeHands(ssl: Address): Error | undefined {
    const { symbols, takeError } = this.#context.openSsl;
    const result = this.#context.shakeHands(ssl);
    if (result === 1) {
      this.#step = Step.Open;
      return undefined;
    }
    const isOngoing = symbols.SSL_get_error(ssl, result) === CallError.WantsInput;
    const failure = isOngoing ? undefined : (verificationError(symbols, ssl) ?? takeError());
    this.#flush();
    return failure;
  }

  /** Fills `plain` with what has been put in; uses all of that up. */
  #decrypt(ssl: Address, plain: Uint8Array): { received: number; end: CallEnd } {
    const { pipe, openSsl } = this.#context;
    const { symbols, addressOf } = openSsl;
    let received = 0;
    while (!pipe.isUsedUp) {
      const room = plain.length - received;
      const count = symbols.SSL_read(ssl, addressOf(plain, received), room);
      if (count > 0) {
        received += count;
        continue;
      }
      const error = symbols.SSL_get_error(ssl, count);
      pipe.clear();
      if (error === CallError.WantsInput) break;
      if (error === CallError.PeerClosed) return { received, end: "closed" };
      return { received, end: openSsl.takeError() };
    }
    return { received, end: undefined };
  }

  /** Hands the plaintext over and gives the buffer back, unless the listener keeps it. */
  #pass(plain: Uint8Array, length: number): void {
    const { pipe } = this.#context;
    const listener = this.#step === Step.Open ? this.#owner.listener : undefined;
    if (length <= COPIED_BYTES) {
      const copy = plain.slice(0, length);
      pipe.giveBackPlain(plain);
      passOn(copy, listener);
      return;
    }
    const isKept = listener?.onBytes(plain.subarray(0, length)) === true;
    if (!isKept) pipe.giveBackPlain(plain);
  }

  #conclude(end: CallEnd): void {
    if (end === undefined || this.#step !== Step.Open) return;
    if (end === "closed") {
      this.end();
      return;
    }
    this.#step = Step.Over;
    this.#owner.reportClose(end);
    this.#socket.end();
  }

  #failHandshake(failure: Error): void {
    this.#step = Step.Over;
    this.#held = undefined;
    this.#owner.reportHandshake(false, failure);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#receiveHeld();
    if (!this.#isPaused && this.#step < Step.Ending) this.#socket.resume();
  }

  // --- Sent -----------------------------------------------------------------------------------

  write(bytes: Uint8Array, offset: number, length: number): number {
    const ssl = this.#ssl;
    if (ssl === undefined || this.#step >= Step.Ending) return -1;
    let written = 0;
    if (this.#step === Step.Open) {
      const { symbols, addressOf } = this.#context.openSsl;
      while (written < length && this.#unsent === undefined) {
        const batch = Math.min(BATCH_BYTES, length - written);
        if (symbols.SSL_write(ssl, addressOf(bytes, offset + written), batch) !== batch) {
          this.#flush();
          // Not from within: the caller is in the middle of its own work.
          this.#context.clock.afterEvents(() => this.terminate());
          return -1;
        }
        written += batch;
        if (!this.#flush()) return -1;
      }
    }
    this.#isAwaited = written < length;
    return written;
  }

  /** Sends what OpenSSL has made; false if the socket is gone. */
  #flush(): boolean {
    const { pipe } = this.#context;
    if (!pipe.hasOutput) return true;
    const output = pipe.take();
    const unsent = this.#unsent;
    if (unsent !== undefined) {
      this.#unsent = Buffer.concat([unsent, output]);
      if (this.#unsent.length <= MAX_UNSENT_BYTES) return true;
      this.terminate();
      return false;
    }
    const sent = this.#socket.write(output, 0, output.length);
    if (sent < 0) return false;
    if (sent < output.length) this.#unsent = output.slice(sent);
    return true;
  }

  onRoom(): void {
    const unsent = this.#unsent;
    if (unsent !== undefined) {
      const sent = this.#socket.write(unsent, 0, unsent.length);
      if (sent < 0) return;
      this.#unsent = sent < unsent.length ? unsent.subarray(sent) : undefined;
      if (this.#unsent !== undefined) return;
    }
    if (this.#step === Step.Ending) this.#finish();
    this.#tellOfRoom();
  }

  #tellOfRoom(): void {
    if (!this.#isAwaited || this.#step !== Step.Open || this.#unsent !== undefined) return;
    this.#isAwaited = false;
    this.#owner.listener?.onDrain();
  }

  // --- The end --------------------------------------------------------------------------------

  end(): void {
    if (this.#step === Step.Ending) return;
    if (this.#step === Step.Over) {
      this.#socket.end();
      return;
    }
    const isOpen = this.#step === Step.Open;
    this.#step = Step.Ending;
    if (isOpen && this.#ssl !== undefined) {
      this.#context.openSsl.symbols.SSL_shutdown(this.#ssl);
      this.#flush();
    }
    if (this.#unsent === undefined || this.#ssl === undefined) {
      this.#finish();
      return;
    }
    this.#cancelLinger = this.#context.clock.after(LINGER_MS, () => this.terminate());
  }

  #finish(): void {
    this.#step = Step.Over;
    this.#cancelLinger?.();
    this.#socket.end();
  }

  terminate(): void {
    this.#step = Step.Over;
    this.#socket.terminate();
  }

  /** The socket is closed. */
  release(error: Error | undefined): void {
    const isHandshake = this.#step <= Step.Handshake;
    this.#step = Step.Over;
    this.#cancelLinger?.();
    this.#held = undefined;
    this.#unsent = undefined;
    const ssl = this.#ssl;
    this.#ssl = undefined;
    if (ssl === undefined) return;
    this.#context.openSsl.symbols.SSL_free(ssl);
    if (isHandshake && error === undefined) this.#owner.reportHandshake(false, new EndOfStream());
  }

  // --- What has been agreed upon --------------------------------------------------------------

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort;
  }

  getTLSVersion(): string | null {
    const { symbols } = this.#context.openSsl;
    return this.#ssl === undefined ? null : symbols.SSL_get_version(this.#ssl);
  }

  getCipher(): { readonly standardName: string | null } | undefined {
    const { symbols } = this.#context.openSsl;
    if (this.#ssl === undefined) return undefined;
    const cipher = symbols.SSL_get_current_cipher(this.#ssl);
    return { standardName: symbols.SSL_CIPHER_standard_name(cipher) };
  }

  getPeerCertificate(abbreviated?: false): PresentedCertificate | undefined {
    const hasOthers = abbreviated === false;
    if (this.#ssl === undefined) return undefined;
    return peerCertificate(this.#context.openSsl, this.#ssl, hasOthers);
  }
}

/** In the runtime's words, of a handshake. */
class EndOfStream extends Error {
  override readonly name = "EndOfStream";
  readonly code = "ECONNRESET";
}
