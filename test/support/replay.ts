/**
 * Plays a conversation against a running server and checks every byte that comes back. Used by the
 * conversation tests. Each expected line is waited for. That nothing else came is proved at the
 * end: two rounds of PING and PONG on every connection (what one connection caused on another is
 * queued before its own PONG), then an unknown operation, which ends the stream, so that a PONG too
 * many shows as well. A connection may be closed only where the script says so.
 */
import type { Chunking } from "./chunking.ts";
import {
  type Conversation,
  type EventStep,
  type ExpectStep,
  type SendStep,
  type Step,
  connectOf,
  expectsPings,
} from "./conversation.ts";
import type { RunningServer } from "./running-server.ts";
import { type Scope, nonceIn } from "./placeholders.ts";
import { type Pattern, bytesOf, patternOf, textOf } from "./template.ts";
import { WireClient, waitUntil } from "./wire-client.ts";

/** Far more than any answer takes; only failing conversations ever wait this long. */
const ANSWER_TIMEOUT_MS = 8_000;
const SHOWN_BYTES = 400;
const PING = "PING\r\n";
const PONG = "PONG\r\n";
const CLOSING_ROUNDS = 2;
/** No operation starts like this, so the server answers with FAREWELL and closes. */
const UNKNOWN_OPERATION = "?\r\n";
const FAREWELL = "-ERR 'Unknown Protocol Operation'\r\n";

/** Plays one conversation; throws an `Error` that reads like a bug report. */
export async function replay(
  conversation: Conversation,
  server: RunningServer,
  chunking: Chunking,
): Promise<void> {
  const player = new Player(conversation, server, chunking);
  try {
    for (const steps of groups(conversation.steps)) await player.play(steps);
    await player.expectNothingMore();
  } finally {
    player.hangUp();
  }
}

/** Cuts steps into runs that are played at once: sends of one connection, unordered lines. */
function groups(steps: readonly Step[]): Step[][] {
  const found: Step[][] = [];
  for (const step of steps) {
    const group = found.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && belongTogether(last, step)) group.push(step);
    else found.push([step]);
  }
  return found;
}

function belongTogether(left: Step, right: Step): boolean {
  if (left.kind === "send") return right.kind === "send" && left.connection === right.connection;
  if (left.kind !== "expect" || right.kind !== "expect") return false;
  return left.isUnordered && right.isUnordered && sameConnections(left, right);
}

function sameConnections(left: ExpectStep, right: ExpectStep): boolean {
  return left.connections.join("") === right.connections.join("");
}

class Player {
  readonly #conversation: Conversation;
  readonly #server: RunningServer;
  readonly #chunking: Chunking;
  readonly #clients: Map<string, WireClient>;
  /** What placeholders stand for. */
  readonly #values: Map<string, string>;
  readonly #nonces: Map<string, string>;
  /** Connections that the script says are closed, by either side. */
  readonly #ended: Set<string>;
  /** Connections that cannot be asked for a PONG at the end. */
  readonly #unfinished: Set<string>;
  /** Whether PINGs of the server that no line expects are answered and passed over. */
  readonly #skipsPings: boolean;

  constructor(conversation: Conversation, server: RunningServer, chunking: Chunking) {
    this.#conversation = conversation;
    this.#server = server;
    this.#chunking = chunking;
    this.#clients = new Map();
    this.#values = new Map();
    this.#nonces = new Map();
    this.#ended = new Set();
    this.#unfinished = new Set();
    this.#skipsPings = !expectsPings(conversation);
  }

  async play(steps: readonly Step[]): Promise<void> {
    const [first] = steps;
    if (first === undefined) return;
    if (first.kind === "event") return this.#playEvent(first);
    if (first.kind === "send") {
      const client = await this.#client(first.connection, first);
      const sent = steps.filter((step) => step.kind === "send");
      return this.#send(client, sent.map((step) => this.#bytesOf(step)).join(""));
    }
    await this.#expectAll(steps.filter((step) => step.kind === "expect"));
  }

  /** Proves that no connection has anything unread and that none was closed unexpectedly. */
  async expectNothingMore(): Promise<void> {
    const open = [...this.#clients].filter(([name]) => !this.#isSettled(name));
    for (let round = 0; round < CLOSING_ROUNDS; round++) {
      for (const [name, client] of open) await this.#expectOnlyPong(name, client, round);
    }
    for (const [name, client] of this.#clients) {
      if (this.#isSettled(name)) this.#expectSettled(name, client);
      else await this.#expectFarewell(name, client);
    }
  }

  hangUp(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #client(name: string, step: Step): Promise<WireClient> {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const client = await WireClient.open(this.#server.host, this.#server.port);
    this.#clients.set(name, client);
    const isGreeted = await this.#wait([client], () => client.received.includes("\r\n"));
    if (!isGreeted) throw this.#failure(`${name} got no INFO`, client);
    this.#nonces.set(name, nonceIn(client.received));
    if (step.kind !== "expect" || !step.text.startsWith("INFO")) await this.#logIn(name, client);
    return client;
  }

  /** Takes the first INFO, and sends CONNECT if the conversation has one for the connection. */
  async #logIn(name: string, client: WireClient): Promise<void> {
    client.take(client.received.indexOf("\r\n") + 2);
    const connect = connectOf(this.#conversation, name);
    if (connect === undefined) return;
    await this.#send(client, bytesOf(`CONNECT ${connect}\\r\\nPING`, this.#scope(name)));
    const isOpen = await this.#wait([client], () => client.received.includes(PONG));
    if (!isOpen) throw this.#failure(`${name} could not connect`, client);
    client.take(client.received.indexOf(PONG) + PONG.length);
  }

  #scope(name: string): Scope {
    return { values: this.#values, nonce: this.#nonces.get(name) ?? "" };
  }

  #bytesOf(step: SendStep): string {
    try {
      return bytesOf(step.text, this.#scope(step.connection));
    } catch (error) {
      throw new Error(`line ${step.line}: ${String(error)}`);
    }
  }

  async #send(client: WireClient, bytes: string): Promise<void> {
    const pieces = this.#chunking.cut(bytes);
    for (const [index, piece] of pieces.entries()) {
      if (client.isClosed) return;
      await client.write(piece);
      if (index < pieces.length - 1) await nextTurn();
    }
  }

  async #playEvent(step: EventStep): Promise<void> {
    const client = await this.#client(step.connection, step);
    if (step.event === "unfinished") this.#unfinished.add(step.connection);
    if (step.event === "waits") await Bun.sleep(step.milliseconds);
    if (step.event === "close") client.close();
    if (step.event === "close" || step.event === "closed") this.#ended.add(step.connection);
    if (step.event !== "closed") return;
    await this.#wait([client], () => client.isClosed || client.received !== "");
    if (client.isClosed && client.received === "") return;
    const where = `line ${step.line}: ${step.connection}`;
    throw this.#failure(`${where} should be closed by the server, nothing more`, client);
  }

  async #expectAll(steps: readonly ExpectStep[]): Promise<void> {
    const [first] = steps;
    if (first === undefined) return;
    const clients: WireClient[] = [];
    for (const name of first.connections) clients.push(await this.#client(name, first));
    const open = steps.map((step) => ({ step, pattern: this.#patternOf(step) }));
    while (open.length > 0) {
      let found = -1;
      const isFound = await this.#wait(clients, () => {
        do {
          found = open.findIndex(({ pattern }) => takeFrom(clients, pattern));
        } while (found < 0 && clients.some((client) => this.#skipPing(client)));
        return found >= 0 || clients.every((client) => isHopeless(client, open));
      });
      if (!isFound || found < 0) throw this.#missing(open[0]!.step, clients);
      open.splice(found, 1);
    }
  }

  #patternOf(step: ExpectStep): Pattern {
    if (step.text === "") throw new Error(`line ${step.line}: nothing recorded yet`);
    return patternOf(step.text, this.#values);
  }

  /** Answers and drops a PING of the server, which comes when the clock says so. */
  #skipPing(client: WireClient): boolean {
    if (!this.#skipsPings || !client.received.startsWith(PING)) return false;
    client.take(PING.length);
    void client.write(PONG);
    return true;
  }

  async #expectOnlyPong(name: string, client: WireClient, round: number): Promise<void> {
    await this.#send(client, PING);
    await this.#wait([client], () => {
      while (this.#skipPing(client));
      if (round > 0) dropConnectInfo(client);
      return client.received.length >= PONG.length;
    });
    if (!client.received.startsWith(PONG)) {
      throw this.#failure(`${name} should get only PONG at the end`, client);
    }
    client.take(PONG.length);
  }

  /** Whether nothing can be asked of a connection any more. */
  #isSettled(name: string): boolean {
    return this.#ended.has(name) || this.#unfinished.has(name);
  }

  #expectSettled(name: string, client: WireClient): void {
    const isClosedTooEarly = client.isClosed && !this.#ended.has(name);
    if (client.received === "" && !isClosedTooEarly) return;
    throw this.#failure(`${name} should get nothing more`, client);
  }

  async #expectFarewell(name: string, client: WireClient): Promise<void> {
    await this.#send(client, UNKNOWN_OPERATION);
    await this.#wait([client], () => client.isClosed);
    while (this.#skipPing(client));
    dropConnectInfo(client);
    if (client.isClosed && client.received === FAREWELL) return;
    throw this.#failure(
      `${name} should get nothing but the answer to an unknown operation`,
      client,
    );
  }

  #wait(clients: readonly WireClient[], isDone: () => boolean): Promise<boolean> {
    return waitUntil(clients, ANSWER_TIMEOUT_MS, isDone);
  }

  #missing(step: ExpectStep, clients: readonly WireClient[]): Error {
    const names = step.connections.join(" or ");
    return this.#failure(`line ${step.line}: ${names} should get\n  ${step.text}`, ...clients);
  }

  #failure(what: string, ...clients: readonly WireClient[]): Error {
    const got = clients.map((client) => {
      const shown = textOf(client.received.slice(0, SHOWN_BYTES));
      const end = client.isClosed ? " and was closed" : "";
      return `  ${client.received === "" ? "nothing" : shown}${end}`;
    });
    return new Error(`${what}\nbut got\n${got.join("\n")}\n(${this.#chunking.name})`);
  }
}

/** Whether what came can no longer turn into any of the expected lines. */
function isHopeless(client: WireClient, open: readonly { pattern: Pattern }[]): boolean {
  return open.every(({ pattern }) => pattern.match(client.received) === "different");
}

function takeFrom(clients: readonly WireClient[], pattern: Pattern): boolean {
  for (const client of clients) {
    const match = pattern.match(client.received);
    if (typeof match !== "number") continue;
    client.take(match);
    return true;
  }
  return false;
}

/** The first PING of a connection that asked for it is answered by PONG and one more INFO. */
function dropConnectInfo(client: WireClient): void {
  const end = client.received.indexOf("\r\n");
  const line = client.received.slice(0, Math.max(end, 0));
  if (line.startsWith("INFO ") && line.includes('"connect_info":true')) client.take(end + 2);
}

/** Lets sockets in this process be read before the next piece is written. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
