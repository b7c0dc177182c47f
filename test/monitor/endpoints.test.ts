/**
 * Monitoring over HTTP, compared with what nats-server answers in the same situation: two accounts
 * that share subjects, a client in each, and one that is gone.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eventually } from "../support/measured-server.ts";
import { shapeOf } from "../support/shape.ts";
import { TWO_ACCOUNTS } from "../support/two-accounts.ts";
import { MonitoredServer } from "./monitored-server.ts";
import { REFERENCE_ANSWERS } from "./reference-answers.ts";

const CONFIG = `
server_name: "rec"
${TWO_ACCOUNTS}
`;

const SOON_MS = 10_000;

let monitored: MonitoredServer;

beforeAll(async () => {
  monitored = await MonitoredServer.start(CONFIG);
  const library = { lang: "js", version: "1.0" };
  const alice = { user: "a", pass: "a", name: "alice", ...library };
  const bee = { user: "b", pass: "b", name: "bee", ...library };
  await monitored.client(alice, "SUB svc.x 1", "SUB foo.bar q1 2");
  await monitored.client(bee, "SUB x 1", "UNSUB 1 5", "PUB x 2\r\nhi");
  const gone = await monitored.client({ ...bee, name: "gone" });
  gone.end();
  const { closedConnections } = monitored.server.broker;
  await eventually("the end of a connection", SOON_MS, () => closedConnections.count === 1);
});

afterAll(() => monitored[Symbol.asyncDispose]());

async function described(response: Response): Promise<string> {
  const type = response.headers.get("Content-Type");
  const cors = response.headers.get("Access-Control-Allow-Origin") ?? "-";
  const text = await response.text();
  const isJson = type === "application/json";
  const body = isJson ? shapeOf(JSON.parse(text)) : type?.includes("html") ? "" : text;
  return `${response.status} ${type} ${cors} ${body}`;
}

describe("the answer is nats-server's for", () => {
  test.each(Object.keys(REFERENCE_ANSWERS))("%s", async (path) => {
    expect(await described(await monitored.fetch(path))).toBe(REFERENCE_ANSWERS[path]!);
  });
});

describe("JSON over HTTP", () => {
  test("is indented by two blanks, but for the health on one line", async () => {
    const leafz = await (await monitored.fetch("/leafz")).text();
    expect(leafz.replace(/"N.*"|"2.*"/g, '"…"')).toBe(
      '{\n  "server_id": "…",\n  "now": "…",\n  "leafnodes": 0,\n  "leafs": []\n}',
    );
    expect(await (await monitored.fetch("/healthz")).text()).toBe('{"status":"ok"}');
  });

  test("has the characters that mean something in HTML escaped", async () => {
    const detail = await (await monitored.fetch("/accountz?acc=A")).text();
    expect(detail).toContain('"subject": "s.\\u003e"');
  });
});

describe("http_req_stats", () => {
  const stats = async (): Promise<Record<string, number>> => {
    const varz: unknown = await (await monitored.fetch("/varz")).json();
    return (varz as { http_req_stats: Record<string, number> }).http_req_stats;
  };

  test("counts /subscriptionsz as /subsz", async () => {
    const { "/subsz": before = 0 } = await stats();
    await monitored.fetch("/subscriptionsz");
    expect((await stats())["/subsz"]).toBe(before + 1);
    expect(await stats()).not.toHaveProperty("/subscriptionsz");
  });

  test("leaves out connections asked for with wrong options", async () => {
    const { "/connz": before = 0 } = await stats();
    await monitored.fetch("/connz?auth=maybe");
    expect((await stats())["/connz"] ?? 0).toBe(before);
    await monitored.fetch("/connz");
    expect((await stats())["/connz"]).toBe(before + 1);
  });

  test("counts accounts asked for with wrong options", async () => {
    const { "/accstatz": before = 0 } = await stats();
    await monitored.fetch("/accstatz?unused=maybe");
    expect((await stats())["/accstatz"]).toBe(before + 1);
  });

  test("has names in order and nothing of what is not counted", async () => {
    for (const path of ["/", "/raftz", "/ipqueuesz", "/debug/vars"]) await monitored.fetch(path);
    const names = Object.keys(await stats());
    expect(names).toEqual(names.toSorted());
    expect(names).toContain("/");
    expect(names).not.toContain("/raftz");
  });
});
