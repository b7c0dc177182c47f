/** What `/metrics` counts of TLS handshakes, by how they end. */
import { expect, test } from "bun:test";
import { MonitoredServer } from "../monitor/monitored-server.ts";
import { eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { certificatePath, keyHashOf, talk } from "./tls-peer.ts";

const SOON_MS = 10_000;
const RESULTS = ["complete", "failed", "rejected", "throttled", "timeout"] as const;

function start(more: string): Promise<MonitoredServer> {
  const file = (name: string) => `"${certificatePath(`${name}.pem`)}"`;
  return MonitoredServer.start(`tls { cert_file: ${file("server")}, key_file: ${file("server-key")}
    ca_file: ${file("ca")}, timeout: "200ms", ${more} }`);
}

/** Waits until there are as many as expected of each, and no others. */
function counts(
  monitored: MonitoredServer,
  expected: Partial<Record<(typeof RESULTS)[number], number>>,
): Promise<void> {
  return eventually(`${JSON.stringify(expected)} in the metrics`, SOON_MS, async () => {
    const metrics = await monitored.metrics();
    return RESULTS.every((result) => {
      return metrics.value("midge_tls_handshakes_total", { result }) === (expected[result] ?? 0);
    });
  });
}

test("handshakes are complete, failed, timed out or rejected", async () => {
  await using monitored = await start(`verify: true, pinned_certs: ["${keyHashOf("client")}"]`);
  const port = monitored.server.clientPort;
  await counts(monitored, {});
  await talk({ port, certificate: "client" });
  await counts(monitored, { complete: 1 });
  await talk({ port, certificate: "foreign-client" });
  await talk({ port });
  await counts(monitored, { complete: 1, failed: 2 });
  await talk({ port, certificate: "plain-client" });
  await counts(monitored, { complete: 1, failed: 2, rejected: 1 });
  const silent = await RawPeer.open("127.0.0.1", port);
  await silent.closed();
  await counts(monitored, { complete: 1, failed: 2, rejected: 1, timeout: 1 });
});

test("handshakes that are too many are throttled", async () => {
  await using monitored = await start("connection_rate_limit: 1");
  const port = monitored.server.clientPort;
  const ends = await Promise.all([talk({ port }), talk({ port })]);
  expect(ends.filter(({ end }) => end === "PONG")).toHaveLength(1);
  await counts(monitored, { complete: 1, throttled: 1 });
});
