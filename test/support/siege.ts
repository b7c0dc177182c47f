/**
 * A server under attack: a process of its own and a well-behaved pair of clients whose exchange has
 * to go on during the attack and after it. Used by the hostile tests; each attack gets a new
 * server.
 */
import { expect } from "bun:test";
import { Random } from "../../src/util/random.ts";
import { MeasuredServer, type Varz, eventually } from "./measured-server.ts";
import { RawPeer } from "./raw-peer.ts";
import { TEST_HOST } from "./running-server.ts";
import { SteadyPair } from "./steady-pair.ts";

const MiB = 1024 * 1024;

/** Memory that a server may use beyond what it had before the attack. */
const DEFAULT_GROWTH_BYTES = 160 * MiB;

/** The well-behaved pair may have to wait this long for an answer. */
const MAX_SILENCE_MS = 3000;

/** Rounds that the pair plays after the attack. */
const ROUNDS_AFTER = 20;

const SETTLE_MS = 10_000;

/** For all random choices of the hostile tests; printed with each failure's test name. */
export const SIEGE_SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

export interface SiegeSettings {
  readonly args?: readonly string[];
  /** Memory that the attack may cost the server, measured during and after it. */
  readonly growthBytes?: number;
}

export class Siege {
  readonly server: MeasuredServer;
  readonly pair: SteadyPair;
  readonly random: Random;
  /** Before the attack: with the pair's connections and subscriptions, and the server's own. */
  readonly baseline: Varz;
  /** Everybody that attacks; closed at the end. */
  readonly #attackers: RawPeer[];

  private constructor(server: MeasuredServer, pair: SteadyPair, baseline: Varz) {
    this.server = server;
    this.pair = pair;
    this.baseline = baseline;
    this.random = new Random(SIEGE_SEED);
    this.#attackers = [];
  }

  /**
   * Runs `attack` against a new server. Rejects unless the pair's exchange goes on, the memory
   * stays within bounds, no bug shows in the log, and nothing is left of the attackers in the end.
   */
  static async run(
    settings: SiegeSettings,
    attack: (siege: Siege) => Promise<void>,
  ): Promise<void> {
    await using server = await MeasuredServer.start({ args: settings.args ?? [] });
    using pair = await SteadyPair.start(TEST_HOST, server.port);
    await pair.playOn(ROUNDS_AFTER);
    const siege = new Siege(server, pair, await server.varz());
    const maxBytes = server.residentBytes + (settings.growthBytes ?? DEFAULT_GROWTH_BYTES);
    let peakBytes = 0;
    const meter = setInterval(() => {
      if (server.isRunning) peakBytes = Math.max(peakBytes, server.residentBytes);
    }, 50);
    try {
      await attack(siege);
      expect(server.isRunning).toBe(true);
      await pair.playOn(1);
    } finally {
      clearInterval(meter);
      for (const attacker of siege.#attackers) attacker.terminate();
    }
    await pair.playOn(ROUNDS_AFTER);
    expect(pair.longestSilenceMs).toBeLessThan(MAX_SILENCE_MS);
    await eventually("only the pair is left", SETTLE_MS, async () => {
      const { connections, subscriptions } = await server.varz();
      const { baseline } = siege;
      return connections === baseline.connections && subscriptions === baseline.subscriptions;
    });
    expect(/Internal error.*/.exec(server.log)?.[0]).toBeUndefined();
    expect(Math.max(peakBytes, server.residentBytes) / MiB).toBeLessThan(maxBytes / MiB);
  }

  /** A new attacker that has read the greeting. */
  async attacker(): Promise<RawPeer> {
    const peer = await this.silentAttacker();
    await peer.until("greeting", () => peer.received.includes("\r\n"));
    return peer;
  }

  /** A new attacker that does not wait for the greeting. */
  async silentAttacker(): Promise<RawPeer> {
    const peer = await RawPeer.open(TEST_HOST, this.server.port);
    this.#attackers.push(peer);
    return peer;
  }

  attackers(count: number): Promise<RawPeer[]> {
    return Promise.all(Array.from({ length: count }, () => this.attacker()));
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.random.below(high - low + 1);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.below(256)));
  }
}

/** Waits until the server has closed, and checks its last words: an error text, or none. */
export async function expectEnd(peer: RawPeer, error: string | undefined): Promise<void> {
  await peer.closed();
  const answer = peer.received.slice(peer.received.indexOf("\r\n") + 2);
  if (error === undefined) expect(answer).not.toContain("-ERR");
  else expect(answer).toEndWith(`-ERR '${error}'\r\n`);
}
