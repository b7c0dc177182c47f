/**
 * The `exports` of an account: streams of messages that other accounts may import, and services
 * that they may send requests to. Whether an export fits the other accounts is for
 * `check-accounts.ts`.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { isValidSubject } from "../../subject/subject.ts";
import { booleanOf, integerOf, itemsOf, stringOf } from "../node-values.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { type ProblemList, placedLine } from "../problems.ts";
import { type Block, field, itemsOr, mapOr, readBlock, readEach } from "./block.ts";
import { readDurationText } from "./spans.ts";
import { type LatencySettings, readLatency } from "./service-latency.ts";

interface CommonExportSettings {
  readonly subject: string;
  /** Names of the accounts that may import it; empty: all. */
  readonly accounts: readonly string[];
  /** The token of imported subjects, from 1, that has to be the importing account; 0: none. */
  readonly accountTokenPosition: number;
}

export interface StreamExportSettings extends CommonExportSettings {
  readonly kind: "stream";
}

/** How many messages answer a request: one, or any number. */
export type ResponseType = "singleton" | "stream" | "chunked";

export interface ServiceExportSettings extends CommonExportSettings {
  readonly kind: "service";
  readonly responseType: ResponseType;
  /** How long a responder may take; undefined: the server's default. */
  readonly responseThresholdMs: number | undefined;
  readonly latency: LatencySettings | undefined;
  /** Whether traces of messages go on in this account. */
  readonly isTraceAllowed: boolean;
}

export type ExportSettings = StreamExportSettings | ServiceExportSettings;

const RESPONSE_TYPES: ReadonlyMap<string, ResponseType> = new Map([
  ["single", "singleton"],
  ["singleton", "singleton"],
  ["stream", "stream"],
  ["chunk", "chunked"],
  ["chunked", "chunked"],
]);

const EXPORT_FIELDS = {
  stream: field(["stream"], (node) => readName(node, "stream")),
  service: field(["service"], (node) => readName(node, "service")),
  accounts: field(["accounts"], (node, { problems }) =>
    readEach(itemsOf(node), problems, stringOf),
  ),
  accountTokenPosition: field(["account_token_position"], integerOf),
  responseType: field(
    ["response_type", "response"],
    readResponseType,
    "Duplicate response type definition",
  ),
  responseThresholdMs: field(
    ["response_threshold", "threshold", "response_max_time", "response_time"],
    readThreshold,
    "Duplicate response threshold detected",
  ),
  latency: field(["latency"], readLatency),
  isTraceAllowed: field(["allow_trace"], booleanOf),
};

type ExportBlock = Block<typeof EXPORT_FIELDS>;

/** Fields that streams do not have, and what they are called in messages. */
const SERVICE_DIRECTIVES = [
  ["responseType", "response"],
  ["responseThresholdMs", "response"],
  ["latency", "latency"],
  ["isTraceAllowed", "allow_trace"],
] as const;

export function readExports(node: ConfigNode, place: ReadPlace): readonly ExportSettings[] {
  const items = itemsOr(node, (found) => `Exports should be an array, got ${found}`);
  return readEach(items, place.problems, (item) => readExport(item, place));
}

/** Undefined if it is neither a stream nor a service that can be imported. */
function readExport(node: ConfigNode, place: ReadPlace): ExportSettings | undefined {
  const map = mapOr(node, (found) => {
    return `Export Items should be a map with type entry, got ${found}`;
  });
  const block = readBlock(map, EXPORT_FIELDS, place);
  checkDirectives(block, place.problems);
  const { stream, service } = block.values;
  const subject = stream ?? service;
  if (subject === undefined || !isValidSubject(subject)) {
    warnOfUseless(node, block, subject, place.problems);
    return undefined;
  }
  const { accounts = [], accountTokenPosition = 0 } = block.values;
  if (stream !== undefined) return { kind: "stream", subject, accounts, accountTokenPosition };
  const { responseType = "singleton", responseThresholdMs, latency } = block.values;
  return {
    kind: "service",
    subject,
    accounts,
    accountTokenPosition,
    responseType,
    // As in nats-server, 0 stands for the default.
    responseThresholdMs: responseThresholdMs === 0 ? undefined : responseThresholdMs,
    latency,
    isTraceAllowed: block.values.isTraceAllowed ?? false,
  };
}

/** Two types in one export, and what only services have. */
function checkDirectives({ given, values }: ExportBlock, problems: ProblemList): void {
  const { stream, service } = given;
  if (stream === undefined) return;
  if (service !== undefined) {
    const isLast = Object.keys(given).indexOf("stream") > Object.keys(given).indexOf("service");
    const reason = isLast
      ? `Detected stream ${JSON.stringify(values.stream ?? "")} but already saw a service`
      : `Detected service ${JSON.stringify(values.service ?? "")} but already saw a stream`;
    problems.error((isLast ? stream : service).position, reason);
    return;
  }
  for (const [name, directive] of SERVICE_DIRECTIVES) {
    const entry = given[name];
    if (entry === undefined) continue;
    problems.error(entry.position, `Detected ${directive} directive on non-service`);
  }
}

/** nats-server says nothing about exports that nobody can import. */
function warnOfUseless(
  node: ConfigNode,
  { given }: ExportBlock,
  subject: string | undefined,
  problems: ProblemList,
): void {
  const isGiven = given.stream !== undefined || given.service !== undefined;
  if (subject === undefined && isGiven) return;
  const reason =
    subject === undefined
      ? "Export has no effect since it has neither a stream nor a service"
      : `Export has no effect since ${JSON.stringify(subject)} is not a valid subject`;
  problems.warnings.push(placedLine(node.position, reason));
}

function readName(node: ConfigNode, what: string): string {
  if (node.kind === "string") return node.value;
  throw new OptionValueError(`Expected ${what} name to be string, got ${goTypeName(node)}`);
}

function readResponseType(node: ConfigNode): ResponseType {
  if (node.kind !== "string") {
    throw new OptionValueError(`Expected response type to be string, got ${goTypeName(node)}`);
  }
  const type = RESPONSE_TYPES.get(node.value.toLowerCase());
  if (type !== undefined) return type;
  throw new OptionValueError(`Unknown response type: ${JSON.stringify(node.value)}`);
}

function readThreshold(node: ConfigNode): number {
  const wanted = "Expected response threshold to be a parseable time duration";
  if (node.kind !== "string") throw new OptionValueError(`${wanted}, got ${goTypeName(node)}`);
  const shown = JSON.stringify(node.value);
  return readDurationText(node.value, { invalid: () => `${wanted}, got ${shown}` });
}
