/**
 * Random accounts that export to and import from each other, and a naive model of whom a message
 * reaches there. Used by the fuzzer of imports. The model looks at every subscription for every
 * message and knows nothing of shadows, plans and transforms.
 */
import type { Random } from "../../src/util/random.ts";

export type ImportKind = "stream" | "service";

export interface GraphExport {
  readonly kind: ImportKind;
  readonly subject: string;
  /** Names of accounts; empty: all. */
  readonly accounts: readonly string[];
}

export interface GraphImport {
  readonly kind: ImportKind;
  readonly account: string;
  readonly remote: string;
  /** `$n` stands for what the wildcard of that number matches; `*` for the next one. */
  readonly local: string;
  /** How `local` is written. */
  readonly directive: string;
}

export interface GraphMapping {
  readonly source: string;
  readonly destination: string;
}

export interface GraphAccount {
  readonly name: string;
  readonly exports: readonly GraphExport[];
  readonly imports: readonly GraphImport[];
  readonly mappings: readonly GraphMapping[];
}

/** A subscription of a client. */
export interface GraphSubscription {
  readonly account: string;
  readonly client: number;
  readonly sid: number;
  readonly pattern: string;
}

/** The text of a configuration file with these accounts. */
export function configOf(accounts: readonly GraphAccount[]): string {
  const blocks = accounts.map(({ name, exports, imports, mappings }) => {
    const exported = exports.map(({ kind, subject, accounts: names }) => {
      const allowed = names.length === 0 ? "" : `, accounts: [${names.join(", ")}]`;
      return `{${kind}: "${subject}"${allowed}}`;
    });
    const imported = imports.map(({ kind, account, remote, directive }) => {
      return `{${kind}: {account: ${account}, subject: "${remote}"}${directive}}`;
    });
    const mapped = mappings.map(({ source, destination }) => `"${source}": "${destination}"`);
    return `${name} {
      exports: [ ${exported.join(", ")} ]
      imports: [ ${imported.join(", ")} ]
      mappings: { ${mapped.join(", ")} }
    }`;
  });
  return `accounts {\n${blocks.join("\n")}\n}`;
}

const WORDS = ["a", "b", "c"];

export interface GraphSettings {
  /** Whether patterns may begin with a wildcard. */
  readonly isWild: boolean;
  readonly hasMappings: boolean;
}

export class GraphMaker {
  readonly #random: Random;
  readonly #isWild: boolean;
  readonly #hasMappings: boolean;

  constructor(random: Random, { isWild, hasMappings }: GraphSettings) {
    this.#random = random;
    this.#isWild = isWild;
    this.#hasMappings = hasMappings;
  }

  /** Whether something happens that does so in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }

  pick<Item>(choices: readonly Item[]): Item {
    return choices[this.#random.below(choices.length)]!;
  }

  /** From `least` on, `most` at most. */
  count(least: number, most: number): number {
    return least + this.#random.below(most - least + 1);
  }

  literal(): string {
    return Array.from({ length: this.count(1, 3) }, () => this.pick(WORDS)).join(".");
  }

  /** A subject that something in the account is about, more often than not. */
  subjectIn({ imports, exports, mappings }: GraphAccount): string {
    const patterns = [
      ...imports.filter(({ kind }) => kind === "service").map(({ local }) => local),
      ...exports.map(({ subject }) => subject),
      ...mappings.map(({ source }) => source),
    ];
    if (patterns.length === 0 || this.chance(25)) return this.literal();
    const tokens = this.pick(patterns)
      .split(".")
      .map((token) => {
        if (token === ">") return this.literal();
        return token === "*" || token.startsWith("$") ? this.pick(WORDS) : token;
      });
    return tokens.join(".");
  }

  pattern(isWild = this.#isWild): string {
    if (isWild && this.chance(8)) return ">";
    const tokens = Array.from({ length: this.count(1, 3) }, (_, i) => {
      return (isWild || i > 0) && this.chance(30) ? "*" : this.pick(WORDS);
    });
    if (tokens.length > 1 && this.chance(20)) tokens[tokens.length - 1] = ">";
    return tokens.join(".");
  }

  /** Accounts with exports and mappings; none imports anything yet. */
  accounts(): GraphAccount[] {
    const names = Array.from({ length: this.count(3, 8) }, (_, i) => `A${i}`);
    return names.map((name) => ({
      name,
      exports: Array.from({ length: this.count(0, 3) }, () => this.#export(names)),
      imports: [],
      mappings: this.#mappings(),
    }));
  }

  #export(names: readonly string[]): GraphExport {
    const kind = this.pick<ImportKind>(["stream", "service"]);
    const accounts = this.chance(15) ? [this.pick(names), this.pick(names)] : [];
    return { kind, subject: this.pattern(), accounts };
  }

  #mappings(): GraphMapping[] {
    if (!this.#hasMappings || this.chance(40)) return [];
    const sources = new Set([this.pattern(), this.pattern()]);
    return [...sources].map((source) => ({ source, destination: this.#renamed(source) }));
  }

  /** An import that may be possible or not. */
  import(accounts: readonly GraphAccount[]): GraphImport {
    const { name: account, exports } = this.pick(accounts);
    const known = exports.length > 0 && !this.chance(10) ? this.pick(exports) : undefined;
    const kind = known?.kind ?? this.pick<ImportKind>(["stream", "service"]);
    const exported = known?.subject ?? this.pattern();
    const remote = this.chance(40) ? this.#narrowed(exported) : exported;
    const form = this.count(0, 3);
    if (form === 0 || (form === 1 && kind === "service")) {
      return { kind, account, remote, local: remote, directive: "" };
    }
    if (form === 1) {
      const prefix = this.literal();
      const directive = `, prefix: "${prefix}"`;
      return { kind, account, remote, local: `${prefix}.${remote}`, directive };
    }
    const local = this.#renamed(remote);
    return { kind, account, remote, local, directive: `, to: "${local}"` };
  }

  #narrowed(pattern: string): string {
    const tokens = pattern.split(".").flatMap((token) => {
      if (token === "*" && this.chance(60)) return [this.pick(WORDS)];
      return token === ">" && this.chance(60) ? this.literal().split(".") : [token];
    });
    return tokens.slice(0, 4).join(".");
  }

  /** Another subject with a place for each wildcard, in any order. */
  #renamed(pattern: string): string {
    const tokens = pattern.split(".");
    const stars = tokens.filter((token) => token === "*").length;
    const places = Array.from({ length: stars }, (_, i) => `$${i + 1}`);
    if (this.chance(50)) places.reverse();
    const renamed = places.flatMap((place) =>
      this.chance(30) ? [this.pick(WORDS), place] : [place],
    );
    const first = this.#isWild && renamed.length > 0 && this.chance(20) ? [] : [this.pick(WORDS)];
    const rest = tokens.at(-1) === ">" ? [">"] : [];
    return [...first, ...renamed, ...rest].join(".");
  }
}

interface Bound {
  /** By the number of the wildcard, from 1. */
  readonly stars: ReadonlyMap<number, string>;
  readonly rest: readonly string[];
}

/** What the wildcards of the pattern stand for in the subject; undefined if it does not match. */
function bind(pattern: string, subject: string): Bound | undefined {
  const tokens = subject.split(".");
  const stars = new Map<number, string>();
  let starCount = 0;
  let at = 0;
  for (const place of pattern.split(".")) {
    if (place === ">") return at < tokens.length ? { stars, rest: tokens.slice(at) } : undefined;
    const token = tokens[at++];
    if (token === undefined) return undefined;
    if (place === "*") stars.set(++starCount, token);
    else if (place.startsWith("$")) stars.set(Number(place.slice(1)), token);
    else if (place !== token) return undefined;
  }
  return at === tokens.length ? { stars, rest: [] } : undefined;
}

function fill(pattern: string, { stars, rest }: Bound): string {
  let starCount = 0;
  const tokens = pattern.split(".").flatMap((place) => {
    if (place === ">") return rest;
    if (place === "*") return [stars.get(++starCount)!];
    return place.startsWith("$") ? [stars.get(Number(place.slice(1)))!] : [place];
  });
  return tokens.join(".");
}

export function matches(pattern: string, subject: string): boolean {
  return bind(pattern, subject) !== undefined;
}

/** Whether each subject of the one pattern is one of the other. */
function isWithin(narrow: string, wide: string): boolean {
  const [inner, outer] = [narrow.split("."), wide.split(".")];
  for (const [i, token] of outer.entries()) {
    if (inner[i] === undefined) return false;
    if (token === ">") return true;
    if (inner[i] === ">" || (token !== "*" && token !== inner[i])) return false;
  }
  return inner.length === outer.length;
}

/** Too much is delivered to be worth looking at. */
export class TooMany extends Error {}

const MAX_STEPS = 2000;

export class GraphModel {
  readonly #accounts: ReadonlyMap<string, GraphAccount>;
  readonly #subscriptions: readonly GraphSubscription[];
  #reached: string[];
  #steps: number;

  constructor(accounts: readonly GraphAccount[], subscriptions: readonly GraphSubscription[]) {
    this.#accounts = new Map(accounts.map((account) => [account.name, account]));
    this.#subscriptions = subscriptions;
    this.#reached = [];
    this.#steps = 0;
  }

  /** Each delivery as `client/sid subject`; throws `TooMany`. */
  publish(account: string, subject: string): string[] {
    this.#reached = [];
    this.#steps = 0;
    this.#visit(account, this.#mapped(account, subject), []);
    return this.#reached.toSorted();
  }

  /** How many answers a request gets, if services that reach anybody answer it once. */
  answers(account: string, subject: string): number {
    this.#reached = [];
    this.#steps = 0;
    const published = this.#mapped(account, subject);
    return this.#serviceImports(account).filter((one) => {
      const before = this.#reached.length;
      this.#ask(one, published, []);
      return this.#reached.length > before;
    }).length;
  }

  #visit(account: string, subject: string, chain: readonly GraphExport[]): void {
    if (++this.#steps > MAX_STEPS) throw new TooMany();
    this.#deliver(account, subject);
    // What has come through an import does not go out as a stream.
    if (chain.length === 0) {
      for (const { name, imports } of this.#accounts.values()) {
        for (const one of imports)
          if (one.kind === "stream") this.#carry(name, one, account, subject);
      }
    }
    for (const one of this.#serviceImports(account)) this.#ask(one, subject, chain);
  }

  #deliver(account: string, subject: string): void {
    for (const one of this.#subscriptions) {
      if (one.account !== account || !matches(one.pattern, subject)) continue;
      this.#reached.push(`${one.client}/${one.sid} ${subject}`);
    }
  }

  #carry(importer: string, one: GraphImport, account: string, subject: string): void {
    const bound = one.account === account ? bind(one.remote, subject) : undefined;
    if (bound !== undefined) this.#deliver(importer, fill(one.local, bound));
  }

  #serviceImports(account: string): readonly GraphImport[] {
    return this.#accounts.get(account)!.imports.filter(({ kind }) => kind === "service");
  }

  #ask(one: GraphImport, subject: string, chain: readonly GraphExport[]): void {
    const bound = bind(one.local, subject);
    if (bound === undefined) return;
    const service = this.#exportOf(one);
    if (chain.includes(service)) return;
    const remote = this.#mapped(one.account, fill(one.remote, bound));
    this.#visit(one.account, remote, [...chain, service]);
  }

  #exportOf({ account, remote }: GraphImport): GraphExport {
    const services = this.#accounts.get(account)!.exports.filter(({ kind }) => kind === "service");
    const found =
      services.find(({ subject }) => subject === remote) ??
      services.find(({ subject }) => isWithin(remote, subject));
    if (found === undefined) throw new Error(`${account} does not export ${remote}`);
    return found;
  }

  #mapped(account: string, subject: string): string {
    for (const { source, destination } of this.#accounts.get(account)!.mappings) {
      const bound = bind(source, subject);
      if (bound !== undefined) return fill(destination, bound);
    }
    return subject;
  }
}
