/**
 * One value per trie node, in chunks. [hot] Called by `sublist.ts`. A single array of millions of
 * references would be scanned whole by every small garbage collection that follows a change in it:
 * 2 ms with a million subscriptions, against 0.03 ms for the chunk that changed (benchmark
 * `test/bench/micro/sublist.ts`). Growing copies nothing.
 */

const CHUNK_BITS = 10;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

export class NodeSlots<Value> {
  readonly #chunks: (Value | undefined)[][];

  constructor() {
    this.#chunks = [];
  }

  get(node: number): Value | undefined {
    const chunk = this.#chunks[node >>> CHUNK_BITS];
    return chunk === undefined ? undefined : chunk[node & CHUNK_MASK];
  }

  set(node: number, value: Value | undefined): void {
    const chunks = this.#chunks;
    while (chunks.length <= node >>> CHUNK_BITS) {
      // Only the first chunk grows with its nodes, so that small tries stay small.
      chunks.push(chunks.length === 0 ? [] : emptyChunk());
    }
    const chunk = chunks[node >>> CHUNK_BITS]!;
    while (chunk.length <= (node & CHUNK_MASK)) chunk.push(undefined);
    chunk[node & CHUNK_MASK] = value;
  }

  /** Every value, in the order of the nodes. */
  *[Symbol.iterator](): Generator<Value> {
    for (const chunk of this.#chunks) {
      for (const value of chunk) if (value !== undefined) yield value;
    }
  }
}

function emptyChunk<Value>(): (Value | undefined)[] {
  return new Array<Value | undefined>(1 << CHUNK_BITS).fill(undefined);
}
