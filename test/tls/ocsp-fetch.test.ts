/** How OCSP responders are asked over HTTP, and what they may do to the one who asks. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { fetchOcsp } from "../../src/transport/ocsp/fetch.ts";

const QUESTION = Uint8Array.of(0xfb, 0xef, 0xbe, 0xff);
const ANSWER = Uint8Array.of(1, 2, 3);
const RULES = {
  timeoutMs: 5000,
  maxBytes: 1000,
  statusProblem: (status: number) => (status === 200 ? undefined : `status ${status}`),
};

let asked: { method: string; path: string; type: string | null; body: Uint8Array }[] = [];
beforeEach(() => void (asked = []));

const responder = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname: path } = new URL(request.url);
    const body = await request.bytes();
    asked.push({ method: request.method, path, type: request.headers.get("content-type"), body });
    if (path.startsWith("/silent")) return new Promise<Response>(() => {});
    if (path.startsWith("/missing")) return new Response("no", { status: 404 });
    if (path.startsWith("/moved")) return Response.redirect("/ocsp/elsewhere");
    if (path.startsWith("/long")) return new Response(new Uint8Array(RULES.maxBytes + 1));
    if (path.startsWith("/endless")) return new Response(endless());
    return new Response(ANSWER);
  },
});
afterAll(() => responder.stop(true));

/** Never ends, and has no length. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(100)) });
}

function url(path: string): string {
  return new URL(path, responder.url).href;
}

describe("a question", () => {
  test("goes into the address, escaped, behind one slash", async () => {
    for (const path of ["/ocsp", "/ocsp/"]) {
      expect(await fetchOcsp(url(path), "GET", QUESTION, RULES)).toEqual(Buffer.from(ANSWER));
    }
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(2).fill("GET /ocsp/%2B%2B%2B%2B%2Fw%3D%3D"),
    );
  });

  test("or is sent", async () => {
    expect(await fetchOcsp(url("/ocsp"), "POST", QUESTION, RULES)).toEqual(Buffer.from(ANSWER));
    const [{ method, path, type, body }] = asked as [(typeof asked)[0]];
    expect([method, path, type]).toEqual(["POST", "/ocsp", "application/ocsp-request"]);
    expect(body).toEqual(QUESTION);
  });

  test("follows where it is sent", async () => {
    const found = await fetchOcsp(url("/moved"), "GET", QUESTION, RULES);
    expect(found).toEqual(Buffer.from(ANSWER));
  });
});

describe("an answer is refused", () => {
  const reasonOf = async (path: string, rules = RULES) => {
    const found = await fetchOcsp(url(path), "GET", QUESTION, rules);
    return "reason" in found ? found.reason : found;
  };

  test("with another status", async () => {
    expect(await reasonOf("/missing")).toBe("status 404");
  });

  test("that is too long, also if it has no end", async () => {
    expect(await reasonOf("/long")).toBe("OCSP response exceeds 1000 bytes");
    expect(await reasonOf("/endless")).toBe("OCSP response exceeds 1000 bytes");
  });

  test("that does not come in time", async () => {
    expect(await reasonOf("/silent", { ...RULES, timeoutMs: 20 })).toMatch(
      /^Get "http.*context deadline exceeded \(Client.Timeout exceeded while awaiting headers\)$/,
    );
  });

  test("of nobody", async () => {
    const free = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { port } = free;
    await free.stop(true);
    const found = await fetchOcsp(`http://127.0.0.1:${port}/`, "POST", QUESTION, RULES);
    const end = `dial tcp 127.0.0.1:${port}: connect: connection refused`;
    expect(found).toEqual({ reason: `Post "http://127.0.0.1:${port}/": ${end}` });
    expect(await fetchOcsp("no address", "POST", QUESTION, RULES)).toHaveProperty("reason");
  });

  test("when the one who asks gives up", async () => {
    const leaving = new AbortController();
    const answer = fetchOcsp(url("/silent"), "GET", QUESTION, { ...RULES, signal: leaving.signal });
    leaving.abort();
    expect(await answer).toHaveProperty("reason");
  });
});
