/**
 * What requests over the system account get as data, a row for each name: the monitoring endpoints,
 * for the server or for one account, and what administrators have the server do.
 */
import type { Broker } from "../broker/broker.ts";
import { closeReasons } from "../broker/close-reason.ts";
import { accountInfo, accountz, accountzOptions } from "./accountz.ts";
import { accstatz, accstatzOptions } from "./accstatz.ts";
import { connz, connzOptions } from "./connz.ts";
import { debugVars } from "./debug-vars.ts";
import {
  EndpointError,
  FilteredError,
  type MonitorFacts,
  type MonitorSubject,
} from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";
import { healthz, healthzOptions } from "./healthz.ts";
import { profilez, profilezOptions } from "./profilez.ts";
import * as alone from "./stand-alone.ts";
import { subsz, subszOptions } from "./subsz.ts";
import type { ServerActions } from "./system-port.ts";
import { varz } from "./varz.ts";

export interface ServiceContext {
  readonly subject: MonitorSubject;
  readonly facts: () => MonitorFacts;
  readonly actions: ServerActions;
  /** That of the request's subject; "" where it names none. */
  readonly account: string;
}

/** Reads the options, then makes the data of them; both may throw an `EndpointError`. */
export type SystemService = (source: OptionSource, context: ServiceContext) => () => unknown;

/** What was to be done has not been done. */
export class ActionError extends EndpointError {
  override readonly name = "ActionError";
}

function service<Options>(
  read: (source: OptionSource) => Options,
  data: (context: ServiceContext, options: Options) => unknown,
): SystemService {
  return (source, context) => {
    const options = read(source);
    return () => data(context, options);
  };
}

const none = () => undefined;
const cidOption = (source: OptionSource) => source.unsigned("cid");

/** Of the server. */
export const SERVER_SERVICES: Readonly<Record<string, SystemService>> = {
  VARZ: service(none, ({ subject, facts }) => varz(subject, facts())),
  SUBSZ: service(subszOptions, ({ subject }, options) => subsz(subject, options)),
  CONNZ: service(connzOptions, ({ subject }, options) => connz(subject, options)),
  ROUTEZ: service(alone.routezOptions, ({ subject }) => alone.routez(subject)),
  GATEWAYZ: service(alone.gatewayzOptions, ({ subject }) => alone.gatewayz(subject)),
  LEAFZ: service(alone.leafzOptions, ({ subject }) => alone.leafz(subject)),
  ACCOUNTZ: service(accountzOptions, ({ subject }, options) => accountz(subject, options)),
  JSZ: service(alone.jszOptions, ({ subject }, options) => alone.jsz(subject, options)),
  HEALTHZ: service(healthzOptions, ({ subject }, options) => healthz(subject, options)),
  PROFILEZ: service(profilezOptions, ({ subject }, options) => profilez(subject.clock, options)),
  EXPVARZ: service(none, expvarz),
  IPQUEUESZ: service((source) => source.flag("all"), nothing),
  RAFTZ: service(alone.raftzOptions, nothing),
  RELOAD: service(none, reload),
  KICK: service(cidOption, ({ subject }, cid) => kick(subject.broker, cid)),
  LDM: service(cidOption, announceLameDuck),
};

/** Of one account. */
export const ACCOUNT_SERVICES: Readonly<Record<string, SystemService>> = {
  SUBSZ: service(subszOptions, ({ subject, account }, options) => {
    return subsz(subject, { ...options, account, subscriptions: true });
  }),
  CONNZ: service(connzOptions, ({ subject, account }, options) => {
    return connz(subject, { ...options, account });
  }),
  LEAFZ: service(alone.leafzOptions, ({ subject }) => alone.leafz(subject)),
  JSZ: service(alone.jszOptions, () => {
    throw new EndpointError("jetstream not enabled");
  }),
  INFO: service(none, ({ subject, account }) => accountInfo(subject, account)),
  STATZ: service(accstatzOptions, ({ subject, account }, options) => {
    // All servers get the request; those without connections of the account keep quiet.
    const accounts = account === "PING" ? options.accounts : [account];
    const statz = accstatz(subject, { ...options, accounts });
    if (statz.account_statz.length > 0 || options.includeUnused) return statz;
    throw new FilteredError("no connections");
  }),
};

function expvarz(): object {
  const { memstats, cmdline } = debugVars();
  return { memstats, cmdline };
}

/** There are no queues between threads and no Raft groups. */
function nothing(): object {
  return {};
}

async function reload({ actions }: ServiceContext): Promise<undefined> {
  const reason = await actions.reload();
  if (reason !== undefined) throw new ActionError(reason);
}

function kick({ connections }: Broker, cid: number): void {
  const connection = connections.get(cid);
  if (connection === undefined) throw new ActionError("no such client or leafnode id");
  connection.close(closeReasons.kicked);
}

function announceLameDuck({ subject, actions }: ServiceContext, cid: number): void {
  if (!subject.broker.connections.has(cid)) throw new ActionError("no such client id");
  if (actions.announceLameDuck(cid)) return;
  throw new ActionError(
    "client does not support Lame Duck Mode or is not ready to receive the notification",
  );
}
