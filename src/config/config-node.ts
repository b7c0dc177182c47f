/**
 * The tree that a configuration file becomes: values with the places at which errors in them are
 * reported. Made by `parser.ts`, read by the loader of options and by `digest.ts`. A value that
 * variables refer to is in the tree several times over; none contains itself.
 */

/**
 * A place in a file, counted as nats-server does: `line` from 1; `column` in bytes, from 1, but
 * from 0 on the first line. A line feed itself is column 0 of the line that it begins.
 */
export interface Position {
  /** As named on the command line or, if included, relative to the including file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface ConfigValue {
  /**
   * Where errors in this value are reported: at its key if it belongs to a map; in an array, behind
   * an opening quote or `$`, behind the closing bracket or brace, else where it begins.
   */
  readonly position: Position;
}

export interface StringNode extends ConfigValue {
  readonly kind: "string";
  readonly value: string;
}

export interface IntegerNode extends ConfigValue {
  readonly kind: "integer";
  /** Within 64 bits, signed; the size suffix is multiplied in. */
  readonly value: bigint;
  /** As written, for example "64kb". */
  readonly text: string;
}

export interface FloatNode extends ConfigValue {
  readonly kind: "float";
  readonly value: number;
}

export interface BooleanNode extends ConfigValue {
  readonly kind: "boolean";
  readonly value: boolean;
}

export interface DatetimeNode extends ConfigValue {
  readonly kind: "datetime";
  readonly value: Date;
}

export interface ArrayNode extends ConfigValue {
  readonly kind: "array";
  readonly items: readonly ConfigNode[];
}

export interface MapNode extends ConfigValue {
  readonly kind: "map";
  /** By key, whose case is kept; in the order in which the keys were last defined. */
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export type ConfigNode =
  StringNode | IntegerNode | FloatNode | BooleanNode | DatetimeNode | ArrayNode | MapNode;

export interface MapEntry {
  readonly key: string;
  /** Where the key begins, behind its quote if it has one; the same as the node's. */
  readonly position: Position;
  readonly node: ConfigNode;
  /** A variable refers to this entry, so that it need not be an option. */
  readonly isUsed: boolean;
}

/** How Go names the type of each kind of value. */
export const GO_TYPE_NAMES: Readonly<Record<ConfigNode["kind"], string>> = {
  string: "string",
  integer: "int64",
  float: "float64",
  boolean: "bool",
  datetime: "time.Time",
  array: "[]interface {}",
  map: "map[string]interface {}",
};

/** The type of the value as nats-server's messages name it. */
export function goTypeName(node: ConfigNode): string {
  return GO_TYPE_NAMES[node.kind];
}

/** What is wrong with the text of a configuration; the message is the reason alone. */
export class ConfigSyntaxError extends Error {
  /** Absent only if the file named first cannot be read. */
  readonly position: Position | undefined;

  constructor(reason: string, position?: Position) {
    super(reason);
    this.name = "ConfigSyntaxError";
    this.position = position;
  }
}
