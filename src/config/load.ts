/**
 * A configuration file's options: reads the file with all it includes and turns its keys into
 * values of the option table. Every problem is found in one go, each with file, line and column.
 * Called at start, by `-t` and by reload; nothing here changes the running server.
 */
import {
  type ConfigNode,
  ConfigSyntaxError,
  type MapEntry,
  type MapNode,
  type Position,
} from "./config-node.ts";
import { ADDRESS_KEYS } from "./address-keys.ts";
import { checkBlocks } from "./blocks/check-blocks.ts";
import type { FileView } from "./blocks/named-files.ts";
import { blockReader } from "./blocks/readers.ts";
import { configDigest } from "./digest.ts";
import { entriesOf } from "./node-values.ts";
import { type HostAndPort, listenAddress } from "./listen-address.ts";
import { OptionValueError } from "./option-value-error.ts";
import { OPTION_NAMES, type OptionName, optionRow } from "./options.ts";
import { DISABLED_VALUES, IGNORED_KEYS, UNSUPPORTED_KEYS } from "./out-of-scope.ts";
import { type ConfigSource, parseConfig } from "./parser.ts";
import { ProblemList, placedLine } from "./problems.ts";
import { unavailableText } from "./unavailable.ts";

export interface LoadedConfig {
  /** As it was given. */
  readonly path: string;
  /** `sha256:…` over what the file says, whatever its layout; "" if it cannot be parsed. */
  readonly digest: string;
  /** Whether it says nothing at all, as a file does that is being written. */
  readonly isEmpty: boolean;
  /** What the file sets. */
  readonly values: ReadonlyMap<OptionName, unknown>;
  /** One line each; a configuration with errors is not used. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Blocks of things that midge does not have, one line each: errors unless ignored. */
  readonly unsupported: readonly string[];
  /** Options that midge reads but does not have yet, one line each; always errors. */
  readonly unavailable: readonly string[];
  /** Keys that have no effect, in words for the log. */
  readonly ignored: readonly string[];
}

const AUTHORIZATION = "authorization";

/** Reads the file at `path`; never throws. */
export function loadConfig(path: string, source: ConfigSource & FileView): LoadedConfig {
  let root: MapNode;
  try {
    root = parseConfig(path, source);
  } catch (error) {
    if (!(error instanceof ConfigSyntaxError)) throw error;
    const { position, message } = error;
    const line = position === undefined ? message : placedLine(position, message);
    return { ...nothingOf(path), errors: [line] };
  }
  if (root.entries.size === 0) {
    const warnings = [emptyText(path)];
    return { ...nothingOf(path), isEmpty: true, digest: configDigest(root), warnings };
  }
  const reader = new FileReader(source);
  for (const entry of root.entries.values()) reader.readTopLevel(entry);
  reader.checkBlocks();
  const { problems, values, unsupported, unavailable, ignored } = reader;
  const { errors, warnings } = problems;
  return {
    ...nothingOf(path),
    digest: configDigest(root),
    values,
    errors,
    warnings,
    unsupported,
    unavailable,
    ignored,
  };
}

/** Said of a file without any value. */
export function emptyText(path: string): string {
  return `${path}: config has no values or is empty`;
}

function nothingOf(path: string): LoadedConfig {
  return {
    path,
    digest: "",
    isEmpty: false,
    values: new Map(),
    errors: [],
    warnings: [],
    unsupported: [],
    unavailable: [],
    ignored: [],
  };
}

/** Reads entries one by one and keeps what they say. */
class FileReader {
  readonly problems = new ProblemList();
  readonly values = new Map<OptionName, unknown>();
  readonly unsupported: string[] = [];
  readonly unavailable: string[] = [];
  readonly ignored: string[] = [];
  readonly #files: FileView;
  /** Where the blocks stand that are checked together. */
  readonly #positions = new Map<string, Position>();

  constructor(files: FileView) {
    this.#files = files;
  }

  /** Reports what is wrong between blocks. Called once all are read. */
  checkBlocks(): void {
    checkBlocks(this.values, this.#positions, this.#files, this.problems);
    // Whether there is the block at all makes a difference: who may come in without credentials.
    const hasAuthorization = this.#positions.has(AUTHORIZATION);
    if (hasAuthorization && !this.values.has("users")) this.values.set("users", []);
  }

  readTopLevel(entry: MapEntry): void {
    const key = entry.key.toLowerCase();
    const option = optionOf(key, undefined);
    const address = ADDRESS_KEYS.get(key);
    const feature = UNSUPPORTED_KEYS.get(key);
    if (option !== undefined) this.#readOption(option, key, entry);
    else if (address !== undefined) this.#readAddress(address, entry);
    else if (key === AUTHORIZATION) this.#readAuthorization(entry);
    else if (feature !== undefined) this.#noteUnsupported(feature, entry);
    else if (IGNORED_KEYS.has(key)) this.ignored.push(`"${key}" has no effect in midge`);
    else if (!entry.isUsed) this.problems.unknownField(entry, topLevelKeys());
  }

  #readOption(option: OptionName, key: string, entry: MapEntry): void {
    const row = optionRow(option);
    const reader = blockReader(option) ?? row.kind;
    this.#collect(entry, () => {
      const read = reader.read(entry.node, { key, problems: this.problems });
      const value = row.zeroIsDefault === true && read === 0 ? row.default : read;
      this.values.set(option, value);
      this.#positions.set(row.keys[0], entry.position);
      if ("checkFiles" in reader) {
        reader.checkFiles?.(value, entry.node, this.#files, this.problems);
      }
      if (row.unavailable === true && !Bun.deepEquals(value, row.default)) {
        this.unavailable.push(placedLine(entry.position, unavailableText(entry.key)));
      }
    });
  }

  #readAddress(names: { host: OptionName; port: OptionName }, entry: MapEntry): void {
    this.#collect(entry, () => {
      const { host, port }: HostAndPort = listenAddress(entry.node);
      if (host !== undefined) this.values.set(names.host, host);
      this.values.set(names.port, port);
    });
  }

  #readAuthorization(entry: MapEntry): void {
    this.#positions.set(AUTHORIZATION, entry.position);
    this.#collect(entry, () => {
      for (const inner of entriesOf(entry.node)) {
        const key = inner.key.toLowerCase();
        const option = optionOf(key, AUTHORIZATION);
        if (option !== undefined) this.#readOption(option, key, inner);
        else if (!inner.isUsed) this.problems.unknownField(inner, keysOf(AUTHORIZATION));
      }
    });
  }

  #noteUnsupported(feature: string, entry: MapEntry): void {
    if (isDisabled(entry.node)) return;
    this.unsupported.push(
      placedLine(entry.position, `"${entry.key}": midge has no ${feature}, it is one server`),
    );
  }

  #collect(entry: MapEntry, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof OptionValueError)) throw error;
      this.problems.error(entry.position, error.message);
    }
  }
}

function isDisabled(node: ConfigNode): boolean {
  if (node.kind === "boolean") return !node.value;
  return node.kind === "string" && DISABLED_VALUES.has(node.value.toLowerCase());
}

function optionOf(key: string, block: "authorization" | undefined): OptionName | undefined {
  return OPTION_NAMES.find((name) => {
    const row = optionRow(name);
    return row.block === block && row.keys.includes(key);
  });
}

/** All keys that may stand in a block, or at the top level. */
function keysOf(block: "authorization" | undefined): string[] {
  return OPTION_NAMES.map(optionRow).flatMap((row) => (row.block === block ? row.keys : []));
}

function topLevelKeys(): string[] {
  const blocks = [AUTHORIZATION, ...UNSUPPORTED_KEYS.keys(), ...IGNORED_KEYS];
  return [...keysOf(undefined), ...ADDRESS_KEYS.keys(), ...blocks];
}
