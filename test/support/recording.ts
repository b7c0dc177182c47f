/**
 * Plays one conversation against a reference server and compares what it answers with what the file
 * expects. Used by `record.ts`. Answers that the file does not know cannot be waited for by
 * content, so this waits until the server has been quiet for a while, which no test may do.
 */
import { bytesOf, patternOf, repeatedTextOf, textOf } from "./template.ts";
import { infoTemplateOf } from "./info-pattern.ts";
import { type Scope, nonceIn, withPlaceholders } from "./placeholders.ts";
import {
  type Conversation,
  type EventStep,
  type ExpectStep,
  type Step,
  connectOf,
  expectsPings,
} from "./conversation.ts";
import type { RunningServer } from "./running-server.ts";
import { WireClient, waitUntil } from "./wire-client.ts";

/** A block of expected lines that has to read otherwise. */
export interface BlockRecord {
  /** Counts from 1; with no lines to replace, the line to insert before. */
  readonly startLine: number;
  readonly lineCount: number;
  readonly lines: readonly string[];
}

type Expected = ExpectStep | (EventStep & { readonly event: "closed" });

const GREETING_TIMEOUT_MS = 5_000;
const REPEATS_WORTH_FOLDING = 4;
const PING = "PING\r\n";
const PONG = "PONG\r\n";

/** Returns the blocks that were answered differently, in the order of the file. */
export async function recordConversation(
  conversation: Conversation,
  server: RunningServer,
): Promise<BlockRecord[]> {
  const recorder = new Recorder(conversation, server);
  try {
    return await recorder.run();
  } finally {
    recorder.hangUp();
  }
}

class Recorder {
  readonly #conversation: Conversation;
  readonly #server: RunningServer;
  readonly #clients: Map<string, WireClient>;
  /** What placeholders stand for. */
  readonly #values: Map<string, string>;
  readonly #nonces: Map<string, string>;
  /** Connections whose end has been written down. */
  readonly #ended: Set<string>;
  readonly #changes: BlockRecord[];

  constructor(conversation: Conversation, server: RunningServer) {
    this.#conversation = conversation;
    this.#server = server;
    this.#clients = new Map();
    this.#values = new Map();
    this.#nonces = new Map();
    this.#ended = new Set();
    this.#changes = [];
  }

  async run(): Promise<BlockRecord[]> {
    const { steps } = this.#conversation;
    for (let at = 0; at < steps.length;) {
      const block = blockAt(steps, at);
      if (block.length > 0) await this.#recordBlock(block);
      else await this.#play(steps[at]!);
      at += Math.max(block.length, 1);
    }
    await this.#recordRest(steps.at(-1)?.line ?? this.#conversation.line);
    return this.#changes;
  }

  hangUp(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #play(step: Step): Promise<void> {
    if (step.kind === "send") {
      const client = await this.#client(step.connection, step);
      await client.write(bytesOf(step.text, this.#scope(step.connection)));
    } else if (step.kind === "event") {
      const client = await this.#client(step.connection, step);
      if (step.event === "waits") await Bun.sleep(step.milliseconds);
      if (step.event === "close") {
        client.close();
        this.#ended.add(step.connection);
      }
    }
  }

  async #client(name: string, step: Step): Promise<WireClient> {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const client = await WireClient.open(this.#server.host, this.#server.port);
    this.#clients.set(name, client);
    await waitUntil([client], GREETING_TIMEOUT_MS, () => client.received.includes("\r\n"));
    this.#nonces.set(name, nonceIn(client.received));
    if (step.kind === "expect" && step.text.startsWith("INFO")) return client;
    client.take(client.received.indexOf("\r\n") + 2);
    const connect = connectOf(this.#conversation, name);
    if (connect === undefined) return client;
    await client.write(bytesOf(`CONNECT ${connect}\\r\\nPING`, this.#scope(name)));
    await waitUntil([client], GREETING_TIMEOUT_MS, () => client.received.includes(PONG));
    if (!client.received.includes(PONG)) throw new Error(`${name} got ${client.received}`);
    client.take(client.received.indexOf(PONG) + PONG.length);
    return client;
  }

  #scope(name: string): Scope {
    return { values: this.#values, nonce: this.#nonces.get(name) ?? "" };
  }

  async #recordBlock(block: readonly Expected[]): Promise<void> {
    for (const step of block) {
      for (const name of namesOf(step)) await this.#client(name, step);
    }
    const groups = [...Map.groupBy(block, (step) => namesOf(step).join(""))];
    await this.#quiet(() => groups.every(([names, steps]) => this.#isAnswered(names, steps)));
    const lines = groups.flatMap(([names, steps]) => this.#linesFor(names, steps));
    const old = block.map(lineOf);
    if (lines.join("\n") === old.join("\n")) return;
    this.#changes.push({ startLine: block[0]!.line, lineCount: block.length, lines });
  }

  /** Whether everything that the block expects has come, so that there is nothing to wait for. */
  #isAnswered(names: string, steps: readonly Expected[]): boolean {
    const clients = this.#clientsOf(names);
    const expected = steps.filter((step) => step.kind === "expect");
    const isEnd = expected.length < steps.length;
    if (isEnd && clients.some((client) => !client.isClosed)) return false;
    return fit(
      clients.map((client) => client.received),
      expected,
      new Map(this.#values),
    );
  }

  /** Writes down what came without the file expecting it anywhere. */
  async #recordRest(lastLine: number): Promise<void> {
    await this.#quiet(() => false);
    const lines = [...this.#clients.keys()].flatMap((name) => this.#linesFor(name, []));
    if (lines.length > 0) this.#changes.push({ startLine: lastLine + 1, lineCount: 0, lines });
  }

  /** The block's lines for one connection, or several of which any may answer: kept if they fit. */
  #linesFor(names: string, steps: readonly Expected[]): string[] {
    const clients = this.#clientsOf(names);
    for (const client of clients) this.#dropPings(client);
    const received = clients.map((client) => client.received);
    const expected = steps.filter((step) => step.kind === "expect");
    const values = new Map(this.#values);
    const isKept = fit(received, expected, values);
    if (isKept) for (const [name, value] of values) this.#values.set(name, value);
    for (const client of clients) client.take(client.received.length);
    const sign = steps.some((step) => step.kind === "expect" && step.isUnordered) ? "<~" : "<";
    const lines = isKept
      ? expected.map(lineOf)
      : folded(received.flatMap(unitsOf), this.#values).map((text) => `${names}${sign} ${text}`);
    for (const [index, name] of [...names].entries()) {
      if (!clients[index]!.isClosed || this.#ended.has(name)) continue;
      this.#ended.add(name);
      lines.push(`${name}! closed`);
    }
    return lines;
  }

  #clientsOf(names: string): WireClient[] {
    return [...names].map((name) => this.#clients.get(name)!);
  }

  #dropPings(client: WireClient): void {
    if (expectsPings(this.#conversation)) return;
    while (client.received.startsWith(PING)) client.take(PING.length);
  }

  /** Resolves when `isDone` holds or nothing has come for a while. */
  async #quiet(isDone: () => boolean): Promise<void> {
    const clients = [...this.#clients.values()];
    const sizes = () =>
      clients.map((client) => `${client.received.length} ${client.isClosed}`).join();
    while (!isDone()) {
      const before = sizes();
      const { quietMs } = this.#conversation;
      if (!(await waitUntil(clients, quietMs, () => sizes() !== before))) return;
    }
  }
}

/** The run of expected lines that starts at a step; empty if it is none. */
function blockAt(steps: readonly Step[], start: number): Expected[] {
  const block: Expected[] = [];
  for (const step of steps.slice(start)) {
    if (!isExpected(step)) break;
    if (block.length > 0 && step.line !== block.at(-1)!.line + 1) break;
    block.push(step);
  }
  return block;
}

function isExpected(step: Step): step is Expected {
  return step.kind === "expect" || (step.kind === "event" && step.event === "closed");
}

function namesOf(step: Expected): readonly string[] {
  return step.kind === "expect" ? step.connections : [step.connection];
}

function lineOf(step: Expected): string {
  if (step.kind === "event") return `${step.connection}! closed`;
  return `${step.connections.join("")}${step.isUnordered ? "<~" : "<"} ${step.text}`;
}

/** Whether expected lines describe all that was received, each by one connection. */
function fit(
  received: readonly string[],
  steps: readonly ExpectStep[],
  values: Map<string, string>,
): boolean {
  const rest = [...received];
  const open = [...steps];
  while (open.length > 0) {
    const candidates = open[0]!.isUnordered ? open : open.slice(0, 1);
    let found: ExpectStep | undefined;
    for (const step of candidates) {
      if (step.text === "" || found !== undefined) continue;
      const pattern = patternOf(step.text, values);
      for (const [index, bytes] of rest.entries()) {
        const match = pattern.match(bytes);
        if (typeof match !== "number") continue;
        rest[index] = bytes.slice(match);
        found = step;
        break;
      }
    }
    if (found === undefined) return false;
    open.splice(open.indexOf(found), 1);
  }
  return rest.every((bytes) => bytes === "");
}

/** Cuts received bytes into protocol lines, messages with their payload. */
function unitsOf(received: string): string[] {
  const units: string[] = [];
  let at = 0;
  while (at < received.length) {
    const lineEnd = received.indexOf("\r\n", at);
    let end = lineEnd < 0 ? received.length : lineEnd + 2;
    const size = /^H?MSG .*?(\d+)\r\n$/.exec(received.slice(at, end))?.[1];
    if (size !== undefined) end += Number(size) + 2;
    units.push(received.slice(at, end));
    at = end;
  }
  return units;
}

/** Units as lines of a file; equal ones in a row become one. */
function folded(units: readonly string[], values: Map<string, string>): string[] {
  const texts: string[] = [];
  for (let at = 0; at < units.length;) {
    const unit = units[at]!;
    let times = 1;
    while (units[at + times] === unit) times++;
    const text = unitText(unit, values);
    const canFold = times >= REPEATS_WORTH_FOLDING && !text.includes("${");
    if (canFold) texts.push(repeatedTextOf(unit, times));
    else texts.push(...Array<string>(times).fill(text));
    at += times;
  }
  return texts;
}

function unitText(unit: string, values: Map<string, string>): string {
  if (unit.startsWith("INFO {")) return infoTemplateOf(unit.trimEnd());
  return textOf(withPlaceholders(unit, values));
}
