/**
 * What a TLS server presents and asks for, in the runtime's terms: made once of the operator's
 * files, used by every handshake until a reload makes another. Loaded where TLS is configured.
 */
import type { Socket } from "bun";
import { createSecureContext } from "node:tls";
import type { TlsFacts } from "./tls-facts.ts";
import {
  type HandshakeFailure,
  type HandshakeSocket,
  agreedFacts,
  handshakeFailure,
  presentedCertificates,
} from "./tls-handshake.ts";
import {
  type TlsServerOptions,
  type UpgradeOwner,
  type UpgradedPair,
  upgraded,
} from "./tls-upgrade.ts";

export type TlsOutcome = TlsFacts | HandshakeFailure;

/** PEM texts and names that the runtime knows. */
export interface TlsMaterial {
  /** The chain of each certificate, its own first, and its key. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
  /** Who signs the certificates of peers; undefined for those whom the system trusts. */
  readonly ca?: string | undefined;
  /** Peers have to present a certificate. */
  readonly verify?: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** As in OpenSSL's lists; undefined for the runtime's own. */
  readonly ciphers?: string | undefined;
  readonly curves?: string | undefined;
}

export class TlsContext {
  readonly #options: TlsServerOptions;
  /** Whether peers have to present a certificate. */
  readonly asksForCertificate: boolean;

  /** Throws an `Error` for certificates, keys, ciphers or curves that cannot be used. */
  constructor(material: TlsMaterial) {
    const { certificates, ca, verify = false, minVersion = "TLSv1.2", ciphers, curves } = material;
    const { context } = createSecureContext({
      cert: certificates.map(({ cert }) => cert),
      key: certificates.map(({ key }) => key),
      ca,
      minVersion,
      ...(ciphers === undefined ? {} : { ciphers }),
      ...(curves === undefined ? {} : { ecdhCurve: curves }),
      honorCipherOrder: true,
    });
    this.asksForCertificate = verify;
    this.#options = { secureContext: context, requestCert: verify, rejectUnauthorized: verify };
  }

  /** Begins a handshake on the socket; see `startTls` of transports. */
  upgrade<Owner extends UpgradeOwner>(
    socket: Socket<Owner>,
    received: Uint8Array | undefined,
  ): UpgradedPair<Owner> {
    return upgraded(socket, this.#options, received);
  }

  /** Tells what the handshake has come to. */
  conclude(
    socket: HandshakeSocket,
    isDone: boolean,
    error: Error | null,
    isFirst: boolean,
  ): TlsOutcome {
    // Without a request for a certificate the error only says that there is none.
    if (isDone && (error === null || !this.asksForCertificate)) {
      return agreedFacts(socket, this.asksForCertificate, isFirst);
    }
    return handshakeFailure(error, isDone ? socket : undefined);
  }

  /** The certificates that the peer has presented, its own first; see there. */
  presented(socket: HandshakeSocket): readonly Uint8Array[] {
    return this.asksForCertificate ? presentedCertificates(socket) : [];
  }
}
