/**
 * JSON of long lists, written in slices, so that an answer about a million subscriptions does not
 * keep anybody's message waiting. An endpoint puts an `EntryList` where a list may be long; its
 * entries are made while the text is written. Short answers are done in one go.
 */
import type { Clock } from "../util/clock.ts";
import { goJson } from "../util/go-json.ts";

/** Work on one slice ends after this. */
const SLICE_MS = 1;
/** Looking at the clock costs as much as some steps. */
const STEPS_BETWEEN_LOOKS = 8;

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

/** What has been written so far in one slice. */
interface Slice {
  readonly text: string;
  readonly isLast: boolean;
}

/** Writes one value as `goJson` does, but for the lists in it slice by slice. */
export class SlicedJson {
  readonly #pieces: Generator<string, undefined>;
  readonly #clock: Clock;

  /** `indent` as in `JSON.stringify`. */
  constructor(value: unknown, indent: number, clock: Clock) {
    this.#pieces = piecesOf(value, indent, 0);
    this.#clock = clock;
  }

  /** The next slice; takes a few milliseconds at most, unless a single entry takes longer. */
  next(): Slice {
    const endMs = this.#clock.nowMs() + SLICE_MS;
    let text = "";
    for (let step = 1; ; step++) {
      const { done, value } = this.#pieces.next();
      if (done === true) return { text, isLast: true };
      text += value;
      const isLook = step % STEPS_BETWEEN_LOOKS === 0;
      if (isLook && this.#clock.nowMs() >= endMs) return { text, isLast: false };
    }
  }

  /** The slices that are left, others getting their turn before each. */
  async *rest(): AsyncGenerator<string> {
    for (let isLast = false; !isLast;) {
      await new Promise<void>((resolve) => this.#clock.afterEvents(resolve));
      const slice = this.next();
      isLast = slice.isLast;
      yield slice.text;
    }
  }
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
