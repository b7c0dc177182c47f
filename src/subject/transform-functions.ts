/**
 * The functions that destinations of subject transforms may call, one row each: how a call is
 * written, what its arguments have to be, and what takes its place in the result. Used by
 * `transform-tokens.ts`, which reads calls, and by `transform.ts`, which puts results together.
 * Subject text has one character per byte, so lengths and positions count bytes.
 *
 * Rules: NATS documentation, "Subject Mapping and Partitioning"; rarer cases as in nats-server.
 */
import { assert } from "../util/assert.ts";
import type { Random } from "../util/random.ts";

/** Makes a part of the result from the tokens of the subject. */
export type TransformStep = (tokens: readonly string[], random: Random | undefined) => string;

/** A part of the result: fixed text, or what has to be made for each subject. */
export type TransformPart = string | TransformStep;

/** What can be wrong with a call. */
export type CallFault = "unknownFunction" | "tooFewArguments" | "tooManyArguments" | "badArgument";

export interface FunctionArguments {
  /** Wildcards of the source, counted from 1; any number below stands for the first token. */
  readonly indexes: readonly number[];
  /** A count, a position, a size or a length, of 32 bits; 0 where the function takes none. */
  readonly amount: number;
  /** "" where the function takes none. */
  readonly delimiter: string;
}

export interface TransformFunction {
  /** Matches calls; the group holds the arguments. */
  readonly pattern: RegExp;
  /** Others work in transforms, but the checks of mappings and imports do not know them. */
  readonly isForMappings: boolean;
  /** Whether it means something where the source has no wildcards; then it gets no indexes. */
  readonly worksWithoutWildcards: boolean;
  read(parameters: readonly string[]): FunctionArguments | CallFault;
  /** `positions` are those of the tokens that `indexes` name, counted from 0. */
  partFor(positions: readonly number[], given: FunctionArguments): TransformPart;
}

/** `wildcard(index)`, or `$index`: the token itself. */
export const WILDCARD: TransformFunction = {
  pattern: callPattern("[wW]ildcard"),
  isForMappings: true,
  worksWithoutWildcards: false,
  read: readIndex,
  partFor: ([position]) => tokenStep(position),
};

/** `random(count)`: a number below `count`. */
export const RANDOM: TransformFunction = {
  pattern: callPattern("[rR]andom"),
  isForMappings: true,
  worksWithoutWildcards: true,
  read: readCount,
  partFor: (_, { amount }) => randomPart(Math.abs(amount)),
};

/** A token that fits several patterns calls the first of these. */
export const TRANSFORM_FUNCTIONS: readonly TransformFunction[] = [
  WILDCARD,
  {
    // `partition(count, index...)`: a number below `count`, by hash.
    pattern: callPattern("[pP]artition"),
    isForMappings: true,
    worksWithoutWildcards: true,
    read: readCountAndIndexes,
    partFor: (positions, { amount }) => partitionPart(positions, amount),
  },
  cutFunction("[sS]plit[fF]rom[lL]eft", (token, position) => {
    return `${token.slice(0, position)}.${token.slice(position)}`;
  }),
  cutFunction("[sS]plit[fF]rom[rR]ight", (token, position) => {
    return `${token.slice(0, -position)}.${token.slice(-position)}`;
  }),
  cutFunction("[sS]lice[fF]rom[lL]eft", (token, size) => slices(token, size, size)),
  cutFunction("[sS]lice[fF]rom[rR]ight", (token, size) => {
    return slices(token, token.length % size, size);
  }),
  { ...cutFunction("[rR]ight", (token, length) => token.slice(-length)), isForMappings: false },
  { ...cutFunction("[lL]eft", (token, length) => token.slice(0, length)), isForMappings: false },
  {
    // `split(index, delimiter)`: a token for each piece.
    pattern: callPattern("[sS]plit"),
    isForMappings: true,
    worksWithoutWildcards: false,
    read: readIndexAndDelimiter,
    partFor: ([position], { delimiter }) => splitStep(tokenStep(position), delimiter),
  },
  RANDOM,
];

function callPattern(name: string): RegExp {
  const blanks = String.raw`[\t\n\f\r ]*`;
  return new RegExp(String.raw`\{\{${blanks}${name}${blanks}\(([^\n]*)\)${blanks}\}\}`);
}

/** `name(index, amount)`; `cut` is called with amounts above 0 and below the token's length. */
function cutFunction(
  name: string,
  cut: (token: string, amount: number) => string,
): TransformFunction {
  return {
    pattern: callPattern(name),
    isForMappings: true,
    worksWithoutWildcards: false,
    read: readIndexAndAmount,
    partFor([position], { amount }) {
      const tokenOf = tokenStep(position);
      return (tokens, random) => {
        const token = tokenOf(tokens, random);
        return amount > 0 && amount < token.length ? cut(token, amount) : token;
      };
    },
  };
}

function readIndex(parameters: readonly string[]): FunctionArguments | CallFault {
  if (parameters.length > 1) return "tooManyArguments";
  if (parameters[0] === "") return "tooFewArguments";
  const index = integerArgument(parameters[0]);
  return index === undefined ? "badArgument" : indexArgument(index);
}

/** The arguments of `wildcard(index)`. */
export function indexArgument(index: number): FunctionArguments {
  return { indexes: [index], amount: 0, delimiter: "" };
}

function readCount(parameters: readonly string[]): FunctionArguments | CallFault {
  return parameters.length === 1 ? readCountAndIndexes(parameters) : "tooFewArguments";
}

function readCountAndIndexes(parameters: readonly string[]): FunctionArguments | CallFault {
  const indexes: number[] = [];
  for (const parameter of parameters.slice(1)) {
    const index = integerArgument(parameter);
    if (index === undefined) return "badArgument";
    indexes.push(index);
  }
  const count = integerArgument(parameters[0]);
  if (count === undefined || count > MAX_INT32) return "badArgument";
  // Far below zero only 32 bits are left of it.
  return { indexes, amount: count | 0, delimiter: "" };
}

function readIndexAndAmount(parameters: readonly string[]): FunctionArguments | CallFault {
  if (parameters.length < 2) return "tooFewArguments";
  if (parameters.length > 2) return "tooManyArguments";
  const index = integerArgument(parameters[0]);
  const amount = integerArgument(parameters[1]);
  if (index === undefined || amount === undefined || amount !== (amount | 0)) return "badArgument";
  return { indexes: [index], amount, delimiter: "" };
}

function readIndexAndDelimiter(parameters: readonly string[]): FunctionArguments | CallFault {
  const [first, delimiter] = parameters;
  if (delimiter === undefined) return "tooFewArguments";
  if (parameters.length > 2) return "tooManyArguments";
  const index = integerArgument(first);
  if (index === undefined || delimiter.includes(" ")) return "badArgument";
  return { indexes: [index], amount: 0, delimiter };
}

const MAX_INT32 = 2 ** 31 - 1;

function integerArgument(parameter: string = ""): number | undefined {
  return integerIn(parameter.replace(/^ +| +$/g, ""));
}

/** A whole number of 64 bits, with or without a sign; undefined if it is none. */
export function integerIn(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? Number(value) : undefined;
}

/** A subject that does not match the source may have no such token. */
function tokenStep(position: number = 0): TransformStep {
  return (tokens) => tokens[position] ?? "";
}

function randomPart(count: number): TransformPart {
  if (count <= 1) return "0";
  return (_, random) => {
    assert(random !== undefined, "a random transform is applied with a source of randomness");
    return String(random.below(count));
  };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** By 32-bit FNV-1a of the tokens without anything between them, or of the whole subject. */
function partitionPart(positions: readonly number[], count: number): TransformPart {
  if (count === 0) return "0";
  const divisor = count >>> 0;
  if (positions.length === 0)
    return (tokens) => String(fnv(FNV_OFFSET, tokens.join(".")) % divisor);
  return (tokens) => {
    let hash = FNV_OFFSET;
    for (const position of positions) hash = fnv(hash, tokens[position] ?? "");
    return String(hash % divisor);
  };
}

function fnv(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

/** Tokens of `size` bytes behind one of `first` bytes, if not 0; the last may be shorter. */
function slices(token: string, first: number, size: number): string {
  let result = token.slice(0, first);
  for (let start = first; start < token.length; start += size) {
    if (start > 0) result += ".";
    result += token.slice(start, start + size);
  }
  return result;
}

/** Empty pieces are left out, but from the third piece on a full one is set apart in any case. */
function splitStep(tokenOf: TransformStep, delimiter: string): TransformStep {
  return (tokens, random) => {
    const token = tokenOf(tokens, random);
    const pieces = delimiter === "" ? charactersOf(token) : token.split(delimiter);
    let result = "";
    for (const [index, piece] of pieces.entries()) {
      if (piece === "") continue;
      if (result !== "" || index > 1) result += ".";
      result += piece;
    }
    return result;
  };
}

/** Each begins where a byte does not continue a UTF-8 sequence. */
function charactersOf(token: string): string[] {
  const characters: string[] = [];
  let start = 0;
  for (let i = 1; i <= token.length; i++) {
    if (i < token.length && (token.charCodeAt(i) & 0xc0) === 0x80) continue;
    characters.push(token.slice(start, i));
    start = i;
  }
  return characters;
}
