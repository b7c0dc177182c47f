/**
 * The digest of a configuration, by which the banner, `/varz` and the log of reloads tell whether
 * it is the same: SHA-256 of the tree in the form in which Go's `encoding/json` writes it, plus a
 * line feed. Comments, quoting and includes do not matter; variables that are defined do.
 */
import type { ConfigNode, MapEntry, MapNode } from "./config-node.ts";

/** Texts shorter than this are collected before they are hashed. */
const BATCH_CHARACTERS = 1 << 16;

/** "sha256:" and 64 hexadecimal digits. */
export function configDigest(root: MapNode): string {
  const writer = new JsonHasher();
  writer.write(root);
  return `sha256:${writer.digest()}`;
}

class JsonHasher {
  readonly #hasher = new Bun.CryptoHasher("sha256");
  #pending = "";

  write(node: ConfigNode): void {
    switch (node.kind) {
      case "map":
        return this.#writeMap(node.entries);
      case "array":
        return this.#writeArray(node.items);
      case "string":
        return this.#append(quoted(node.value));
      case "float":
        return this.#append(Object.is(node.value, -0) ? "-0" : String(node.value));
      case "datetime":
        return this.#append(quoted(node.value.toISOString().replace(".000Z", "Z")));
      case "integer":
      case "boolean":
        return this.#append(String(node.value));
    }
  }

  /** Ends the text; called once, at the end. */
  digest(): string {
    return this.#hasher.update(`${this.#pending}\n`).digest("hex");
  }

  #writeMap(entries: ReadonlyMap<string, MapEntry>): void {
    let separator = "{";
    for (const { key, node } of sorted(entries)) {
      this.#append(`${separator}${quoted(key)}:`);
      this.write(node);
      separator = ",";
    }
    this.#append(entries.size === 0 ? "{}" : "}");
  }

  #writeArray(items: readonly ConfigNode[]): void {
    let separator = "[";
    for (const item of items) {
      this.#append(separator);
      this.write(item);
      separator = ",";
    }
    this.#append(items.length === 0 ? "[]" : "]");
  }

  #append(text: string): void {
    this.#pending += text;
    if (this.#pending.length < BATCH_CHARACTERS) return;
    this.#hasher.update(this.#pending);
    this.#pending = "";
  }
}

/** By the bytes of the keys, which is not the order of JavaScript's texts beyond U+FFFF. */
function sorted(entries: ReadonlyMap<string, MapEntry>): MapEntry[] {
  return Array.from(entries.values(), (entry) => ({ entry, bytes: Buffer.from(entry.key) }))
    .sort((left, right) => Buffer.compare(left.bytes, right.bytes))
    .map(({ entry }) => entry);
}

/** Go escapes these too, and bytes that are not UTF-8, which have been read as U+FFFD here. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029\ufffd]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
