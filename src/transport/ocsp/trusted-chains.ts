/**
 * The ways from a peer's certificate to somebody who is trusted, over what the peer has presented.
 * TLS has found one of them already, but does not say which; and a peer may present what belongs to
 * nothing, so every step is proved by its signature.
 */
import type { X509Certificate } from "node:crypto";
import { type OcspCertificate, ocspCertificate } from "./ocsp-certificate.ts";
import { equalBytes } from "../../util/bytes.ts";

/** The peer's certificate first, that of somebody trusted last. */
export type TrustedChain = readonly OcspCertificate[];

/** Certificates in a chain; the chains that are looked for; and signatures checked for all. */
export const MAX_CHAIN_LENGTH = 8;
export const MAX_CHAINS = 8;
const MAX_SIGNATURES = 100;

interface Candidate {
  readonly facts: OcspCertificate;
  readonly certificate: X509Certificate;
}

/** Those whose certificates end a chain. */
export class TrustedAuthorities {
  readonly #authorities: readonly Candidate[];

  /** Each in PEM or DER; what cannot be read is left out. */
  constructor(certificates: readonly (string | Uint8Array)[]) {
    this.#authorities = certificates.flatMap(candidate);
  }

  /** `presented` in DER, the peer's own first. None if nobody trusted has issued that. */
  chainsOf(presented: readonly Uint8Array[], nowMs: number): readonly TrustedChain[] {
    const [peer] = presented.slice(0, 1).flatMap(candidate);
    if (peer === undefined) return [];
    const isTrusted = this.#authorities.some(({ facts }) => isEqual(facts, peer.facts));
    if (isTrusted) return [[peer.facts]];
    const others = presented.slice(1).flatMap(candidate);
    return new ChainSearch(this.#authorities, others, nowMs).from(peer);
  }
}

class ChainSearch {
  readonly #authorities: readonly Candidate[];
  readonly #presented: readonly Candidate[];
  readonly #nowMs: number;
  readonly #found: TrustedChain[];
  #signaturesLeft: number;

  constructor(authorities: readonly Candidate[], presented: readonly Candidate[], nowMs: number) {
    this.#authorities = authorities;
    this.#presented = presented;
    this.#nowMs = nowMs;
    this.#found = [];
    this.#signaturesLeft = MAX_SIGNATURES;
  }

  from(peer: Candidate): readonly TrustedChain[] {
    if (this.#isValid(peer)) this.#extend([peer]);
    return this.#found;
  }

  #extend(path: readonly Candidate[]): void {
    const last = path.at(-1)!;
    if (path.length >= MAX_CHAIN_LENGTH) return;
    for (const authority of this.#authorities) {
      if (this.#found.length >= MAX_CHAINS) return;
      if (this.#hasIssued(authority, last)) {
        this.#found.push([...path, authority].map(({ facts }) => facts));
      }
    }
    for (const other of this.#presented) {
      if (this.#found.length >= MAX_CHAINS) return;
      const isKnown = [...path, ...this.#authorities].some(({ facts }) => {
        return isEqual(facts, other.facts);
      });
      if (!isKnown && this.#hasIssued(other, last)) this.#extend([...path, other]);
    }
  }

  #hasIssued(issuer: Candidate, issued: Candidate): boolean {
    if (!equalBytes(issuer.facts.subject, issued.facts.issuer)) return false;
    if (!issuer.certificate.ca || !this.#isValid(issuer)) return false;
    if (this.#signaturesLeft-- <= 0) return false;
    try {
      return issued.certificate.verify(issuer.certificate.publicKey);
    } catch {
      // A key or a signature that the runtime cannot use.
      return false;
    }
  }

  #isValid({ facts }: Candidate): boolean {
    return facts.beginMs <= this.#nowMs && this.#nowMs <= facts.endMs;
  }
}

function candidate(encoded: string | Uint8Array): Candidate[] {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  try {
    const certificate = new X509Certificate(encoded);
    const facts = ocspCertificate(certificate.raw);
    return facts === undefined ? [] : [{ facts, certificate }];
  } catch {
    return [];
  }
}

function isEqual(left: OcspCertificate, right: OcspCertificate): boolean {
  return equalBytes(left.encoded, right.encoded);
}
