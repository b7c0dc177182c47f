/** The table of HTTP endpoints: where they are, and what is counted. */
import { describe, expect, test } from "bun:test";
import { answerFor, endpoints, optionsIn } from "../../../src/monitor/endpoints.ts";
import { LoopLag } from "../../../src/monitor/metrics/loop-lag.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

/** The answer for a URL, and the paths under which it was counted. */
async function ask(target: string, base = ""): Promise<{ response: Response; counted: string[] }> {
  const { subject, facts } = new MonitoredBroker();
  const url = new URL(target, "http://host");
  const counted: string[] = [];
  const count = (path: string) => counted.push(path);
  const lag = new LoopLag(subject.clock);
  const request = { subject, facts, options: optionsIn(url), base, accept: "", lag, count };
  return { response: await answerFor(url, request), counted };
}

describe("every endpoint", () => {
  const found = endpoints.filter(({ path }) => path !== "/raftz").map(({ path }) => path);

  test.each(found)("%s answers", async (path) => {
    expect((await ask(path)).response.status).toBe(200);
  });

  test.each(found)("%s is found behind a base path, and only there", async (path) => {
    const moved = path === "/" ? "/nats" : `/nats${path}`;
    expect((await ask(moved, "/nats")).response.status).toBe(200);
    expect((await ask(path, "/nats")).response.status).toBe(404);
  });
});

test("a path that is none is not found", async () => {
  for (const path of ["/none", "/varz/", "/Varz"]) {
    const { response, counted } = await ask(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("404 page not found\n");
    expect(counted).toEqual([]);
  }
});

describe("counted are", () => {
  test.each([
    ["/", ["/"]],
    ["/subscriptionsz", ["/subsz"]],
    ["/accstatz?unused=x", ["/accstatz"]],
    ["/connz?auth=x", []],
    ["/routez?subs=x", []],
    ["/healthz?details=x", ["/healthz"]],
    ["/raftz", []],
    ["/ipqueuesz", []],
    ["/debug/vars", []],
    ["/metrics", ["/metrics"]],
  ])("%s as %j", async (target, counted) => {
    expect((await ask(target)).counted).toEqual(counted);
  });

  test("requests behind a base path under the path without it", async () => {
    expect((await ask("/nats/varz", "/nats")).counted).toEqual(["/varz"]);
    expect((await ask("/nats", "/nats")).counted).toEqual(["/"]);
  });
});

describe("the root page", () => {
  test("links to endpoints that there are, behind the base path", async () => {
    for (const base of ["", "/nats"]) {
      const page = await (await ask(base || "/", base)).response.text();
      const links = [...page.matchAll(/href="\.(.*?)"/g)].map(([, path]) => path!);
      expect(links).toHaveLength(13);
      const known = endpoints.map(({ path }) => base + path);
      expect(links.filter((link) => !known.includes(link))).toEqual([]);
    }
  });

  test("shows names as text", async () => {
    const page = await (await ask("/")).response.text();
    expect(page).toContain("<title>midge: test</title>");
    expect(page).toContain("NATS v2.14.0");
  });
});

test("the command line and memory are one variable a line", async () => {
  const text = await (await ask("/debug/vars")).response.text();
  expect(text).toMatch(/^\{\n"cmdline": \[.*\],\n"memstats": \{.*\}\n\}\n$/);
});
