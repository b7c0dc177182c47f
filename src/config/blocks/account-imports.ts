/**
 * The `imports` of an account: streams and services of other accounts, and the subjects under which
 * they appear in this one. Whether the other account exports them is for `check-accounts.ts`.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { isValidSubject } from "../../subject/subject.ts";
import { booleanOf, stringOf } from "../node-values.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { type ProblemList, placedLine } from "../problems.ts";
import { type Block, field, isLeftOut, itemsOr, mapOr, readBlock, readEach } from "./block.ts";
import { withoutPlaceholders } from "./mapping-destination.ts";
import { givenText } from "./text-list.ts";

interface CommonImportSettings {
  /** The account that exports it. */
  readonly account: string;
  /** The subject in that account. */
  readonly subject: string;
  /**
   * The subject in the importing account, with placeholders for the tokens that wildcards match.
   * That of a stream may be invalid; then nobody can subscribe to it.
   */
  readonly localSubject: string;
}

export interface StreamImportSettings extends CommonImportSettings {
  readonly kind: "stream";
  /** What precedes `subject` in `localSubject`, as it is written. */
  readonly prefix: string | undefined;
  /** Whether traces of messages go on in this account. */
  readonly isTraceAllowed: boolean;
}

export interface ServiceImportSettings extends CommonImportSettings {
  readonly kind: "service";
  /** Whether the service is told who asks. */
  readonly isShared: boolean;
}

export type ImportSettings = StreamImportSettings | ServiceImportSettings;

const SOURCE_FIELDS = {
  account: field(["account"], stringOf),
  subject: field(["subject"], stringOf),
};

/** Undefined for a source that cannot be read. */
type Source = { readonly account: string; readonly subject: string } | undefined;

const IMPORT_FIELDS = {
  stream: field(["stream"], (node, place) => readSource(node, place, "Stream")),
  service: field(["service"], (node, place) => readSource(node, place, "Service")),
  prefix: field(["prefix"], stringOf),
  to: field(["to"], stringOf),
  isShared: field(["share"], booleanOf),
  isTraceAllowed: field(["allow_trace"], booleanOf),
};

type ImportBlock = Block<typeof IMPORT_FIELDS>;

export function readImports(node: ConfigNode, place: ReadPlace): readonly ImportSettings[] {
  const items = itemsOr(node, (found) => `Imports should be an array, got ${found}`);
  const services: ServiceImportSettings[] = [];
  return readEach(items, place.problems, (item) => {
    const settings = readImport(item, place);
    if (settings?.kind !== "service") return settings;
    refuseDuplicate(settings, services);
    services.push(settings);
    return settings;
  });
}

function refuseDuplicate(
  settings: ServiceImportSettings,
  others: readonly ServiceImportSettings[],
): void {
  const { account, localSubject } = settings;
  const other = others.find((one) => one.account === account && one.localSubject === localSubject);
  if (other !== undefined) throw new OptionValueError(duplicateServiceText("Duplicate", other));
}

/** What is said about a service import with the local subject of another one from that account. */
export function duplicateServiceText(
  duplicate: "Duplicate" | "duplicate",
  { account, subject, localSubject }: ServiceImportSettings,
): string {
  const [local, from, remote] = [localSubject, account, subject].map((text) =>
    JSON.stringify(text),
  );
  const used = `previously used in import for account ${from}, subject ${remote}`;
  return `${duplicate} service import subject ${local}, ${used}`;
}

/** Undefined if nothing can be imported that way. */
function readImport(node: ConfigNode, place: ReadPlace): ImportSettings | undefined {
  const map = mapOr(node, (found) => {
    return `Import Items should be a map with type entry, got ${found}`;
  });
  const block = readBlock(map, IMPORT_FIELDS, place);
  const { given, values } = block;
  checkDirectives(block, place.problems);
  if (given.stream === undefined && given.service === undefined) {
    warnOfUseless(node, "it has neither a stream nor a service", place.problems);
  }
  if (given.stream === undefined) return serviceImport(block);
  if (values.stream === undefined) return undefined;
  const { account, subject } = values.stream;
  const prefix = givenText(values.prefix);
  const localSubject = streamSubject(subject, prefix, givenText(values.to));
  // Whether `subject` is valid is found out when exports and imports are put together.
  if (isValidSubject(subject) && !isValidSubject(withoutPlaceholders(localSubject))) {
    const reason = `${JSON.stringify(localSubject)} is not a valid subject`;
    warnOfUseless(node, reason, place.problems);
  }
  const isTraceAllowed = values.isTraceAllowed ?? false;
  return { kind: "stream", account, subject, localSubject, prefix, isTraceAllowed };
}

function serviceImport({ values }: ImportBlock): ServiceImportSettings | undefined {
  if (values.service === undefined) return undefined;
  const { account, subject } = values.service;
  const localSubject = givenText(values.to) ?? subject;
  return { kind: "service", account, subject, localSubject, isShared: values.isShared ?? false };
}

function streamSubject(
  subject: string,
  prefix: string | undefined,
  to: string | undefined,
): string {
  if (prefix === undefined) return to ?? subject;
  return prefix.endsWith(".") ? prefix + subject : `${prefix}.${subject}`;
}

/** Two types in one import, and what one of them does not have. */
function checkDirectives({ given, values }: ImportBlock, problems: ProblemList): void {
  const { stream, service, to, prefix, isTraceAllowed } = given;
  if (stream !== undefined && service !== undefined) {
    const names = Object.keys(given);
    if (names.indexOf("stream") > names.indexOf("service")) {
      problems.error(stream.position, "Detected stream but already saw a service");
    } else {
      problems.error(service.position, "Detected service but already saw a stream");
    }
    return;
  }
  if (service !== undefined && isTraceAllowed !== undefined) {
    problems.error(isTraceAllowed.position, "Detected allow_trace directive on a non-stream");
  }
  if (stream !== undefined && to !== undefined && prefix !== undefined && values.prefix !== "") {
    const reason = "Stream import can not have a 'prefix' and a 'to' property";
    problems.error(to.position, reason);
  }
}

/** nats-server says nothing about imports that bring nothing. */
function warnOfUseless(node: ConfigNode, reason: string, problems: ProblemList): void {
  problems.warnings.push(placedLine(node.position, `Import has no effect since ${reason}`));
}

function readSource(node: ConfigNode, place: ReadPlace, what: "Stream" | "Service"): Source {
  if (node.kind !== "map") {
    const found = goTypeName(node);
    throw new OptionValueError(`${what} entry should be an account map, got ${found}`);
  }
  const { given, values } = readBlock(node, SOURCE_FIELDS, place);
  if (isLeftOut(given.account, values.account) || isLeftOut(given.subject, values.subject)) {
    throw new OptionValueError("Expect an account name and a subject");
  }
  const { account, subject } = values;
  return account === undefined || subject === undefined ? undefined : { account, subject };
}
