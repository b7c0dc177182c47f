/**
 * Transforms of subjects: from the source, a pattern, to the destination, whose tokens may be
 * placeholders for what wildcards of the source match, or calls of functions. Made for mappings and
 * imports when accounts are set up, applied to subjects at run time; so all that can be known from
 * source and destination is worked out once. All texts have one character per byte.
 */
import { assert } from "../util/assert.ts";
import type { Random } from "../util/random.ts";
import { isValidSubject, splitSubject, subjectHasWildcard } from "./subject.ts";
import { RANDOM, type TransformPart } from "./transform-functions.ts";
import {
  type FunctionCall,
  looksLikePlaceholder,
  placeholderFor,
  readDestinationToken,
  withPlaceholders,
  withoutPlaceholders,
} from "./transform-tokens.ts";

/** A token of the destination: text that stands for itself, or a call. */
type ReadToken = FunctionCall | string;

export class SubjectTransform {
  readonly source: string;
  readonly destination: string;
  /** Whether the result differs from call to call. */
  readonly isRandom: boolean;
  /** Undefined: every subject stays as it is. */
  readonly #parts: readonly TransformPart[] | undefined;

  /** For `of` and the like, which know the tokens; without any, subjects stay as they are. */
  constructor(source: string, destination: string, tokens?: readonly ReadToken[]) {
    this.source = source;
    this.destination = destination;
    this.isRandom = tokens?.some((token) => isCall(token) && token.called === RANDOM) ?? false;
    this.#parts = tokens && compile(splitSubject(source), tokens);
  }

  /** The caller has checked that the destination fits the source; throws if it does not. */
  static of(source: string, destination: string): SubjectTransform {
    const tokens = splitSubject(destination);
    const fits = isValidSubject(source) && isShapedFor(splitSubject(source), tokens);
    assert(fits, `"${destination}" is a destination for "${source}"`);
    return new SubjectTransform(source, destination, tokens.map(readToken));
  }

  /** Leaves every subject as it is. */
  static identity(source: string): SubjectTransform {
    return new SubjectTransform(source, withPlaceholders(source));
  }

  /**
   * The destination for a subject that matches the source, which is not checked again. The subject
   * may be a pattern where placeholders are the only calls. `random` is needed if `isRandom`.
   */
  apply(subject: string, random?: Random): string {
    const parts = this.#parts;
    if (parts === undefined) return subject;
    const tokens = splitSubject(subject);
    let result = "";
    for (const part of parts) result += typeof part === "string" ? part : part(tokens, random);
    return result;
  }
}

export interface ImportTransforms {
  /** From subjects of the exporter to those of the importer. */
  readonly toLocal: SubjectTransform;
  /** The way back, for subjects and for patterns that the local one covers. */
  readonly toRemote: SubjectTransform;
}

/**
 * How an import renames: `foo.*.*` to `bar.$2.$1`, where `*` would be the next placeholder. Nothing
 * is a placeholder if the remote subject has no wildcards or is the local one as well.
 */
export function importTransforms(remote: string, localWithPlaceholders: string): ImportTransforms {
  const local = localWithPlaceholders;
  if (remote === local) {
    const unchanged = SubjectTransform.identity(remote);
    return { toLocal: unchanged, toRemote: unchanged };
  }
  if (!subjectHasWildcard(remote)) {
    const toLocal = new SubjectTransform(remote, local, [local]);
    return { toLocal, toRemote: new SubjectTransform(local, remote, [remote]) };
  }
  const destination = withPlaceholders(local);
  const toLocal = SubjectTransform.of(remote, destination);
  return { toLocal, toRemote: wayBack(remote, destination) };
}

/** A wildcard of `source` that has no place in the destination is `*` in the result. */
function wayBack(source: string, destination: string): SubjectTransform {
  const wildcards = splitSubject(destination).filter(looksLikePlaceholder).map(wildcardOf);
  let wildcard = 0;
  const texts: string[] = [];
  const tokens: ReadToken[] = [];
  for (const token of splitSubject(source)) {
    const place = token === "*" ? wildcards.indexOf(++wildcard) + 1 : 0;
    texts.push(place > 0 ? `$${place}` : token);
    tokens.push(place > 0 ? placeholderFor(place) : token);
  }
  return new SubjectTransform(withoutPlaceholders(destination), texts.join("."), tokens);
}

function wildcardOf(placeholder: string): number | undefined {
  const token = readToken(placeholder);
  return isCall(token) ? token.given.indexes[0] : undefined;
}

function readToken(token: string): ReadToken {
  const read = readDestinationToken(token);
  assert(typeof read !== "string", `${token} can be called`);
  return read ?? token;
}

function isCall(token: ReadToken): token is FunctionCall {
  return typeof token !== "string";
}

/** Apart from what calls ask of the source. */
function isShapedFor(sourceTokens: readonly string[], tokens: readonly string[]): boolean {
  if (tokens.includes("") || tokens.includes("*")) return false;
  return endsInRest(tokens) === endsInRest(sourceTokens) && !tokens.slice(0, -1).includes(">");
}

function endsInRest(tokens: readonly string[]): boolean {
  return tokens.at(-1) === ">";
}

/** With dots between the tokens, and each run of fixed text in one piece. */
function compile(sourceTokens: readonly string[], tokens: readonly ReadToken[]): TransformPart[] {
  const parts: TransformPart[] = [];
  let text = "";
  for (const [index, token] of tokens.entries()) {
    if (index > 0) text += ".";
    const part = partFor(token, sourceTokens);
    if (typeof part === "string") {
      text += part;
    } else {
      parts.push(text, part);
      text = "";
    }
  }
  return [...parts, text].filter((part) => part !== "");
}

function partFor(token: ReadToken, sourceTokens: readonly string[]): TransformPart {
  if (isCall(token)) return partForCall(token, sourceTokens);
  if (token !== ">" || !endsInRest(sourceTokens)) return token;
  const start = sourceTokens.length - 1;
  return (tokens) => tokens.slice(start).join(".");
}

function partForCall({ called, given }: FunctionCall, sourceTokens: readonly string[]) {
  const wildcards = sourceTokens.flatMap((token, index) => (token === "*" ? [index] : []));
  if (wildcards.length === 0 && !endsInRest(sourceTokens)) {
    assert(called.worksWithoutWildcards, "the source has wildcards for a function");
    return called.partFor([], given);
  }
  const positions = given.indexes.map((index) => {
    // There is no wildcard of such a number, but the reference takes the first token for it.
    if (index < 1) return 0;
    const position = wildcards[index - 1];
    assert(position !== undefined, `the source has ${index} wildcards`);
    return position;
  });
  return called.partFor(positions, given);
}
