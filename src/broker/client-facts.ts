/**
 * What the server tells others of a client: services of other accounts (`Nats-Request-Info`),
 * events of the system account, measurements of services. Field names, order and what is left out
 * are nats-server's (its ClientInfo).
 */
import { goTime } from "../util/go-time.ts";

/** What is known of a client; "" and 0 stand for what is not. */
export interface ClientFacts {
  /** Wall-clock milliseconds of its first byte. */
  readonly startMs: number;
  readonly host: string;
  readonly cid: number;
  readonly account: string;
  /** How it has logged in: its key, its name, or `[REDACTED]` for a token. */
  readonly user: string;
  readonly name: string;
  readonly language: string;
  readonly version: string;
  readonly rttMs: number;
  readonly jwt: string;
  readonly issuerKey: string;
  readonly nameTag: string;
  readonly tags: readonly string[];
  /** `nats`, `websocket` or `mqtt`. */
  readonly clientType: string;
  readonly mqttClient: string;
}

/** What JSON has of them; the order is that of the fields. */
export interface ClientInfo {
  readonly start?: string;
  readonly host?: string;
  readonly id?: number;
  readonly acc?: string;
  readonly svc?: string;
  readonly user?: string;
  readonly name?: string;
  readonly lang?: string;
  readonly ver?: string;
  readonly rtt?: number;
  readonly server?: string;
  readonly stop?: string;
  readonly kind?: string;
  readonly client_type?: string;
}

/** Nanoseconds, as JSON has round trips. */
export function rttNanoseconds(rttMs: number): number {
  return Math.round(rttMs * 1_000_000);
}

/** All that a service is told of a client; `server` names the server that it is connected to. */
export function clientInfo(facts: ClientFacts, server: string): ClientInfo {
  return infoOf(facts, facts.nameTag, { rtt: rttNanoseconds(facts.rttMs), server });
}

/**
 * What events tell of a client, with the name of its account as its tag; of one that is gone also
 * when it went and its round trip.
 */
export function eventClientInfo(facts: ClientFacts, stopMs: number | undefined): ClientInfo {
  if (stopMs === undefined) return infoOf(facts, facts.account, {});
  return infoOf(facts, facts.account, { rtt: eventRtt(facts.rttMs), stop: goTime(stopMs) });
}

/** Nanoseconds; below a millisecond the reference cuts them down to whole microseconds. */
function eventRtt(rttMs: number): number {
  const nanoseconds = rttNanoseconds(rttMs);
  const isShort = nanoseconds > 1000 && nanoseconds < 1_000_000;
  return isShort ? Math.floor(nanoseconds / 1000) * 1000 : nanoseconds;
}

/** What depends on whom it is for. */
interface Particulars {
  readonly rtt?: number;
  readonly server?: string;
  readonly stop?: string;
}

function infoOf(facts: ClientFacts, nameTag: string, particulars: Particulars): ClientInfo {
  return withoutEmpty({
    start: goTime(facts.startMs),
    host: facts.host,
    id: facts.cid,
    acc: facts.account,
    user: facts.user,
    name: facts.name,
    lang: facts.language,
    ver: facts.version,
    rtt: particulars.rtt,
    server: particulars.server,
    stop: particulars.stop,
    jwt: facts.jwt,
    issuer_key: facts.issuerKey,
    name_tag: nameTag,
    tags: facts.tags.length === 0 ? undefined : facts.tags,
    kind: "Client",
    client_type: facts.clientType,
    client_id: facts.mqttClient,
  });
}

/** Go leaves out what is empty. */
function withoutEmpty(fields: Record<string, unknown>): ClientInfo {
  const entries = Object.entries(fields).filter(([, value]) => {
    return value !== undefined && value !== "" && value !== 0;
  });
  return Object.fromEntries(entries);
}
