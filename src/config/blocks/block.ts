/**
 * Blocks of a configuration file, such as a user or an export: maps whose keys are known. Each is
 * declared as a table of fields, which `readBlock` walks. A field that cannot be read is reported
 * and left out, and reading goes on, so that the operator sees all that is wrong at once.
 */
import {
  type ConfigNode,
  type MapEntry,
  type MapNode,
  type Position,
  goTypeName,
} from "../config-node.ts";
import { entriesOf } from "../node-values.ts";
import type { ReadPlace, ValueKind } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { type ProblemList, nearestName } from "../problems.ts";

export interface BlockField<Value> extends ValueKind<Value> {
  /** In lower case: the name that documentation uses, then its aliases. */
  readonly keys: readonly [string, ...string[]];
  /** What is said if it is given under two names; without it, the last one counts. */
  readonly twiceReason?: string;
}

export function field<Value>(
  keys: BlockField<Value>["keys"],
  read: BlockField<Value>["read"],
  twiceReason?: string,
): BlockField<Value> {
  return { keys, read, twiceReason };
}

type BlockFields = Readonly<Record<string, BlockField<unknown>>>;

type BlockValues<Fields extends BlockFields> = {
  readonly [Name in keyof Fields]?: Fields[Name] extends BlockField<infer Value> ? Value : never;
};

export interface Block<Fields extends BlockFields> {
  /** Undefined where a field is not given or cannot be read. */
  readonly values: BlockValues<Fields>;
  /** The fields that are given, also those that cannot be read, in the order of the file. */
  readonly given: { readonly [Name in keyof Fields]?: MapEntry };
  /**
   * Where its last key stands, or the block itself if it is empty: the place at which nats-server
   * reports that something is missing.
   */
  readonly end: Position;
}

/**
 * Reads the keys of a map, in whatever case. Those that no field has are reported, in the words of
 * `unknownText` if it is given, unless variables refer to them. Throws for what is no map.
 */
export function readBlock<Fields extends BlockFields>(
  node: ConfigNode,
  fields: Fields,
  { problems }: ReadPlace,
  unknownText?: (quotedKey: string) => string,
): Block<Fields> {
  const values: Record<string, unknown> = {};
  const given: Record<string, MapEntry> = {};
  let end = node.position;
  for (const entry of entriesOf(node)) {
    end = entry.position;
    const name = fieldNamed(fields, entry.key.toLowerCase());
    const declared = name === undefined ? undefined : fields[name];
    if (name === undefined || declared === undefined) {
      if (!entry.isUsed) reportUnknown(entry, fields, problems, unknownText);
      continue;
    }
    if (given[name] !== undefined && declared.twiceReason !== undefined) {
      problems.error(entry.position, declared.twiceReason);
      continue;
    }
    given[name] = entry;
    attempt(entry.position, problems, () => {
      values[name] = declared.read(entry.node, { key: entry.key, problems });
    });
  }
  return { values: values as BlockValues<Fields>, given: given as Block<Fields>["given"], end };
}

function fieldNamed(fields: BlockFields, key: string): string | undefined {
  return Object.keys(fields).find((name) => fields[name]?.keys.includes(key));
}

function reportUnknown(
  entry: MapEntry,
  fields: BlockFields,
  problems: ProblemList,
  unknownText: ((quotedKey: string) => string) | undefined,
): void {
  const known = Object.values(fields).flatMap(({ keys }) => keys);
  if (unknownText === undefined) {
    problems.unknownField(entry, known);
    return;
  }
  const nearest = nearestName(entry.key.toLowerCase(), known);
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  problems.error(entry.position, unknownText(JSON.stringify(entry.key)) + hint);
}

/**
 * Whether a text that has to be there is not given, or is given as an empty one. One that cannot be
 * read has been reported as such.
 */
export function isLeftOut(entry: MapEntry | undefined, value: string | undefined): boolean {
  return entry === undefined || value === "";
}

/** Runs `read`; what it throws about values is reported at `position`, and nothing is returned. */
export function attempt<Value>(
  position: Position,
  problems: ProblemList,
  read: () => Value,
): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    problems.error(position, error.message);
    return undefined;
  }
}

/** Reads each of `items`; those that cannot be read are reported where they stand and left out. */
export function readEach<Item>(
  items: readonly ConfigNode[],
  problems: ProblemList,
  read: (node: ConfigNode) => Item | undefined,
): Item[] {
  return items.flatMap((node) => {
    const item = attempt(node.position, problems, () => read(node));
    return item === undefined ? [] : [item];
  });
}

/** The items of an array; `refusal` says what is wrong with a value of another type. */
export function itemsOr(
  node: ConfigNode,
  refusal: (typeName: string) => string,
): readonly ConfigNode[] {
  if (node.kind !== "array") throw new OptionValueError(refusal(goTypeName(node)));
  return node.items;
}

/** The node if it is a map; `refusal` says what is wrong with a value of another type. */
export function mapOr(node: ConfigNode, refusal: (typeName: string) => string): MapNode {
  if (node.kind !== "map") throw new OptionValueError(refusal(goTypeName(node)));
  return node;
}

/** A value as messages show it: itself if short, else its type. Not for what may be secret. */
export function shownValue(node: ConfigNode): string {
  if (node.kind === "array" || node.kind === "map") return goTypeName(node);
  return node.kind === "datetime" ? node.value.toISOString() : String(node.value);
}
