/**
 * Whether the destination of a subject mapping or of an import fits its source, in nats-server's
 * words. What can stand in a destination is known to `subject/transform-tokens.ts`.
 */
import { WILDCARD } from "../../subject/transform-functions.ts";
import {
  type FunctionCall,
  functionCalledIn,
  looksLikeCall,
  readDestinationToken,
} from "../../subject/transform-tokens.ts";

export { withPlaceholders, withoutPlaceholders } from "../../subject/transform-tokens.ts";

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
    if (!looksLikeCall(token)) {
      if (/[\t\n\f\r ]/.test(token)) refuse("transform", "");
    } else if (functionCalledIn(token)?.isForMappings !== true) {
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
    const call = callIn(token);
    if (call === undefined) continue;
    const { called, given } = call;
    if (wildcards === 0 && !endsInRest) {
      if (!called.worksWithoutWildcards) refuse("indexOutOfRange", token);
      continue;
    }
    if (isImport && called !== WILDCARD) refuse("notForImports", token);
    const missing = given.indexes.find((index) => index > wildcards);
    if (missing !== undefined) refuse("indexOutOfRange", `${token}: [${missing}]`);
    used += given.indexes.length;
  }
  if (isImport && used < wildcards) refuse("unusedWildcards", destination);
}

/** No token is empty, and `>` is nowhere but at the end. */
function isWholeSubject(tokens: readonly string[]): boolean {
  return tokens.every((token, index) => token !== "" && tokens[index - 1] !== ">");
}

/** Undefined for a token that stands for itself. */
function callIn(token: string): FunctionCall | undefined {
  const read = readDestinationToken(token);
  return typeof read === "string" ? refuse(read, token) : read;
}
