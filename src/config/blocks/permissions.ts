/**
 * Permissions of users as a configuration file declares them: which subjects may be published and
 * subscribed to, and whether requests may be answered. Only the syntax is checked here; what the
 * rules allow is decided by the broker.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { isValidSubject } from "../../subject/subject.ts";
import { integerOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, readBlock, readEach, shownValue } from "./block.ts";
import { readDurationText } from "./spans.ts";

export interface SubjectRules {
  /** Undefined: every subject; empty: none. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** How requests may be answered whose reply subject may not be published to otherwise. */
export interface ResponseSettings {
  /** Messages per request; Infinity if there is no limit. */
  readonly maxMessages: number;
  /** How long after the request; Infinity if there is no limit. */
  readonly expiresMs: number;
}

export interface PermissionSettings {
  readonly publish: SubjectRules;
  /** A rule is a subject, or a subject and the name of a queue group with blanks between them. */
  readonly subscribe: SubjectRules;
  readonly responses: ResponseSettings | undefined;
}

const NO_RULES: SubjectRules = { allow: undefined, deny: [] };

const DEFAULT_RESPONSES: ResponseSettings = { maxMessages: 1, expiresMs: 120_000 };

const PERMISSION_FIELDS = {
  publish: field(["publish", "pub", "import"], (node, place) =>
    readRules(node, place, problemOfRule),
  ),
  subscribe: field(["subscribe", "sub", "export"], (node, place) =>
    readRules(node, place, problemOfQueueRule),
  ),
  responses: field(["allow_responses", "publish_allow_responses"], readResponses),
};

const RESPONSE_FIELDS = {
  maxMessages: field(["max", "max_msgs", "max_messages", "max_responses"], integerOf),
  expiresMs: field(["expires", "expiration", "ttl"], readExpiry),
};

/** What is wrong with a rule, if anything. */
type RuleCheck = (rule: string) => string | undefined;

export function readPermissions(node: ConfigNode, place: ReadPlace): PermissionSettings {
  if (node.kind !== "map") {
    const found = shownValue(node);
    throw new OptionValueError(`Expected permissions to be a map/struct, got ${found}`);
  }
  const { values } = readBlock(node, PERMISSION_FIELDS, place, unknownPermission);
  const { publish = NO_RULES, subscribe = NO_RULES, responses } = values;
  // Those who may answer requests may publish nothing else, unless it is allowed in so many words.
  const allow = publish.allow ?? (responses === undefined ? undefined : []);
  return { publish: { ...publish, allow }, subscribe, responses };
}

/** `default_permissions` of the authorization block, for users that have none of their own. */
export const permissionsKind = fileOnly<PermissionSettings | undefined>(
  "permissions",
  readPermissions,
);

function unknownPermission(quotedKey: string): string {
  return `Unknown field ${quotedKey} parsing permissions`;
}

/** What may be done is a subject, subjects, or `{ allow, deny }`. */
function readRules(node: ConfigNode, place: ReadPlace, check: RuleCheck): SubjectRules {
  if (node.kind !== "map") return { allow: notEmpty(readSubjects(node, place, check)), deny: [] };
  const subjects = (list: ConfigNode, at: ReadPlace) => readSubjects(list, at, check);
  const fields = { allow: field(["allow"], subjects), deny: field(["deny"], subjects) };
  const { values } = readBlock(node, fields, place, unknownRule);
  return { allow: notEmpty(values.allow ?? []), deny: values.deny ?? [] };
}

/** In a file, an empty list of what is allowed restricts nothing. */
function notEmpty(subjects: readonly string[]): readonly string[] | undefined {
  return subjects.length === 0 ? undefined : subjects;
}

function unknownRule(quotedKey: string): string {
  return (
    `Unknown field name ${quotedKey} parsing subject permissions, ` +
    "only 'allow' or 'deny' are permitted"
  );
}

function readSubjects(
  node: ConfigNode,
  { problems }: ReadPlace,
  check: RuleCheck,
): readonly string[] {
  const subjects =
    node.kind === "array" ? readEach(node.items, problems, subjectOf) : [singleSubjectOf(node)];
  for (const subject of subjects) {
    const reason = check(subject);
    if (reason !== undefined) problems.error(node.position, reason);
  }
  return subjects;
}

function subjectOf(node: ConfigNode): string {
  if (node.kind === "string") return node.value;
  throw new OptionValueError("Subject in permissions array cannot be cast to string");
}

function singleSubjectOf(node: ConfigNode): string {
  if (node.kind === "string") return node.value;
  throw new OptionValueError(
    `Expected subject permissions to be a subject, or array of subjects, got ${goTypeName(node)}`,
  );
}

function problemOfRule(rule: string): string | undefined {
  if (isValidSubject(rule)) return undefined;
  return `subject ${JSON.stringify(rule)} is not a valid subject`;
}

function problemOfQueueRule(rule: string): string | undefined {
  const [subject, queue, ...others] = rule.trim().split(/\s+/);
  if (isValidSubject(rule) || queue === undefined || others.length > 0) return problemOfRule(rule);
  if (subject === undefined || !isValidSubject(subject)) return problemOfRule(subject ?? rule);
  return isValidSubject(queue) ? undefined : `queue ${JSON.stringify(queue)} is not a valid queue`;
}

function readResponses(node: ConfigNode, place: ReadPlace): ResponseSettings | undefined {
  if (node.kind === "boolean") return node.value ? DEFAULT_RESPONSES : undefined;
  if (node.kind !== "map") {
    const wanted = "expected a boolean or a map";
    throw new OptionValueError(`error parsing response permissions, ${wanted}`);
  }
  const { values } = readBlock(node, RESPONSE_FIELDS, place, unknownPermission);
  return {
    maxMessages: limitOr(values.maxMessages, DEFAULT_RESPONSES.maxMessages),
    expiresMs: limitOr(values.expiresMs, DEFAULT_RESPONSES.expiresMs),
  };
}

/** 0 stands for the default, less than 0 for no limit. */
function limitOr(value: number | undefined, usual: number): number {
  if (value === undefined || value === 0) return usual;
  return value < 0 ? Infinity : value;
}

function readExpiry(node: ConfigNode): number {
  if (node.kind !== "string") {
    throw new OptionValueError("error parsing expires, not a duration string");
  }
  return readDurationText(node.value, { invalid: (reason) => `error parsing expires: ${reason}` });
}
