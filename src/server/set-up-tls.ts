/**
 * TLS of the client port as its options ask for it, put together of the operator's files and of who
 * does the TLS: ready to be taken over by the listener. Loaded where TLS is configured; `-t` looks
 * whether it works, too.
 */
import type { TlsSettings } from "../config/blocks/tls-settings.ts";
import { fileSource } from "../config/file-source.ts";
import type { Options } from "../config/options.ts";
import { HandshakeLimit } from "../connection/handshake-limit.ts";
import type { TlsTerms } from "../connection/secure-start.ts";
import { type TlsSurroundings, makeTlsTerms } from "./make-tls-terms.ts";
import type { StapleSurroundings } from "./stapling/stapled-contexts.ts";
import { Stapling } from "./stapling/stapling.ts";

export interface TlsSetUp {
  readonly terms: TlsTerms;
  readonly stapling: Stapling;
}

/** Rejects with the reason for what cannot be used. */
export async function setUpTls(
  settings: TlsSettings,
  { allowNonTls, ocsp }: Options,
  surroundings: StapleSurroundings & Pick<TlsSurroundings, "ocspCheck">,
): Promise<TlsSetUp> {
  const { clock, logger, ocspCheck } = surroundings;
  const stapling = await Stapling.load(ocsp, surroundings);
  const terms = makeTlsTerms(settings, allowNonTls, {
    read: (path) => fileSource.read(path),
    ocspCheck,
    limit: (perSecond) => new HandshakeLimit(perSecond, clock, logger),
    contextMaker: (file, certificate, ca) => stapling.contextMaker(file, certificate, ca),
  });
  return { terms, stapling };
}
