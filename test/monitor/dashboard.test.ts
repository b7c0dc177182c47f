/**
 * The page at `/` as the server sends it: links, headers, and that nothing in it comes from
 * elsewhere or runs because a name says so. What it does in a browser is in `test/browser/`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";

const HOSTILE = `<script>alert("1")</script>&'`;

let server: ConfiguredServer;
let headers: Headers;
let page: string;

beforeAll(async () => {
  server = await ConfiguredServer.start(`server_name: ${JSON.stringify(HOSTILE)}`);
  const response = await server.fetch("/");
  expect(response.status).toBe(200);
  headers = response.headers;
  page = await response.text();
});

afterAll(() => server[Symbol.asyncDispose]());

/** What stands between the tags of all elements with that name. */
function contents(tag: string): string[] {
  return [...page.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, "g"))].map((match) => match[1]!);
}

function policy(): Readonly<Record<string, string>> {
  const directives = (headers.get("Content-Security-Policy") ?? "").split("; ");
  return Object.fromEntries(
    directives.map((directive) => {
      const [name = "", ...values] = directive.split(" ");
      return [name, values.join(" ")];
    }),
  );
}

function hashOf(text: string): string {
  return `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;
}

describe("the page at /", () => {
  test("is HTML that no other site may read or frame", () => {
    expect(headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(policy()).toMatchObject({ "frame-ancestors": "'none'", "base-uri": "'none'" });
  });

  test("may run its one script, use its one style sheet, ask its server, and nothing else", () => {
    const [script, ...otherScripts] = contents("script");
    const [style, ...otherStyles] = contents("style");
    expect([...otherScripts, ...otherStyles]).toEqual([]);
    expect(policy()).toMatchObject({
      "default-src": "'none'",
      "script-src": hashOf(script!),
      "style-src": hashOf(style!),
      "connect-src": "'self'",
    });
    const rest = page.replace(script!, "").replace(style!, "");
    expect(rest).not.toMatch(/\s(?:style|on\w+)=/);
  });

  test("needs nothing from elsewhere and leads nowhere else but to the help", () => {
    const addresses = new Set([...page.matchAll(/(?:https?:)?\/\/[\w.-]+\.\w[^"'\s`]*/g)].flat());
    expect([...addresses].sort()).toEqual([
      "http://www.w3.org/2000/svg",
      "https://docs.nats.io/running-a-nats-service/nats_admin/monitoring",
    ]);
  });

  test("has all its blanks filled in", () => {
    expect(page).not.toMatch(/%[A-Z_]+%/);
    expect(page).toContain('data-base="."');
  });

  test("links to the endpoints in nats-server's order", () => {
    const links = [...page.matchAll(/<a href="\.(.*?)">(.*?)<\/a>/g)];
    expect(links.map(([, path, title]) => `${title} ${path}`)).toEqual([
      "General /varz",
      "JetStream /jsz",
      "Connections /connz",
      "Accounts /accountz",
      "Account Stats /accstatz",
      "Subscriptions /subsz",
      "Routes /routez",
      "LeafNodes /leafz",
      "Gateways /gatewayz",
      "Raft Groups /raftz",
      "Health Probe /healthz",
      "Expvar /debug/vars",
      "Metrics /metrics",
    ]);
  });

  test("shows a hostile name of the server as text", () => {
    const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#x27;";
    expect(page).toContain(`<title>midge: ${escaped}</title>`);
    expect(page).not.toContain("<script>alert");
  });

  test("reads of hostile clients in JSON that no browser takes for HTML", async () => {
    const client = await server.client({ name: HOSTILE });
    const answer = await server.fetch("/connz");
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    const text = await answer.text();
    expect(text).toContain(String.raw`"\u003cscript\u003ealert(\"1\")\u003c/script\u003e\u0026'"`);
    client.end();
  });

  test("stands at the base path, and asks there", async () => {
    await using moved = await ConfiguredServer.start('http_base_path: "/n&ats"');
    const found = await (await moved.fetch("/n&ats")).text();
    expect(found).toContain('data-base="./n&amp;ats"');
    expect(found).toContain('<a href="./n&amp;ats/varz">General</a>');
  });
});
