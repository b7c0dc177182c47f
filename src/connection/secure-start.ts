/**
 * How a connection begins where its listener has TLS: with the greeting or the handshake first, and
 * whether a peer may do without. Stands between transport and connection until that is settled.
 * Modes, texts and times are the reference's (its createClientEx and doTLSHandshake).
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { HandshakeEnd } from "../broker/stats.ts";
import type { TlsContext } from "../transport/tls-context.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";
import type { HandshakeFailure, TlsEvents } from "../transport/tls-handshake.ts";
import type { SecurableTransport } from "../transport/securable-transport.ts";
import type { TransportListener } from "../transport/transport.ts";
import { messageOf } from "../util/system-error.ts";
import { say } from "./connection-log.ts";
import type { Connection } from "./connection.ts";
import { type Pins, pinObstacle } from "./pinned-key.ts";

/** What a listener asks of its peers. */
export interface TlsTerms {
  readonly context: TlsContext;
  /** For the handshake. */
  readonly timeoutMs: number;
  /** Whether peers may do without. */
  readonly isOptional: boolean;
  /** Whether the handshake comes before the greeting. */
  readonly isFirst: boolean;
  /** How long to wait for it then until the greeting is sent all the same; undefined: for good. */
  readonly fallbackMs: number | undefined;
  readonly pins: Pins;
  /** PEM texts. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
  /** A further look at the certificates of peers; undefined where TLS's own is enough. */
  readonly peerCheck: PeerCheck | undefined;
  /** Undefined for any number of handshakes. */
  readonly limit: { admits(): boolean } | undefined;
  /** When the certificates end, the first one's first, by their files. */
  readonly ends: readonly CertificateEnd[];
}

/** Says of peers whose certificates TLS has verified whether they are let in. */
export interface PeerCheck {
  /** Why they are not, for the log. */
  readonly refusal: string;
  /** PEM of whom the peers' certificates come from; undefined for those whom the system trusts. */
  readonly authorities: { readonly pem: string | undefined };
  /** For all of it. */
  readonly timeLimitMs: number;
  /** `presented`: in DER, the peer's own first. Never rejects. */
  admits(presented: readonly Uint8Array[]): Promise<boolean>;
}

export interface CertificateEnd {
  readonly file: string;
  /** Wall-clock milliseconds. */
  readonly endMs: number;
}

/** The first byte of a TLS record that carries a handshake (RFC 8446, 5.1). */
const HANDSHAKE_RECORD = 0x16;
const TLS_REQUIRED = new TextEncoder().encode("-ERR 'Secure Connection - TLS Required'\r\n");

/** What a peer may send while its certificate is looked at; clients wait for an answer first. */
export const MAX_EARLY_BYTES = 1024 * 1024;
const TOO_EARLY = "more was sent than is kept while the certificate is checked";

/** Go's words for it. */
const RESET = "read: connection reset by peer";
const THROTTLED = "Connection throttling is active. Please try again later.";

const enum Step {
  /** For a handshake that may come before the greeting. */
  AwaitFirst,
  /** For the first byte of a peer that has been greeted. */
  AwaitChoice,
  Handshake,
  /** For what others say of the peer's certificate. */
  AwaitCheck,
  Done,
}

export class SecureStart implements TransportListener, TlsEvents {
  readonly #connection: Connection;
  readonly #transport: SecurableTransport;
  readonly #terms: TlsTerms;
  #step: Step;
  #isGreeted: boolean;
  /** What has been received during the check. */
  #early: Uint8Array[];
  #earlyBytes: number;
  #cancelTimer: () => void;

  /** The transport's listener becomes the connection when all is settled. */
  constructor(connection: Connection, transport: SecurableTransport, terms: TlsTerms) {
    this.#connection = connection;
    this.#transport = transport;
    this.#terms = terms;
    this.#step = Step.AwaitFirst;
    this.#isGreeted = false;
    this.#early = [];
    this.#earlyBytes = 0;
    this.#cancelTimer = () => {};
  }

  /** Returns who listens to the transport from now on. */
  begin(): TransportListener {
    this.#begin(undefined);
    return this;
  }

  /**
   * As `begin`, where others have looked at the first bytes, and may have greeted already:
   * `received` is what is left of those bytes. The transport has to have this listener.
   */
  takeOver(isGreeted: boolean, received: Uint8Array | undefined): void {
    this.#isGreeted = isGreeted;
    if (isGreeted) this.#goOn(received);
    else this.#begin(received);
  }

  #begin(received: Uint8Array | undefined): void {
    const { isFirst, fallbackMs } = this.#terms;
    if (!isFirst) this.#greet();
    else if (fallbackMs === undefined || received !== undefined) this.#startHandshake(received);
    else this.#wait(fallbackMs, () => this.#greet());
  }

  get isFirst(): boolean {
    return !this.#isGreeted;
  }

  onBytes(chunk: Uint8Array): boolean {
    if (this.#step === Step.Done) return this.#connection.onBytes(chunk);
    // The server may have closed it, and only wait for the peer to take the reason.
    if (this.#step === Step.Handshake || !this.#connection.isLive) return false;
    if (this.#step === Step.AwaitCheck) return this.#keep(chunk);
    if (this.#step === Step.AwaitFirst || chunk[0] === HANDSHAKE_RECORD) {
      this.#startHandshake(chunk);
      return true;
    }
    this.#finish();
    return this.#connection.onBytes(chunk);
  }

  onDrain(): void {
    this.#connection.onDrain();
  }

  onClose(error: Error | undefined): void {
    this.#cancelTimer();
    const isHandshake = this.#step === Step.Handshake && this.#connection.isLive;
    this.#step = Step.Done;
    this.#early = [];
    if (isHandshake) this.#fail({ reason: error === undefined ? "EOF" : RESET, isProbe: false });
    this.#connection.onClose(error);
  }

  onSecure(facts: TlsFacts): void {
    if (!this.#connection.isLive) return;
    const { peerCheck, context } = this.#terms;
    if (peerCheck === undefined) {
      this.#settle(facts);
      return;
    }
    this.#step = Step.AwaitCheck;
    this.#wait(peerCheck.timeLimitMs, () => {
      if (this.#connection.isLive) this.#reject(peerCheck.refusal);
    });
    const proceed = (isAdmitted: boolean) => {
      if (!this.#connection.isLive) return;
      if (isAdmitted) this.#settle(facts);
      else this.#reject(peerCheck.refusal);
    };
    void peerCheck.admits(this.#transport.presentedTo(context)).then(proceed, () => proceed(false));
  }

  /** While the peer's certificate is checked. */
  #keep(chunk: Uint8Array): boolean {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#reject(TOO_EARLY);
    return true;
  }

  /** There is TLS, with a peer that is welcome as far as its certificates go. */
  #settle({ version, cipherSuite }: TlsFacts): void {
    const connection = this.#connection;
    const obstacle = pinObstacle(this.#terms.pins, this.#transport.tls);
    if (obstacle !== undefined) {
      say(connection, "debug", "tls_handshake", obstacle);
      this.#reject("certificate not pinned");
      return;
    }
    this.#count("complete");
    say(connection, "debug", "tls_handshake", "TLS handshake complete");
    const agreed = `TLS version ${version}, cipher suite ${cipherSuite}`;
    say(connection, "debug", "tls_handshake", agreed);
    if (!this.#isGreeted) connection.greet();
    this.#finish();
    const early = this.#early;
    this.#early = [];
    if (early.length > 0) connection.onBytes(early.length === 1 ? early[0]! : Buffer.concat(early));
    connection.endTurn();
  }

  onHandshakeFailure(failure: HandshakeFailure): void {
    if (this.#connection.isLive) this.#fail(failure);
  }

  #greet(): void {
    const connection = this.#connection;
    if (!connection.isLive) return;
    this.#isGreeted = true;
    connection.greet();
    // Below TLS, before there is any.
    connection.outbound.flushNow();
    // The peer may be gone, which only a write shows.
    if (connection.isLive) this.#goOn(undefined);
  }

  /** With what the peer does after the greeting. */
  #goOn(received: Uint8Array | undefined): void {
    if (!this.#terms.isOptional) {
      this.#startHandshake(received);
      return;
    }
    this.#step = Step.AwaitChoice;
    this.#wait(this.#terms.timeoutMs, () => this.#finish());
    if (received !== undefined) this.onBytes(received);
  }

  #startHandshake(received: Uint8Array | undefined): void {
    const { context, timeoutMs, limit } = this.#terms;
    this.#step = Step.Handshake;
    if (limit?.admits() === false) {
      this.#refuse();
      return;
    }
    say(this.#connection, "debug", "tls_handshake", "Starting TLS client connection handshake");
    this.#wait(timeoutMs, () => this.#onTimeout());
    try {
      this.#transport.startTls(context, received, this);
    } catch (error) {
      // The socket is closed, and nobody has been told yet.
      this.#fail({ reason: messageOf(error), isProbe: true });
    }
  }

  /** There are too many handshakes already. */
  #refuse(): void {
    this.#cancelTimer();
    this.#count("throttled");
    this.#connection.sendError(THROTTLED);
    this.#connection.close(closeReasons.maxConnectionsExceeded);
    this.#connection.endTurn();
  }

  #onTimeout(): void {
    if (!this.#connection.isLive) return;
    this.#count("timeout");
    this.#transport.writePlain(TLS_REQUIRED);
    say(this.#connection, "debug", "tls_handshake", "TLS handshake timeout");
    this.#connection.close(closeReasons.tlsHandshakeError);
    this.#connection.endTurn();
  }

  #fail({ reason, isProbe }: HandshakeFailure): void {
    this.#count("failed");
    this.#end(reason, isProbe ? "debug" : "error");
  }

  /** TLS is there, and the peer is not wanted. */
  #reject(reason: string): void {
    this.#count("rejected");
    this.#end(reason, "error");
  }

  #end(reason: string, level: "debug" | "error"): void {
    this.#cancelTimer();
    this.#early = [];
    say(this.#connection, level, "tls_handshake", `TLS handshake error: ${reason}`);
    this.#connection.close(closeReasons.tlsHandshakeError);
    this.#connection.endTurn();
  }

  #count(end: HandshakeEnd): void {
    this.#connection.context.broker.counters.tlsHandshakes[end]++;
  }

  /** The connection goes on by itself. */
  #finish(): void {
    this.#cancelTimer();
    this.#step = Step.Done;
    this.#transport.listener = this.#connection;
    if (this.#connection.isLive) this.#connection.begin();
  }

  #wait(delayMs: number, action: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#connection.context.clock.after(delayMs, action);
  }
}
