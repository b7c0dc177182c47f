/** Answers with very long lists: complete, and nobody's messages wait for them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { eventually } from "../support/measured-server.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { MonitoredServer } from "./monitored-server.ts";

const SUBSCRIPTIONS = 100_000;
const TIMEOUT_MS = 60_000;

let monitored: MonitoredServer;
let holder: RawPeer;

beforeAll(async () => {
  monitored = await MonitoredServer.start("");
  holder = await monitored.client({ name: "holder" });
  const lines = Array.from(
    { length: SUBSCRIPTIONS },
    (_, sid) => `SUB long.list.${sid} ${sid}\r\n`,
  );
  await holder.send(lines.join(""));
  await holder.synchronise();
}, TIMEOUT_MS);

afterAll(() => monitored[Symbol.asyncDispose]());

interface Subsz {
  readonly total: number;
  readonly subscriptions_list: readonly { readonly sid: string; readonly subject: string }[];
}

interface Connz {
  readonly connections: readonly { readonly subscriptions_list: readonly string[] }[];
}

const held = (subject: string) => subject.startsWith("long.list.");

test(
  "all subscriptions are listed, each once, while others are answered",
  async () => {
    const pinger = await monitored.client({});
    let isListed = false;
    const answer = monitored
      .fetch(`/subsz?subs=1&limit=${SUBSCRIPTIONS * 2}`)
      .then((response) => response.json())
      .finally(() => (isListed = true));
    let answered = 0;
    while (!isListed) {
      await pinger.synchronise();
      answered++;
    }
    const { total, subscriptions_list: list } = (await answer) as Subsz;
    expect(list).toHaveLength(total);
    const subjects = list.map(({ subject }) => subject).filter(held);
    expect(subjects).toHaveLength(SUBSCRIPTIONS);
    expect(new Set(subjects).size).toBe(SUBSCRIPTIONS);
    expect(answered).toBeGreaterThan(10);
  },
  TIMEOUT_MS,
);

test(
  "a page far behind has what is there",
  async () => {
    const whole = (await (await monitored.fetch("/subsz")).json()) as { num_subscriptions: number };
    const offset = whole.num_subscriptions - 3;
    const page = (await (await monitored.fetch(`/subsz?subs=1&offset=${offset}`)).json()) as Subsz;
    expect(page.subscriptions_list).toHaveLength(3);
    expect(page.total).toBe(whole.num_subscriptions);
  },
  TIMEOUT_MS,
);

test(
  "the subscriptions of one connection are all listed with it",
  async () => {
    const connz = (await (await monitored.fetch("/connz?subs=1&cid=1")).json()) as Connz;
    expect(new Set(connz.connections[0]?.subscriptions_list).size).toBe(SUBSCRIPTIONS);
  },
  TIMEOUT_MS,
);

test(
  "subscriptions that go while they are listed are left out, and nothing breaks",
  async () => {
    const response = await monitored.fetch("/connz?subs=detail&cid=1");
    const lines = Array.from({ length: SUBSCRIPTIONS }, (_, sid) => `UNSUB ${sid}\r\n`);
    await holder.send(lines.join(""));
    await holder.synchronise();
    const { connections } = (await response.json()) as { connections: readonly object[] };
    expect(connections).toHaveLength(1);
    const { num_subscriptions: left } = (await (await monitored.fetch("/subsz")).json()) as {
      num_subscriptions: number;
    };
    expect(left).toBeLessThan(SUBSCRIPTIONS);
  },
  TIMEOUT_MS,
);

test(
  "a reader that leaves in the middle is forgotten",
  async () => {
    const lines = Array.from({ length: SUBSCRIPTIONS }, (_, sid) => `SUB again.${sid} ${sid}\r\n`);
    await holder.send(lines.join(""));
    await holder.synchronise();
    for (let i = 0; i < 5; i++) {
      const leaving = new AbortController();
      const response = await fetch(
        `http://127.0.0.1:${monitored.server.monitorPort}/subsz?subs=1&limit=${SUBSCRIPTIONS}`,
        { signal: leaving.signal },
      );
      await response.body!.getReader().read();
      leaving.abort();
    }
    await eventually("an answer", TIMEOUT_MS, async () => {
      return (await monitored.fetch("/healthz")).status === 200;
    });
  },
  TIMEOUT_MS,
);
