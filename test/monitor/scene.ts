/**
 * A running server with connections that have names, and questions to its monitoring. The scenes
 * (`scenes.ts`) set it up; the same steps run against midge and, to record, against nats-server.
 */
import { request } from "node:http";
import { eventually, type MeasuredServer } from "../support/measured-server.ts";
import { nonceIn, sentFor } from "../support/placeholders.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { layoutOf, rendered } from "./rendering.ts";

const SOON_MS = 10_000;

/** Servers tell times apart that are further from each other than this. */
const TICK_MS = 3;

/** How long the recorder waits for an answer that may not come. */
const QUIET_MS = 200;

const LIBRARY = { lang: "js", version: "1.0" };
const INBOX = "_INBOX.answers";
const END = /MSG _INBOX\.answers\.end 1 {1,2}\d+\r\n.*\r\n/;

/** Headers of answers that mean something to who asks. */
const SHOWN_HEADERS = ["access-control-allow-origin", "location"];

interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export class Scene implements Disposable {
  readonly #server: MeasuredServer;
  /** The path under which monitoring answers. */
  readonly #base: string;
  readonly #peers: Map<string, RawPeer>;
  readonly #cids: Map<number, string>;
  #serverId: string;
  #closed: number;
  #asked: number;

  constructor(server: MeasuredServer, base: string) {
    this.#server = server;
    this.#base = base;
    this.#peers = new Map();
    this.#cids = new Map();
    this.#serverId = "";
    this.#closed = 0;
    this.#asked = 0;
  }

  /** A new connection of that name, greeted but not logged in; younger than those before. */
  async open(name: string): Promise<void> {
    await Bun.sleep(TICK_MS);
    const peer = await RawPeer.open(TEST_HOST, this.#server.port);
    await peer.until("INFO", () => peer.received.includes("\r\n"));
    this.#peers.set(name, peer);
    this.#serverId = /"server_id":"(\w+)"/.exec(peer.received)?.[1] ?? "";
    const cid = /"client_id":(\d+)/.exec(peer.received)?.[1];
    this.#cids.set(Number(cid), `CID(${name})`);
  }

  /** One that logs in with these fields and then sends the lines. */
  async client(
    name: string,
    fields: Readonly<Record<string, unknown>>,
    ...lines: string[]
  ): Promise<void> {
    await this.open(name);
    await this.logIn(name, fields, ...lines);
  }

  async logIn(
    name: string,
    fields: Readonly<Record<string, unknown>>,
    ...lines: string[]
  ): Promise<void> {
    const connect = { verbose: false, headers: true, name, ...LIBRARY, ...fields };
    await this.#peer(name).send(Buffer.from(`CONNECT ${JSON.stringify(connect)}\r\n`));
    await this.#peer(name).synchronise();
    await this.say(name, ...lines);
  }

  /** The nonce that the connection was greeted with, signed with the seed. */
  signatureOf(name: string, seed: string): string {
    const nonce = nonceIn(this.#peer(name).received);
    return sentFor({ name: "", form: "word", seed }, { values: new Map(), nonce });
  }

  /** Sends lines; the server has acted on them afterwards, and on those of others before. */
  async say(name: string, ...lines: string[]): Promise<void> {
    await Bun.sleep(TICK_MS);
    for (const line of lines) await this.#peer(name).send(Buffer.from(`${line}\r\n`));
    if (lines.length > 0) await this.#peer(name).synchronise();
  }

  /** The client hangs up. */
  async leaves(name: string): Promise<void> {
    this.#peer(name).end();
    await this.#untilRemembered();
  }

  /** What this sends makes the server hang up. */
  async isRefused(name: string, data: string): Promise<void> {
    await this.#peer(name).send(data);
    await this.isDropped(name);
  }

  async isDropped(name: string): Promise<void> {
    await this.#peer(name).closed();
    await this.#untilRemembered();
  }

  /** So that closed connections are in the order in which they were closed. */
  async #untilRemembered(): Promise<void> {
    this.#closed++;
    const path = `${this.#base}/connz?state=closed`;
    await eventually(`${this.#closed} closed connections`, SOON_MS, async () => {
      const connz: unknown = JSON.parse((await this.#fetch("GET", path)).body);
      return Reflect.get(Object(connz), "total") === this.#closed;
    });
  }

  [Symbol.dispose](): void {
    for (const peer of this.#peers.values()) peer.end();
  }

  /**
   * The answer to a question as it is recorded: `GET /path`, `HEAD`, `POST`, or `REQ subject body`
   * over the connection named `system`; `=> a.b` behind it picks a part of the answer. Where
   * `expected` is "nothing", an answer is not waited for; where it is undefined, for `QUIET_MS`.
   */
  async ask(question: string, expected?: string): Promise<string> {
    const [asked = "", part = ""] = question.split(" => ");
    const [method = "", target = "", ...body] = this.#withIds(asked).split(" ");
    if (method !== "REQ") return this.#http(method, target, part);
    return this.#request(target, body.join(" "), part, expected);
  }

  /** `CID(name)` and `ID` are what they stand for. */
  #withIds(asked: string): string {
    const names = new Map([...this.#cids].map(([cid, name]) => [name, cid]));
    const withCids = asked.replace(/CID\(\w+\)/g, (name) => String(names.get(name)));
    return withCids.replace(/\bID\b/g, this.#serverId);
  }

  async #http(method: string, target: string, part: string): Promise<string> {
    const { status, headers, body } = await this.#fetch(method, target);
    const type = headers.get("content-type") ?? "-";
    const shown = SHOWN_HEADERS.flatMap((name) => {
      return headers.has(name) ? [`${name}: ${headers.get(name)}`] : [];
    });
    const isJson = type.startsWith("application/json") && body !== "";
    const layout = isJson && part === "" ? [layoutOf(body)] : [];
    const head = part === "" ? [[status, type, ...shown, ...layout].join(", ")] : [];
    const isPage = type.startsWith("text/html");
    const content = isPage
      ? linksIn(body)
      : rendered(body, { cids: this.#cids, isTraffic: false }, part);
    return [...head, content].join("\n").trim();
  }

  #fetch(method: string, path: string): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const port = this.#server.monitorPort;
    const sent = request({ host: TEST_HOST, port, path, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const headers = new Map(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        resolve({ status: response.statusCode ?? 0, headers, body: String(Buffer.concat(chunks)) });
      });
    });
    sent.on("error", reject);
    sent.end();
    return promise;
  }

  async #request(
    subject: string,
    body: string,
    part: string,
    expected: string | undefined,
  ): Promise<string> {
    const peer = this.#peer("system");
    const before = peer.receivedBytes;
    const inbox = `${INBOX}.${this.#asked++}`;
    await peer.send(`PUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
    const form = new RegExp(`MSG ${inbox.replaceAll(".", "\\.")} 1 {1,2}(\\d+)\\r\\n`);
    const payload = () => payloadAfter(form, peer.receivedSince(before));
    const answered = () => peer.until("an answer", () => payload() !== undefined);
    if (expected === "nothing") await this.#passOver(peer, before);
    else if (expected !== undefined) await answered();
    else await Promise.race([answered().catch(() => {}), Bun.sleep(QUIET_MS)]);
    const text = payload();
    if (text === undefined) return "nothing";
    return rendered(text, { cids: this.#cids, isTraffic: true }, part);
  }

  /** The reference has two queues of requests: one that comes later is answered in each. */
  async #passOver(peer: RawPeer, before: number): Promise<void> {
    const ends = [this.#withIds("$SYS.REQ.SERVER.ID.IDZ"), "$SYS.REQ.SERVER.PING.IDZ"];
    for (const end of ends) await peer.send(`PUB ${end} ${INBOX}.end 0\r\n\r\n`);
    await peer.until("the end", () => peer.receivedSince(before).split(END).length > ends.length);
  }

  #peer(name: string): RawPeer {
    const peer = this.#peers.get(name);
    if (peer === undefined) throw new Error(`no connection is named ${name}`);
    return peer;
  }
}

/** Undefined until it is whole. */
function payloadAfter(form: RegExp, received: string): string | undefined {
  const found = form.exec(received);
  if (found === null) return undefined;
  const start = found.index + found[0].length;
  const payload = received.slice(start, start + Number(found[1]));
  if (payload.length < Number(found[1])) return undefined;
  return Buffer.from(payload, "latin1").toString();
}

/** Of a page for people only which of the reference's endpoints it leads to. */
function linksIn(page: string): string {
  const links = page.matchAll(/href="?(\.?\/[^\s">]*(?:z|debug\/vars))(?=[\s">])/g);
  return [...links].map(([, link]) => link).join("\n");
}
