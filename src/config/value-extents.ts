/**
 * How large values are with everything in them. Used by `parser.ts` to limit what variables stand
 * for: ten lines that each name the line before ten times stand for 10^10 values.
 */
import type { ArrayNode, ConfigNode, MapNode } from "./config-node.ts";

export interface Extent {
  /** The value itself and all values in it. */
  readonly values: number;
  /** Of the texts and keys in it. */
  readonly characters: number;
  /** Maps and arrays inside each other, itself included. */
  readonly height: number;
}

/** Measures each array and each map once, however many nodes share it. */
export class Extents {
  readonly #known = new Map<object, Extent>();

  of(node: ConfigNode): Extent {
    if (node.kind === "array") return this.#remembered(node.items, node);
    if (node.kind === "map") return this.#remembered(node.entries, node);
    const characters = node.kind === "string" ? node.value.length : 0;
    return { values: 1, characters, height: 0 };
  }

  #remembered(content: object, node: ArrayNode | MapNode): Extent {
    const known = this.#known.get(content);
    if (known !== undefined) return known;
    const extent = this.#measure(node);
    this.#known.set(content, extent);
    return extent;
  }

  #measure(node: ArrayNode | MapNode): Extent {
    let values = 1;
    let characters = 0;
    let height = 0;
    const add = (child: ConfigNode): void => {
      const extent = this.of(child);
      values += extent.values;
      characters += extent.characters;
      height = Math.max(height, extent.height);
    };
    if (node.kind === "array") {
      for (const item of node.items) add(item);
    } else {
      for (const [key, entry] of node.entries) {
        characters += key.length;
        add(entry.node);
      }
    }
    return { values, characters, height: height + 1 };
  }
}
