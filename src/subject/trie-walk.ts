/**
 * Which nodes of a trie a subject reaches. [hot] Called by `sublist.ts`. A walk goes level by level
 * with the list of nodes reached so far, so its depth is no matter and nothing is allocated: the
 * lists belong to the instance and are overwritten by the next walk. No node is reached twice, so a
 * walk never costs more than the trie is large.
 */
import type { SubjectTokens } from "./subject-tokens.ts";
import { Link, ROOT } from "./subject-trie.ts";
import type { SubjectTrie } from "./subject-trie.ts";
import { Token } from "./token-table.ts";

const FIRST_NODES = 16;

export class TrieWalk {
  /**
   * The nodes found by the last walk, as many as it returned. Some may hold no entry. Two walks
   * that find the same nodes find them in the same order.
   */
  found: Int32Array;
  #foundCount: number;
  /** Nodes at the current depth that match so far, and those at the next. */
  #current: Int32Array;
  #next: Int32Array;

  constructor() {
    this.found = new Int32Array(FIRST_NODES);
    this.#foundCount = 0;
    this.#current = new Int32Array(FIRST_NODES);
    this.#next = new Int32Array(FIRST_NODES);
  }

  /**
   * The nodes that the literal subject reaches: `*` and `>` in it are plain text. `tokens` were
   * split from `bytes`. Returns how many were found.
   */
  match(trie: SubjectTrie, bytes: Uint8Array, tokens: SubjectTokens): number {
    const links = trie.links;
    const { starts, ends, hashes, count } = tokens;
    this.#foundCount = 0;
    this.#current[0] = ROOT;
    let width = 1;
    for (let level = 0; level < count && width > 0; level++) {
      const token = trie.tokens.find(bytes, starts[level]!, ends[level]!, hashes[level]!);
      this.#reserve(width);
      const current = this.#current;
      const next = this.#next;
      let nextWidth = 0;
      for (let i = 0; i < width; i++) {
        const node = current[i]!;
        const first = links[node * Link.Size + Link.FirstChild]!;
        let child = first < 0 ? -first : first;
        if (child === ROOT) continue;
        if (links[child * Link.Size + Link.Token] === Token.Rest) {
          this.found[this.#foundCount++] = child;
          child = links[child * Link.Size + Link.Next]!;
        }
        if (child !== ROOT && links[child * Link.Size + Link.Token] === Token.Star) {
          next[nextWidth++] = child;
          child = links[child * Link.Size + Link.Next]!;
        }
        if (token === Token.None) continue;
        if (first < 0) child = trie.literalInTable(node, token);
        else {
          while (child !== ROOT && links[child * Link.Size + Link.Token] !== token) {
            child = links[child * Link.Size + Link.Next]!;
          }
        }
        if (child !== ROOT) next[nextWidth++] = child;
      }
      this.#current = next;
      this.#next = current;
      width = nextWidth;
    }
    return this.#addCurrent(width);
  }

  /**
   * The nodes whose subject, wildcards included, shares some literal subject with the split one,
   * whose own wildcards count. Returns how many were found.
   */
  collide(trie: SubjectTrie, bytes: Uint8Array, tokens: SubjectTokens): number {
    const { starts, ends, hashes, wildcards, count } = tokens;
    this.#foundCount = 0;
    this.#current[0] = ROOT;
    let width = 1;
    for (let level = 0; level < count && width > 0; level++) {
      const wildcard = wildcards[level]!;
      if (wildcard === Token.Rest) {
        for (let i = 0; i < width; i++) this.#addBelow(trie, this.#current[i]!);
        return this.#foundCount;
      }
      const token =
        wildcard === Token.Star
          ? Token.Star
          : trie.tokens.find(bytes, starts[level]!, ends[level]!, hashes[level]!);
      width = this.#collideLevel(trie, token, width);
    }
    return this.#addCurrent(width);
  }

  /**
   * One level of `collide`; `Token.Star` reaches every child, another token its own and wildcards.
   */
  #collideLevel(trie: SubjectTrie, token: number, width: number): number {
    const links = trie.links;
    let nextWidth = 0;
    for (let i = 0; i < width; i++) {
      const node = this.#current[i]!;
      let child = Math.abs(links[node * Link.Size + Link.FirstChild]!);
      while (child !== ROOT) {
        const childToken = links[child * Link.Size + Link.Token]!;
        if (childToken >= Token.FirstLiteral && token !== Token.Star) break;
        if (childToken === Token.Rest) this.#addFound(child);
        else nextWidth = this.#addNext(nextWidth, child);
        child = links[child * Link.Size + Link.Next]!;
      }
      if (token < Token.FirstLiteral) continue;
      const literal = trie.child(node, token);
      if (literal !== ROOT) nextWidth = this.#addNext(nextWidth, literal);
    }
    const current = this.#current;
    this.#current = this.#next;
    this.#next = current;
    return nextWidth;
  }

  /** Adds every node below `top`, going down and along by the links alone. */
  #addBelow(trie: SubjectTrie, top: number): void {
    const links = trie.links;
    let node = Math.abs(links[top * Link.Size + Link.FirstChild]!);
    while (node !== ROOT) {
      this.#addFound(node);
      const child = Math.abs(links[node * Link.Size + Link.FirstChild]!);
      if (child !== ROOT) {
        node = child;
        continue;
      }
      while (node !== top && links[node * Link.Size + Link.Next] === ROOT) {
        node = links[node * Link.Size + Link.Parent]!;
      }
      node = node === top ? ROOT : links[node * Link.Size + Link.Next]!;
    }
  }

  #addCurrent(width: number): number {
    const current = this.#current;
    for (let i = 0; i < width; i++) this.#addFound(current[i]!);
    return this.#foundCount;
  }

  #addFound(node: number): void {
    if (this.#foundCount === this.found.length) this.found = grown(this.found);
    this.found[this.#foundCount++] = node;
  }

  #addNext(count: number, node: number): number {
    if (count === this.#next.length) this.#next = grown(this.#next);
    this.#next[count] = node;
    return count + 1;
  }

  /**
   * Room for what one level of `match` can add: two nodes ahead and one found for each of `width`.
   */
  #reserve(width: number): void {
    while (this.#next.length < width * 2) this.#next = grown(this.#next);
    while (this.found.length < this.#foundCount + width) this.found = grown(this.found);
  }
}

function grown(nodes: Int32Array): Int32Array {
  const larger = new Int32Array(nodes.length * 2);
  larger.set(nodes);
  return larger;
}
