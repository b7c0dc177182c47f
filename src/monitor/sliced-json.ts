/**
 * JSON of long lists, in pieces: an endpoint puts an `EntryList` where a list may be long, and its
 * entries are made while the text is written (`sliced-text.ts`).
 */
import { goJson } from "../util/go-json.ts";

/** A list whose entries are made one after the other; undefined is a step that made none. */
export class EntryList {
  readonly #steps: () => Iterable<object | string | undefined>;

  constructor(steps: () => Iterable<object | string | undefined>) {
    this.#steps = steps;
  }

  *[Symbol.iterator](): Generator<object | string | undefined> {
    yield* this.#steps();
  }

  /** All at once, for who wants no slices. */
  toJSON(): (object | string)[] {
    return [...this.#steps()].filter((step) => step !== undefined);
  }
}

/** The text that `goJson` writes, piece by piece; `indent` as there. */
export function jsonPieces(value: unknown, indent: number): Generator<string, undefined> {
  return piecesOf(value, indent, 0);
}

function* piecesOf(value: unknown, indent: number, level: number): Generator<string, undefined> {
  if (value instanceof EntryList) yield* listPieces(value, indent, level);
  else if (isObject(value) && hasList(value)) yield* objectPieces(value, indent, level);
  else yield indented(value, indent, level);
}

function* listPieces(list: EntryList, indent: number, level: number): Generator<string, undefined> {
  let isFirst = true;
  for (const entry of list) {
    if (entry === undefined) {
      yield "";
      continue;
    }
    yield (isFirst ? "[" : ",") + lineStart(indent, level + 1);
    isFirst = false;
    yield* piecesOf(entry, indent, level + 1);
  }
  yield isFirst ? "[]" : `${lineStart(indent, level)}]`;
}

function* objectPieces(
  object: object,
  indent: number,
  level: number,
): Generator<string, undefined> {
  let before = "{";
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    yield `${before}${lineStart(indent, level + 1)}${goJson(key)}:${indent > 0 ? " " : ""}`;
    before = ",";
    yield* piecesOf(value, indent, level + 1);
  }
  yield `${lineStart(indent, level)}}`;
}

/** Lists stand in the answer itself, in its envelope or in an entry. */
function hasList(object: object): boolean {
  return Object.values(object).some((value) => {
    return value instanceof EntryList || (isPlainObject(value) && hasList(value));
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlainObject(value: unknown): value is object {
  return isObject(value) && !("toJSON" in value);
}

function indented(value: unknown, indent: number, level: number): string {
  const json = goJson(value, indent);
  return indent === 0 || level === 0 ? json : json.replaceAll("\n", lineStart(indent, level));
}

/** Line breaks only stand between values: those in texts are escaped. */
function lineStart(indent: number, level: number): string {
  return indent === 0 ? "" : `\n${" ".repeat(indent * level)}`;
}
