/** What options change in the monitoring answers. */
import { describe, expect, test } from "bun:test";
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { optionsFor } from "../support/options-for.ts";

const HOST = "127.0.0.1";

/** A server with the flags and the path asked of it. */
async function answerOf(path: string, ...flags: string[]): Promise<Response> {
  const options = optionsFor(["-a", HOST, "-p", "-1", "-m", "-1", ...flags]);
  const server = new Server(options, new Logger(options, { sink: { write: () => {} } }));
  await server.start();
  try {
    const response = await fetch(`http://${HOST}:${server.monitorPort}${path}`);
    // A server that ends cuts off what is not read yet.
    return new Response(await response.text(), { status: response.status });
  } finally {
    await server.shutdown();
  }
}

describe("http_base_path", () => {
  test.each(["/nats", "nats", "/nats/"])("%s goes before every path", async (base) => {
    const answer = await answerOf("/nats/healthz", "--http_base_path", base);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok" });
  });

  test("leaves nothing at the paths without it", async () => {
    expect((await answerOf("/healthz", "--http_base_path", "/nats")).status).toBe(404);
  });
});

describe("/varz", () => {
  test("shows the server's tags", async () => {
    const answer = await answerOf("/varz", "--server_tags", "north,edge");
    expect(await answer.json()).toMatchObject({ tags: ["north", "edge"], config_digest: "" });
  });

  test("leaves out tags and metadata that are not set", async () => {
    const varz = await (await answerOf("/varz")).json();
    expect(varz).not.toHaveProperty("tags");
    expect(varz).not.toHaveProperty("metadata");
  });
});
