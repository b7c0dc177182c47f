/**
 * Reloads while clients publish and receive as fast as they can: whoever stays connected misses no
 * message, gets none twice and all in order.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";
const LOGIN = { user: "u", pass: "p", verbose: false };
const RELOADS = 30;
const PUBLISHERS = 3;
const DIGITS = 9;
const BATCH = 500;
const SOON_MS = 20_000;
const TIMEOUT_MS = 60_000;

/** Settings that come and go; each passes through another step of the server. */
const CHANGES: readonly string[] = [
  "max_payload: 2000, max_control_line: 1000",
  'client_advertise: "elsewhere:4333", server_tags: [a, b]',
  "ping_max: 5, max_connections: 100",
  "debug: true",
  "max_pending: 32mb, no_fast_producer_stall: false",
  'log_file: "{folder}/other.log"',
  "authorization { user: u, password: p, timeout: 5 }",
  'write_deadline: "5s", max_traced_msg_len: 10',
  "max_payload: [",
  "server_name: other, max_payload: 10",
];
const REFUSED_CHANGES = 2;
/** Messages that each subscriber gets between two reloads, at the least. */
const MESSAGES_BETWEEN = 20_000;

/** Where one subscriber has got to in the numbers of each publisher, which begin at 0. */
class Counter {
  readonly #socket: Socket<Counter>;
  readonly next: number[];
  /** The first thing that was not what had to come; "" so far. */
  problem: string;
  #rest: string;

  private constructor(socket: Socket<Counter>) {
    this.#socket = socket;
    this.next = Array.from({ length: PUBLISHERS }, () => 0);
    this.problem = "";
    this.#rest = "";
  }

  static async open(port: number, subscribe: string): Promise<Counter> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = await Bun.connect<Counter>({
      hostname: HOST,
      port,
      socket: {
        open(opened) {
          opened.data = new Counter(opened);
          opened.write(`CONNECT ${JSON.stringify(LOGIN)}\r\n${subscribe}\r\nPING\r\n`);
        },
        data(from, chunk) {
          if (chunk.includes("PONG\r\n")) resolve();
          from.data.#take(chunk.toString("latin1"));
        },
        close: (closed) => void (closed.data.problem ||= "closed"),
        error: (broken) => void (broken.data.problem ||= "broken"),
      },
    });
    await promise;
    return socket.data;
  }

  /** Messages so far. */
  get count(): number {
    return this.next.reduce((sum, one) => sum + one);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\r\n");
    this.#rest = lines.pop()!;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const match = /^MSG load\.(\d) \d+ 9$/.exec(line);
      if (match === null) this.#takeOther(line);
      else if (i + 1 < lines.length) this.#count(Number(match[1]), lines[++i]!);
      else this.#rest = `${line}\r\n${this.#rest}`;
    }
  }

  #takeOther(line: string): void {
    if (line === "PING") this.#socket.write("PONG\r\n");
    else if (line !== "PONG" && !line.startsWith("INFO {")) this.problem ||= `got ${line}`;
  }

  #count(publisher: number, payload: string): void {
    const expected = this.next[publisher]!++;
    if (Number(payload) === expected) return;
    this.problem ||= `got ${payload} of publisher ${publisher} where ${expected} was due`;
  }
}

/** Publishes numbered messages until it is told to stop; returns how many. */
async function publish(port: number, publisher: number, isOver: () => boolean): Promise<number> {
  const peer = await RawPeer.open(HOST, port);
  await peer.send(`CONNECT ${JSON.stringify(LOGIN)}\r\n`);
  let number = 0;
  while (!isOver()) {
    let batch = "";
    for (let i = 0; i < BATCH; i++) {
      const payload = String(number++).padStart(DIGITS, "0");
      batch += `PUB load.${publisher} ${DIGITS}\r\n${payload}\r\n`;
    }
    if (!(await peer.send(batch))) throw new Error(`publisher ${publisher} was closed`);
    // While the kernel takes everything, nobody else in this process would get their turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return number;
}

/** `change` in a file in which the user of the load may log in. */
function withLogin(change: string): string {
  if (change.startsWith("authorization")) return change;
  return `authorization { user: u, password: p }\n${change}`;
}

/** How many reloads have been accepted, and how many refused, wherever that was logged. */
function outcomes(server: ConfiguredServer): { accepted: number; refused: number } {
  const files = server.files("other.log").map((name) => readFileSync(server.path(name), "utf8"));
  const log = server.stderr + files.join("");
  return {
    accepted: log.split("Reloaded server configuration").length - 1,
    refused: log.split("Failed to reload").length - 1,
  };
}

test(
  `${RELOADS} reloads lose, repeat and reorder nothing`,
  async () => {
    await using server = await ConfiguredServer.start(withLogin("debug: false"));
    const each = Array.from({ length: PUBLISHERS }, (_, i) => `SUB load.${i} ${i + 1}`);
    const counters = [
      await Counter.open(server.port, "SUB load.* 1"),
      await Counter.open(server.port, "SUB load.> 2"),
      await Counter.open(server.port, each.join("\r\n")),
    ];
    let isOver = false;
    const publishing = Array.from({ length: PUBLISHERS }, (_, i) =>
      publish(server.port, i, () => isOver),
    );
    for (let i = 0; i < RELOADS; i++) {
      const before = counters.map(({ count }) => count);
      server.write(withLogin(CHANGES[i % CHANGES.length]!));
      server.signal("SIGHUP");
      await eventually(`reload ${i} and messages`, SOON_MS, () => {
        const { accepted, refused } = outcomes(server);
        const isBusy = counters.every(({ count }, at) => count >= before[at]! + MESSAGES_BETWEEN);
        return accepted + refused > i && (isBusy || counters.some(({ problem }) => problem !== ""));
      });
    }
    isOver = true;
    const sent = await Promise.all(publishing);
    const total = sent.reduce((sum, one) => sum + one);
    await eventually("the last message", SOON_MS, () =>
      counters.every(({ count, problem }) => count >= total || problem !== ""),
    );
    expect(counters.map(({ problem }) => problem)).toEqual(["", "", ""]);
    for (const counter of counters) expect(counter.next).toEqual(sent);
    const refused = (RELOADS / CHANGES.length) * REFUSED_CHANGES;
    expect(outcomes(server)).toEqual({ accepted: RELOADS - refused, refused });
    expect(await server.varz()).toMatchObject({ connections: 2 * PUBLISHERS, slow_consumers: 0 });
    expect(server.log).not.toContain("Internal error");
  },
  TIMEOUT_MS,
);
