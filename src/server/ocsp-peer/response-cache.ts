/**
 * OCSP responses about the certificates of clients, by the fingerprint of the certificate, so that
 * responders are not asked at every connection. Responses are proved again whenever they are used:
 * nothing here is trusted. Full, it forgets what has been there longest.
 */
import type { OcspStatus } from "../../transport/ocsp/response.ts";

export const MAX_CACHED_RESPONSES = 8192;
export const MAX_CACHED_BYTES = 8 * 1024 * 1024;

export interface CachedResponse {
  /** Of the certificate, for whoever reads the file. */
  readonly subject: string;
  /** Wall-clock milliseconds. */
  readonly cachedAtMs: number;
  readonly status: OcspStatus;
  readonly nextUpdateMs: number | undefined;
  readonly response: Uint8Array;
}

export class ResponseCache {
  readonly #preservesRevoked: boolean;
  readonly #debug: (text: string) => void;
  /** The one that has been there longest first. */
  readonly #responses: Map<string, CachedResponse>;
  readonly counts: Record<OcspStatus, number>;
  #bytes: number;
  hits: number;
  misses: number;
  /** Whether there is something that its file does not have. */
  isChanged: boolean;

  constructor(preservesRevoked: boolean, debug: (text: string) => void) {
    this.#preservesRevoked = preservesRevoked;
    this.#debug = debug;
    this.#responses = new Map();
    this.counts = { good: 0, revoked: 0, unknown: 0 };
    this.#bytes = 0;
    this.hits = 0;
    this.misses = 0;
    this.isChanged = false;
  }

  get entries(): Iterable<readonly [string, CachedResponse]> {
    return this.#responses;
  }

  get isEmpty(): boolean {
    return this.#responses.size === 0;
  }

  has(key: string): boolean {
    return this.#responses.has(key);
  }

  get(key: string): Uint8Array | undefined {
    const found = this.#responses.get(key);
    if (found === undefined) this.misses++;
    else this.hits++;
    this.#debug(`OCSP peer cache ${found === undefined ? "miss" : "hit"} for key [${key}]`);
    return found?.response;
  }

  put(key: string, cached: CachedResponse): void {
    const { length } = cached.response;
    if (length > MAX_CACHED_BYTES) return;
    this.#remove(key);
    this.#makeRoom(length);
    this.#responses.set(key, cached);
    this.#bytes += length;
    this.counts[cached.status]++;
    this.isChanged = true;
  }

  /** What was a hit is of no use. */
  discard(key: string): void {
    const found = this.#responses.get(key);
    if (found === undefined) return;
    this.hits--;
    this.misses++;
    if (found.status === "revoked" && this.#preservesRevoked) {
      this.#debug(`Revoked OCSP response for key [${key}] preserved by cache policy`);
      return;
    }
    this.#debug(`Deleting OCSP peer cached response for key [${key}]`);
    this.#remove(key);
    this.isChanged = true;
  }

  #makeRoom(length: number): void {
    while (
      this.#responses.size >= MAX_CACHED_RESPONSES ||
      this.#bytes + length > MAX_CACHED_BYTES
    ) {
      this.#remove(this.#oldest());
    }
  }

  /** Revocations that are to be kept go last. There is at least one response. */
  #oldest(): string {
    let first: string | undefined;
    for (const [key, { status }] of this.#responses) {
      if (status !== "revoked" || !this.#preservesRevoked) return key;
      first ??= key;
    }
    return first!;
  }

  #remove(key: string): void {
    const found = this.#responses.get(key);
    if (found === undefined) return;
    this.#responses.delete(key);
    this.#bytes -= found.response.length;
    this.counts[found.status]--;
  }
}
