/**
 * What `/accountz` tells of one account: its settings in the form that the reference gives them,
 * with what the server itself adds, and figures about its subscriptions.
 */
import type { Account } from "../broker/account.ts";
import type { AccountSettings } from "../config/blocks/accounts.ts";
import type { ExportSettings, ResponseType } from "../config/blocks/account-exports.ts";
import type { ImportSettings } from "../config/blocks/account-imports.ts";
import { withPlaceholders, withoutPlaceholders } from "../config/blocks/mapping-destination.ts";
import type { MappingDestination, MappingSettings } from "../config/blocks/mappings.ts";
import type { LatencySettings } from "../config/blocks/service-latency.ts";
import type { Options } from "../config/options.ts";
import { subjectHasWildcard, subjectIsSubset } from "../subject/subject.ts";
import { goTime } from "../util/go-time.ts";
import type { MonitorSubject } from "./endpoint.ts";
import { sublistFields } from "./subsz.ts";
import { SYSTEM_EXPORTS, type SystemImport, systemImports } from "./system-services.ts";

const ALL_PERCENT = 100;

export function accountDetail(subject: MonitorSubject, account: Account): object {
  const { broker } = subject;
  const options = subject.options();
  const isSystem = account === broker.systemAccount;
  const settings = options.accounts.find(({ name }) => name === account.name);
  const exports = exportsOf(settings, isSystem);
  const imports = [
    ...(settings?.imports ?? []).map((one) => importField(one, options)),
    ...importedFromSystem(account, broker.systemAccount).map(systemImportField),
  ];
  return {
    account_name: account.name,
    update_time: goTime(subject.config().loadMs),
    is_system: isSystem || undefined,
    expired: false,
    complete: true,
    jetstream_enabled: false,
    leafnode_connections: 0,
    client_connections: account.connections,
    subscriptions: account.sublist.count,
    mappings: mappingsField(mappingsOf(account, settings, subject)),
    exports: exports.length > 0 ? exports.map(exportField) : undefined,
    imports: imports.length > 0 ? imports : undefined,
    name_tag: account.name,
    sublist_stats: sublistFields(account.sublist.stats()),
  };
}

/** What is configured first; the system account's own are left out where it covers them. */
function exportsOf(
  settings: AccountSettings | undefined,
  isSystem: boolean,
): readonly ExportSettings[] {
  const configured = settings?.exports ?? [];
  const services = configured.filter(({ kind }) => kind === "service");
  const streams = configured.filter(({ kind }) => kind === "stream");
  const added = SYSTEM_EXPORTS.filter((one) => {
    return !services.some(({ subject }) => subjectIsSubset(one.subject, subject));
  });
  return [...services, ...(isSystem ? added : []), ...streams];
}

const RESPONSE_TYPES: Readonly<Record<ResponseType, string>> = {
  singleton: "Singleton",
  stream: "Streamed",
  chunked: "Chunked",
};

function exportField(settings: ExportSettings): object {
  const { kind, subject, accounts } = settings;
  const isService = settings.kind === "service";
  return {
    subject,
    type: kind,
    response_type: isService ? RESPONSE_TYPES[settings.responseType] : undefined,
    service_latency: isService ? latencyField(settings.latency) : undefined,
    approved_accounts: accounts.length > 0 ? accounts : undefined,
  };
}

function latencyField(latency: LatencySettings | undefined): object | undefined {
  if (latency === undefined) return undefined;
  return { sampling: latency.samplingPercent, results: latency.subject };
}

function importField(settings: ImportSettings, { accounts }: Options): object {
  const { kind, account, subject, localSubject } = settings;
  const isService = settings.kind === "service";
  const isMapped = subjectHasWildcard(subject) && localSubject !== subject;
  const local = isMapped ? withoutPlaceholders(localSubject) : localSubject;
  const exporter = accounts.find(({ name }) => name === account);
  return {
    subject,
    account,
    to: isService ? local : undefined,
    local_subject: local,
    type: kind,
    invalid: false,
    share: isService && settings.isShared,
    tracking: false,
    latency: isService ? latencyField(latencyOf(exporter, subject)) : undefined,
  };
}

/** Where answers of the service are measured: the export of the subject, or one that covers it. */
function latencyOf(
  exporter: AccountSettings | undefined,
  subject: string,
): LatencySettings | undefined {
  const services = (exporter?.exports ?? []).filter((one) => one.kind === "service");
  const service =
    services.find((one) => one.subject === subject) ??
    services.find((one) => subjectIsSubset(subject, one.subject));
  return service?.latency;
}

interface ImportedFromSystem extends SystemImport {
  readonly account: string;
}

function importedFromSystem(
  account: Account,
  system: Account | undefined,
): readonly ImportedFromSystem[] {
  if (system === undefined) return [];
  const imports = systemImports(account.name, account === system);
  return imports.map((one) => ({ ...one, account: system.name }));
}

function systemImportField(settings: ImportedFromSystem): object {
  const { subject, account, localSubject, isShared } = settings;
  return {
    subject,
    account,
    to: localSubject,
    local_subject: localSubject,
    type: "service",
    invalid: false,
    share: isShared,
    tracking: false,
  };
}

/** Those at the top level of the file are the global account's. */
function mappingsOf(
  account: Account,
  settings: AccountSettings | undefined,
  subject: MonitorSubject,
): readonly MappingSettings[] {
  if (account === subject.broker.globalAccount) return subject.options().mappings;
  return settings?.mappings ?? [];
}

function mappingsField(mappings: readonly MappingSettings[]): object | undefined {
  if (mappings.length === 0) return undefined;
  const entries = mappings.map((mapping) => [mapping.source, destinationFields(mapping)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** Those for everywhere, then those of each cluster. */
function destinationFields(mapping: MappingSettings): readonly object[] {
  const clusters = new Set(mapping.destinations.flatMap(({ cluster }) => cluster ?? []));
  return [undefined, ...clusters].flatMap((cluster) => {
    return weighted(mapping, cluster).map(({ subject, weightPercent }) => {
      return { subject, weight: weightPercent, cluster };
    });
  });
}

/**
 * As the reference keeps them: with what stays under the source's own subject, the lightest first,
 * and with the weights of those before it in each weight.
 */
function weighted(
  { source, destinations }: MappingSettings,
  cluster: string | undefined,
): readonly MappingDestination[] {
  const own = destinations.filter((one) => one.cluster === cluster);
  const rest = own.reduce((left, { weightPercent }) => left - weightPercent, ALL_PERCENT);
  const isListed = destinations.some(({ subject }) => subject === source);
  const stays = { subject: withPlaceholders(source), weightPercent: rest, cluster };
  const all = rest === 0 || isListed ? own : [...own, stays];
  let sum = 0;
  return all
    .toSorted((left, right) => left.weightPercent - right.weightPercent)
    .map((one) => ({ ...one, weightPercent: (sum += one.weightPercent) }));
}
