/**
 * A server that clients come to and leave for a while, slow consumers among them, is afterwards as
 * it was before: no connection, subscription, block or timer is left, and its memory has not grown.
 * MIDGE_SOAK_SECONDS makes the while longer.
 */
import { expect, test } from "bun:test";
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { Random } from "../../src/util/random.ts";
import { optionsFor } from "../support/options-for.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Churn } from "../support/churn.ts";
import { MeasuredServer, eventually } from "../support/measured-server.ts";
import { SteadyPair } from "../support/steady-pair.ts";
import { TEST_HOST } from "../support/running-server.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const SOAK_MS = Number(process.env["MIDGE_SOAK_SECONDS"] ?? 6) * 1000;
const WARM_UP_MS = 3000;
const SETTLE_MS = 10_000;
const MiB = 1024 * 1024;

/** Below this, growth is what the runtime and the allocator keep for next time. */
const MAX_GROWTH_BYTES = 24 * MiB;

/** Few closed connections are remembered, so that their list is full after the warm-up. */
const ARGS = ["--max_pending", String(2 * MiB), "--max_closed_clients", "100"];

/** The least memory that the server holds within a few seconds of quiet. */
async function quietBytes(server: MeasuredServer): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve) => setTimeout(resolve, 100));
    least = Math.min(least, server.residentBytes);
  }
  return least;
}

test(
  `memory stays flat while clients come and go, seed ${SEED}`,
  async () => {
    await using server = await MeasuredServer.start({ args: ARGS });
    using pair = await SteadyPair.start(TEST_HOST, server.port);
    const before = await server.varz();
    const descriptors = server.descriptors;
    const churn = new Churn(server.port, new Random(SEED));
    await churn.run(WARM_UP_MS);
    const warmBytes = await quietBytes(server);
    await churn.run(SOAK_MS);
    expect(churn.slowConsumers).toBeGreaterThan(5);

    await eventually("only the pair is left", SETTLE_MS, async () => {
      const { connections, subscriptions } = await server.varz();
      return connections === before.connections && subscriptions === before.subscriptions;
    });
    const { total_connections, slow_consumers } = await server.varz();
    expect(total_connections - before.total_connections).toBe(churn.connections);
    expect(slow_consumers).toBe(churn.slowConsumers);
    expect(server.descriptors).toBeLessThanOrEqual(descriptors + 4);
    expect((await quietBytes(server)) / MiB).toBeLessThan((warmBytes + MAX_GROWTH_BYTES) / MiB);
    await pair.playOn(10);
  },
  SOAK_MS + WARM_UP_MS + 60_000,
);

test(`nothing is left of clients that are gone, seed ${SEED}`, async () => {
  const options = optionsFor(["-a", TEST_HOST, "-p", "-1", ...ARGS]);
  const server = new Server(options, new Logger(options, { sink: { write: () => {} } }));
  await server.start();
  const { broker, natsContext } = server;
  const { pool, wheel } = natsContext.connections;
  const gone = () => broker.connections.size === 0;
  // The server itself subscribes when the first client comes.
  const first = await RawPeer.open(TEST_HOST, server.clientPort);
  await first.synchronise();
  first.terminate();
  await eventually("no connections", SETTLE_MS, gone);
  const { subscriptionCount } = broker;
  const { totalConnections } = broker.counters;
  const churn = new Churn(server.clientPort, new Random(SEED));
  await churn.run(1500);
  await eventually("no connections", SETTLE_MS, gone);
  expect(broker.counters.totalConnections - totalConnections).toBe(churn.connections);
  expect(broker.counters.slowConsumers).toBe(churn.slowConsumers);
  expect(broker.subscriptionCount).toBe(subscriptionCount);
  expect(broker.globalAccount.connections).toBe(0);
  expect(pool.lentBytes).toBe(0);
  expect(wheel.armed).toBe(0);
  await server.shutdown();
}, 60_000);
