/**
 * Makes the accounts of a broker what a configuration says: which there are, what they export to
 * and import from each other, where their messages go instead, and their limits. Called at start
 * and by a reload, with a configuration that has been checked.
 */
import type { ExportSettings, ServiceExportSettings } from "../config/blocks/account-exports.ts";
import type { AccountSettings } from "../config/blocks/accounts.ts";
import type {
  ImportSettings,
  ServiceImportSettings,
  StreamImportSettings,
} from "../config/blocks/account-imports.ts";
import { withPlaceholders, withoutPlaceholders } from "../config/blocks/mapping-destination.ts";
import type { MappingSettings } from "../config/blocks/mappings.ts";
import { subjectBytes, subjectHasWildcard, subjectIsSubset } from "../subject/subject.ts";
import { importTransforms } from "../subject/transform.ts";
import { binaryTextOf } from "../util/bytes.ts";
import { Nuid } from "../util/nuid.ts";
import type { Account } from "./account.ts";
import type { PublishQueue } from "./publish-queue.ts";
import { ServiceExport } from "./service-export.ts";
import { type ServiceContext, ServiceImport } from "./service-import.ts";
import { ServiceLatency } from "./service-latency.ts";
import { StreamImport } from "./stream-import.ts";
import { SubjectMappings } from "./subject-mappings.ts";
import { Subscription } from "./subscription.ts";

/** What of the options is about accounts. */
export interface AccountOptions {
  readonly accounts: readonly AccountSettings[];
  /** Of the global account. */
  readonly mappings: readonly MappingSettings[];
}

/** The accounts of a broker. */
export interface AccountHost {
  readonly globalAccount: Account;
  readonly services: ServiceContext;
  readonly publishQueue: PublishQueue;
  account(name: string): Account | undefined;
  addAccount(name: string): Account;
  /** Removes the accounts of other names, but for those that are always there. */
  keepAccounts(names: ReadonlySet<string>): void;
}

export class AccountSetUp {
  readonly #host: AccountHost;
  /** Ends what accounts import now. */
  #endings: (() => void)[];
  #applied: AccountOptions | undefined;

  constructor(host: AccountHost) {
    this.#host = host;
    this.#endings = [];
    this.#applied = undefined;
  }

  apply(options: AccountOptions): void {
    const { accounts, mappings } = options;
    const isSame =
      this.#applied !== undefined &&
      Bun.deepEquals(this.#applied.accounts.map(withoutUsers), accounts.map(withoutUsers)) &&
      Bun.deepEquals(this.#applied.mappings, mappings);
    this.#applied = options;
    if (isSame) return;
    for (const end of this.#endings.splice(0)) end();
    if (accounts.some(isMeasured)) this.#measureServices();
    this.#map(this.#host.globalAccount, mappings);
    const services = new Map<string, readonly ServiceExport[]>();
    for (const settings of accounts) {
      const account = this.#accountOf(settings.name);
      account.limits = settings.limits;
      account.messageTrace = settings.messageTrace;
      this.#map(account, settings.mappings);
      services.set(settings.name, servicesOf(settings.exports));
    }
    this.#host.keepAccounts(new Set(accounts.map(({ name }) => name)));
    for (const { name, imports } of accounts) {
      for (const one of imports) this.#import(this.#accountOf(name), one, services);
    }
  }

  #measureServices(): void {
    const { services, publishQueue: queue } = this.#host;
    const { clock, random } = services;
    const ids = new Nuid(random);
    const serverName = () => services.serverName;
    services.latency ??= new ServiceLatency({ clock, random, queue, ids, serverName });
  }

  #accountOf(name: string): Account {
    return this.#host.account(name) ?? this.#host.addAccount(name);
  }

  #map(account: Account, mappings: readonly MappingSettings[]): void {
    if (mappings.length === 0 && account.mappings === undefined) return;
    account.setMappings(mappings.length === 0 ? undefined : new SubjectMappings(mappings));
  }

  #import(
    importer: Account,
    settings: ImportSettings,
    services: ReadonlyMap<string, readonly ServiceExport[]>,
  ): void {
    const exporter = this.#accountOf(settings.account);
    if (settings.kind === "stream") {
      this.#importStream(importer, exporter, settings);
      return;
    }
    const service = exportOf(services.get(settings.account) ?? [], settings.subject);
    if (service !== undefined) this.#importService(importer, exporter, settings, service);
  }

  #importStream(importer: Account, exporter: Account, settings: StreamImportSettings): void {
    const remote = binaryTextOf(settings.subject);
    const localSubject = binaryTextOf(settings.localSubject);
    const isMapped = subjectHasWildcard(remote) && localSubject !== remote;
    const stream = new StreamImport({
      importer: importer.name,
      exporter,
      remote,
      local: isMapped ? withoutPlaceholders(localSubject) : localSubject,
      transforms: isMapped ? importTransforms(remote, withPlaceholders(localSubject)) : undefined,
      isTraceAllowed: settings.isTraceAllowed,
    });
    importer.follow(stream);
    this.#endings.push(() => {
      importer.unfollow(stream);
      stream.end();
    });
  }

  #importService(
    importer: Account,
    exporter: Account,
    settings: ServiceImportSettings,
    service: ServiceExport,
  ): void {
    const { isShared } = settings;
    const subject = binaryTextOf(settings.subject);
    const localSubject = binaryTextOf(settings.localSubject);
    const hasWildcard = subjectHasWildcard(subject);
    const isMapped = hasWildcard && localSubject !== subject;
    const transforms = isMapped
      ? importTransforms(withoutPlaceholders(subject), withPlaceholders(localSubject))
      : undefined;
    const receiver = new ServiceImport(this.#host.services, {
      importer,
      exporter,
      service,
      remote: subject,
      transform: transforms?.toRemote,
      keepsSubject: hasWildcard && !isMapped,
      isShared,
    });
    const subscription = new Subscription(receiver, 0, undefined);
    const local = isMapped ? withoutPlaceholders(localSubject) : localSubject;
    if (!importer.subscribe(subjectBytes(local), subscription)) return;
    this.#endings.push(() => importer.unsubscribe(subscription));
  }
}

/** Whether some service of the account is measured. */
function isMeasured({ exports }: AccountSettings): boolean {
  return exports.some((one) => one.kind === "service" && one.latency !== undefined);
}

/** What is set up here: who may log in is for the authenticator. */
function withoutUsers(settings: AccountSettings): AccountSettings {
  return { ...settings, users: [], usersPosition: undefined, defaultPermissions: undefined };
}

/**
 * What is exported under one subject several times is one export, as in nats-server: the last one
 * says how long it may take, and what the others say stays where it says nothing.
 */
function servicesOf(exports: readonly ExportSettings[]): readonly ServiceExport[] {
  const merged = new Map<string, ServiceExportSettings>();
  for (const one of exports) {
    if (one.kind !== "service") continue;
    const before = merged.get(one.subject);
    merged.set(one.subject, {
      ...one,
      responseType:
        one.responseType === "singleton" ? (before ?? one).responseType : one.responseType,
      latency: one.latency ?? before?.latency,
      isTraceAllowed: one.isTraceAllowed || before?.isTraceAllowed === true,
    });
  }
  return [...merged.values()].map((settings) => new ServiceExport(settings));
}

/** The export that an import is of: the one of exactly this subject, or one that covers it. */
function exportOf(services: readonly ServiceExport[], subject: string): ServiceExport | undefined {
  return (
    services.find((service) => service.subject === subject) ??
    services.find((service) => subjectIsSubset(subject, service.subject))
  );
}
