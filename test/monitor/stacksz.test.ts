/** `/stacksz`: what the process is doing, as text. */
import { expect, test } from "bun:test";
import { MonitoredServer } from "./monitored-server.ts";

test("/stacksz shows the event loop's stack and the threads beside it", async () => {
  await using monitored = await MonitoredServer.start("");
  await monitored.client({}, "SUB a 1");
  const answer = await monitored.fetch("/stacksz");
  expect(answer.headers.get("Content-Type")).toBe("application/json");
  expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
  const text = await answer.text();
  expect(text).toMatch(/^event loop \[running\]\n +at /);
  expect(text).toContain("\n1 connections, ");
  if (process.platform === "linux") {
    expect(text).toMatch(new RegExp(`\\nthread ${process.pid} \\[.*\\]: state \\w, [\\d.]+s of `));
  }
  const varz = (await (await monitored.fetch("/varz")).json()) as { http_req_stats: object };
  expect(varz.http_req_stats).not.toHaveProperty(["/stacksz"]);
});
