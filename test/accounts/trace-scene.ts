/**
 * Who takes part in the tests of message traces: a publisher, a subscriber and a listener to the
 * publisher's traces, on a server with accounts that import from each other. Events are compared as
 * JSON text, with `*` for times and names in place of connection ids.
 */
import { expect } from "bun:test";
import type { RunningServer } from "../support/running-server.ts";
import { WireClient, waitUntil } from "../support/wire-client.ts";
import { type WireMessage, messagesIn } from "../support/wire-messages.ts";

/** `A` exports to `B`; `few` may publish little, `C` traces little. */
export const TRACE_CONFIG = `
server_name: tracing
max_payload: 2000
accounts {
  A {
    users: [
      {user: a, password: x}
      {
        user: few, password: x
        permissions: {publish: [foo, nobody, trace.ok], subscribe: {deny: den.y}}
      }
    ]
    msg_trace: trace.account
    mappings: {map.a: map.b}
    exports: [
      {stream: "open.>"}, {stream: "closed.>"}
      {service: "yes.>", allow_trace: true}, {service: "no.>"}
    ]
  }
  B {
    users: [{user: b, password: x}]
    imports: [
      {stream: {account: A, subject: "open.>"}, allow_trace: true, prefix: from}
      {stream: {account: A, subject: "closed.>"}}
      {service: {account: A, subject: yes.one}, to: mine}
      {service: {account: A, subject: no.one}}
    ]
  }
  C { users: [{user: c, password: x}], msg_trace: {dest: trace.account, sampling: 1} }
}`;

const ANSWER_TIMEOUT_MS = 10_000;

export const DESTINATION = "Nats-Trace-Dest: trace.ok";

type User = "a" | "few" | "b" | "c";

/** A client that is named in traces. */
class Peer {
  readonly #wire: WireClient;
  cid: string;

  private constructor(wire: WireClient) {
    this.#wire = wire;
    this.cid = "";
  }

  static async open(
    { host, port }: RunningServer,
    user: User,
    name: string,
    fields: object,
  ): Promise<Peer> {
    const peer = new Peer(await WireClient.open(host, port));
    const settings = { verbose: false, headers: true, no_responders: true, ...fields };
    await peer.send(`CONNECT ${JSON.stringify({ user, pass: "x", name, ...settings })}\r\n`);
    await peer.synchronise();
    const greeting = peer.take();
    peer.cid = /"client_id":(\d+)/.exec(greeting)?.[1] ?? "";
    return peer;
  }

  async send(text: string): Promise<void> {
    await this.#wire.write(text);
  }

  async until(isDone: (received: string) => boolean): Promise<void> {
    const wire = this.#wire;
    if (await waitUntil([wire], ANSWER_TIMEOUT_MS, () => isDone(wire.received))) return;
    throw new Error(`not all that was expected: ${wire.received}`);
  }

  /** Waits until the server has read all that was sent, and has sent what that leads to. */
  async synchronise(): Promise<void> {
    await this.send("PING\r\n");
    await this.until((received) => received.endsWith("PONG\r\n"));
  }

  /** What has come, without answers to PING. */
  take(): string {
    return this.#wire.take(this.#wire.received.length).replace(/PONG\r\n$/, "");
  }

  /** Headers, then payload, of each message that has come. */
  async messages(): Promise<string[]> {
    await this.synchronise();
    return messagesIn(this.take()).map(({ headers, payload }) => headers + payload);
  }

  close(): void {
    this.#wire.close();
  }
}

export interface Cast {
  readonly publisher: User;
  readonly subscriber: User;
  /** Of the subscriber. */
  readonly subscriptions: string;
  /** In the publisher's CONNECT. */
  readonly fields: object;
}

/** A publisher, a subscriber and whoever listens to the publisher's traces. */
export class Scene {
  readonly publisher: Peer;
  readonly subscriber: Peer;
  readonly #listener: Peer;

  private constructor(publisher: Peer, subscriber: Peer, listener: Peer) {
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.#listener = listener;
  }

  static async open(server: RunningServer, cast: Partial<Cast>): Promise<Scene> {
    const { publisher = "a", subscriber = "a", subscriptions = "SUB foo 7\r\n" } = cast;
    const listening = publisher === "few" ? "a" : publisher;
    const scene = new Scene(
      await Peer.open(server, publisher, "pub", cast.fields ?? {}),
      await Peer.open(server, subscriber, "sub", {}),
      await Peer.open(server, listening, "listener", {}),
    );
    await scene.#listener.send("SUB trace.> 1\r\n");
    await scene.#listener.synchronise();
    await scene.publisher.send("SUB inbox 1\r\n");
    await scene.publisher.synchronise();
    await scene.subscriber.send(subscriptions);
    await scene.subscriber.synchronise();
    for (const peer of scene.#peers) peer.take();
    return scene;
  }

  get #peers(): readonly Peer[] {
    return [this.publisher, this.subscriber, this.#listener];
  }

  close(): void {
    for (const peer of this.#peers) peer.close();
  }

  /** The trace that comes next. */
  async report(): Promise<WireMessage> {
    await this.#listener.until((received) => wholeMessages(received).length > 0);
    const [message, ...others] = wholeMessages(this.#listener.take());
    expect(others).toEqual([]);
    return message!;
  }

  /** The events of the next trace, as JSON has them. */
  async events(): Promise<string[]> {
    const { events } = JSON.parse((await this.report()).payload) as { events: unknown[] };
    return events.map((event) => this.#shown(JSON.stringify(event)));
  }

  /** What a publish leads to. */
  async trace(text: string): Promise<string[]> {
    await this.publisher.send(text);
    return this.events();
  }

  /** Fails if a trace has come of what was published so far. */
  async expectNoTrace(): Promise<void> {
    expect(await this.trace(hpub("nobody", [DESTINATION]))).toEqual([arrival("nobody")]);
  }

  #shown(event: string): string {
    return event
      .replace(/"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"/, '"ts":"*"')
      .replace(`"cid":${this.publisher.cid},`, '"cid":"pub",')
      .replace(`"cid":${this.subscriber.cid},`, '"cid":"sub",');
  }
}

/** None before all has come; nats-server puts two blanks where its own messages have no reply. */
function wholeMessages(received: string): WireMessage[] {
  try {
    return messagesIn(received.replace(/ {2}/, " "));
  } catch {
    return [];
  }
}

export function hpub(subject: string, lines: readonly string[], payload = "x", reply = ""): string {
  const headers = headerBlock(lines);
  const to = reply === "" ? subject : `${subject} ${reply}`;
  const total = headers.length + payload.length;
  return `HPUB ${to} ${headers.length} ${total}\r\n${headers}${payload}\r\n`;
}

export function headerBlock(lines: readonly string[]): string {
  return `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** `more` is what the event has beside what all of its type have. */
export function arrival(subject: string, more = "", account = "A"): string {
  const name = '"kind":0,"cid":"pub","name":"pub"';
  return `{"type":"in","ts":"*",${name},"acc":"${account}","subj":"${subject}"${more}}`;
}

export function receipt(more: string): string {
  return `{"type":"eg","ts":"*","kind":0,"cid":"sub","name":"sub",${more}}`;
}

export function problem(text: string): string {
  return `,"error":${JSON.stringify(text)}`;
}
