/**
 * Exports and imports of all accounts put together, as nats-server does it when it has read its
 * file: each is added to those before it if the rules allow that. Made anew for each check of a
 * configuration; nothing here outlives it. The rules are those of the NATS documentation on
 * accounts.
 */
import {
  isValidPublishSubject,
  isValidSubject,
  subjectHasWildcard,
  subjectIsSubset,
  tokenAt,
} from "../../subject/subject.ts";
import type { ExportSettings, ResponseType, ServiceExportSettings } from "./account-exports.ts";
import {
  type ServiceImportSettings,
  type StreamImportSettings,
  duplicateServiceText,
} from "./account-imports.ts";
import { type CycleEdge, serviceCycleProblem, streamCycleProblem } from "./import-cycles.ts";
import {
  importTransformProblem,
  withPlaceholders,
  withoutPlaceholders,
} from "./mapping-destination.ts";

/** Who may import a subject; what is exported under it several times is one export. */
interface WiredExport {
  /** Empty: all accounts. */
  readonly accounts: Set<string>;
  /** 0: none. */
  accountTokenPosition: number;
  responseType: ResponseType;
}

type WiredExports = Map<string, WiredExport>;

const INVALID_SUBJECT = "sublist: invalid subject";

/** Each method says why something cannot be added, or adds it and returns undefined. */
export class WiredAccount {
  readonly name: string;
  readonly streamExports: WiredExports = new Map();
  readonly serviceExports: WiredExports = new Map();
  readonly streamImports: CycleEdge[] = [];
  readonly serviceImports: CycleEdge[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** `accounts` are those of the export that exist. */
  addExport(settings: ExportSettings, accounts: readonly string[]): string | undefined {
    const exports = settings.kind === "stream" ? this.streamExports : this.serviceExports;
    const { subject, accountTokenPosition: position } = settings;
    const wired = exports.get(subject) ?? newExport();
    if (accounts.length > 0 || position !== 0) {
      if (position !== 0 && tokenAt(subject, position) !== "*") return INVALID_SUBJECT;
      wired.accountTokenPosition = position;
      for (const name of accounts) wired.accounts.add(name);
    }
    if (settings.kind === "service" && settings.responseType !== "singleton") {
      wired.responseType = settings.responseType;
    }
    exports.set(subject, wired);
    return undefined;
  }

  /** Why answers of the service cannot be measured. */
  latencyProblem({ subject, latency }: ServiceExportSettings): string | undefined {
    if (latency === undefined) return undefined;
    if (!isValidPublishSubject(latency.subject) || this.#exportsService(latency.subject)) {
      return "invalid publish subject";
    }
    const isSingleton = this.serviceExports.get(subject)?.responseType === "singleton";
    return isSingleton ? undefined : "bad service response type";
  }

  addStreamImport(exporter: WiredAccount, settings: StreamImportSettings): string | undefined {
    const { subject, localSubject, prefix } = settings;
    if (!isValidSubject(subject) || !isApproved(exporter.streamExports, subject, this.name)) {
      return "stream import not authorized";
    }
    if (prefix !== undefined && subjectHasWildcard(prefix)) {
      return "stream import prefix can not contain wildcard tokens";
    }
    const cycle =
      streamCycleProblem(this, exporter, localSubject) ??
      streamCycleProblem(this, exporter, subject);
    if (cycle !== undefined) return cycle;
    const isMapped = subjectHasWildcard(subject) && localSubject !== subject;
    if (isMapped) {
      const problem = importTransformProblem(subject, withPlaceholders(localSubject));
      if (problem !== undefined) return transformText("stream", subject, localSubject, problem);
    }
    if (isImported(this.streamImports, exporter, (edge) => edge.remote === subject)) {
      return "stream import already exists";
    }
    const local = isMapped ? withoutPlaceholders(localSubject) : localSubject;
    this.streamImports.push({ account: exporter, remote: subject, local });
    return undefined;
  }

  addServiceImport(exporter: WiredAccount, settings: ServiceImportSettings): string | undefined {
    const { subject, localSubject } = settings;
    if (!isValidSubject(localSubject) || !isValidSubject(subject)) return INVALID_SUBJECT;
    if (!isApproved(exporter.serviceExports, subject, this.name)) {
      return "service import not authorized";
    }
    const hasWildcard = subjectHasWildcard(subject);
    const followed = hasWildcard ? withoutPlaceholders(localSubject) : localSubject;
    const cycle = serviceCycleProblem(this, exporter, followed);
    if (cycle !== undefined) return cycle;
    if (isImported(this.serviceImports, exporter, (edge) => edge.local === localSubject)) {
      return duplicateServiceText("duplicate", settings);
    }
    const isMapped = hasWildcard && localSubject !== subject;
    if (isMapped) {
      const problem = importTransformProblem(
        withoutPlaceholders(subject),
        withPlaceholders(localSubject),
      );
      if (problem !== undefined) return transformText("service", localSubject, subject, problem);
    }
    const local = isMapped ? followed : localSubject;
    this.serviceImports.push({ account: exporter, remote: subject, local });
    return undefined;
  }

  #exportsService(subject: string): boolean {
    if (this.serviceExports.has(subject)) return true;
    return [...this.serviceExports.keys()].some((exported) => subjectIsSubset(subject, exported));
  }
}

function newExport(): WiredExport {
  return { accounts: new Set(), accountTokenPosition: 0, responseType: "singleton" };
}

/**
 * An export of exactly this subject decides alone. Of several that cover it nats-server asks any
 * one; here all have to agree, as they do wherever its answer is the same at each start.
 */
function isApproved(exports: WiredExports, subject: string, importer: string): boolean {
  const exact = exports.get(subject);
  if (exact !== undefined) return approves(exact, importer, undefined);
  const covering = [...exports].filter(([exported]) => subjectIsSubset(subject, exported));
  return covering.length > 0 && covering.every(([, wired]) => approves(wired, importer, subject));
}

/** `subject` is undefined where it is that of the export, in which no token names an account. */
function approves(wired: WiredExport, importer: string, subject: string | undefined): boolean {
  const { accounts, accountTokenPosition } = wired;
  if (accountTokenPosition !== 0) {
    return subject !== undefined && tokenAt(subject, accountTokenPosition) === importer;
  }
  return accounts.size === 0 || accounts.has(importer);
}

function isImported(
  imports: readonly CycleEdge[],
  exporter: WiredAccount,
  isSame: (edge: CycleEdge) => boolean,
): boolean {
  return imports.some((edge) => edge.account === exporter && isSame(edge));
}

function transformText(what: string, from: string, to: string, problem: string): string {
  const subjects = `from ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
  return `failed to create mapping transform for ${what} import subject ${subjects}: ${problem}`;
}
