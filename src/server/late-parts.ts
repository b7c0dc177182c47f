/**
 * What a server does not need before the first client says something: traces of messages, services
 * and events of the system account, and what every account imports from it. Loaded then, while
 * that client's first bytes wait, so that a server starts faster and is smaller at rest.
 */
import type { Account } from "../broker/account.ts";
import type { Broker } from "../broker/broker.ts";
import { EventsOnDemand } from "../broker/events-on-demand.ts";
import { InternalClient } from "../broker/internal-client.ts";
import type { ServerFacts } from "../broker/server-info.ts";
import { ServiceExport } from "../broker/service-export.ts";
import { ServiceImport } from "../broker/service-import.ts";
import { Subscription } from "../broker/subscription.ts";
import type { Options } from "../config/options.ts";
import type { MonitorFacts, MonitorSubject } from "../monitor/endpoint.ts";
import type { ServerActions } from "../monitor/system-port.ts";
import { SystemRequests } from "../monitor/system-requests.ts";
import { SYSTEM_EXPORTS, systemImports } from "../monitor/system-services.ts";
import type { NatsContext } from "../nats/nats-context.ts";
import { tracing } from "../nats/tracing.ts";
import { subjectBytes, subjectIsSubset } from "../subject/subject.ts";
import { binaryTextOf } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";

/** The server, as far as these parts need it. */
export interface LatePartsHost {
  readonly broker: Broker;
  readonly natsContext: NatsContext;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: Options;
  readonly facts: ServerFacts;
  readonly subject: MonitorSubject;
  readonly monitorFacts: () => MonitorFacts;
  readonly actions: ServerActions;
}

/** Events of the system account; undefined if there is none. Everything else runs by itself. */
export function startLateParts(host: LatePartsHost): EventsOnDemand | undefined {
  host.natsContext.tracing = tracing;
  const { systemAccount } = host.broker;
  if (systemAccount === undefined) return undefined;
  const events = startEvents(host, systemAccount);
  startRequests(host, systemAccount, events);
  new SystemImports(host, systemAccount).start();
  return events;
}

function startEvents(host: LatePartsHost, systemAccount: Account): EventsOnDemand {
  const { broker, clock, logger, facts, actions } = host;
  const endTurn = () => actions.endTurn();
  const events = new EventsOnDemand({ broker, systemAccount, clock, logger, facts, endTurn });
  broker.events = events;
  return events;
}

function startRequests(host: LatePartsHost, account: Account, events: EventsOnDemand): void {
  const { broker, logger, facts, subject, monitorFacts, actions } = host;
  const requests = new SystemRequests({
    subject,
    facts: monitorFacts,
    server: facts,
    account,
    openPort: () => new InternalClient(broker, account, logger),
    events: () => events.load(),
    actions,
    logger,
  });
  requests.start();
}

/** What accounts import from the system account without being told to. */
class SystemImports {
  readonly #host: LatePartsHost;
  readonly #systemAccount: Account;
  /** By subject. */
  readonly #services: ReadonlyMap<string, ServiceExport>;

  constructor(host: LatePartsHost, systemAccount: Account) {
    this.#host = host;
    this.#systemAccount = systemAccount;
    this.#services = new Map(
      SYSTEM_EXPORTS.map((settings) => [settings.subject, new ServiceExport(settings)]),
    );
  }

  start(): void {
    const { broker } = this.#host;
    broker.onAccountAdded = (account) => this.#importInto(account);
    for (const account of broker.accounts.values()) this.#importInto(account);
  }

  #importInto(importer: Account): void {
    const { broker, options } = this.#host;
    const exporter = this.#systemAccount;
    const settingsOf = (name: string) => options.accounts.find((one) => one.name === name);
    const imported = settingsOf(importer.name)?.imports ?? [];
    const exported = settingsOf(exporter.name)?.exports ?? [];
    for (const row of systemImports(importer.name, importer === exporter)) {
      const { localSubject, isShared } = row;
      if (imported.some((one) => one.localSubject === localSubject)) continue;
      if (exported.some((one) => subjectIsSubset(row.subject, one.subject))) continue;
      const service = this.#services.get(row.service.subject);
      if (service === undefined) continue;
      const remote = binaryTextOf(row.subject);
      const route = { importer, exporter, service, remote, isShared };
      const ways = { transform: undefined, keepsSubject: false };
      const receiver = new ServiceImport(broker.services, { ...route, ...ways });
      importer.subscribe(
        subjectBytes(binaryTextOf(localSubject)),
        new Subscription(receiver, 0, undefined),
      );
    }
  }
}
