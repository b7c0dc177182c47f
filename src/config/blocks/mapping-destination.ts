/**
 * The destination of a subject mapping: tokens that may be placeholders for those that wildcards of
 * the source match, `$1` or `{{wildcard(1)}}`, or calls of other functions. Here only whether it
 * fits its source is checked, in nats-server's words, for mappings and imports.
 */
import { integerTextProblem } from "./percentage.ts";

/** What can be wrong with a destination; most are followed by the token at fault. */
const FAULTS = {
  transform: "invalid transform",
  unusedWildcards: "not using all of the token wildcard(s)",
  unknownFunction: "unknown function",
  indexOutOfRange: "wildcard index out of range",
  tooFewArguments: "not enough arguments passed to the function",
  badArgument: "function argument is invalid or in the wrong format",
  tooManyArguments: "too many arguments passed to the function",
  notForImports: "the only mapping function allowed for import transforms is {{Wildcard()}}",
} as const;

class DestinationError extends Error {}

function refuse(fault: keyof typeof FAULTS, token: string): never {
  const place = token === "" ? "" : ` in ${token}`;
  throw new DestinationError(`invalid mapping destination: ${FAULTS[fault]}${place}`);
}

/** What a token is made of. */
interface TokenUse {
  /** The wildcards whose tokens it takes, counted from 1. */
  readonly indexes: readonly number[];
  /** Whether it is nothing but the token that a wildcard matches. */
  readonly isPlaceholder: boolean;
  /** Whether it means something where the source has no wildcards. */
  readonly worksWithoutWildcards: boolean;
}

interface MappingFunction {
  readonly pattern: RegExp;
  /** Others are known, but mappings and imports may not use them. */
  readonly isForMappings: boolean;
  use(parameters: readonly string[], token: string): TokenUse;
}

const MAPPING_FUNCTIONS: readonly MappingFunction[] = [
  { pattern: /^[wW]ildcard$/, isForMappings: true, use: wildcardUse },
  { pattern: /^[pP]artition$/, isForMappings: true, use: partitionUse },
  { pattern: /^[sS]plit[fF]rom(?:[lL]eft|[rR]ight)$/, isForMappings: true, use: cutUse },
  { pattern: /^[sS]lice[fF]rom(?:[lL]eft|[rR]ight)$/, isForMappings: true, use: cutUse },
  { pattern: /^(?:[lL]eft|[rR]ight)$/, isForMappings: false, use: cutUse },
  { pattern: /^[sS]plit$/, isForMappings: true, use: splitUse },
  { pattern: /^[rR]andom$/, isForMappings: true, use: randomUse },
];

const CALL_PATTERN = /\{\{\s*([a-zA-Z]+)\s*\((.*)\)\s*\}\}/;
const MAX_INT32 = 2 ** 31 - 1;

/** Why messages cannot be mapped from `source` to `destination`; undefined if they can. */
export function mappingProblem(source: string, destination: string): string | undefined {
  return problemIn(() => {
    checkMappingTokens(destination.split("."));
    checkTransform(source, destination, false);
  });
}

/**
 * Why an import cannot turn `source` into `destination`; undefined if it can. It has to work in
 * both directions: with placeholders only, one for each wildcard at least.
 */
export function importTransformProblem(source: string, destination: string): string | undefined {
  return problemIn(() => checkTransform(source, destination, true));
}

/** `foo.*.*` as a destination: `foo.$1.$2`. */
export function withPlaceholders(subject: string): string {
  let count = 0;
  const tokens = subject.split(".").map((token) => (token === "*" ? `$${++count}` : token));
  return tokens.join(".");
}

/** `foo.$2.{{wildcard(1)}}` as a subject: `foo.*.*`. */
export function withoutPlaceholders(destination: string): string {
  const tokens = destination.split(".");
  return tokens.map((token) => (looksLikePlaceholder(token) ? "*" : token)).join(".");
}

function looksLikePlaceholder(token: string): boolean {
  if (/^\$[1-9]/.test(token)) return true;
  const call = callIn(token);
  return (
    call?.called.use === wildcardUse && call.parameters.length === 1 && call.parameters[0] !== ""
  );
}

function problemIn(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof DestinationError) return error.message;
    throw error;
  }
}

function checkMappingTokens(tokens: readonly string[]): void {
  tokens.forEach((token, index) => {
    if (token === "" || tokens[index - 1] === ">") refuse("transform", token);
    if (!isCall(token)) {
      if (/[\t\n\f\r ]/.test(token)) refuse("transform", "");
    } else if (callIn(token)?.called.isForMappings !== true) {
      refuse("unknownFunction", token);
    }
  });
}

function checkTransform(source: string, destination: string, isImport: boolean): void {
  const sourceTokens = source.split(".");
  const tokens = destination.split(".");
  const endsInRest = sourceTokens.at(-1) === ">";
  const isWhole = isWholeSubject(sourceTokens) && isWholeSubject(tokens);
  if (!isWhole || tokens.includes("*") || endsInRest !== (tokens.at(-1) === ">")) {
    throw new DestinationError("invalid subject");
  }
  const wildcards = sourceTokens.filter((token) => token === "*").length;
  let used = 0;
  for (const token of tokens) {
    const use = useOf(token);
    if (use === undefined) continue;
    if (wildcards === 0 && !endsInRest) {
      if (!use.worksWithoutWildcards) refuse("indexOutOfRange", token);
      continue;
    }
    if (isImport && !use.isPlaceholder) refuse("notForImports", token);
    const missing = use.indexes.find((index) => index > wildcards);
    if (missing !== undefined) refuse("indexOutOfRange", `${token}: [${missing}]`);
    used += use.indexes.length;
  }
  if (isImport && used < wildcards) refuse("unusedWildcards", destination);
}

/** No token is empty, and `>` is nowhere but at the end. */
function isWholeSubject(tokens: readonly string[]): boolean {
  return tokens.every((token, index) => token !== "" && tokens[index - 1] !== ">");
}

/** Undefined for a token that stands for itself. */
function useOf(token: string): TokenUse | undefined {
  if (token.startsWith("$")) {
    const index = wholeNumber(token.slice(1));
    return index === undefined ? undefined : wildcardAt(index);
  }
  if (!isCall(token)) return undefined;
  const call = callIn(token) ?? refuse("unknownFunction", token);
  return call.called.use(call.parameters, token);
}

function isCall(token: string): boolean {
  return token.length > 4 && token.startsWith("{{") && token.endsWith("}}");
}

interface Call {
  readonly called: MappingFunction;
  readonly parameters: readonly string[];
}

function callIn(token: string): Call | undefined {
  const [, name, list] = CALL_PATTERN.exec(token) ?? [];
  if (name === undefined || list === undefined) return undefined;
  const called = MAPPING_FUNCTIONS.find(({ pattern }) => pattern.test(name));
  return called === undefined ? undefined : { called, parameters: list.split(/,\s*/) };
}

/** Stands for what the wildcard of that number in the source matched. */
function wildcardAt(index: number): TokenUse {
  return { indexes: [index], isPlaceholder: true, worksWithoutWildcards: false };
}

/** `wildcard(index)`: the same as `$index`. */
function wildcardUse(parameters: readonly string[], token: string): TokenUse {
  if (parameters.length > 1) refuse("tooManyArguments", token);
  if (parameters[0] === "") refuse("tooFewArguments", token);
  return wildcardAt(numberIn(parameters[0], token));
}

/** `partition(count, index...)`: a number below `count`, by hash of tokens or of the subject. */
function partitionUse(parameters: readonly string[], token: string): TokenUse {
  const [count, ...indexes] = parameters.map((parameter) => numberIn(parameter, token));
  if (count === undefined || count > MAX_INT32) refuse("badArgument", token);
  return { indexes, isPlaceholder: false, worksWithoutWildcards: true };
}

/** `splitFromLeft(index, position)` and the like. */
function cutUse(parameters: readonly string[], token: string): TokenUse {
  if (parameters.length < 2) refuse("tooFewArguments", token);
  if (parameters.length > 2) refuse("tooManyArguments", token);
  const index = numberIn(parameters[0], token);
  const position = numberIn(parameters[1], token);
  if (position > MAX_INT32 || position < -MAX_INT32 - 1) refuse("badArgument", token);
  return { indexes: [index], isPlaceholder: false, worksWithoutWildcards: false };
}

/** `split(index, delimiter)`. */
function splitUse(parameters: readonly string[], token: string): TokenUse {
  if (parameters.length < 2) refuse("tooFewArguments", token);
  if (parameters.length > 2) refuse("tooManyArguments", token);
  const index = numberIn(parameters[0], token);
  if (parameters[1]?.includes(" ")) refuse("badArgument", token);
  return { indexes: [index], isPlaceholder: false, worksWithoutWildcards: false };
}

/** `random(count)`: a number below `count`. */
function randomUse(parameters: readonly string[], token: string): TokenUse {
  if (parameters.length !== 1) refuse("tooFewArguments", token);
  if (numberIn(parameters[0], token) > MAX_INT32) refuse("badArgument", token);
  return { indexes: [], isPlaceholder: false, worksWithoutWildcards: true };
}

function numberIn(parameter: string | undefined, token: string): number {
  return wholeNumber(parameter?.replace(/^ +| +$/g, "") ?? "") ?? refuse("badArgument", token);
}

function wholeNumber(text: string): number | undefined {
  return integerTextProblem(text) === undefined ? Number(text) : undefined;
}
