/**
 * How the destination of a subject transform is written: each token stands for itself, for what a
 * wildcard of the source matches, or for what a function makes of that. Used by `transform.ts`, and
 * by the checks of a configuration, which report faults in words of their own.
 *
 * ```
 * placeholder = "$" integer                        ; wildcards are counted from 1
 * call        = "{{" name "(" arguments ")" "}}"   ; blanks around the name and each argument
 * ```
 */
import { splitSubject } from "./subject.ts";
import {
  type CallFault,
  type FunctionArguments,
  TRANSFORM_FUNCTIONS,
  type TransformFunction,
  WILDCARD,
  indexArgument,
  integerIn,
} from "./transform-functions.ts";

export interface FunctionCall {
  readonly called: TransformFunction;
  readonly given: FunctionArguments;
}

/** Undefined for a token that stands for itself. */
export function readDestinationToken(token: string): FunctionCall | CallFault | undefined {
  if (token.startsWith("$")) {
    const index = integerIn(token.slice(1));
    return index === undefined ? undefined : placeholderFor(index);
  }
  if (!looksLikeCall(token)) return undefined;
  const called = functionCalledIn(token);
  if (called === undefined) return "unknownFunction";
  const given = called.read(parametersOf(called, token));
  return typeof given === "string" ? given : { called, given };
}

/** Whether the token has to be a call, with whatever is in it. */
export function looksLikeCall(token: string): boolean {
  return token.length > 4 && token.startsWith("{{") && token.endsWith("}}");
}

export function functionCalledIn(token: string): TransformFunction | undefined {
  return TRANSFORM_FUNCTIONS.find(({ pattern }) => pattern.test(token));
}

function parametersOf({ pattern }: TransformFunction, token: string): string[] {
  const [, list = ""] = pattern.exec(token) ?? [];
  return list.split(/,[\t\n\f\r ]*/);
}

/** Stands for the token that the wildcard of that number matches. */
export function placeholderFor(index: number): FunctionCall {
  return { called: WILDCARD, given: indexArgument(index) };
}

/** `foo.*.*` as a destination: `foo.$1.$2`. */
export function withPlaceholders(subject: string): string {
  let count = 0;
  const tokens = splitSubject(subject).map((token) => (token === "*" ? `$${++count}` : token));
  return tokens.join(".");
}

/** `foo.$2.{{wildcard(1)}}` as a subject: `foo.*.*`. */
export function withoutPlaceholders(destination: string): string {
  const tokens = splitSubject(destination);
  return tokens.map((token) => (looksLikePlaceholder(token) ? "*" : token)).join(".");
}

/** As nats-server decides it, without a look at whether there is such a wildcard. */
export function looksLikePlaceholder(token: string): boolean {
  if (/^\$[1-9]/.test(token)) return true;
  if (!WILDCARD.pattern.test(token)) return false;
  const parameters = parametersOf(WILDCARD, token);
  return parameters.length === 1 && parameters[0] !== "";
}
