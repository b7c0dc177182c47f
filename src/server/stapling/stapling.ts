/**
 * Whether the server staples the state of its certificate to handshakes, by the `ocsp` block and
 * what the certificate asks for, and with what. The runtime's TLS cannot staple, so the operator
 * has to allow the host's OpenSSL. Used at start, by each reload and by `-t`; what really staples
 * (`stapled-context.ts`) is loaded only where it is allowed.
 */
import type { OcspSettings } from "../../config/blocks/ocsp.ts";
import type { Logger } from "../../util/logger.ts";
import { ocspCertificate } from "../../transport/ocsp/ocsp-certificate.ts";
import { RuntimeTlsContext } from "../../transport/runtime-tls-context.ts";
import { messageOf } from "../../util/system-error.ts";
import type { MakeContext } from "../make-tls-terms.ts";
import type { StapleSurroundings, StapledContexts } from "./stapled-contexts.ts";
import type { StapleUpkeep } from "./staple-upkeep.ts";

export interface StaplingRule {
  readonly staples: boolean;
  /** Whether the server ends with a certificate that is not good. */
  readonly endsWhenBad: boolean;
}

const NONE: StaplingRule = { staples: false, endsWhenBad: false };

/** The table of the modes; without a block it is as with `auto`. */
export function staplingRule(
  mode: OcspSettings["mode"] | undefined,
  mustStaple: boolean,
): StaplingRule {
  if (mode === "never") return NONE;
  if (mode === "always") return { staples: true, endsWhenBad: true };
  return mustStaple ? { staples: true, endsWhenBad: mode === "must" } : NONE;
}

export class Stapling {
  readonly #ocsp: OcspSettings | undefined;
  readonly #contexts: StapledContexts | undefined;
  /** Why nothing can be stapled. */
  readonly #obstacle: string;
  #warning: string | undefined;
  #upkeep: StapleUpkeep | undefined;

  private constructor(
    ocsp: OcspSettings | undefined,
    contexts: StapledContexts | undefined,
    obstacle: string,
  ) {
    this.#ocsp = ocsp;
    this.#contexts = contexts;
    this.#obstacle = obstacle;
    this.#warning = undefined;
    this.#upkeep = undefined;
  }

  static async load(
    ocsp: OcspSettings | undefined,
    surroundings: StapleSurroundings,
  ): Promise<Stapling> {
    if (ocsp?.library === undefined) {
      return new Stapling(ocsp, undefined, 'the "ocsp" block has no "library"');
    }
    const { StapledContexts } = await import("./stapled-contexts.ts");
    try {
      return new Stapling(ocsp, new StapledContexts(ocsp, surroundings), "");
    } catch (error) {
      return new Stapling(ocsp, undefined, messageOf(error));
    }
  }

  /** Who makes the context for this certificate. Throws if it has to be stapled and cannot be. */
  contextMaker(file: string, certificate: string, ca: string | undefined): MakeContext {
    const withRuntime: MakeContext = (material) => new RuntimeTlsContext(material);
    const mode = this.#ocsp?.mode;
    const mustStaple = asksForStaple(certificate);
    const { staples, endsWhenBad } = staplingRule(mode, mustStaple);
    if (!staples) {
      if (mustStaple)
        this.#warning = `Certificate at '${file}' has MustStaple but OCSP is disabled`;
      return withRuntime;
    }
    if (this.#contexts === undefined) {
      const reason = `OCSP stapling is not available: ${this.#obstacle}`;
      if (endsWhenBad) throw new Error(reason);
      const refusers = "clients that insist on it will refuse to connect";
      this.#warning = `Certificate at '${file}' has MustStaple but ${reason}; ${refusers}`;
      return withRuntime;
    }
    const upkeep = this.#contexts.upkeepFor({ file, certificate, ca, endsWhenBad });
    this.#upkeep = upkeep;
    const contexts = this.#contexts;
    return (material) => contexts.make(material, upkeep);
  }

  /** Has a response before there are clients. Rejects with the reason if there is none. */
  async prepare(before: Stapling | undefined): Promise<void> {
    const earlier = before === undefined ? undefined : before.#upkeep;
    await this.#upkeep?.prepare(earlier);
  }

  /** Says in the log what there is to say, and keeps the response up to date from now on. */
  begin(logger: Logger): void {
    if (this.#warning !== undefined) logger.warn(this.#warning);
    this.#upkeep?.begin();
  }

  stop(): void {
    this.#upkeep?.stop();
  }
}

/** False also for what is no certificate, which others will say. */
function asksForStaple(pem: string): boolean {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  try {
    return ocspCertificate(new X509Certificate(pem).raw)?.mustStaple === true;
  } catch {
    return false;
  }
}
