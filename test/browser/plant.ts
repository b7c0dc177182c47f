/**
 * A server with something to see: two accounts that share subjects, 200 connections, messages all
 * the time, a client that closed, one that was too slow, and one with a hostile name. Used by the
 * browser tests. Dispose of it with `await using`.
 */
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import type { RawPeer } from "../support/raw-peer.ts";

export const SENSORS = 200;
export const HOSTILE_NAME = `<img src=x onerror="document.title='taken over'">`;

export const PLANT_CONFIG = `
server_name: "plant-7"
max_payload: 64KB
max_pending: 256KB
accounts {
  PLANT {
    users: [{user: edge, password: edge}]
    exports: [
      {stream: "line.>"}
      {service: "order.*", accounts: [OFFICE], latency: {sampling: 50, subject: "latency"}}
    ]
    mappings: { "raw.*": [ {dest: "line.{{wildcard(1)}}", weight: 70} ] }
  }
  OFFICE {
    users: [{user: desk, password: desk}]
    imports: [
      {stream: {account: PLANT, subject: "line.>"}, prefix: plant}
      {service: {account: PLANT, subject: "order.*"}}
    ]
  }
}
`;

const SOON_MS = 15_000;
const MESSAGES_EACH_MS = 50;
const EDGE = { user: "edge", pass: "edge" };

export class Plant implements AsyncDisposable {
  readonly server: ConfiguredServer;
  readonly #peers: RawPeer[];
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: ConfiguredServer) {
    this.server = server;
    this.#peers = [];
    this.#timer = undefined;
  }

  static async start(): Promise<Plant> {
    const plant = new Plant(await ConfiguredServer.start(PLANT_CONFIG));
    await plant.#closeOne();
    await plant.#addSensors();
    await plant.#add({ ...EDGE, name: HOSTILE_NAME }, "SUB hostile.<b>subject</b> 1");
    await plant.#overwhelmOne();
    await plant.#publishAlways();
    return plant;
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.monitorPort}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const peer of this.#peers) peer.end();
    await this.server[Symbol.asyncDispose]();
  }

  async #add(fields: Record<string, string>, ...lines: string[]): Promise<RawPeer> {
    const peer = await this.server.client(fields);
    this.#peers.push(peer);
    await peer.send(lines.map((line) => `${line}\r\n`).join(""));
    await peer.synchronise();
    return peer;
  }

  async #closeOne(): Promise<void> {
    const gone = await this.#add({ ...EDGE, name: "gone" }, "SUB line.gone 1");
    gone.end();
    await this.#closed(1);
  }

  async #addSensors(): Promise<void> {
    for (let number = 1; number <= SENSORS; number++) {
      const name = `sensor-${String(number).padStart(3, "0")}`;
      const [lang, version] = number % 3 === 0 ? ["go", "1.38.0"] : ["nats.js", "3.4.0"];
      // Sensor 7 has three subscriptions, and each tenth has two.
      const extra = number === 7 ? ["SUB line.*.speed motors 2", "SUB order.seven 3"] : [];
      const second = number % 10 === 0 ? ["SUB alarm.> 2"] : [];
      const lines = [`SUB command.${number} 1`, ...extra, ...second];
      await this.#add({ ...EDGE, name, lang: lang!, version: version! }, ...lines);
    }
  }

  /** A subscriber that stops reading and gets more than may wait for it. */
  async #overwhelmOne(): Promise<void> {
    const slow = await this.#add({ ...EDGE, name: "too-slow" }, "SUB flood 1");
    slow.pause();
    const flooder = await this.#add({ ...EDGE, name: "flooder" });
    const message = Buffer.from(`PUB flood 65536\r\n${"x".repeat(65536)}\r\n`);
    await eventually("a slow consumer", SOON_MS, async () => {
      await flooder.send(message);
      return (await this.server.varz())["slow_consumers"] === 1;
    });
    await this.#closed(2);
  }

  async #closed(count: number): Promise<void> {
    await eventually("closed connections", SOON_MS, async () => {
      const answer: unknown = await (await this.server.fetch("/connz?state=closed")).json();
      return (
        typeof answer === "object" &&
        answer !== null &&
        Object.entries(answer).some(([name, value]) => name === "total" && value === count)
      );
    });
  }

  async #publishAlways(): Promise<void> {
    const desk = { user: "desk", pass: "desk", name: "desk", lang: "python", version: "2.9.0" };
    await this.#add(desk, "SUB plant.> 1", "SUB plant.line.> 2");
    const publisher = await this.#add({ ...EDGE, name: "line-controller", lang: "rust" });
    const batch = Buffer.from(`PUB line.one.speed 5\r\n12.25\r\n`.repeat(40));
    this.#timer = setInterval(() => publisher.offer(batch), MESSAGES_EACH_MS);
  }
}
