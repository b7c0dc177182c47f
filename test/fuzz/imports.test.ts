/**
 * Random accounts that export, import and map at random: what the checks of a configuration accept
 * works as a naive model says, what they refuse as a cycle ends all the same, and nothing is left
 * when everybody has gone. Run with SEED=n to repeat a failure.
 */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../src/broker/close-reason.ts";
import { Random } from "../../src/util/random.ts";
import { AccountBroker, checkedConfig, pub, received } from "../support/account-broker.ts";
import {
  type GraphAccount,
  GraphMaker,
  GraphModel,
  type GraphSubscription,
  TooMany,
  configOf,
  matches,
} from "../support/account-graph.ts";
import type { MemoryPeer } from "../support/memory-broker.ts";
import type { WireMessage } from "../support/wire-messages.ts";

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

const GRAPHS = 200;
const RINGS = 150;
const TIMEOUT_MS = 120_000;

const CYCLE = /import forms a cycle/;
/** Why else an import may be refused. */
const OTHER_REASONS =
  /import not authorized|stream import already exists|uplicate service import subject/;

const NOTHING = "debug: false";

function errorsOf(graph: readonly GraphAccount[]): readonly string[] {
  return checkedConfig(configOf(graph)).errors;
}

function seedOf(index: number): number {
  return (firstSeed + index * 7919) | 1;
}

interface Graph {
  /** All of its imports are accepted. */
  readonly accepted: readonly GraphAccount[];
  /** The same with one import more that would make a cycle. */
  readonly cyclic: readonly (readonly GraphAccount[])[];
}

/** Tries to add imports at random, which are left out if the checks refuse them. */
function graphBy(maker: GraphMaker): Graph {
  let accepted: readonly GraphAccount[] = maker.accounts();
  const cyclic: (readonly GraphAccount[])[] = [];
  const tries = maker.count(2, 4 * accepted.length);
  for (let i = 0; i < tries; i++) {
    const importer = maker.pick(accepted).name;
    const added = maker.import(accepted);
    const candidate = accepted.map((account) =>
      account.name === importer ? { ...account, imports: [...account.imports, added] } : account,
    );
    const errors = errorsOf(candidate);
    for (const error of errors) if (!CYCLE.test(error)) expect(error).toMatch(OTHER_REASONS);
    if (errors.length === 0) accepted = candidate;
    else if (errors.every((error) => CYCLE.test(error))) cyclic.push(candidate);
  }
  return { accepted, cyclic };
}

/** Clients in a broker, and what a model says of them. */
class Bench {
  readonly accounts: AccountBroker;
  readonly #maker: GraphMaker;
  readonly #hasQueues: boolean;
  #clients: { readonly account: string; readonly peer: MemoryPeer }[];
  #subscriptions: GraphSubscription[];

  constructor(maker: GraphMaker, hasQueues: boolean) {
    this.accounts = new AccountBroker(NOTHING, { noSublistCache: maker.chance(20) });
    this.#maker = maker;
    this.#hasQueues = hasQueues;
    this.#clients = [];
    this.#subscriptions = [];
  }

  /** Takes the graph over; clients whose accounts go are closed, and new ones come. */
  use(graph: readonly GraphAccount[]): void {
    this.accounts.configure(configOf(graph), true);
    for (const { account, peer } of this.#clients) {
      const stays = graph.some(({ name }) => name === account);
      expect(peer.client.isLive).toBe(stays);
      peer.read();
    }
    this.#subscriptions = this.#subscriptions.filter(({ client }) => {
      return this.#clients[client]!.peer.client.isLive;
    });
    for (const { name } of graph) {
      for (let i = this.#maker.count(0, 1); i < 2; i++) this.#addClient(name);
    }
  }

  #addClient(account: string): void {
    const client = this.#clients.length;
    const peer = this.accounts.client(account);
    this.#clients.push({ account, peer });
    for (let sid = 0; sid < this.#maker.count(0, 3); sid++) {
      const pattern = this.#maker.pattern(true);
      const queue = this.#hasQueues && this.#maker.chance(40) ? "q " : "";
      peer.send(`SUB ${pattern} ${queue}${sid}\r\n`);
      this.#subscriptions.push({ account, client, sid, pattern });
    }
  }

  model(graph: readonly GraphAccount[]): GraphModel {
    return new GraphModel(graph, this.#subscriptions);
  }

  /** A client of some account. */
  anyClient(): { readonly account: string; readonly peer: MemoryPeer } {
    return this.#maker.pick(this.#clients.filter(({ peer }) => peer.client.isLive));
  }

  /** What all clients have got. */
  take(): { readonly peer: MemoryPeer; readonly client: number; readonly message: WireMessage }[] {
    this.accounts.settle();
    return this.#clients.flatMap(({ peer }, client) =>
      received(peer).map((message) => ({ peer, client, message })),
    );
  }

  /** The same in the words of the model. */
  deliveries(): string[] {
    const all = this.take();
    return all
      .map(({ client, message }) => `${client}/${message.sid} ${message.subject}`)
      .toSorted();
  }

  /** Answers every request that has come by way of an import; returns how many. */
  answerAll(): number {
    const requests = this.take().filter(({ message }) => message.reply.startsWith("_R_."));
    for (const { peer, message } of requests) peer.send(pub(message.reply, "answer"));
    return requests.length;
  }

  /** Everybody goes, and the configuration with them: what is left behind, in words. */
  end(): string[] {
    const accounts = [...this.accounts.broker.accounts.values()];
    for (const { peer } of this.#clients) peer.client.close(closeReasons.clientClosed);
    this.accounts.settle();
    this.accounts.configure(NOTHING);
    this.accounts.clock.advance(130_000);
    return accounts.flatMap(({ name, sublist, responses }) => {
      const waiting = responses?.count ?? 0;
      // What takes the answers of all requests of an account stays.
      const left = sublist.count - (responses === undefined ? 0 : 1);
      return waiting + left === 0 ? [] : [`${name}: ${left} subscriptions, ${waiting} requests`];
    });
  }
}

/** Each delivery of `some` once more in `all`. */
function isPartOf(some: readonly string[], all: readonly string[]): boolean {
  const rest = [...all];
  return some.every((one) => {
    const at = rest.indexOf(one);
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}

function subjectFor(account: string, graph: readonly GraphAccount[], maker: GraphMaker): string {
  return maker.subjectIn(graph.find(({ name }) => name === account)!);
}

/** Publishes here and there; false if that led to too many deliveries for the model. */
function compareMessages(
  bench: Bench,
  graph: readonly GraphAccount[],
  { maker, seed, hasQueues }: { maker: GraphMaker; seed: number; hasQueues: boolean },
): boolean {
  const model = bench.model(graph);
  for (let i = 0; i < 6; i++) {
    const { account, peer } = bench.anyClient();
    const subject = subjectFor(account, graph, maker);
    let once: string[];
    try {
      once = model.publish(account, subject);
    } catch (error) {
      if (error instanceof TooMany) return false;
      throw error;
    }
    const times = maker.count(1, 3);
    peer.send(pub(subject, "message").repeat(times));
    const got = bench.deliveries();
    const expected = Array.from({ length: times }, () => once)
      .flat()
      .toSorted();
    const what = `seed ${seed}: ${times} times ${subject} in ${account} of ${configOf(graph)}`;
    if (!hasQueues) expect({ what, got }).toEqual({ what, got: expected });
    else expect({ what, isPart: isPartOf(got, expected) }).toEqual({ what, isPart: true });
  }
  return true;
}

/** Asks here and there; where no pattern begins with a wildcard, the model knows the answers. */
function compareAnswers(
  bench: Bench,
  graph: readonly GraphAccount[],
  { maker, seed, isTame }: { maker: GraphMaker; seed: number; isTame: boolean },
): void {
  const model = bench.model(graph);
  for (let i = 0; i < 4; i++) {
    const { account } = bench.anyClient();
    const requester = bench.accounts.client(account).send("SUB inbox.* inbox\r\n");
    const subject = subjectFor(account, graph, maker);
    const expected = model.answers(account, subject);
    requester.send(pub(subject, "request", "inbox.1"));
    expect(bench.answerAll()).toBeLessThan(5000);
    bench.take();
    const what = `seed ${seed}: ${subject} in ${account} of ${configOf(graph)}`;
    const got = received(requester).filter(({ sid }) => sid === "inbox").length;
    if (isTame) expect({ what, got }).toEqual({ what, got: expected });
    requester.client.close(closeReasons.clientClosed);
    if (isTame)
      expect({ what, waiting: bench.accounts.pendingCount }).toEqual({ what, waiting: 0 });
  }
}

interface Tally {
  graphs: number;
  imports: number;
  cyclic: number;
  tooLarge: number;
}

/** One graph, one that replaces it while clients are there, and some that are not accepted. */
function play(seed: number, tally: Tally): void {
  const random = new Random(seed);
  const isWild = random.below(2) === 0;
  const hasQueues = random.below(3) === 0;
  const maker = new GraphMaker(random, { isWild, hasMappings: random.below(2) === 0 });
  const bench = new Bench(maker, hasQueues);
  for (let i = 0; i < 2; i++) {
    const { accepted, cyclic } = graphBy(maker);
    const others = cyclic.slice(0, 2);
    for (const graph of [accepted, ...others]) {
      bench.use(graph);
      tally.graphs++;
      tally.imports += graph.reduce((sum, { imports }) => sum + imports.length, 0);
      if (!compareMessages(bench, graph, { maker, seed, hasQueues })) tally.tooLarge++;
      else compareAnswers(bench, graph, { maker, seed, isTame: !isWild && !hasQueues });
    }
    tally.cyclic += others.length;
  }
  expect({ seed, left: bench.end() }).toEqual({ seed, left: [] });
}

describe(`accounts at random, seed ${firstSeed},`, () => {
  test(
    "deliver what a naive model delivers, and leave nothing behind",
    () => {
      const tally: Tally = { graphs: 0, imports: 0, cyclic: 0, tooLarge: 0 };
      for (let i = 0; i < GRAPHS; i++) play(seedOf(i), tally);
      if (process.env["TALLY"]) console.log(tally);
      expect(tally.graphs).toBeGreaterThanOrEqual(2 * GRAPHS);
      expect(tally.cyclic).toBeGreaterThan(0);
      expect(tally.tooLarge).toBeLessThan(tally.graphs / 20);
    },
    TIMEOUT_MS,
  );

  test(
    "that pass requests round in a ring under one name are refused, and end if they are not",
    () => {
      for (let i = 0; i < RINGS; i++) {
        const seed = seedOf(i);
        const maker = new GraphMaker(new Random(seed), { isWild: i % 2 === 0, hasMappings: false });
        const ring = ringBy(maker);
        expect({ seed, refused: errorsOf(ring).some((error) => CYCLE.test(error)) }).toEqual({
          seed,
          refused: true,
        });
        const bench = new Bench(maker, false);
        bench.use(ring);
        compareMessages(bench, ring, { maker, seed, hasQueues: false });
        expect({ seed, left: bench.end() }).toEqual({ seed, left: [] });
      }
    },
    TIMEOUT_MS,
  );
});

/** Each account imports a service from the next one; there is a subject that fits all of them. */
function ringBy(maker: GraphMaker): GraphAccount[] {
  const subject = maker.literal();
  const patterns = Array.from({ length: maker.count(2, 8) }, () => {
    let pattern = maker.pattern();
    while (!matches(pattern, subject)) pattern = maker.chance(20) ? subject : maker.pattern();
    return pattern;
  });
  const count = patterns.length;
  return patterns.map((own, i) => {
    const next = (i + 1) % count;
    const remote = patterns[next]!;
    const imported = { kind: "service", account: `A${next}`, remote, local: remote } as const;
    return {
      name: `A${i}`,
      exports: [{ kind: "service", subject: own, accounts: [] }],
      imports: [{ ...imported, directive: "" }],
      mappings: [],
    };
  });
}
