/** The node store: links stay consistent and freed nodes are used again. */
import { expect, test } from "bun:test";
import { subjectBytes, subjectText } from "../../../src/subject/subject.ts";
import { SubjectTokens } from "../../../src/subject/subject-tokens.ts";
import { Link, ROOT, SubjectTrie } from "../../../src/subject/subject-trie.ts";
import { Token } from "../../../src/subject/token-table.ts";
import { Random } from "../../../src/util/random.ts";

function newTrie(seed: number) {
  const random = new Random(seed);
  const tokens = new SubjectTokens(random);
  const trie = new SubjectTrie(random);
  const split = (text: string) => {
    const bytes = subjectBytes(text);
    expect(tokens.split(bytes, 0, bytes.length)).toBe(true);
    return bytes;
  };
  const insert = (text: string) => trie.insert(split(text), tokens);
  const find = (text: string) => trie.find(split(text), tokens);
  return { trie, insert, find };
}

/** Removes the node, then its parents as long as they are leaves. */
function prune(trie: SubjectTrie, from: number): void {
  let node = from;
  while (node !== ROOT && trie.isLeaf(node)) node = trie.removeLeaf(node);
}

/** Walks the whole tree and checks both directions of every link; returns the number of nodes. */
function checkLinks(trie: SubjectTrie, parent: number): number {
  const { links } = trie;
  let count = 0;
  let previous = ROOT;
  let previousToken: number = Token.None;
  let node = Math.abs(links[parent * Link.Size + Link.FirstChild]!);
  while (node !== ROOT) {
    const token = links[node * Link.Size + Link.Token]!;
    expect(links[node * Link.Size + Link.Parent]).toBe(parent);
    expect(links[node * Link.Size + Link.Previous]).toBe(previous);
    expect(trie.child(parent, token)).toBe(node);
    if (token === Token.Rest) expect(previous).toBe(ROOT);
    if (token === Token.Star) expect([Token.None, Token.Rest]).toContain(previousToken);
    count += 1 + checkLinks(trie, node);
    previous = node;
    previousToken = token;
    node = links[node * Link.Size + Link.Next]!;
  }
  return count;
}

const seed = Number(process.env["SEED"] ?? Math.floor(Date.now() % 1_000_000_007));

test(`keeps its links consistent under random changes, seed ${seed}`, () => {
  const random = new Random(seed);
  const { trie, insert, find } = newTrie(seed);
  const held = new Map<string, number>();
  for (let step = 0; step < 3000; step++) {
    const tokens = Array.from({ length: 1 + random.below(3) }, () =>
      random.below(4) === 0 ? "*" : `${random.below(12)}`,
    );
    if (random.below(5) === 0) tokens.push(">");
    const text = tokens.join(".");
    if (random.below(2) === 0) {
      held.set(text, insert(text));
    } else if (held.has(text)) {
      prune(trie, held.get(text)!);
      held.delete(text);
    }
    // A subject that leads to others stays as an inner node; drop those that went with their leaf.
    for (const [subject, node] of held) if (find(subject) !== node) held.delete(subject);
    if (step % 50 === 0) {
      expect(checkLinks(trie, ROOT)).toBe(trie.count);
      for (const [subject, node] of held) expect(subjectText(trie.subjectOf(node))).toBe(subject);
    }
  }
});

test("uses freed nodes again, whatever the number of children", () => {
  const { trie, insert } = newTrie(1);
  let highest = 0;
  for (let round = 0; round < 20; round++) {
    const nodes = Array.from({ length: 500 }, (_, i) => insert(`a.${round}.${i}`));
    if (round === 0) highest = Math.max(...nodes);
    expect(Math.max(...nodes)).toBe(highest);
    expect(trie.count).toBe(502);
    for (const node of nodes) prune(trie, node);
    expect(trie.count).toBe(0);
    expect(trie.tokens.count).toBe(0);
  }
});

test("finds children before, while and after a node has many", () => {
  const { trie, insert, find } = newTrie(2);
  const wildcards = [insert("a.>"), insert("a.*")];
  const nodes = Array.from({ length: 10 }, (_, i) => insert(`a.${i}`));
  nodes.forEach((node, i) => expect(find(`a.${i}`)).toBe(node));
  expect([find("a.>"), find("a.*")]).toEqual(wildcards);
  for (let i = 9; i >= 0; i--) {
    trie.removeLeaf(nodes[i]!);
    expect(find(`a.${i}`)).toBe(ROOT);
    for (let j = 0; j < i; j++) expect(find(`a.${j}`)).toBe(nodes[j]!);
  }
  expect([find("a.>"), find("a.*")]).toEqual(wildcards);
  expect(find("a.0")).toBe(ROOT);
  expect(find("a.*.b")).toBe(ROOT);
});
