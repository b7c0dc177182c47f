/**
 * The tree of subscribed subjects, one node per token, kept in one Int32Array. [hot] Called by
 * `sublist.ts` to find, add and remove nodes and by `trie-walk.ts`, which reads `links` itself. A
 * million subscriptions make millions of nodes: as integers they cost 20 bytes each and the garbage
 * collector never looks at them. Freed nodes are used again.
 */
import { Ascii } from "../util/ascii.ts";
import type { Random } from "../util/random.ts";
import { IdTable } from "./id-table.ts";
import type { SubjectTokens } from "./subject-tokens.ts";
import { Token, TokenTable } from "./token-table.ts";

/** The root, and as a child or sibling "none": no list ever holds the root. */
export const ROOT = 0;

/**
 * Fields of a node. Children are a doubly linked list: first the `>` child if any, then the `*`
 * child if any, then the literal ones. `FirstChild` is negative while the literal children are also
 * in the child table, which begins when a node gets more than `MAX_LISTED` of them. A free node
 * holds the number of the next free one in `Parent`, and `Token.None`.
 */
export const enum Link {
  Parent = 0,
  Token = 1,
  FirstChild = 2,
  Next = 3,
  Previous = 4,
  Size = 5,
}

/** Literal children that are found by walking the list; more are looked up in the table. */
const MAX_LISTED = 4;
const FIRST_NODES = 16;

export class SubjectTrie {
  readonly tokens: TokenTable;
  /** The fields of all nodes; replaced when a node is added, so do not keep it over a change. */
  links: Int32Array;
  readonly #childTable: IdTable;
  readonly #parentFactor: number;
  readonly #tokenFactor: number;
  #highestNode: number;
  #firstFree: number;
  #count: number;

  constructor(random: Random) {
    this.tokens = new TokenTable();
    this.links = new Int32Array(FIRST_NODES * Link.Size);
    this.#childTable = new IdTable();
    this.#parentFactor = (random.below(0x7fffffff) << 1) | 1;
    this.#tokenFactor = (random.below(0x7fffffff) << 1) | 1;
    this.#highestNode = ROOT;
    this.#firstFree = ROOT;
    this.#count = 0;
  }

  /** Number of nodes below the root. */
  get count(): number {
    return this.#count;
  }

  /** Number of nodes that fit without growing. */
  get capacity(): number {
    return this.links.length / Link.Size;
  }

  /** The node of the subject that `tokens` was split from, made where it is missing. */
  insert(bytes: Uint8Array, tokens: SubjectTokens): number {
    let node = ROOT;
    for (let i = 0; i < tokens.count; i++) {
      let token: number = tokens.wildcards[i]!;
      if (token === Token.None) token = this.#literal(bytes, tokens, i);
      let child = this.child(node, token);
      if (child === ROOT) child = this.#addChild(node, token);
      node = child;
    }
    return node;
  }

  /** The node of exactly this subject, `*` and `>` only meeting themselves; `ROOT` for none. */
  find(bytes: Uint8Array, tokens: SubjectTokens): number {
    let node = ROOT;
    for (let i = 0; i < tokens.count; i++) {
      let token: number = tokens.wildcards[i]!;
      if (token === Token.None) {
        token = this.tokens.find(bytes, tokens.starts[i]!, tokens.ends[i]!, tokens.hashes[i]!);
        if (token === Token.None) return ROOT;
      }
      node = this.child(node, token);
      if (node === ROOT) return ROOT;
    }
    return node;
  }

  /** The child of `node` with this token, or `ROOT` for none. */
  child(node: number, token: number): number {
    const links = this.links;
    let child = links[node * Link.Size + Link.FirstChild]!;
    if (child < 0) {
      if (token >= Token.FirstLiteral) return this.literalInTable(node, token);
      child = -child;
    }
    while (child !== ROOT && links[child * Link.Size + Link.Token] !== token) {
      child = links[child * Link.Size + Link.Next]!;
    }
    return child;
  }

  /** As `child`, for a literal token and a node whose `FirstChild` is negative. */
  literalInTable(node: number, token: number): number {
    const links = this.links;
    const table = this.#childTable;
    const cells = table.cells;
    const mask = table.cellMask;
    const hash = this.#childHash(node, token);
    for (let cell = table.homeCell(hash); ; cell = (cell + 2) & mask) {
      const child = cells[cell]!;
      if (child === ROOT) return ROOT;
      if (cells[cell + 1] !== hash) continue;
      const at = child * Link.Size;
      if (links[at + Link.Parent] === node && links[at + Link.Token] === token) return child;
    }
  }

  /** Whether no child hangs below the node. */
  isLeaf(node: number): boolean {
    return this.links[node * Link.Size + Link.FirstChild] === ROOT;
  }

  /** Removes a leaf and returns its parent. */
  removeLeaf(node: number): number {
    const links = this.links;
    const at = node * Link.Size;
    const parent = links[at + Link.Parent]!;
    const token = links[at + Link.Token]!;
    this.#unlink(node, parent, token);
    this.tokens.release(token);
    links[at + Link.Token] = Token.None;
    links[at + Link.Parent] = this.#firstFree;
    this.#firstFree = node;
    this.#count--;
    return parent;
  }

  /** The subject that leads to the node, as new bytes. */
  subjectOf(node: number): Uint8Array {
    const links = this.links;
    const tokens = this.tokens;
    let length = -1;
    for (let at = node; at !== ROOT; at = links[at * Link.Size + Link.Parent]!) {
      length += 1 + tokens.lengthOf(links[at * Link.Size + Link.Token]!);
    }
    const subject = new Uint8Array(length).fill(Ascii.Dot);
    let end = length;
    for (let at = node; at !== ROOT; at = links[at * Link.Size + Link.Parent]!) {
      const token = links[at * Link.Size + Link.Token]!;
      const start = end - tokens.lengthOf(token);
      tokens.copyTo(token, subject, start);
      end = start - 1;
    }
    return subject;
  }

  #literal(bytes: Uint8Array, tokens: SubjectTokens, index: number): number {
    const start = tokens.starts[index]!;
    const end = tokens.ends[index]!;
    const hash = tokens.hashes[index]!;
    const token = this.tokens.find(bytes, start, end, hash);
    return token === Token.None ? this.tokens.add(bytes, start, end, hash) : token;
  }

  #addChild(parent: number, token: number): number {
    const node = this.#takeNode();
    const links = this.links;
    const at = node * Link.Size;
    links[at + Link.Parent] = parent;
    links[at + Link.Token] = token;
    links[at + Link.FirstChild] = ROOT;
    this.tokens.retain(token);
    this.#link(node, parent, token);
    return node;
  }

  #takeNode(): number {
    this.#count++;
    const free = this.#firstFree;
    if (free !== ROOT) {
      this.#firstFree = this.links[free * Link.Size + Link.Parent]!;
      return free;
    }
    const node = ++this.#highestNode;
    if ((node + 1) * Link.Size > this.links.length) {
      const links = new Int32Array(this.links.length * 2);
      links.set(this.links);
      this.links = links;
    }
    return node;
  }

  /** Puts the node into its parent's list, behind the wildcards that go before it. */
  #link(node: number, parent: number, token: number): void {
    const links = this.links;
    const parentAt = parent * Link.Size;
    const first = links[parentAt + Link.FirstChild]!;
    const sign = first < 0 ? -1 : 1;
    let previous = ROOT;
    let next = first * sign;
    while (next !== ROOT && goesBefore(links[next * Link.Size + Link.Token]!, token)) {
      previous = next;
      next = links[next * Link.Size + Link.Next]!;
    }
    const at = node * Link.Size;
    links[at + Link.Previous] = previous;
    links[at + Link.Next] = next;
    if (next !== ROOT) links[next * Link.Size + Link.Previous] = node;
    if (previous === ROOT) links[parentAt + Link.FirstChild] = node * sign;
    else links[previous * Link.Size + Link.Next] = node;
    if (token < Token.FirstLiteral) return;
    if (sign < 0) this.#childTable.add(node, this.#childHash(parent, token));
    else this.#enterTableIfMany(node, parent);
  }

  /**
   * Enters the literal children, of which `first` is the first, into the table if they are many.
   */
  #enterTableIfMany(first: number, parent: number): void {
    const links = this.links;
    let count = 0;
    for (let node = first; node !== ROOT; node = links[node * Link.Size + Link.Next]!) count++;
    if (count <= MAX_LISTED) return;
    for (let node = first; node !== ROOT; node = links[node * Link.Size + Link.Next]!) {
      this.#childTable.add(node, this.#childHash(parent, links[node * Link.Size + Link.Token]!));
    }
    links[parent * Link.Size + Link.FirstChild]! *= -1;
  }

  #unlink(node: number, parent: number, token: number): void {
    const links = this.links;
    const parentAt = parent * Link.Size;
    const isInTable = links[parentAt + Link.FirstChild]! < 0;
    const previous = links[node * Link.Size + Link.Previous]!;
    const next = links[node * Link.Size + Link.Next]!;
    if (next !== ROOT) links[next * Link.Size + Link.Previous] = previous;
    if (previous !== ROOT) links[previous * Link.Size + Link.Next] = next;
    else links[parentAt + Link.FirstChild] = isInTable ? -next : next;
    if (!isInTable || token < Token.FirstLiteral) return;
    this.#childTable.remove(node, this.#childHash(parent, token));
    // Without a literal neighbour it was the last literal child: the list is short again.
    const isLast =
      next === ROOT &&
      (previous === ROOT || links[previous * Link.Size + Link.Token]! < Token.FirstLiteral);
    if (isLast && links[parentAt + Link.FirstChild]! < 0) links[parentAt + Link.FirstChild]! *= -1;
  }

  #childHash(parent: number, token: number): number {
    let hash = Math.imul(parent, this.#parentFactor) ^ Math.imul(token, this.#tokenFactor);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}

/** The order of a list of children: `>`, `*`, then literal tokens, the newest first. */
function goesBefore(token: number, added: number): boolean {
  return token < Token.FirstLiteral && (added >= Token.FirstLiteral || token > added);
}
