/**
 * What a TLS server presents and asks for, for the host's OpenSSL: the same as
 * `runtime-tls-context.ts` makes for the runtime, and the response that is stapled to the first
 * certificate. The native context lives for as long as this object or a connection made by it.
 */
import { assert } from "../../util/assert.ts";
import type { Clock } from "../../util/clock.ts";
import {
  type ByteSocket,
  type Secured,
  TlsContext,
  type TlsMaterial,
  type TlsOwner,
} from "../tls-context.ts";
import { CipherPipe } from "./cipher-pipe.ts";
import {
  Control,
  MODE_RELEASE_BUFFERS,
  NO_TICKETS,
  SERVER_OPTIONS,
  StatusAnswer,
  TRUST_PARTIAL_CHAINS,
  VERIFY_REQUIRED,
  Version,
} from "./constants.ts";
import type { Address, OpenSsl } from "./library.ts";
import { OpenSslSession, type SessionContext } from "./openssl-session.ts";
import { withCertificates, withKey } from "./pem.ts";
import type { StapleSource } from "./staple-source.ts";

/** Go's order of preference, of TLS 1.3 and of 1.2. */
const NEW_CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
const DEFAULT_CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
].join(":");

/** All listeners of a server may resume each other's sessions, within a context. */
const SESSION_CONTEXT = new TextEncoder().encode("midge");

/** Per library: what all contexts share. */
const shared = new WeakMap<OpenSsl, Shared>();

interface Shared {
  readonly pipe: CipherPipe;
  readonly statusCallback: Address;
  /** Whose handshake OpenSSL is busy with. */
  current: OpenSslContext | undefined;
  /** Frees native contexts that nobody refers to any more. */
  readonly registry: FinalizationRegistry<Address>;
}

export class OpenSslContext extends TlsContext implements SessionContext {
  readonly asksForCertificate: boolean;
  readonly needsPlainReads = true;
  readonly openSsl: OpenSsl;
  readonly clock: Clock;
  readonly #shared: Shared;
  readonly #ctx: Address;
  readonly #staple: StapleSource;
  /** The certificate that the response is about. */
  readonly #stapled: Address | undefined;

  /** Throws an `Error` for certificates, keys, ciphers or curves that cannot be used. */
  constructor(openSsl: OpenSsl, material: TlsMaterial, staple: StapleSource, clock: Clock) {
    super();
    const { symbols } = openSsl;
    const ctx = symbols.SSL_CTX_new(symbols.TLS_server_method());
    if (ctx === null) throw openSsl.takeError();
    this.asksForCertificate = material.verify === true;
    this.openSsl = openSsl;
    this.clock = clock;
    this.#shared = sharedBy(openSsl);
    this.#ctx = ctx;
    this.#staple = staple;
    // It is freed from here on, also if something below throws.
    this.#shared.registry.register(this, ctx);
    configure(openSsl, ctx, material);
    this.#stapled = useCertificates(openSsl, ctx, material.certificates);
    if (this.asksForCertificate) useAuthorities(openSsl, ctx, material.ca);
    symbols.SSL_CTX_callback_ctrl(ctx, Control.SetStatusCallback, this.#shared.statusCallback);
  }

  get pipe(): CipherPipe {
    return this.#shared.pipe;
  }

  upgrade(socket: ByteSocket, owner: TlsOwner): Secured {
    const session = new OpenSslSession(this, socket, owner);
    return { plain: socket, socket: session, session };
  }

  newSsl(): Address {
    const { symbols, takeError } = this.openSsl;
    const ssl = symbols.SSL_new(this.#ctx);
    if (ssl === null) throw takeError();
    this.pipe.connect(ssl);
    symbols.SSL_set_accept_state(ssl);
    return ssl;
  }

  stapleRenewal(): Promise<Error | undefined> | undefined {
    return this.#staple.current === undefined ? this.#staple.renew() : undefined;
  }

  shakeHands(ssl: Address): number {
    const { symbols } = this.openSsl;
    this.#shared.current = this;
    const result = symbols.SSL_do_handshake(ssl);
    this.#shared.current = undefined;
    // What was stapled is sent; the connection need not keep its copy.
    if (result === 1) symbols.SSL_ctrl(ssl, Control.SetStatusResponse, 0, null);
    return result;
  }

  /** A client wants to know the state of the certificate that has just been chosen for it. */
  answerStatusRequest(ssl: Address): StatusAnswer {
    const { symbols } = this.openSsl;
    const { current } = this.#staple;
    if (current === undefined || symbols.SSL_get_certificate(ssl) !== this.#stapled) {
      return StatusAnswer.None;
    }
    const { length } = current;
    const copy = symbols.CRYPTO_memdup(current, length, null, 0);
    if (copy === null) return StatusAnswer.None;
    // It owns the copy from now on.
    symbols.SSL_ctrl(ssl, Control.SetStatusResponse, length, copy);
    return StatusAnswer.Staple;
  }
}

function sharedBy(openSsl: OpenSsl): Shared {
  const known = shared.get(openSsl);
  if (known !== undefined) return known;
  const { SSL_CTX_free } = openSsl.symbols;
  const made: Shared = {
    pipe: new CipherPipe(openSsl),
    statusCallback: openSsl.callback((ssl) => {
      return made.current?.answerStatusRequest(ssl) ?? StatusAnswer.None;
    }),
    current: undefined,
    registry: new FinalizationRegistry((ctx) => SSL_CTX_free(ctx)),
  };
  shared.set(openSsl, made);
  return made;
}

function configure({ symbols, takeError }: OpenSsl, ctx: Address, material: TlsMaterial): void {
  const { minVersion, verify = false, curves } = material;
  const control = (what: Control, value: number, text: Uint8Array | null = null) =>
    Number(symbols.SSL_CTX_ctrl(ctx, what, value, text)) !== 0;
  symbols.SSL_CTX_set_options(ctx, SERVER_OPTIONS);
  control(Control.Mode, MODE_RELEASE_BUFFERS);
  // Sessions are in tickets, which clients keep. They do not hold all that a client has presented,
  // and nobody looks again at what they hold: with certificates of clients there are none.
  control(Control.SetSessionCacheMode, 0);
  symbols.SSL_CTX_set_num_tickets(ctx, verify ? 0 : 1);
  if (verify) symbols.SSL_CTX_set_options(ctx, NO_TICKETS);
  symbols.SSL_CTX_set_session_id_context(ctx, SESSION_CONTEXT, SESSION_CONTEXT.length);
  symbols.SSL_CTX_set_verify(ctx, verify ? VERIFY_REQUIRED : 0, null);
  if (symbols.SSL_CTX_set_ciphersuites(ctx, NEW_CIPHERS) !== 1) throw takeError();
  const ciphers = olderCiphers(material.ciphers);
  const isOnlyNew = minVersion === "TLSv1.3" || ciphers === "";
  control(Control.SetMinVersion, isOnlyNew ? Version.Tls13 : Version.Tls12);
  if (ciphers !== "" && symbols.SSL_CTX_set_cipher_list(ctx, ciphers) !== 1) {
    throw takeError();
  }
  if (curves !== undefined && !control(Control.SetGroups, 0, cString(curves))) {
    throw new Error(`OpenSSL does not have all of the curves ${curves}: ${takeError().message}`);
  }
}

/** Those of TLS 1.3 are not for choosing; "" if there are no others. */
function olderCiphers(ciphers: string | undefined): string {
  if (ciphers === undefined) return DEFAULT_CIPHERS;
  const names = ciphers.split(":").filter((name) => !name.startsWith("TLS_"));
  return names.join(":");
}

/** Returns the first of them. */
function useCertificates(
  openSsl: OpenSsl,
  ctx: Address,
  pairs: TlsMaterial["certificates"],
): Address | undefined {
  const { symbols } = openSsl;
  let first: Address | undefined;
  // Of those with the same kind of key the context keeps the last one it is given.
  for (const { cert, key } of pairs.toReversed()) {
    withCertificates(openSsl, cert, ([own, ...chain]) => {
      if (own === undefined) throw new Error("failed to find any certificate in the file");
      if (symbols.SSL_CTX_use_certificate(ctx, own) !== 1) throw openSsl.takeError();
      symbols.SSL_CTX_ctrl(ctx, Control.SetChain, 0, null);
      for (const one of chain) {
        const isAdded =
          Number(symbols.SSL_CTX_ctrl(ctx, Control.AddChainCertificate, 1, one)) === 1;
        if (!isAdded) throw openSsl.takeError();
      }
      first = own;
    });
    withKey(openSsl, key, (handle) => {
      if (symbols.SSL_CTX_use_PrivateKey(ctx, handle) !== 1) throw openSsl.takeError();
    });
  }
  return first;
}

/** Whose certificates peers may present; undefined for those whom the system trusts. */
function useAuthorities(openSsl: OpenSsl, ctx: Address, pem: string | undefined): void {
  const { symbols, takeError } = openSsl;
  if (pem === undefined) {
    if (symbols.SSL_CTX_set_default_verify_paths(ctx) !== 1) throw takeError();
    return;
  }
  const store = symbols.SSL_CTX_get_cert_store(ctx);
  assert(store !== null, "a context has a store");
  symbols.X509_STORE_set_flags(store, TRUST_PARTIAL_CHAINS);
  withCertificates(openSsl, pem, (authorities) => {
    for (const authority of authorities) {
      if (symbols.X509_STORE_add_cert(store, authority) !== 1) throw takeError();
      if (symbols.SSL_CTX_add_client_CA(ctx, authority) !== 1) throw takeError();
    }
  });
}

/** With the zero behind it that C wants. */
function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
