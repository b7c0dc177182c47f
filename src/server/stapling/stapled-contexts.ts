/**
 * TLS contexts that staple, by the host's OpenSSL, and the upkeep of what they staple. Loaded where
 * the `ocsp` block names a library.
 */
import { type OcspSettings, SYSTEM_LIBRARY } from "../../config/blocks/ocsp.ts";
import { OpenSslContext } from "../../transport/openssl/openssl-context.ts";
import { type OpenSsl, loadOpenSsl } from "../../transport/openssl/library.ts";
import type { TlsContext, TlsMaterial } from "../../transport/tls-context.ts";
import type { Clock } from "../../util/clock.ts";
import type { Logger } from "../../util/logger.ts";
import { stapleLink } from "./staple-issuer.ts";
import { StapleUpkeep } from "./staple-upkeep.ts";

export interface StapleSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The certificate is no longer good, and the server must not go on with it. */
  readonly onBadCertificate: () => void;
}

/** The certificate whose state is stapled. */
export interface StapledCertificate {
  readonly file: string;
  /** Its PEM text, with its chain; and of those who may have issued it. */
  readonly certificate: string;
  readonly ca: string | undefined;
  readonly endsWhenBad: boolean;
}

export class StapledContexts {
  readonly #urls: readonly string[];
  readonly #surroundings: StapleSurroundings;
  readonly #openSsl: OpenSsl;

  /** Throws an `Error` with a one-line reason where there is no such library. */
  constructor({ urls, library }: OcspSettings, surroundings: StapleSurroundings) {
    this.#urls = urls;
    this.#surroundings = surroundings;
    this.#openSsl = loadOpenSsl(library === SYSTEM_LIBRARY ? undefined : library);
  }

  /** Throws if nobody is known to have issued the certificate. */
  upkeepFor({ file, certificate, ca, endsWhenBad }: StapledCertificate): StapleUpkeep {
    const { clock, logger, onBadCertificate } = this.#surroundings;
    const link = stapleLink(certificate, ca);
    const { responderUrls } = link.certificate;
    return new StapleUpkeep(link, {
      file,
      urls: this.#urls.length > 0 ? this.#urls : responderUrls,
      onBad: endsWhenBad ? onBadCertificate : undefined,
      clock,
      logger,
    });
  }

  /** Throws for certificates, keys, ciphers or curves that cannot be used. */
  make(material: TlsMaterial, upkeep: StapleUpkeep): TlsContext {
    return new OpenSslContext(this.#openSsl, material, upkeep, this.#surroundings.clock);
  }
}
