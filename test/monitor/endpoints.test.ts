/**
 * Monitoring over HTTP: what does not follow from the answers that are recorded from nats-server
 * (`answers.test.ts`), which are the form of JSON and what is counted.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TWO_ACCOUNTS } from "../support/two-accounts.ts";
import { MonitoredServer } from "./monitored-server.ts";

const CONFIG = `
server_name: "rec"
${TWO_ACCOUNTS}
`;

let monitored: MonitoredServer;

beforeAll(async () => {
  monitored = await MonitoredServer.start(CONFIG);
});

afterAll(() => monitored[Symbol.asyncDispose]());

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
