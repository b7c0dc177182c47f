/**
 * What a monitoring endpoint is: a pure function of the running server that gives the value of a
 * JSON document. HTTP (`endpoints.ts`) and requests to the system account (`system-answers.ts`) ask
 * the same functions.
 */
import type { Broker } from "../broker/broker.ts";
import type { Options } from "../config/options.ts";
import type { ServerIdentity } from "../broker/server-identity.ts";
import type { ServerUsage } from "../broker/server-info.ts";
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";

/** What endpoints may look at. */
export interface MonitorSubject {
  readonly broker: Broker;
  /** Those in force. */
  options(): Options;
  /** The configuration in force: digest of its file, "" without one, and when it was loaded. */
  config(): { readonly digest: string; readonly loadMs: number };
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where clients connect, as INFO says; the bound port if it was to be any free one. */
  clientAddress(): { readonly host: string; readonly port: number };
  /** Those of the client port, which monitoring over HTTPS has too; undefined without TLS. */
  certificates(): readonly { readonly cert: string; readonly key: string }[] | undefined;
  /** Who vouches for those that look over HTTPS; undefined if nobody has to. */
  authorities(): MonitorAuthorities | undefined;
  /** When the certificate of the client port ends, in wall-clock ms; undefined without one. */
  certificateEndMs(): number | undefined;
  /** What the cache of OCSP responses has done; undefined without one. */
  ocspCache(): OcspCacheFacts | undefined;
  /** Whether clients can connect now. */
  isReady(): boolean;
}

export interface MonitorAuthorities {
  /** Undefined for those whom the system trusts. */
  readonly pem: string | undefined;
}

export interface OcspCacheFacts {
  readonly type: string;
  /** Since it was opened. */
  readonly hits: number;
  readonly misses: number;
  /** Responses in it now, by what they say. */
  readonly revoked: number;
  readonly good: number;
  readonly unknown: number;
}

/** What endpoints know beside the subject: the monitor's own facts. */
export interface MonitorFacts {
  readonly startMs: number;
  /** Requests so far by path. */
  readonly requestCounts: Readonly<Record<string, number>>;
  readonly usage: ServerUsage;
}

/** Why there is no answer, in the reference's words: status 400 over HTTP, 500 otherwise. */
export class EndpointError extends Error {
  override readonly name: string = "EndpointError";
}

/** Another server may have the answer: over HTTP an error like others, otherwise silence. */
export class FilteredError extends EndpointError {
  override readonly name = "FilteredError";

  constructor(reason: string) {
    super(`filtered response: ${reason}`);
  }
}
