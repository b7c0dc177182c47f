/**
 * TLS by the runtime, which is BoringSSL: what listeners have unless the operator asks for the
 * host's OpenSSL. Loaded where TLS is configured.
 */
import { constants } from "node:crypto";
import { createSecureContext } from "node:tls";
import {
  type ByteSocket,
  type Secured,
  TlsContext,
  type TlsMaterial,
  type TlsOwner,
} from "./tls-context.ts";
import { type TlsServerOptions, upgraded } from "./tls-upgrade.ts";

/** In nats-server's order; the runtime's own default lacks the last one. */
const ALL_CURVES = "X25519MLKEM768:X25519:P-256:P-384:P-521";

export class RuntimeTlsContext extends TlsContext {
  readonly #options: TlsServerOptions;
  readonly asksForCertificate: boolean;
  readonly needsPlainReads = false;

  /** Throws an `Error` for certificates, keys, ciphers or curves that cannot be used. */
  constructor(material: TlsMaterial) {
    super();
    const { certificates, ca, verify = false, minVersion = "TLSv1.2", ciphers } = material;
    const { context } = createSecureContext({
      cert: certificates.map(({ cert }) => cert),
      key: certificates.map(({ key }) => key),
      ca,
      minVersion,
      ...(ciphers === undefined ? {} : { ciphers }),
      ecdhCurve: material.curves ?? ALL_CURVES,
      honorCipherOrder: true,
      // A session that goes on shows no certificate, which may have ended meanwhile.
      ...(verify ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
    });
    this.asksForCertificate = verify;
    this.#options = { secureContext: context, requestCert: verify, rejectUnauthorized: verify };
  }

  upgrade(socket: ByteSocket, owner: TlsOwner, received: Uint8Array | undefined): Secured {
    return upgraded(socket, owner, this.#options, received);
  }
}
