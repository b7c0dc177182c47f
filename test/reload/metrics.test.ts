/** A reload switches the count of the busiest subjects on and off, for clients that are there. */
import { expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { Metrics } from "../support/metrics.ts";

const NAME = "midge_top_subject_messages_total";

async function busiest(server: ConfiguredServer): Promise<Record<string, string | undefined>> {
  const metrics = new Metrics(await (await server.fetch("/metrics")).text());
  const entries = metrics.samples(NAME).map(({ labels, value }) => {
    return [labels?.["subject"] ?? "", value] as const;
  });
  return Object.fromEntries(entries);
}

test("the busiest subjects are counted from the reload on that asks for them", async () => {
  await using server = await ConfiguredServer.start("");
  const peer = await server.client();
  const publish = async () => {
    await peer.send("PUB x 1\r\nx\r\nPUB y 1\r\ny\r\nPUB x 1\r\nx\r\n");
    await peer.synchronise();
  };
  await publish();
  expect(await busiest(server)).toEqual({});
  const lines = await server.reload("metrics { top_subjects: 10 }");
  expect(lines[0]).toBe("[INF] Reloaded: metrics");
  expect(await busiest(server)).toEqual({});
  await publish();
  expect(await busiest(server)).toEqual({ x: "2", y: "1" });
  await server.reload("metrics { top_subjects: 1 }");
  await publish();
  expect(await busiest(server)).toEqual({ x: "2" });
  await server.reload("metrics { top_subjects: 0 }");
  await publish();
  expect(await busiest(server)).toEqual({});
});

test("a file without the block is like one that asks for none", async () => {
  await using server = await ConfiguredServer.start("metrics { top_subjects: 0 }");
  const lines = await server.reload("# nothing else\nport: -1");
  expect(lines.filter((line) => line.includes("metrics"))).toEqual([]);
});
